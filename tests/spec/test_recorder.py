"""The one door between a clause and an engine: what is demanded, noted and handed over."""

from __future__ import annotations

import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd, expect
from gradspec.exceptions import BrokenPort, Failure, FailureKind, Refused, Unsupported
from gradspec.port.engine import Subject
from gradspec.port.errors import PRESUPPOSES
from gradspec.program.answers import WRAPPERS
from gradspec.program.blocks import Mode
from gradspec.program.objects import FunctionHandle, Object
from gradspec.program.recorder import Recorder
from gradspec.program.recording import current
from gradspec.program.scripts import as_gradspec
from gradspec_conformance.adapters.reference import ReferenceEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.program.steps import Step

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture
def ag(engine: ReferenceEngine) -> Iterator[Autograd]:
    """Open an engine as a clause sees it."""
    with Recorder(engine) as recorder:
        yield Autograd(recorder)


def last(ag: Autograd) -> dict[str, Any]:
    """Give what the last step was given."""
    return ag._recorder.program.steps[-1].given


# gradients ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("use", "needed"),
    [
        (lambda _, x: expect(x.grad).equals(6.0), False),
        (lambda _, x: x.grad * 2.0 - x, False),
        (lambda _, x: x.detach().add_(x.grad), False),
        (lambda _, x: x.grad.add_(1.0), True),
        (lambda _, x: x.grad.requires_grad, True),
        (lambda ag, x: ag.exp(x.grad), True),
        (lambda ag, x: ag.same_object(x.grad, x), True),
    ],
    ids=["a_look", "arithmetic", "an_operand", "a_write", "a_flag", "an_operator", "identity"],
)
def test_more_than_arithmetic_needs_a_gradient_that_is_a_tensor(
    ag: Autograd, use: Any, needed: bool
) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    (x * x).backward()

    use(ag, x)

    assert ("gradient_tensors" in ag._recorder.used) is needed


# demands ------------------------------------------------------------------------------
@pytest.mark.usefixtures("_nobody_records")
def test_a_demand_outside_of_a_clause_is_refused_with_a_sentence() -> None:
    with pytest.raises(RuntimeError, match="belongs in a clause, or after open_engine"):
        expect(None).is_none()


def test_each_demand_counts_once(ag: Autograd) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    for count in (1, 2):
        expect(x.grad).is_none()

        assert ag._recorder.assertions == count


@pytest.mark.parametrize(
    ("options", "stored"),
    [
        ({}, {}),
        ({"ulps": 16}, {}),
        ({"ulps": 4}, {"ulps": 4}),
        ({"scale": 3.0}, {"scale": 3.0}),
        ({"ulps": 4, "scale": 3.0}, {"ulps": 4, "scale": 3.0}),
    ],
)
def test_a_tolerance_is_stored_as_it_was_declared(
    ag: Autograd, options: dict[str, float], stored: dict[str, float]
) -> None:
    expect(ag.tensor(1.0)).is_close(1.0, **options)
    given = last(ag)

    assert {name: given[name] for name in ("ulps", "scale") if name in given} == stored


def test_a_declared_tolerance_is_the_one_that_is_used(ag: Autograd) -> None:
    x = ag.tensor(1.0 + 20 * EPS)
    expect(x).is_close(1.0, ulps=24)
    expect(x).is_close(1.0, scale=2.0)
    expect(x).is_close(1.0, ulps=5, scale=4.0)
    for options in ({}, {"ulps": 19}, {"ulps": 4, "scale": 2.0}):
        with pytest.raises(Failure):
            expect(x).is_close(1.0, **options)


def test_the_traceback_of_a_failure_says_found_and_expected(ag: Autograd) -> None:
    with pytest.raises(Failure) as caught:
        expect(ag.tensor([1.0, 2.0])).equals([1.0, 3.0])

    assert caught.value.__notes__ == ["found    [1.0, 2.0]\nexpected [1.0, 3.0]"]


