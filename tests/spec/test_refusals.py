"""Errors come out of the act that they belong to, and the kit's word is its own."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import caller_programs
import numpy as np
import pytest

from gradspec import Autograd, expect
from gradspec.exceptions import (
    BrokenPort,
    Diverged,
    Failure,
    ProgramError,
    Refused,
    Unsaid,
    Unsupported,
)
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts import as_gradspec
from gradspec.program.storing import from_json, to_json
from gradspec.writing.clause import CASES
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


def recorded(body: Callable[[Autograd], Any], engine: Any) -> Recorder:
    """Run a body and give back what was recorded."""
    with Recorder(engine) as recorder:
        body(Autograd(recorder))
    return recorder


def replayed(recorder: Recorder, engine: Any) -> Recorder:
    """Replay from JSON what was recorded."""
    with Recorder(engine) as again:
        replay(from_json(to_json(recorder.program)), again)
    return again


# a demand that fails in a function ----------------------------------------------------
def test_a_failure_that_was_excused_is_over(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0, requires_grad=True)
        with ag.attempt() as attempt:
            ag.tensor(1.0).backward()
        with attempt.granted():
            x.register_hook(lambda g: expect(g).equals(99.0))
            (x * 3.0).backward()
        expect(x * 2.0).equals(4.0)

    first = recorded(body, engine)

    assert replayed(first, engine).assertions == first.assertions


def test_a_failure_excused_inside_a_function_is_over(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        def hook(g: Any) -> Any:
            with ag.attempt() as attempt:
                constant.backward()
            with attempt.granted():
                expect(g).equals(99.0)
            return g * 2.0

        constant, x = ag.tensor(1.0), ag.tensor(2.0, requires_grad=True)
        x.register_hook(hook)
        (x * 3.0).backward()
        expect(x.grad).equals(6.0)

    first = recorded(body, engine)

    assert replayed(first, engine).assertions == first.assertions


@pytest.mark.parametrize("wrong", ["value", "no error", "ability", "warning"])
def test_a_function_cannot_swallow_the_kits_word(wrong: str, engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        def says(g: Any) -> None:
            match wrong:
                case "value":
                    expect(g).equals(99.0)
                case "no error":
                    with ag.refuses("graph-freed"):
                        g * 1.0
                case "ability":
                    ag.func.compile(lambda x: x)
                case "warning":
                    with ag.warns():
                        pass

        def hook(g: Any) -> None:
            with pytest.raises(ProgramError):
                says(g)

        x = ag.tensor(2.0, requires_grad=True)
        x.register_hook(hook)
        (x * 3.0).backward()
        expect(x.grad).equals(3.0)

    with pytest.raises(Unsupported if wrong == "ability" else Failure):
        recorded(body, engine)


# what is caught -----------------------------------------------------------------------
def test_a_refusal_that_the_program_catches_replays(engine: ReferenceEngine) -> None:
    first = recorded(caller_programs.an_error_that_the_program_catches, engine)
    again = replayed(first, engine)

    assert again.assertions == first.assertions
    assert to_json(again.program) == to_json(first.program)
    assert "with contextlib.suppress(Exception):" in as_gradspec(first.program)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("root-without-grad", "graph-freed", "refused as root-without-grad"),
        ('"act":"tensor"', '"act":"leaf"', "was not refused"),
    ],
)
def test_a_replay_that_is_not_refused_as_before_diverges(
    old: str, new: str, says: str, engine: ReferenceEngine
) -> None:
    def body(ag: Autograd) -> None:
        with pytest.raises(Refused):
            ag.tensor(1.0).backward()
        expect(ag.is_grad_enabled()).is_true()

    text = to_json(recorded(body, engine).program)

    with Recorder(engine) as again, pytest.raises(Diverged, match=says):
        replay(from_json(text.replace(old, new)), again)


# blocks -------------------------------------------------------------------------------
@pytest.mark.parametrize("demand", [lambda ag: ag.refuses("graph-freed"), lambda ag: ag.warns()])
def test_a_demand_that_the_programs_own_exception_left_is_none(
    demand: Callable[[Autograd], Any], engine: ReferenceEngine
) -> None:
    def body(ag: Autograd) -> None:
        x = ag.tensor(2.0)
        with contextlib.suppress(KeyError), demand(ag):
            y = x * 3.0
            raise KeyError
        expect(y).equals(6.0)

    live = recorded(body, engine)

    assert live.assertions == replayed(live, engine).assertions == 1


def a_hook(ag: Autograd, function: Callable[[Any], Any]) -> None:
    x = ag.tensor(2.0, requires_grad=True)
    x.register_hook(function)
    (x * 1.0).backward()


def a_product(ag: Autograd, function: Callable[[Any], Any]) -> None:
    ag.vjp(function, [2.0])


@pytest.mark.parametrize("call", [a_hook, a_product])
def test_a_function_that_is_interrupted_is_not_taken_for_one_that_returns(
    call: Callable[..., None], engine: ReferenceEngine
) -> None:
    def interrupted(_: Any) -> Any:
        raise KeyboardInterrupt

    def body(ag: Autograd) -> None:
        with pytest.raises(KeyboardInterrupt):
            call(ag, interrupted)
        expect(ag.tensor(1.0)).equals(1.0)

    live = recorded(body, engine)

    assert "raise KeyboardInterrupt" in as_gradspec(live.program)
    assert "raise KeyboardInterrupt" in engine.script(live.program)
    with pytest.raises(Diverged, match="KeyboardInterrupt"):
        replayed(live, engine)


def test_a_block_on_warnings_leaves_those_around_it_alone(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        y = ag.tensor(1.0, requires_grad=True) * 2.0
        with ag.warns():
            y.grad  # noqa: B018 - reading the gradient of an intermediate warns
            with ag.silent():
                ag.tensor(1.0)
        with ag.warns(), ag.warns():
            y.grad  # noqa: B018
        expect(y).equals(2.0)

    assert recorded(body, engine).assertions == 5


def test_a_warning_inside_an_inner_block_is_one_of_the_outer(engine: ReferenceEngine) -> None:
    def body(ag: Autograd) -> None:
        y = ag.tensor(1.0, requires_grad=True) * 2.0
        with ag.silent(), ag.warns():
            y.grad  # noqa: B018

    with pytest.raises(Failure, match="expected no warning"):
        recorded(body, engine)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_mode_is_left_whatever_ends_its_block(
    interruption: type[BaseException], engine: ReferenceEngine
) -> None:
    with Recorder(engine) as recorder:
        ag = Autograd(recorder)
        with pytest.raises(interruption), ag.no_grad(), ag.no_grad():
            raise interruption
        expect(ag.is_grad_enabled()).is_true()


# the kit's word -----------------------------------------------------------------------
class Unreadable(Exception):
    """Says the kit's word when it is printed."""

    def __str__(self) -> str:
        raise Unsupported("tape")


