"""A program while it is written down: its blocks, what the engine answers, and how it refuses.

Whatever performs an act in steps of its own (blocks, callbacks, products) works on a `Recording`;
the recorder is one that performs every act of the table.  Nothing that it writes down keeps an
object of the engine alive.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

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
from gradspec.judging.spelled import spell
from gradspec.port.abilities import DTYPES, NARROW
from gradspec.port.acts import ACTS
from gradspec.port.engine import Engine, Subject
from gradspec.port.errors import ERROR_KINDS
from gradspec.program.answers import made, wrap
from gradspec.program.passing import described, handed
from gradspec.program.steps import Program, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.act import Act
    from gradspec.program.objects import Tensor

current: Final[ContextVar[Recording | None]] = ContextVar("recording", default=None)
"""The recording that is at work, to which a demand on a list of answers belongs."""


class Thread(threading.local):
    """What one thread writes: the blocks that it is in, and whether that is `aside`."""

    aside = False

    def __init__(self, steps: list[Step]) -> None:
        self.blocks = [steps]


class Recording(ABC):
    """One run of one clause, as far as it has come.

    `running` says how many functions of the caller's run now; `received` is what those were given
    that the engine may be transforming; `answers` are the tensors that a block holds, if one does.
    """

    def __init__(self, engine: Engine | Subject) -> None:
        self.subject = Subject.of(engine)
        self.dtype = self.subject.dtype
        self.program = Program()
        self.assertions = 0
        self.used: set[str] = set()
        self.warnings: list[Any] = []
        self.running = 0
        self.received: list[tuple[Any, ...]] = []
        self.answers: list[Tensor] | None = None
        self._numbers = itertools.count()
        self._threads = Thread(self.program.steps)
        self._kept: ProgramError | None = None
        self._raised: list[BaseException] = []
        self._words: list[weakref.ref[Exception]] = []

    # performing -----------------------------------------------------------------------
    @abstractmethod
    def perform(self, key: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Do one act; raises Refused if the engine raises, and what its callbacks raise."""

    @abstractmethod
    def begun(
        self, act: Act, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Step, dict[str, Any], dict[str, Any]]:
        """Record an act; give its step, its arguments, and what the engine gets for them."""

    @abstractmethod
    def with_functions(self, value: Any) -> Any:
        """Give a structure with functions of the engine for those of the caller's."""

    @abstractmethod
    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Compare what was found with what is expected; raises Failure."""

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
            if not self.running:
                self._raised.clear()  # none can come out any more, and each keeps what it saw alive

    def tensor(self, data: Any, *, dtype: str | None, leaf: bool) -> Tensor:
        """Make a tensor; floats take the engine's working data type unless one is named."""
        act = ACTS["leaf" if leaf else "tensor"]
        narrow = dtype if dtype in NARROW else None
        array = np.array(data, dtype=float if narrow else dtype)
        given: dict[str, Any] = {"data": array}
        if dtype is not None or not (array.dtype.kind in "bf" or array.dtype == np.int64):
            given["dtype"] = dtype or array.dtype.name
        self.require(act.needs(given))
        step = Step(act.key, given)
        if "dtype" not in given and array.dtype.kind == "f":
            array = array.astype(self.dtype)
        self.record(step)
        passed = {"data": array.copy(), "dtype": narrow or array.dtype.name}
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
        given, word = array.dtype.name, f"dtype:{array.dtype.name}"
        if given not in DTYPES:
            raise BrokenPort(f"array() gave an array of {given}, expected numbers or flags")
        if array.dtype.kind == "c" and word not in self.subject.abilities:
            message = f"array() gave an array of {given}, expected real numbers or the word {word}"
            raise BrokenPort(message)
        return array

    @contextmanager
    def holding_answers(self) -> Iterator[list[Tensor]]:
        """Hold the tensors that are made in a block."""
        outside, self.answers = self.answers, []
        try:
            yield self.answers
        finally:
            self.answers = outside

    def look_at(self, tensors: list[Tensor]) -> None:
        """Ask for values that nobody needs; raises Refused."""
        for tensor in tensors:
            with suppress(BrokenPort):
                self.look(tensor)

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
        """Say that a demand does not hold; a traceback says found and expected, too."""
        failure.add_note(f"found    {spell(failure.found)}\nexpected {spell(failure.expected)}")
        self.own(failure)
        self._keep_if_running(failure)
        return failure

    def keep(self, error: ProgramError) -> None:
        """Keep what ended a caller's function, in case the engine swallows it."""
        if self._kept is None:
            self._kept = error

    def _keep_if_running(self, error: ProgramError) -> None:
        """Keep what a caller's function could swallow."""
        if self.running:
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


def went_on(steps: list[Step]) -> None:
    """Note that the program went on after a refusal: it caught it, which steered it."""
    if steps and steps[-1].refused is not None:
        steps[-1] = Step("caught", {"kind": steps[-1].refused}, steps=[steps[-1]])


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