def test_demands_on_identity_fail_both_ways(ag: Autograd) -> None:
    x, y = ag.tensor([1.0, 2.0]), ag.tensor([1.0, 2.0])
    expect(x).is_same_object_as(x)
    expect(x).is_another_object_than(y)
    expect(x.view(2)).shares_memory_with(x)
    expect(x).has_its_own_memory_apart_from(y)
    for wrong in (
        lambda: expect(x).is_same_object_as(y),
        lambda: expect(x).is_another_object_than(x),
        lambda: expect(x).shares_memory_with(y),
        lambda: expect(x.view(2)).has_its_own_memory_apart_from(x),
    ):
        with pytest.raises(Failure) as failure:
            wrong()

        assert failure.value.kind is FailureKind.ALIASING


def test_a_demand_on_the_identity_of_nothing_is_a_missing_gradient(ag: Autograd) -> None:
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(Failure) as failure:
        expect(x.grad).is_same_object_as(x)

    assert failure.value.kind is FailureKind.MISSING_GRADIENT


def test_demands_on_life_fail_both_ways(ag: Autograd) -> None:
    x = ag.tensor(1.0)
    watcher = ag.watch(x)
    expect(watcher).is_alive()
    with pytest.raises(Failure, match="lifetime"):
        expect(watcher).is_gone()
    ag.forget(x)
    del x
    expect(watcher).is_gone()
    with pytest.raises(Failure, match="lifetime"):
        expect(watcher).is_alive()


def test_demands_on_errors_fail_both_ways(ag: Autograd) -> None:
    x = ag.tensor(1.0)
    with ag.refuses("root-without-grad"):
        x.backward()
    with pytest.raises(Failure) as missing, ag.refuses("root-without-grad"):
        x.clone()
    with pytest.raises(Failure) as other, ag.refuses("graph-freed"):
        x.backward()
    with pytest.raises(ValueError, match="unknown error kind"), ag.refuses("bad-luck"):
        x.backward()

    assert missing.value.kind is FailureKind.NO_ERROR
    assert other.value.kind is FailureKind.WRONG_ERROR
    assert (other.value.found, other.value.expected) == ("root-without-grad", "graph-freed")
    assert ag._recorder.assertions == 3


@pytest.mark.parametrize(("kind", "word"), PRESUPPOSES.items())
def test_a_demand_on_an_error_needs_what_the_error_presupposes(kind: str, word: str) -> None:
    recorder = Recorder(Small())
    with pytest.raises(Unsupported) as lacking, Autograd(recorder).refuses(kind):
        pass

    assert lacking.value.capability == word
    assert word in recorder.used


def test_demands_on_warnings_fail_both_ways(ag: Autograd) -> None:
    x = ag.tensor(1.0, requires_grad=True)
    y = x * x
    with ag.warns():
        _ = y.grad
    with ag.silent():
        _ = x.grad
    with pytest.raises(Failure) as missing, ag.warns():
        _ = x.grad
    with pytest.raises(Failure) as unwanted, ag.silent():
        _ = y.grad

    assert {missing.value.kind, unwanted.value.kind} == {FailureKind.WARNING}
    assert ag._recorder.assertions == 4


def test_a_warning_from_before_a_block_does_not_count(ag: Autograd) -> None:
    x = ag.tensor(1.0, requires_grad=True)
    y = x * x
    _ = y.grad
    with ag.silent():
        _ = x.grad


# acts ---------------------------------------------------------------------------------
def test_comparisons_of_the_language_are_operators(ag: Autograd) -> None:
    x, y = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([2.0, 2.0, 2.0])

    expect(x < y).equals([True, False, False])
    expect(x <= y).equals([True, True, False])
    expect(x > y).equals([False, False, True])
    expect(x >= y).equals([False, True, True])


def test_arithmetic_of_the_language_is_operators(ag: Autograd) -> None:
    x, y = ag.tensor([8.0, 2.0]), ag.tensor([2.0, 4.0])

    expect(x + y).equals([10.0, 6.0])
    expect(1.0 + y).equals([3.0, 5.0])
    expect(x - y).equals([6.0, -2.0])
    expect(1.0 - y).equals([-1.0, -3.0])
    expect(x * y).equals([16.0, 8.0])
    expect(3.0 * y).equals([6.0, 12.0])
    expect(x / y).equals([4.0, 0.5])
    expect(8.0 / y).equals([4.0, 2.0])
    expect(x**2.0).equals([64.0, 4.0])
    expect(2.0**y).equals([4.0, 16.0])
    expect(-y).equals([-2.0, -4.0])
    expect(x @ y).equals(24.0)


