"""What a replay reckons itself, what it must find again, and how often it may be called."""

from __future__ import annotations

import gc
import inspect
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import Autograd, expect
from gradspec.catalogue import signs
from gradspec.catalogue.operators import OPERATORS
from gradspec.exceptions import Diverged, Failure, WrongCall
from gradspec.port.functions import DEFINITION, FLAGS, RULES
from gradspec.program.folding import folded
from gradspec.program.identity import ByIdentity
from gradspec.program.objects import Tensor
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.signatures import parameters_of, signature_of
from gradspec.program.steps import Function, Program
from gradspec.program.storing import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.adapters.reference import ReferenceEngine


def recorded(body: Callable[[Autograd], Any], engine: Any) -> Program:
    """Run a body, store what was recorded, and read it back."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    return from_json(to_json(recorder.program))


def replayed(program: Program, engine: Any) -> Recorder:
    """Replay a program."""
    with Recorder(engine) as again:
        replay(program, again)
    return again


def with_data(program: Program, old: float, new: float) -> Program:
    """Put other data into a program, which are what an engine answers then."""
    text = to_json(program)
    changed = text.replace(f'"data":{old}', f'"data":{new}')
    assert changed != text
    return from_json(changed)


# plain values -------------------------------------------------------------------------
def test_a_replay_reckons_with_the_numbers_that_it_finds(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0)
        expect(x * (3.0 * x.item() - 1.0)).equals(10.0)
        expect(x.item() * 2.0).equals(4.0)

    program = recorded(body, engine)

    assert replayed(program, engine).assertions == 2
    with pytest.raises(Failure) as failure:
        replayed(with_data(program, 2.0, 5.0), engine)
    assert failure.value.found == 5.0 * 14.0


def decided(ag: Autograd) -> None:
    """Let a comparison decide."""
    x = ag.tensor(2.0)
    expect(x * 3.0 if x.item() > 1.0 else x).has_shape()


def test_another_number_of_which_the_same_holds_steers_alike(engine: ReferenceEngine) -> None:
    assert replayed(with_data(recorded(decided, engine), 2.0, 5.0), engine).assertions == 1


def test_another_decision_diverges(engine: ReferenceEngine) -> None:
    with pytest.raises(Diverged, match="plain:gt gave False"):
        replayed(with_data(recorded(decided, engine), 2.0, 0.5), engine)


@pytest.mark.parametrize(
    "look",
    [
        str,
        repr,
        "{:.1f}".format,
        "%.1f".__mod__,
        round,
        int,
        bool,
        hash,
        lambda k: k.is_integer(),
        lambda k: {2.5: 1}[k],
        lambda k: divmod(k, 2),
        lambda k: [1.0] * int(k),
    ],
)
def test_what_looks_at_a_number_steers(look: Callable[[Any], Any], engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.5)
        look(x.item())
        expect(x).has_shape()

    program = recorded(body, engine)

    assert replayed(program, engine).assertions == 1
    with pytest.raises(Diverged, match=r"item gave 3\.75"):
        replayed(with_data(program, 2.5, 3.75), engine)


def test_what_a_context_gives_steers(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        texts = ag.notes()

        class Twice(ag.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.kept = [x.item(), 1.0]
                return x * 2.0

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                texts.note(f"{ctx.kept[0]}")
                return g * 2.0

        x = ag.tensor(2.5, requires_grad=True)
        Twice.apply(x).backward()
        expect(x.grad).equals(2.0)

    program = recorded(body, engine)

    assert replayed(program, engine).assertions == 1
    with pytest.raises(Diverged, match=r"found \[3\.75, 1\.0\]"):
        replayed(with_data(program, 2.5, 3.75), engine)


@pytest.mark.parametrize("write", [lambda a: a.__setitem__(0, 3.0), lambda a: a.fill(3.0)])
def test_an_array_that_is_given_is_read_only(
    write: Callable[[Any], None], engine: ReferenceEngine
) -> None:
    def body(ag: Autograd) -> None:
        seen = ag.notes()
        seen.note(np.array([1.0, 2.0]))
        (array,) = seen.read()
        with pytest.raises((WrongCall, ValueError), match=r"read.only"):
            write(array)
        expect(array).equals([1.0, 2.0])

    assert replayed(recorded(body, engine), engine).assertions == 1


def test_a_calculation_that_the_language_refuses_is_the_callers_error(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(lambda _: x.item() / 0)
        with ag.refuses("callback"):
            (x * 3.0).backward()

    assert replayed(recorded(body, engine), engine).assertions == 1


# as often as it was called ------------------------------------------------------------
def hooked(ag: Autograd) -> None:
    """Call a hook three times, which does the same each time."""
    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(lambda g: g * 2.0)
    for _ in range(3):
        (x * 3.0).backward()
    expect(x.grad).has_shape()


def with_passes(program: Program, passes: int) -> Program:
    """Let the backward pass of a program be done more or less often."""
    place = next(n for n, step in enumerate(program.steps) if step.act == "op:mul")
    first, rest = program.steps[place : place + 2], program.steps[place + 6 :]
    return Program([*program.steps[:place], *first * passes, *rest])


def test_a_call_more_than_there_were_diverges_though_all_were_alike(
    engine: ReferenceEngine,
) -> None:
    program = recorded(hooked, engine)
    (function,) = (v for s in program.steps for v in s.given.values() if isinstance(v, Function))

    assert (len(function.bodies), function.turns) == (1, [0, 0, 0])
    assert replayed(with_passes(program, 3), engine).assertions == 1
    with pytest.raises(Diverged, match="more often"):
        replayed(with_passes(program, 4), engine)


def test_a_call_less_than_there_were_is_for_the_demands_to_tell(engine: ReferenceEngine) -> None:
    assert replayed(with_passes(recorded(hooked, engine), 2), engine).assertions == 1


def test_a_call_that_was_cut_and_left_something_stands_alone(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        kept: list[Any] = []
        x = ag.tensor(2.0, requires_grad=True)
        y = x * x
        y.backward(retain_graph=True)

        def hook(g: Any) -> None:
            kept.append(g * 2.0)
            with ag.no_grad():
                y.backward()

        w = ag.tensor(1.0, requires_grad=True)
        w.register_hook(hook)
        (w * 3.0).backward()
        with ag.refuses("graph-freed"):
            (w * 5.0).backward()
        expect(kept[0]).equals(6.0)
        expect(kept[1]).equals(10.0)

    assert replayed(recorded(body, engine), engine).assertions == 3


def test_what_is_kept_is_exported_though_it_is_used_by_what_was_given_before(
    engine: ReferenceEngine,
) -> None:
    def body(ag: Autograd) -> None:
        kept: list[Any] = []
        x, w = ag.tensor(2.0, requires_grad=True), ag.tensor(5.0, requires_grad=True)
        w.register_hook(lambda g: g * kept[-1])
        x.register_hook(lambda g: kept.append(g * 2.0))
        (x * 3.0).backward()
        (w * 1.0).backward()
        expect(w.grad).equals(6.0)

    program = recorded(body, engine)
    functions = [v for s in folded(program).steps for v in s.given.values()]
    exports = [f.bodies[0].exports for f in functions if isinstance(f, Function)]

    assert [len(numbers) for numbers in exports] == [0, 1]
    assert replayed(program, engine).assertions == 1


# one place for each -------------------------------------------------------------------
def everything(
    x: Any, y: Any = 1, /, z: Any = 2, *more: Any, k: Any, m: Any = 3, **named: Any
) -> Any:
    """Have each kind of parameter."""


@pytest.mark.parametrize(
    "function",
    [
        everything,
        lambda: None,
        lambda x: x,
        lambda x, /: x,
        lambda x=1, /, **named: (x, named),
        lambda *, k: k,
        lambda x, /, *, k=1: (x, k),
        lambda *more, k=1: (more, k),
    ],
)
def test_parameters_survive_as_data(function: Callable[..., Any]) -> None:
    signature = inspect.signature(function).replace(return_annotation=inspect.Signature.empty)
    bare = signature.replace(
        parameters=[
            p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()
        ]
    )
    data = parameters_of(signature, lambda default: [default])

    assert signature_of(data, lambda default: default[0]) == bare


def test_every_sign_of_the_catalogue_is_a_method_of_a_tensor() -> None:
    signed = [o for o in OPERATORS.values() if o.sign]
    between = [o.sign.split()[1] for o in signed if o.sign.count(" ") == 2 and "\n" not in o.sign]
    names = {signs.method(signs.NAMES[sign]) for sign in between}
    names |= {signs.reflected(n) for n, sign in signs.BINARY.items() if sign in between}
    names |= {signs.method(n) for n in ("neg", "getitem", "setitem", "iadd", "ipow", "itruediv")}

    assert len(between) >= 10
    assert names <= vars(Tensor).keys()


def test_define_takes_every_rule_and_flag() -> None:
    assert DEFINITION.signature.names == (*RULES, "name", *FLAGS)
    assert {n: r.slot for n, r in RULES.items()} == DEFINITION.signature.kinds
    for phrase in (DEFINITION.notation, *DEFINITION.torch):
        assert all(f"${name}" in phrase for name in (*RULES, *FLAGS) if name != "body") or (
            "once_differentiable" in phrase
        )


def test_a_function_is_known_for_as_long_as_it_lives() -> None:
    def make() -> Callable[[], None]:
        return lambda: None

    known: ByIdentity[str] = ByIdentity()
    one, other = make(), make()
    known.put(one, "one")
    watched = weakref.ref(one)

    assert (known.get(one), known.get(other)) == ("one", None)
    del one
    gc.collect()
    assert watched() is None
    assert not known._entries