class Sly(list[Any]):
    """Says the kit's word when it is looked through."""

    def __iter__(self) -> Any:
        raise Unsupported("tape")

    def __len__(self) -> int:
        raise Unsupported("tape")


class SlyArray(np.ndarray[Any, Any]):
    """Says the kit's word when it is written in."""

    def __setitem__(self, index: Any, value: Any) -> None:
        raise Unsupported("tape")


class SlyClass:
    """Says the kit's word when it is asked what it is."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise Unsupported("tape")


class SlyDiverged:
    """Says that it has diverged when it is asked what it is."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise Diverged


class SaysItsKind(ReferenceEngine):  # type: ignore[misc, valid-type]
    def error_kind(self, error: Exception) -> str | None:
        raise Unsupported("tape")

    def backward(self, *_: Any, **__: Any) -> Any:
        raise ValueError


class SaysUnsaid(ReferenceEngine):  # type: ignore[misc, valid-type]
    def backward(self, *_: Any, **__: Any) -> Any:
        raise Unsaid("backward(root)")


class CannotBeRead(ReferenceEngine):  # type: ignore[misc, valid-type]
    def backward(self, *_: Any, **__: Any) -> Any:
        raise Unreadable


class GivesAList(ReferenceEngine):  # type: ignore[misc, valid-type]
    def grad(self, *_: Any, **__: Any) -> Any:
        return Sly([None])