def test_writes_of_the_language_are_in_place(ag: Autograd) -> None:
    x = ag.tensor([8.0, 2.0])
    x += 1.0
    expect(x).equals([9.0, 3.0])
    x -= 2.0
    expect(x).equals([7.0, 1.0])
    x *= 2.0
    expect(x).equals([14.0, 2.0])
    x /= 4.0
    expect(x).equals([3.5, 0.5])
    x **= 2.0
    expect(x).equals([12.25, 0.25])
    x[0] = 1.0
    expect(x).equals([1.0, 0.25])


def test_what_the_notation_does_not_have_is_told(ag: Autograd) -> None:
    x = ag.tensor(1.0)
    with pytest.raises(AttributeError, match="the notation has no 'gard' on a tensor"):
        _ = x.gard
    with pytest.raises(AttributeError, match="the notation assigns no 'gard'"):
        x.gard = x
    with pytest.raises(AttributeError, match="the notation has no 'tensr'"):
        ag.tensr(1.0)
    with pytest.raises(AttributeError, match="there is no transform 'vampire'"):
        ag.func.vampire(1.0)


@pytest.mark.parametrize("kind", [*WRAPPERS.values(), FunctionHandle])
def test_a_thing_takes_no_attribute_that_the_notation_does_not_have(
    ag: Autograd, kind: type[Object]
) -> None:
    with pytest.raises(AttributeError):
        kind(ag._recorder, "handle", 7).gard = 1.0  # type: ignore[attr-defined]


def test_a_thing_that_was_let_go_of_cannot_be_used(ag: Autograd) -> None:
    x = ag.tensor(1.0)
    ag.forget(x)
    with pytest.raises(ValueError, match="t0 was forgotten earlier in this program"):
        x.clone()


class Small(ReferenceEngine):
    """Declares the sine and no other function."""

    def __init__(self) -> None:
        super().__init__()
        self.abilities = frozenset({"values", "arrays", "tape", "op:sin", "dtype:float32"})


def test_what_is_not_declared_is_not_asked_and_what_is_is_noted() -> None:
    with Recorder(Small()) as recorder:
        ag = Autograd(recorder)
        ag.sin(ag.tensor(1.0))
        with pytest.raises(Unsupported) as raised:
            ag.cos(ag.tensor(1.0))

    assert raised.value.capability == "op:cos"
    assert "op:sin" in recorder.used


def test_floats_are_of_the_working_type_unless_one_is_named(engine: ReferenceEngine) -> None:
    with Recorder(Small()) as recorder:
        x = Autograd(recorder).tensor([1.0, 2.0])
        expect(x).has_dtype("float32")
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        expect(ag.tensor([1.0])).has_dtype("float64")
        expect(ag.tensor([1.0], dtype="float32")).has_dtype("float32")
        expect(ag.tensor([1])).has_dtype("int64")


class Answers(ReferenceEngine):
    """Shows another array than it has."""

    shown: Any = None

    def array(self, tensor: Any) -> Any:
        """Show it."""
        return self.shown


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ([1.0], "gave a list, expected a NumPy array"),
        (np.array(["a"]), "gave an array of str32, expected numbers or flags"),
        (np.array([object()]), "gave an array of object, expected numbers or flags"),
    ],
)
def test_a_look_from_outside_gives_numbers_or_breaks_the_port(shown: Any, sentence: str) -> None:
    engine = Answers()
    engine.shown = shown
    with Recorder(engine) as recorder, pytest.raises(BrokenPort, match=sentence):
        expect(Autograd(recorder).tensor(1.0)).equals(1.0)


