"""Perform a program on an engine, step by step, and write down each step.

`perform` is the one door between a clause and an engine: it records the step, unwraps the
objects, calls the method of the port, checks that the answer is of the kind that the port
promises, and wraps it.  Nothing that it records keeps an object of the engine alive.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec.judging.comparison import COMPARISONS
from gradspec.judging.outcome import (
    BrokenPort,
    Failure,
    FailureKind,
    Interrupted,
    ProgramError,
    Refused,
    Unsupported,
)
from gradspec.port.capabilities import DTYPES, METHODS
from gradspec.port.engine import Engine, working_dtype
from gradspec.port.errors import ERROR_KINDS
from gradspec.port.needs import needed
from gradspec.program.answers import PLAIN_TYPES, WRAPPERS, result_kind
from gradspec.program.objects import FunctionContext, HostArray, Object, Observed, Tensor
from gradspec.program.steps import Call, Callback, Program, Ref, Step, mapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

FORGOTTEN: Final = object()

MODES: Final = {"modes": "set_grad_enabled", "layout": "enforce_grad_layout_policy"}
"""Group -> the mode that every program finds switched on."""

IMPLIED: Final = {
    "graph-freed": frozenset({"retain_graph"}),
    "stale-saved-tensor": frozenset({"inplace"}),
}
"""Error kind -> the ability without which an engine has no reason to refuse."""

GIVES_SOMETHING: Final = frozenset(
    {"tensor", "apply", "custom_function", "copy", "text", "node_name"}
)
"""Acts that make something, and so never give None."""

current: Final[ContextVar[Recorder | None]] = ContextVar("recorder", default=None)
"""The recorder that is at work, to which a demand on a plain value belongs."""


class Recorder:
    """Performs and records one run of one clause; a context manager.

    It keeps warnings, and undoes what the run did to NumPy's treatment of floating-point errors.
    """

    def __init__(self, engine: Engine, *, seed: int = 0) -> None:
        self.engine = engine
        self.dtype = working_dtype(engine.capabilities)
        self.program = Program(dtype=self.dtype.name)
        self.assertions = 0
        self.used: set[str] = set()
        self.random = np.random.default_rng(seed)
        self._blocks: list[list[Step]] = [self.program.steps]
        self._count = 0
        self._pending: ProgramError | None = None
        self._callbacks: list[Callback] = []
        self._context_first = False
        self._warnings: list[Any] = []
        self._catcher = warnings.catch_warnings(record=True)
        self._floating = np.errstate()

    def __enter__(self) -> Self:
        self._token = current.set(self)
        self._floating.__enter__()
        log = self._catcher.__enter__()
        self._warnings = [] if log is None else log
        warnings.simplefilter("always")
        self._reset_modes()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._catcher.__exit__(kind, error, traceback)
        self._floating.__exit__(kind, error, traceback)
        current.reset(self._token)

    def _reset_modes(self) -> None:
        """Undo what an engine that does not restore its modes left behind."""
        for group, mode in MODES.items():
            if group in self.engine.capabilities:
                with suppress(Exception):  # what is wrong with modes is for clauses to say
                    self._call("enter", (mode, True), {})

    # performing -----------------------------------------------------------------------
    def perform(self, act: str, *arguments: Any, **keywords: Any) -> Any:
        """Do one step; raises Refused if the engine raises, and what its callbacks raise."""
        self._require(act, arguments, keywords)
        step = self._record(act, arguments, keywords)
        if _acts_on_none(act, arguments):
            step.raised = "grad-is-none"
            text = f"{self._spell(act, arguments)} was asked of a gradient that is None"
            raise Refused(text, step.raised, AttributeError(text))
        try:
            answer = self._call(act, self._resolve(arguments), self._resolve(keywords))
        except ProgramError:
            raise
        except Exception as error:
            if self._pending is not None:
                self._raise_pending()
            kind = self._kind(error)
            step.raised = kind or "unknown"
            raise Refused(self._spell(act, arguments), kind, error) from error
        if self._pending is not None:
            self._raise_pending()
        result = self._wrap(result_kind(act, arguments), answer, act)
        step.result = self._describe(result)
        return result

    def look(self, tensor: Tensor) -> np.ndarray[Any, Any]:
        """Look at the values of a tensor from outside."""
        self.used.add("values")
        try:
            array = self.engine.array(tensor._handle)
        except Exception as error:
            raise Refused("array", self._kind(error), error) from error
        if not isinstance(array, np.ndarray | np.generic):
            message = f"array() gave a {type(array).__name__}, expected a NumPy array"
            raise BrokenPort(message)
        if array.dtype.name not in DTYPES:
            message = f"array() gave an array of {array.dtype.name}, expected numbers or flags"
            raise BrokenPort(message)
        return np.array(array)  # a copy, and no subclass with a comparison of its own

    def forget(self, thing: Object) -> None:
        """Let go of the engine's object, as `del` does."""
        self._record("forget", (thing,), {})
        object.__setattr__(thing, "_handle", FORGOTTEN)

    def expect(self, subject: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Compare what was found with what is expected; raises Failure."""
        self._record("expect", (subject, check, expected), options)
        self.assertions += 1
        comparison = COMPARISONS[check]
        failure = comparison(self._plain(subject), self._plain(expected), **options)
        if failure is not None:
            raise failure

    def expect_refusal(self, kind: str, refused: Refused | None) -> None:
        """Demand that a step just taken was refused in this way; raises Failure."""
        if kind not in ERROR_KINDS:
            message = f"unknown error kind {kind!r}; the list is gradspec.port.errors.ERROR_KINDS"
            raise ValueError(message)
        self.assertions += 1
        self.used |= IMPLIED.get(kind, frozenset())
        if self._blocks[-1]:
            self._blocks[-1][-1].refusal = kind
        if refused is None:
            text = f"expected an error of the kind {kind}: {ERROR_KINDS[kind]}"
            raise Failure(FailureKind.NO_ERROR, text, "no error", kind)
        if refused.kind != kind:
            text = f"expected an error of the kind {kind}: {ERROR_KINDS[kind]}; {refused}"
            raise Failure(FailureKind.WRONG_ERROR, text, refused.kind, kind) from refused

    # engine calls ---------------------------------------------------------------------
    def _call(self, act: str, arguments: Any, keywords: Any) -> Any:
        if act == "host_write":
            array, index, value = arguments
            array[index] = value
            return None
        if act == "drain_warnings":
            seen = [f"{w.category.__name__}: {w.message}" for w in self._warnings]
            self._warnings.clear()
            return seen
        method = getattr(self.engine, act, None)
        if method is None:
            message = f"the adapter declares {METHODS[act]} and has no method {act}()"
            raise BrokenPort(message)
        return method(*arguments, **keywords)

    def _require(self, act: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.require(needed(act, arguments, keywords, self.dtype))

    def require(self, words: set[str]) -> None:
        """Note what a program relies on; raises Unsupported if the engine does not declare it."""
        self.used |= words
        missing = sorted(words - self.engine.capabilities)
        if missing:
            raise Unsupported(missing[0])

    def _kind(self, error: Exception) -> str | None:
        if isinstance(error, Interrupted):
            return "callback"
        kind = self.engine.error_kind(error)
        if kind is not None and not (isinstance(kind, str) and kind in ERROR_KINDS):
            message = f"error_kind() gave {kind!r}, which is no error kind"
            raise BrokenPort(message)
        return kind

    def _raise_pending(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            raise pending

    # wrapping -------------------------------------------------------------------------
    def _wrap(self, kind: str, answer: Any, act: str) -> Any:
        if kind == "nothing":
            return None
        if answer is None and act in GIVES_SOMETHING:
            raise BrokenPort(f"{act} gave None, expected a {kind}")
        if answer is None and kind in ("tensor", "node", "plain", "text"):
            return self._observe(None)
        if kind in WRAPPERS:
            return self._new(WRAPPERS[kind], answer)
        if kind == "tensors":
            return tuple(self._wrap("tensor", a, act) for a in self._sequence(answer, act))
        if kind == "product":
            output, gradients = self._pair(answer, act)
            return self._new(Tensor, output), self._wrap("tensors", gradients, act)
        if kind == "edges":
            pairs = [self._pair(p, act) for p in self._sequence(answer, act)]
            return tuple(
                (self._wrap("node", n, act), self._wrap("number", k, act)) for n, k in pairs
            )
        if kind == "numbers":
            members = self._sequence(answer, act)
            return self._observe(tuple(self._own("number", m, act) for m in members))
        return self._observe(self._own(kind, answer, act))

    @staticmethod
    def _own(kind: str, answer: Any, act: str) -> Any:
        """Give a plain answer as a value of Python's own types, which compare as they should."""
        if not isinstance(answer, PLAIN_TYPES[kind]):
            message = f"{act} gave a {type(answer).__name__}, expected a {kind}"
            raise BrokenPort(message)
        match answer:
            case bool():
                return answer
            case np.generic():
                return np.array(answer).item()
            case int():
                return int.__int__(answer)
            case float():
                return float.__float__(answer)
            case str():
                return str.__str__(answer)
        return answer

    def _new(self, wrapper: type[Object], handle: Any) -> Object:
        self._count += 1
        return wrapper(self, handle, self._count - 1)

    def _observe(self, value: Any) -> Observed:
        self._count += 1
        return Observed(self, value, self._count - 1)

    @staticmethod
    def _sequence(answer: Any, act: str) -> Any:
        if not isinstance(answer, list | tuple):
            message = f"{act} gave a {type(answer).__name__}, expected a list or tuple"
            raise BrokenPort(message)
        return answer

    @classmethod
    def _pair(cls, answer: Any, act: str) -> Any:
        if len(cls._sequence(answer, act)) != 2:  # noqa: PLR2004 - a pair
            raise BrokenPort(f"{act} gave {len(answer)} things, expected a pair")
        return answer

    # three readings of a structure ----------------------------------------------------
    def _record(self, act: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Step:
        described = tuple(self._describe(a) for a in arguments)
        step = Step(act, described, {k: self._describe(v) for k, v in keywords.items()})
        self._blocks[-1].append(step)
        self._callbacks = [a for a in described if isinstance(a, Callback)]
        self._context_first = act == "custom_function"
        return step

    def _describe(self, value: Any) -> Any:
        """What the program stores: objects by number, functions by what they do."""
        if isinstance(value, Object | Observed):
            return Ref(value._number)
        if callable(value) and not isinstance(value, type):
            self._count += 1
            return Callback(self._count - 1)
        return mapped(value, self._describe)

    def _resolve(self, value: Any) -> Any:
        """What the engine gets: handles, plain values, and callables over handles."""
        if isinstance(value, Object):
            if value._handle is FORGOTTEN:
                message = f"{value!r} was forgotten earlier in this program"
                raise ValueError(message)
            return value._handle
        if isinstance(value, Observed):
            return value.value
        if callable(value) and not isinstance(value, type):
            return self._engine_facing(value, self._callbacks.pop(0))
        if isinstance(value, np.ndarray):
            return value.copy()  # the program and the clause keep theirs
        return mapped(value, self._resolve)

    def _plain(self, value: Any) -> Any:
        """What a comparison sees: arrays and plain values."""
        if isinstance(value, Tensor):
            return self.look(value)
        if isinstance(value, HostArray):
            return np.array(value)
        if isinstance(value, Observed):
            return value.value
        if isinstance(value, Object):
            return repr(value)
        return mapped(value, self._plain)

    def _engine_facing(self, function: Callable[..., Any], callback: Callback) -> Any:
        first = FunctionContext if self._context_first else Tensor

        def call(*handles: Any) -> Any:
            kinds = [first, *[Tensor] * (len(handles) - 1)]
            parameters = [self._parameter(k, h) for k, h in zip(kinds, handles, strict=False)]
            described = tuple(Ref(p._number) for p in parameters)
            record = Call(described, raised=True)
            callback.calls.append(record)
            self._blocks.append(record.steps)
            try:
                returned = function(*parameters)
            except ProgramError as error:
                self._pending = error
                raise
            finally:
                self._blocks.pop()
            record.raised = False
            record.returned = self._describe(returned)
            return self._resolve(returned)

        return call

    def _parameter(self, wrapper: type[Object], handle: Any) -> Any:
        return self._observe(None) if handle is None else self._new(wrapper, handle)

    @staticmethod
    def _spell(act: str, arguments: tuple[Any, ...]) -> str:
        return str(arguments[0]) if act in ("apply", "inplace", "enter") else act


def _acts_on_none(act: str, arguments: tuple[Any, ...]) -> bool:
    targets: list[Any] = []
    match act:
        case "apply":
            targets = arguments[1]
        case "inplace":
            targets = [arguments[1]]
        case "get" | "set" | "delete":
            targets = [arguments[0]]
    return any(isinstance(t, Observed) and t.value is None for t in targets)
