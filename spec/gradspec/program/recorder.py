"""Perform a program on an engine, step by step, and write down each step.

`perform` is the one door between a clause and an engine: it records the step, unwraps the objects,
has the engine do the act, checks that the answer is of the kind that the table promises, and wraps
it.  Nothing that it records keeps an object of the engine alive.
"""

from __future__ import annotations

import functools
import itertools
import threading
import warnings
import weakref
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec.exceptions import (
    BrokenPort,
    Failure,
    NothingThere,
    ProgramError,
    Refused,
    Unsaid,
    Unsupported,
    is_the_kits,
    text_of,
)
from gradspec.judging.comparison import COMPARISONS
from gradspec.judging.outcome import FailureKind
from gradspec.port.abilities import DTYPES
from gradspec.port.acts import ACTS
from gradspec.port.engine import Engine, Subject
from gradspec.port.errors import ERROR_KINDS
from gradspec.port.functions import gives_of, slot_of_rule
from gradspec.port.slots import SLOTS
from gradspec.program.acts_of_the_kit import KIT
from gradspec.program.answers import made, pattern, wrap
from gradspec.program.callbacks import Callbacks
from gradspec.program.identity import ByIdentity
from gradspec.program.objects import Object, Tensor
from gradspec.program.observed import Observed
from gradspec.program.passing import (
    PLAIN,
    compared,
    demand_storable,
    described,
    handed,
    handle_of,
    is_function,
    stored,
    wrapped,
)
from gradspec.program.steps import Function, Program, Ref, Step, numbers
from gradspec.program.structure import mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from gradspec.port.act import Act
    from gradspec.program.objects import FunctionHandle

current: Final[ContextVar[Recorder | None]] = ContextVar("recorder", default=None)
"""The recorder that is at work, to which a demand on a list of answers belongs."""


class Thread(threading.local):
    """What one thread writes: the blocks that it is in, and whether that is `aside`."""

    aside = False

    def __init__(self, steps: list[Step]) -> None:
        self.blocks = [steps]