class ShowsNothing(ReferenceEngine):
    """Refuses to show its values, as a trace does."""

    def array(self, tensor: Any) -> Any:
        """Refuse."""
        raise LookupError("there is no outside")

    def error_kind(self, error: Exception) -> str | None:
        """Call it something."""
        return "graph-freed" if isinstance(error, LookupError) else None


def test_a_look_that_is_refused_is_told_by_its_kind() -> None:
    with Recorder(ShowsNothing()) as recorder, pytest.raises(Refused) as refused:
        recorder.look(Autograd(recorder).tensor(1.0))

    assert (refused.value.act, refused.value.kind) == ("array", "graph-freed")
    assert str(refused.value) == "array raised LookupError: there is no outside"
    assert isinstance(refused.value.error, LookupError)


def test_an_array_that_the_engine_shows_is_copied() -> None:
    engine = Answers()
    engine.shown = np.array([1.0])
    with Recorder(engine) as recorder:
        seen = recorder.look(Autograd(recorder).tensor(1.0))
        engine.shown[0] = 7.0

    assert seen == [1.0]


class Mistakes(ReferenceEngine):
    """Gives a kind of error that does not exist."""

    def error_kind(self, error: Exception) -> str:
        """Make one up."""
        return "bad-luck"


def test_a_kind_of_error_that_does_not_exist_breaks_the_port() -> None:
    with Recorder(Mistakes()) as recorder, pytest.raises(BrokenPort, match="'bad-luck', which is"):
        Autograd(recorder).tensor(1.0).backward()


def test_a_refusal_is_noted_in_its_step(ag: Autograd) -> None:
    with pytest.raises(Refused):
        ag.tensor(1.0).backward()

    assert ag._recorder.program.steps[-1].refused == "root-without-grad"


def test_random_arrays_are_neither_small_nor_large_and_of_both_signs(ag: Autograd) -> None:
    found, positive = ag.random(20, 10), ag.random(20, 10, positive=True)

    assert found.shape == positive.shape == (20, 10)
    for array in (np.abs(found), positive):
        assert 0.5 <= array.min() < 0.6
        assert 1.4 < array.max() <= 1.5
    assert 60 < (found < 0).sum() < 140


@pytest.mark.parametrize(
    ("inputs", "cotangent", "words"),
    [
        ([2.0], 1.0, {"vjp"}),
        ([[2.0, 3.0]], [1.0, 1.0], {"vjp", "arrays"}),
        (None, 1.0, {"vjp", "create_graph"}),
    ],
)
def test_a_product_needs_what_it_is_asked_for(
    ag: Autograd, inputs: Any, cotangent: Any, words: set[str]
) -> None:
    points = inputs or [ag.tensor(2.0)]
    before = set(ag._recorder.used)
    output, (gradient,) = ag.vjp(lambda x: x * 3.0, points, cotangent)
    expect(gradient).equals(np.multiply(3.0, cotangent))

    assert {"vjp", "arrays", "create_graph"} & (ag._recorder.used - before) == words
    assert output._number < gradient._number


def test_a_product_needs_what_its_function_uses_and_not_how_it_is_derived(ag: Autograd) -> None:
    ag.vjp(ag.sin, [2.0])

    assert "op:sin" in ag._recorder.used
    assert not {"tape", "get:grad", "grad"} & ag._recorder.used


def test_what_a_hook_uses_is_needed_though_a_product_runs_it(ag: Autograd) -> None:
    def hooked(x: Any) -> Any:
        x.register_hook(ag.cos)
        return x * 3.0

    ag.vjp(hooked, [2.0])

    assert "op:cos" in ag._recorder.used


def test_a_mode_is_entered_and_left(ag: Autograd) -> None:
    with ag.no_grad() as mode:
        inside = bool(ag.is_grad_enabled())

    assert isinstance(mode, Mode)
    assert (inside, bool(ag.is_grad_enabled())) == (False, True)


def test_a_product_of_a_function_that_gives_a_number_is_zero(ag: Autograd) -> None:
    output, (gradient,) = ag.vjp(lambda _: 7.0, [2.0], 3.0)

    expect(output).equals(7.0)
    expect(gradient).equals(0.0)


