"""A replay does what was recorded, or diverges; it never judges what it does not know."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd, Interrupted, expect
from gradspec.exceptions import Diverged, Failure, FailureKind
from gradspec.program.objects import Log, Tensor
from gradspec.program.observed import Observed
from gradspec.program.passing import FORGOTTEN
from gradspec.program.recorder import Recorder
from gradspec.program.replay import Frame, Player, Turns, fits
from gradspec.program.steps import Body, Function, Program, Ref, Step, Value
from gradspec.program.structure import Held, Plain
from gradspec_conformance.adapters.reference import ReferenceEngine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def recorder(engine: ReferenceEngine) -> Iterator[Recorder]:
    """Record on an engine."""
    with Recorder(engine) as one:
        yield one


@pytest.mark.parametrize(
    ("pattern", "found", "fit"),
    [
        (Value(1, 2.0), 2.0, True),
        (Value(1, 2.0), 2.0 * (1 + 1e-7), True),
        (Value(1, 2.0), 2.1, False),
        (Value(1, float("nan")), float("nan"), True),
        (Value(1, float("nan")), 1.0, False),
        (Value(1, 0.0), 1e-30, False),
        (Value(1, 2), 2.0, False),
        (Value(1, True), 1, False),
        (Value(1, (1, 2.0)), (1, 2.0), True),
        (Value(1, (1, 2.0)), (1, 3.0), False),
        (Value(1, (1, 2)), (1, 2, 3), False),
        (Ref(1), None, False),
        (Ref(1), "handle", True),
        (Ref(1, "value"), None, True),
        ([Ref(1)], ["a"], True),
        ([Ref(1)], ("a",), False),
        ([Ref(1)], ["a", "b"], False),
        ([Ref(1), None], ["a", "b"], False),
        ((Ref(1),), ("a",), True),
        ({"a": Ref(1)}, {"a": "x"}, True),
        ({"a": Ref(1)}, {"b": "x"}, False),
        ({"a": Ref(1), "b": None}, {"b": None, "a": "x"}, False),
        ({"a": None}, {"a": "x"}, False),
        ({"a": Ref(1)}, ["x"], False),
        (None, None, True),
        (None, 0, False),
        (Held([Ref(1)]), ["x"], True),
        (Held([Ref(1)]), [], False),
        (7, 8, True),
    ],
)
def test_what_was_found_fits_a_pattern(pattern: Any, found: Any, fit: bool) -> None:
    assert fits(pattern, found) is fit


def test_an_answer_fits_by_its_value_and_a_thing_fits_no_plain_value(recorder: Recorder) -> None:
    assert fits(Value(1, 2.0), Observed(recorder, 2.0, 3))
    assert not fits(Value(1, 2.0), Observed(recorder, 3.0, 3))
    assert not fits(7, Tensor(recorder, "a", 3))


def test_an_object_that_was_not_made_diverges() -> None:
    outer = Frame()
    inner = Frame(Frame(outer))
    outer.objects[1] = "x"

    assert inner[1] == "x"
    assert inner.outermost is outer is outer.outermost
    with pytest.raises(Diverged, match="t2 was not made"):
        inner[2]


def test_an_inner_object_hides_an_outer_one() -> None:
    outer = Frame()
    inner = Frame(outer)
    outer.objects[1], inner.objects[1] = "x", "y"

    assert inner[1] == "y"


def test_an_answer_that_is_not_like_the_pattern_diverges(recorder: Recorder) -> None:
    with pytest.raises(Diverged, match="expected something like"):
        Player(recorder).bind([Ref(1)], ["a", "b"])


def test_what_fits_is_bound_by_number(recorder: Recorder) -> None:
    player = Player(recorder)
    pattern = [Ref(1), (Value(2, 5), None), {"a": Ref(3)}, Held([Ref(4)])]
    player.bind(pattern, ["x", (5, None), {"a": "y"}, ["z"]])

    assert player.frame.objects == {1: "x", 2: 5, 3: "y", 4: "z"}


def test_a_described_value_stands_for_what_was_made(recorder: Recorder) -> None:
    player = Player(recorder)
    player.frame.objects = {1: "x", 2: "y"}
    described = [Ref(1), (Ref(2), 3), {"a": Ref(1)}, slice(Ref(1), None, Ref(2)), Plain(4)]

    assert player.value(described) == ["x", ("y", 3), {"a": "x"}, slice("x", None, "y"), 4]
    assert player.value(Held(Ref(1))) == "x"


def test_bodies_come_by_pattern_and_in_turn_among_those_that_fit() -> None:
    none, one, other = Body((None,)), Body((Ref(1),)), Body((Ref(1),), returned=Ref(1))
    turns = Turns(Function(0, "hook", None, [none, one, other], [0, 1, 2]))

    assert turns.next(("x",), {}) is one
    assert turns.next((None,), {}) is none
    assert turns.next(("x",), {}) is other
    with pytest.raises(Diverged, match="more often"):
        turns.next(("x",), {})
    with pytest.raises(Diverged, match="as it was not when recorded"):
        turns.next((), {})


def test_a_function_that_always_did_the_same_is_called_as_often_as_it_was() -> None:
    one = Body((Ref(1),))
    turns = Turns(Function(0, "hook", None, [one], [0, 0]))

    assert turns.next(("x",), {}) is turns.next(("x",), {}) is one
    with pytest.raises(Diverged, match="more often"):
        turns.next(("x",), {})


def test_a_function_is_called_by_place_and_by_name(recorder: Recorder) -> None:
    inner = Step("note", {"log": Ref(9), "what": [Ref(1), Ref(2), Ref(3)]})
    body = Body((Ref(1),), {"by": Ref(2)}, [inner], [Ref(2), Ref(3)], exports=(2,))
    player = Player(recorder)
    log = Autograd(recorder).notes()
    player.frame.objects = {3: "outer", 9: log}
    function = player.function(Function(0, "body", None, [body], [0]))

    assert function("x", by="y") == ["y", "outer"]
    assert log._handle == [["x", "y", "outer"]]
    assert player.frame.objects[2] == "y"
    assert 1 not in player.frame.objects


def test_a_function_has_the_defaults_that_it_had(recorder: Recorder) -> None:
    function = Player(recorder).function(
        Function(0, "body", (("x",), ("by", 2.0)), [Body((Ref(1),), {}, [], Ref(1))], [0])
    )
    plain = Player(recorder).function(Function(0, "body"))

    assert str(inspect.signature(function)) == "(x, by=2.0)"
    assert function("handle") == "handle"
    assert str(inspect.signature(plain)) == "(*given: 'Any', **named: 'Any') -> 'Any'"


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        (Body((), cut=True), Diverged),
        (Body((), raised="ValueError"), ValueError),
        (Body((), raised="Interrupted"), Interrupted),
        (Body((), raised="NoSuchThing"), Interrupted),
        (Body((), raised="print"), Interrupted),
        (Body((), raised="SystemExit"), Diverged),
    ],
)
def test_a_body_ends_as_it_ended(recorder: Recorder, body: Body, raised: type[Exception]) -> None:
    with pytest.raises(raised) as ended:
        Player(recorder).ended(body)

    assert type(ended.value) is raised


def test_tolerances_are_replayed(recorder: Recorder) -> None:
    given = {"found": Ref(0), "check": "is_close", "expected": 1.0, "ulps": 4, "scale": 2.0}
    data = {"data": np.array(1.0 + 9 * float(np.finfo(float).eps))}
    player = Player(recorder)
    player.play([Step("tensor", data, Ref(0)), Step("expect", given | {"ulps": 5})])
    with pytest.raises(Failure):
        player.play([Step("expect", given)])


# logs and answers ---------------------------------------------------------------------
@pytest.fixture
def ag(recorder: Recorder) -> Autograd:
    """Give an engine as a clause sees it."""
    return Autograd(recorder)


def noted(ag: Autograd) -> Log:
    """Begin a log and note a tensor, a plain value and nothing."""
    log: Log = ag.notes()
    for what in (ag.tensor(2.0), 3, None, [ag.tensor(4.0), 5]):
        log.note(what)
    return log


def test_what_was_noted_can_be_read(ag: Autograd) -> None:
    tensor, number, nothing, several = noted(ag).read()

    expect(tensor).equals(2.0)
    expect(number).equals(3)
    assert nothing is None
    expect(several[0]).equals(4.0)
    assert number._number != tensor._number
    with pytest.raises(Failure):
        expect(number).equals(4)


def test_what_the_kit_does_itself_is_recorded_with_its_arguments(ag: Autograd) -> None:
    x = ag.tensor([1.0, 2.0])
    array = x.numpy()
    array[0] = 7.0
    log = ag.notes()
    log.note(x)
    log.read()
    ag.forget(array)
    steps = {step.act: step for step in ag._recorder.program.steps}

    assert steps["host_write"].given == {"target": Ref(1), "index": 0, "value": 7.0}
    assert array._handle is FORGOTTEN
    assert steps["log"].makes == Ref(2)
    assert steps["note"].given == {"log": Ref(2), "what": Ref(0)}
    assert (steps["read"].given, steps["read"].makes) == ({"log": Ref(2)}, [Ref(3)])
    assert steps["forget"].given == {"thing": Ref(1)}
    expect(x).equals([7.0, 2.0])


def test_answers_are_equal_to_their_values(recorder: Recorder) -> None:
    two, pair = Observed(recorder, 2, 1), Observed(recorder, (3, 4), 2)

    assert two == 2
    assert two == Observed(recorder, 2, 9)
    assert two != 3
    assert hash(two) == hash(2)
    assert (two + 1, two - 1, two - Observed(recorder, 5, 9)) == (3, 1, -3)
    assert (float(two), [10, 20, 30][two], bool(two)) == (2.0, 30, True)
    assert (list(pair), len(pair), pair[1], repr(pair)) == ([3, 4], 2, 4, "(3, 4)")
    with pytest.raises(AttributeError, match="clone"):
        two.clone()


@pytest.mark.parametrize(
    "look", [bool, float, hash, iter, len, lambda o: o == (1,), lambda o: o[0]]
)
def test_every_look_at_an_answer_steers_the_program(recorder: Recorder, look: Any) -> None:
    seen: list[Any] = []
    answer = Observed(recorder, (1,), 1, seen.append)
    if look is float:
        answer = Observed(recorder, 1.5, 1, seen.append)
    look(answer)

    assert set(seen) == {answer._value}


# products -----------------------------------------------------------------------------
class NoCotangent(ReferenceEngine):
    """Runs backward from a single number, with 1."""

    def __init__(self) -> None:
        super().__init__()
        self.abilities = self.abilities_of_its_own()

    def abilities_of_its_own(self) -> frozenset[str]:
        """Say next to nothing."""
        return frozenset(["values", "arrays", "tape", "op:mul", "op:sum", "dtype:float64", "vjp"])


def test_a_product_of_an_array_is_a_weighted_sum_for_an_engine_that_takes_no_cotangent() -> None:
    with Recorder(NoCotangent()) as recorder:
        ag = Autograd(recorder)
        output, (gradient,) = ag.vjp(lambda x: x * x, [[2.0, 3.0]], [5.0, -7.0])
        expect(output).equals([4.0, 9.0])
        expect(gradient).equals([20.0, -42.0])


def test_a_gradient_that_is_not_there_is_told_as_missing_where_it_is_not_zero(
    ag: Autograd,
) -> None:
    _, (used, unused) = ag.vjp(lambda x, _: x * 3.0, [2.0, 4.0])
    expect(used).equals(3.0)
    expect(unused).equals(0.0)
    with pytest.raises(Failure, match="no gradient, which a product takes for zero") as failure:
        expect(unused).equals(1.0)

    assert failure.value.kind is FailureKind.MISSING_GRADIENT
    assert failure.value.expected == 1.0


# blocks -------------------------------------------------------------------------------
def test_an_attempt_that_is_refused_in_another_way_is_no_attempt(ag: Autograd) -> None:
    x = ag.tensor(1.0)
    with ag.attempt("root-without-grad") as refused:
        x.backward()
    with ag.attempt() as refused_in_any_way:
        x.backward()
    with pytest.raises(Exception, match="backward raised"), ag.attempt("graph-freed"):
        x.backward()

    assert refused.refused
    assert refused_in_any_way.refused


def test_what_was_granted_is_demanded_and_what_was_refused_is_not(ag: Autograd) -> None:
    x = ag.tensor(1.0, requires_grad=True)
    with ag.attempt("graph-freed") as granted:
        (x * 2.0).backward()
    with granted.granted():
        expect(x.grad).equals(2.0)
    with pytest.raises(Failure), granted.granted():
        expect(x.grad).equals(3.0)
    with ag.attempt("root-without-grad") as refused:
        ag.tensor(1.0).backward()
    with refused.granted():
        expect(x.grad).equals(3.0)

    assert not granted.refused


def test_what_was_denied_is_demanded_and_what_was_granted_is_not(ag: Autograd) -> None:
    x = ag.tensor(1.0, requires_grad=True)
    with ag.attempt() as granted:
        (x * 2.0).backward()
    with granted.denied():
        expect(x.grad).equals(3.0)
    with ag.attempt() as refused:
        ag.tensor(1.0).backward()
    with refused.denied():
        expect(x.grad).equals(2.0)
    with pytest.raises(Failure), refused.denied():
        expect(x.grad).equals(3.0)


class CannotLeave(ReferenceEngine):
    """Raises where a mode ends."""

    def leave(self, mode: Any, error: Any = None) -> None:
        """Leave, and raise."""
        super().leave(mode, error)
        raise LookupError("no way out")


def test_an_error_where_a_mode_ends_is_a_refusal() -> None:
    with Recorder(CannotLeave()) as recorder:
        ag = Autograd(recorder)
        with pytest.raises(Exception, match="no_grad raised LookupError: no way out"), ag.no_grad():
            ag.tensor(1.0)

    (caught,) = recorder.program.steps
    assert (caught.act, caught.steps[0].refused) == ("caught", "unknown")
    assert Program().steps == []