class Recorder:
    """Performs and records one run of one clause; a context manager.

    It keeps warnings, and undoes what the run did to NumPy's treatment of floating-point errors.
    """

    def __init__(self, engine: Engine | Subject, *, seed: int = 0) -> None:
        self.subject = Subject.of(engine)
        self.dtype = self.subject.dtype
        self.program = Program()
        self.assertions = 0
        self.used: set[str] = set()
        self.performed = 0
        self._seed = seed
        self.warnings: list[Any] = []
        self.callbacks = Callbacks()
        self._numbers = itertools.count()
        self._threads = Thread(self.program.steps)
        self._kept: ProgramError | None = None
        self._raised: list[BaseException] = []
        self._words: list[weakref.ref[Exception]] = []
        self._functions: ByIdentity[FunctionHandle] = ByIdentity()
        self._catcher = warnings.catch_warnings(record=True)
        self._floating = np.errstate()

    def __enter__(self) -> Self:
        self._token = current.set(self)
        self._floating.__enter__()
        log = self._catcher.__enter__()
        self.warnings = [] if log is None else log
        warnings.simplefilter("always")
        if "reset" in self.subject.abilities:
            with suppress(Exception):  # what an engine does not restore is for clauses to say
                self.subject.ask(ACTS["reset"], {})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not isinstance(error, ProgramError):
            went_on(self.program.steps)
        self._catcher.__exit__(kind, error, traceback)
        self._floating.__exit__(kind, error, traceback)
        current.reset(self._token)

    @functools.cached_property
    def random(self) -> np.random.Generator:
        """What draws the arrays of the run."""
        return np.random.default_rng(self._seed)

    # performing -----------------------------------------------------------------------
    def perform(self, key: str, *arguments: Any, **keywords: Any) -> Any:
        """Do one act; raises Refused if the engine raises, and what its callbacks raise."""
        act, steps = ACTS[key], self._threads.blocks[-1]
        before = len(steps)
        try:
            if act.by_kit:
                return KIT[key](self, **act.signature.bind(arguments, keywords))
            return self._performed(act, arguments, keywords)
        except Refused as refused:
            if len(steps) > before:
                steps[-1].refused = refused.kind or "unknown"
            raise
        except ProgramError as error:
            self._keep_if_running(error)
            raise

    def _performed(self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        step, given, passed = self.begun(act, arguments, keywords)
        if _is_asked_of_none(act, given):
            text = f"{act.name} was asked of a gradient that is None"
            raise self.refused(act.name, step, self.own(NothingThere(text)))
        answer = self.asked(act, step, passed)
        result = wrap(self, step, _kind_of_answer(act, given), answer, some=act.some)
        step.makes = pattern(result) if act.gives == "structure" else made(result)
        return result

    def begun(
        self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Step, dict[str, Any], dict[str, Any]]:
        """Record an act; give its step, its arguments, and what the engine gets for them."""
        self.performed += 1
        given = act.signature.bind(arguments, keywords)
        self.require(act.needs(given))
        step = Step(act.key)
        passed = {name: self._passed(act, step, name, given) for name in given}
        self.record(step)
        return step, given, passed

    def asked(
        self, act: Act, step: Step, passed: dict[str, Any], forms: dict[str, Any] | None = None
    ) -> Any:
        """Have the engine do an act; raises Refused, and what its callbacks raise."""
        forms = step.given if forms is None else forms
        return self.heard(act.name, lambda: self.subject.ask(act, passed, forms), step)

    def heard(self, act: str, ask: Callable[[], Any], step: Step | None = None) -> Any:
        """Let the engine's code run; raises Refused, and what its callbacks raise.

        What a callback was ended by comes out of the act that ran it, and of no other.
        """
        outside, self._kept = self._kept, None
        try:
            answer = ask()
        except Exception as error:
            if self._kept is not None:
                raise self._kept from None
            if isinstance(error, Unsaid) and is_the_kits(error):
                self.own(error)
                raise
            raise self.refused(act, step, error) from error
        else:
            if self._kept is not None:
                raise self._kept
            return answer
        finally:
            self._kept = outside
            if not self.callbacks.running:
                self._raised.clear()  # none can come out any more, and each keeps what it saw alive

    def _passed(self, act: Act, step: Step, name: str, given: dict[str, Any]) -> Any:
        """Note one argument in the step, and give what the engine gets for it."""
        value, kind = given[name], act.signature.kinds.get(name, "")
        if kind != "structure":  # nearly always it is one of these
            if type(value) in PLAIN:
                step.given[name] = value
                return value
            if type(value) is Tensor:
                step.given[name] = Ref(value._number)
                return handle_of(value)
        if kind in SLOTS and is_function(value):
            slot = slot_of_rule(name, given) if act.key == "define" else kind
            step.given[name] = record = Function(self.number(), slot)
            return self.callbacks.facing_the_engine(self, value, record)
        if is_function(value) or isinstance(value, list | tuple | dict):
            value = given[name] = self.with_functions(value)
        if kind == "structure":
            step.given[name] = stored(value)
            return wrapped(value)
        if not isinstance(value, Object):
            demand_storable(value)
        step.given[name] = described(value)
        return handed(value)

    def with_functions(self, value: Any) -> Any:
        """Give a structure with functions of the engine for those of the caller's."""
        return self.function(value) if is_function(value) else mapped(value, self.with_functions)

    def function(self, function: Callable[..., Any]) -> FunctionHandle:
        """Make a caller's function a function of the engine, once."""
        known = self._functions.get(function)
        if known is None:
            known = self._functions.put(function, self.perform("define", body=function))
        return known

    def tensor(self, data: Any, *, dtype: str | None, leaf: bool) -> Tensor:
        """Make a tensor; floats take the engine's working data type unless one is named."""
        act, array = ACTS["leaf" if leaf else "tensor"], np.array(data, dtype=dtype)
        given: dict[str, Any] = {"data": array}
        if dtype is not None or not (array.dtype.kind in "bf" or array.dtype == np.int64):
            given["dtype"] = dtype or array.dtype.name
        self.require(act.needs(given))
        step = Step(act.key, given)
        if "dtype" not in given and array.dtype.kind == "f":
            array = array.astype(self.dtype)
        self.record(step)
        passed = {"data": array.copy(), "dtype": array.dtype.name}
        tensor: Tensor = wrap(
            self, step, "tensor", self.asked(act, step, passed, passed), some=True
        )
        step.makes = made(tensor)
        return tensor

    def look(self, tensor: Tensor) -> np.ndarray[Any, Any]:
        """Look at the values of a tensor from outside."""
        act, handle = ACTS["array"], handed(tensor)
        self.require(act.words)
        found = self.heard(act.name, lambda: self.subject.ask(act, {"x": handle}))
        if not isinstance(found, np.ndarray | np.generic):
            message = f"array() gave a {type(found).__name__}, expected a NumPy array"
            raise BrokenPort(message)
        array = np.array(found)  # a copy, and no subclass with a comparison of its own
        complex_undeclared = (
            array.dtype.kind == "c" and f"dtype:{array.dtype.name}" not in self.subject.abilities
        )
        if array.dtype.name not in DTYPES or complex_undeclared:
            message = f"array() gave an array of {array.dtype.name}, expected numbers or flags"
            raise BrokenPort(message)
        return array

    # writing down ---------------------------------------------------------------------
    def number(self) -> int:
        """Give the next object's number."""
        return next(self._numbers)

    def record(self, step: Step) -> None:
        """Add a step to the block that this thread is in."""
        steps = self._threads.blocks[-1]
        if steps:
            went_on(steps)
        steps.append(step)

    @contextmanager
    def frame(self, steps: list[Step], *, aside: bool | None = None) -> Iterator[None]:
        """Write steps here until the block ends; in whatever thread that is.

        What is done `aside` is no part of what the program needs; a block inside is as it is.
        """
        thread, token = self._threads, current.set(self)
        thread.blocks.append(steps)
        before = thread.aside
        thread.aside = before if aside is None else aside
        try:
            yield
        except ProgramError:  # it leaves the block, which did not go on
            raise
        except BaseException:
            went_on(steps)
            raise
        else:
            went_on(steps)
        finally:
            thread.blocks.pop()
            thread.aside = before
            current.reset(token)

    def block(self, key: str, **given: Any) -> tuple[Step, list[Step]]:
        """Record an act that has steps of its own, and give the list for them."""
        steps: list[Step] = []
        step = Step(key, {n: described(v) for n, v in given.items()}, steps=steps)
        self.record(step)
        return step, steps

    def dissolve(self, step: Step) -> None:
        """Leave the steps of a block, and not its demand: it was left before it could be made."""
        steps = self._threads.blocks[-1]
        place = next(n for n, one in enumerate(steps) if one is step)
        steps[place : place + 1] = step.steps or []

    @contextmanager
    def ending(self, step: Step) -> Iterator[None]:
        """Note in a step that it was refused."""
        try:
            yield
        except Refused as refused:
            step.refused = refused.kind or "unknown"
            raise

    @property
    def blocks(self) -> list[list[Step]]:
        """The blocks that this thread is in, the innermost last."""
        return self._threads.blocks

    # refusals -------------------------------------------------------------------------
    def own(self, error: Exception) -> Exception:
        """Know the kit's own word again: nobody else's is taken for it."""
        self._words.append(weakref.ref(error))
        return error

    def said(self, error: Exception) -> bool:
        """Say whether it was the kit itself that said this."""
        return any(word() is error for word in self._words)

    def failed(self, failure: Failure) -> Failure:
        """Say that a demand does not hold."""
        self.own(failure)
        self._keep_if_running(failure)
        return failure

    def keep(self, error: ProgramError) -> None:
        """Keep what ended a caller's function, in case the engine swallows it."""
        if self._kept is None:
            self._kept = error

    def _keep_if_running(self, error: ProgramError) -> None:
        """Keep what a caller's function could swallow."""
        if self.callbacks.running:
            self.keep(error)

    def excuse(self, error: ProgramError) -> None:
        """Let an error be that ended what need not hold."""
        if self._kept is error:
            self._kept = None

    def raised_by_the_caller(self, error: BaseException) -> None:
        """Remember an exception that a caller's function raised by itself."""
        self._raised.append(error)

    def require(self, words: frozenset[str]) -> None:
        """Note what a program relies on; raises Unsupported if the engine does not declare it."""
        if not self._threads.aside:
            self.used |= words
        if not words <= self.subject.abilities:
            raise self.own(Unsupported(min(words - self.subject.abilities)))

    def kind_of(self, error: Exception) -> str | None:
        """Say of which kind an engine's exception is; raises BrokenPort if it is none."""
        if isinstance(error, NothingThere) and self.said(error):
            return "grad-is-none"
        if any(e is raised for e in _history(error) for raised in self._raised):
            return "callback"
        try:
            kind = self.subject.engine.error_kind(error)
        except Exception as another:
            message = f"error_kind() raised {type(another).__name__}: {text_of(another)}"
            raise BrokenPort(message) from another
        if kind is not None and not (isinstance(kind, str) and kind in ERROR_KINDS):
            message = f"error_kind() gave {kind!r}, which is no error kind"
            raise BrokenPort(message)
        return kind

    def refused(self, act: str, step: Step | None, error: Exception) -> Refused:
        """Say how an engine refused an act, and note it in the step."""
        refused = Refused(act, self.kind_of(error), error)
        if step is not None:
            step.refused = refused.kind or "unknown"
        return refused

    # demands --------------------------------------------------------------------------
    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Compare what was found with what is expected; raises Failure."""
        given = {"found": described(found), "check": check} | options
        if expected is not None:
            given["expected"] = described(expected)
        if not list(numbers(given["found"])):
            raise TypeError(
                f"{found!r} is nothing that an engine said: it cannot be demanded of it"
            )
        self.record(Step("expect", given))
        self.assertions += 1
        failure = COMPARISONS[check](compared(found), compared(expected), **options)
        if failure is not None and getattr(found, "absent", False):
            kind, text = FailureKind.MISSING_GRADIENT, "no gradient, which a product takes for zero"
            failure = Failure(kind, text, failure.found, failure.expected)
        if failure is not None:
            raise self.failed(failure)


def went_on(steps: list[Step]) -> None:
    """Note that the program went on after a refusal: it caught it, which steered it."""
    if steps and steps[-1].refused is not None:
        steps[-1] = Step("caught", {"kind": steps[-1].refused}, steps=[steps[-1]])


def _kind_of_answer(act: Act, given: dict[str, Any]) -> str:
    match act.gives:
        case "as declared":
            return str(given["function"].gives)
        case "as named":
            return gives_of(given["name"])
    return act.kind_given(given)


DIFFERENTIATED: Final = {
    "backward": ("root", "inputs"),
    "grad": ("outputs", "inputs"),
    "gradient_edge": ("tensor",),
}
"""Act -> its arguments that are tensors of the graph, one or several."""


def _is_asked_of_none(act: Act, given: dict[str, Any]) -> bool:
    if act.key in DIFFERENTIATED:
        values = [given.get(name) for name in DIFFERENTIATED[act.key]]
    elif act.on == "tensor":
        values = [*given.values()]
        if act.family != "op":
            del values[1:]
    else:
        return False
    for value in values:
        if type(value) is Tensor:
            continue
        for member in value if isinstance(value, list | tuple) else (value,):
            if type(member) is Observed and member._value is None:
                return True
    return False


def _history(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and those that it came from; the chain may be a circle."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]
