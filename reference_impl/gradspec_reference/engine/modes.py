"""Switch recording on and off; start at `no_grad`.

Whether an operation is recorded is a property of the running thread, not of a tensor.  The same
per-thread state holds the context in which arithmetic runs: NumPy keeps its floating-point
warnings in a context variable, and the engine, like torch, returns inf and nan without comment.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import threading
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

F = TypeVar("F", bound="Callable[..., Any]")


# Whether the running code is within the quiet context of its thread.
is_quiet = contextvars.ContextVar("is_quiet", default=False)


class ThreadState(threading.local):
    """What belongs to one thread: the grad mode, and how to do arithmetic without warnings.

    `quietly(function, *arguments)` enters the context; a context cannot be entered again from
    within, so there it is `call`.
    """

    recording = True
    node: Any = None  # that a pass of this thread is at, wherever callers can ask
    former: Any = None  # what was overwritten, where saved values may be

    def __init__(self) -> None:
        self.recording = True
        context = contextvars.copy_context()
        context.run(np.seterr, all="ignore")
        context.run(is_quiet.set, True)
        self.quietly: Callable[..., Any] = context.run


state = ThreadState()


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function: what `state.quietly` is where the context was entered already."""
    return function(*arguments)


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a long function without warnings; what is computed meanwhile need not enter again."""
    if is_quiet.get():
        return function(*arguments)
    return state.quietly(_within, function, arguments)


def _within(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    enter_context = state.quietly
    state.quietly = call
    try:
        return function(*arguments)
    finally:
        state.quietly = enter_context


def is_grad_enabled() -> bool:
    """Tell whether operations of this thread are recorded (torch.is_grad_enabled)."""
    return state.recording


def enter(recording: bool) -> bool:
    """Set the mode of this thread and return the mode before."""
    before = state.recording
    state.recording = recording
    return before


def leave(before: bool) -> None:
    """Restore the mode that `enter` returned."""
    state.recording = before


class GradMode:
    """A mode for a `with` block or, as a decorator, for each run of a function or generator.

    Each entry pushes the mode it found, so one object may be entered again and again, also from
    within itself, and an exception restores the mode like any other exit.
    """

    recording: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(enter(self.recording))

    def __exit__(self, *exception: object) -> None:
        leave(self._before.pop())

    def fresh(self) -> GradMode:
        """Return a mode of the same kind that nobody has entered."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Decorate: the mode holds while the function runs, not while it is defined."""
        return _decorate(self, function)


def _decorate(mode: GradMode, function: F) -> F:
    if inspect.isgeneratorfunction(function):
        return _decorate_generator(mode, function)

    @functools.wraps(function)
    def within(*args: Any, **kwargs: Any) -> Any:
        with mode.fresh():
            return function(*args, **kwargs)

    return within  # type: ignore[return-value]


def _decorate_generator(mode: GradMode, function: F) -> F:
    """Hold the mode inside the generator's body; put it back at each yield."""

    @functools.wraps(function)
    def within(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        with mode.fresh():
            reply = _advance(generator.send, None)
        while reply[0]:
            try:
                sent = yield reply[1]
            except GeneratorExit:
                with mode.fresh():
                    generator.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed to the generator, which decides
                with mode.fresh():
                    reply = _advance(generator.throw, error)
            else:
                with mode.fresh():
                    reply = _advance(generator.send, sent)
        return reply[1]

    return within  # type: ignore[return-value]


def _advance(step: Callable[[Any], Any], value: Any) -> tuple[bool, Any]:
    """Run a generator to its next yield: (True, what it yields) or (False, what it returns)."""
    try:
        return True, step(value)
    except StopIteration as stop:
        return False, stop.value


class _Mode(GradMode):
    """A mode without arguments, usable as `@mode` as well as `@mode()`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Self:
        if function is None:
            return super().__new__(cls)
        return _decorate(cls(), function)  # type: ignore[return-value]

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        if function is None:
            super().__init__()


class no_grad(_Mode):  # noqa: N801 - torch's name
    """Do not record: results have no history (torch.no_grad docstring)."""

    recording = False


class enable_grad(_Mode):  # noqa: N801 - torch's name
    """Record, also inside a `no_grad` block (torch.enable_grad docstring)."""

    recording = True


class set_grad_enabled(GradMode):  # noqa: N801 - torch's name
    """Set the mode at once; as a context manager, until the block ends; or decorate a function.

    Source: torch.set_grad_enabled docstring.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled was given a {type(mode).__name__}; it needs a bool")
        self.recording = mode
        self._at_creation: bool | None = enter(self.recording)

    def __enter__(self) -> None:
        before = enter(self.recording)
        self._before.append(before if self._at_creation is None else self._at_creation)
        self._at_creation = None

    def fresh(self) -> GradMode:
        """Return an unentered mode of the same setting that has not touched the thread."""
        return enable_grad() if self.recording else no_grad()

    def __call__(self, function: F) -> F:
        """Decorate, and undo what the construction of this object did to the thread."""
        if self._at_creation is not None:
            leave(self._at_creation)
            self._at_creation = None
        return super().__call__(function)