def test_a_product_is_one_step_with_what_the_function_did(ag: Autograd) -> None:
    ag.vjp(lambda x: x * x, [2.0], 3.0)
    (step,) = ag._recorder.program.steps
    (body,) = step.given["function"].bodies

    assert step.act == "vjp"
    assert (step.given["inputs"], step.given["cotangent"]) == ([2.0], 3.0)
    assert [one.act for one in body.steps] == ["op:mul"]
    assert (body.cut, body.returned) == (False, body.steps[0].makes)


def test_a_cotangent_of_one_is_not_stored(ag: Autograd) -> None:
    ag.vjp(lambda x: x * x, [2.0])

    assert "cotangent" not in last(ag)


def test_a_custom_function_is_called_with_what_it_is_given_by_name_too(ag: Autograd) -> None:
    class Scaled(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Any, by: Any) -> Any:
            return x * by

    with suppress(Refused, Unsupported):  # whatever the engine makes of it
        Scaled.apply(ag.tensor(2.0), by=3.0)

    assert last(ag)["keywords"] == {"by": 3.0}


# what a run leaves behind -------------------------------------------------------------
@pytest.fixture
def _nobody_records() -> Iterator[None]:
    """Forget a recorder that a script opened for the rest of the process."""
    token = current.set(None)
    yield
    current.reset(token)


@pytest.mark.usefixtures("_nobody_records")
def test_a_run_leaves_warnings_and_floating_point_errors_as_they_were(
    engine: ReferenceEngine,
) -> None:
    filters, floating = list(warnings.filters), np.geterr()
    with Recorder(engine):
        np.seterr(all="raise")
        warnings.simplefilter("ignore")

    assert np.geterr() == floating
    assert list(warnings.filters) == filters
    assert current.get() is None


def test_a_frame_in_another_thread_belongs_to_the_recorder_while_it_lasts(ag: Autograd) -> None:
    recorder, seen = ag._recorder, []
    before = len(recorder.program.steps)
    steps: list[Step] = []

    def call() -> None:
        with recorder.frame(steps):
            seen.append(current.get())
            ag.tensor(1.0)
        seen.append(current.get())

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()

    assert seen == [recorder, None]
    assert ([step.act for step in steps], len(recorder.program.steps)) == (["tensor"], before)


def test_what_an_engine_says_of_itself_is_read_once(engine: ReferenceEngine) -> None:
    subject = Subject.of(engine)

    assert Subject.of(subject) is subject
    assert Recorder(subject).subject is subject


# printed programs ---------------------------------------------------------------------
PRINTED = """\
from gradspec import expect
from gradspec_conformance import open_engine

ag = open_engine('mine:Engine')
t0 = ag.tensor([1.0, 2.0], requires_grad=True)
t1 = t0 * 3.0
t2 = -t1
t3 = ag.sum(t2)
t3.backward()
expect(t0.grad).equals([-3.0, -3.0])
expect(t3).is_close(-9.0, ulps=4, scale=2.0)
expect(t0.requires_grad).is_true()
expect(t0).has_shape(2)
"""

IN_THE_ENGINES_WORDS = """\
import gradspec_reference as torch

t0 = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
t1 = t0 * 3.0
t2 = -t1
t3 = torch.sum(t2)
t3.backward()
print('found:', t0.grad, '   expected:', [-3.0, -3.0])
print('found:', t3, '   expected:', -9.0)
print('found:', t0.requires_grad, '   expected:', True)
"""


def test_a_printed_program_is_as_a_person_would_write_it(
    ag: Autograd, engine: ReferenceEngine
) -> None:
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = -(x * 3.0)
    z = y.sum()
    z.backward()
    expect(x.grad).equals([-3.0, -3.0])
    expect(z).is_close(-9.0, ulps=4, scale=2.0)
    expect(x.requires_grad).is_true()
    native = engine.script(ag._recorder.program)
    expect(x).has_shape(2)

    assert as_gradspec(ag._recorder.program, "mine:Engine").strip() == PRINTED.strip()
    assert native.strip() == IN_THE_ENGINES_WORDS.strip()