class GivesNoClass(ReferenceEngine):  # type: ignore[misc, valid-type]
    def grad(self, *_: Any, **__: Any) -> Any:
        return SlyClass()


class GivesAnArray(ReferenceEngine):  # type: ignore[misc, valid-type]
    def numpy(self, *_: Any, **__: Any) -> Any:
        return np.zeros(()).view(SlyArray)


class GivesAReadOnlyArray(ReferenceEngine):  # type: ignore[misc, valid-type]
    def numpy(self, *_: Any, **__: Any) -> Any:
        array = np.zeros(())
        array.flags.writeable = False
        return array


class GivesNoArray(ReferenceEngine):  # type: ignore[misc, valid-type]
    def numpy(self, *_: Any, **__: Any) -> Any:
        return {"a": 1}


class LeavesAMode(ReferenceEngine):  # type: ignore[misc, valid-type]
    def leave(self, mode: Any, error: Any = None) -> bool:
        raise Unsupported("tape")


class SaysDiverged(ReferenceEngine):  # type: ignore[misc, valid-type]
    def grad(self, *_: Any, **__: Any) -> Any:
        return SlyDiverged()


def everything(ag: Autograd) -> None:
    """Let an engine speak in all the ways there are."""
    x = ag.tensor(2.0, requires_grad=True)
    with ag.no_grad():
        ag.is_grad_enabled()
    array = ag.tensor(1.0).numpy()
    array[()] = 5.0
    (y,) = ag.grad(x * x, [x])
    (x * x).backward()
    expect(y).equals(4.0)


LIARS = [
    SaysItsKind,
    SaysUnsaid,
    CannotBeRead,
    GivesAList,
    GivesNoClass,
    GivesAnArray,
    GivesAReadOnlyArray,
    GivesNoArray,
    LeavesAMode,
    SaysDiverged,
]


@pytest.mark.parametrize("liar", LIARS, ids=lambda c: c.__name__)
def test_an_engine_cannot_excuse_itself_wherever_it_speaks(liar: type[ReferenceEngine]) -> None:
    clause = replace(CASES["acc-001"], body=everything)
    verdict = run_clause(clause, liar(), verdict_of=lambda i: Verdict(i, Outcome.PASSED))

    assert verdict.outcome in {Outcome.ERRORED, Outcome.FAILED}
    assert verdict.message


def test_what_only_says_the_kits_word_is_not_it(engine: ReferenceEngine) -> None:
    with Recorder(engine) as recorder, pytest.raises(Unsupported) as own:
        recorder.require(frozenset({"transform:compile"}))

    assert recorder.said(own.value)
    assert not recorder.said(Unsupported("transform:compile"))


def test_a_kind_that_cannot_be_told_breaks_the_port() -> None:
    with Recorder(SaysItsKind()) as recorder, pytest.raises(BrokenPort, match=r"error_kind\(\)"):
        Autograd(recorder).tensor(2.0, requires_grad=True).backward()


# a lazy engine ------------------------------------------------------------------------
class Lazy(ReferenceEngine):
    """Adds when somebody asks for the sum."""

    def apply(self, operator: str, arguments: Any) -> Any:
        """Write it down."""
        return lambda: super(Lazy, self).apply(operator, arguments)

    def array(self, x: Any) -> Any:
        """Do what was written down."""
        return super().array(x() if callable(x) else x)


def sum_of(ag: Autograd, *shapes: tuple[int, ...]) -> None:
    with ag.refuses("operand-shape"):
        ag.add(*(ag.tensor(np.ones(shape)) for shape in shapes))


def test_a_lazy_engine_refuses_when_it_is_asked_for_values() -> None:
    recorder = recorded(lambda ag: sum_of(ag, (2, 3), (2,)), Lazy())

    assert replayed(recorder, Lazy()).assertions == recorder.assertions == 1


def test_a_lazy_engine_that_refuses_nothing_is_found() -> None:
    with pytest.raises(Failure, match="expected an error of the kind operand-shape"):
        recorded(lambda ag: sum_of(ag, (2, 3), (3,)), Lazy())
