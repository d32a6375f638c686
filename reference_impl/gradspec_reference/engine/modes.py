"""Switch recording on and off; start at `no_grad`.

Whether an operation is recorded is a property of the running thread, not of a tensor.  The same
per-thread state holds the context in which arithmetic runs: NumPy keeps its floating-point
warnings in a context variable, and the engine, like torch, returns inf and nan without comment.
How a mode decorates functions stands in `decorating`.
"""

from __future__ import annotations

import contextvars
import math
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from gradspec_reference.engine.decorating import Decorator, decorated

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.mutations import Mutations


# Whether the running code is within the quiet context of its thread.
is_quiet = contextvars.ContextVar("is_quiet", default=False)


class ThreadState(threading.local):
    """What belongs to one thread: its modes, and how to do arithmetic without warnings.

    `mutations` is the context in which saved tensors may be written, and `closed` says when others
    began and ended.  `packing` holds the pairs of functions that pack what is saved, the innermost
    last; `no_packing` is the message of why there may be none.  `group` is what the passes of a
    block have in common.  `transforms` holds the transforms of functions that run, the innermost
    last, `dual` the levels of those of them that follow tangents, and `batching` those of `vmap`.

    `recording` says whether operations are recorded.  That is the grad mode, unless inference mode
    is on: then nothing is recorded, and the grad mode is `grad_enabled`.  `following` says whether
    tangents are.
    `quietly(function, *arguments)` enters the context; a context cannot be entered again from
    within, so there it is `call`.
    """

    recording = True
    below = math.inf  # computing tangents, which have those of outer levels alone
    node: Any = None  # that a pass of this thread is at, wherever callers can ask

    def __init__(self) -> None:
        self.recording = True
        self.mutations: Mutations | None = None
        self.closed: list[tuple[int, int]] = []
        self.packing: list[tuple[Any, Any]] = []
        self.no_packing: str | None = None
        self.group: Any = None
        self.transforms: list[Any] = []
        self.dual: list[Any] = []
        self.batching: list[Any] = []
        self.grad_enabled = True
        self.inference = False
        self.multithreading = True
        self.following = True
        context = contextvars.copy_context()
        context.run(np.seterr, all="ignore")
        context.run(is_quiet.set, True)
        self.quietly: Callable[..., Any] = context.run


state = ThreadState()

exceptional: Final[set[Any]] = set()
"""The threads in inference mode, dual levels and those of `vmap`.

Without any, new tensors are just results.
"""


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
    """Tell whether grad mode is on in this thread (torch.is_grad_enabled)."""
    return state.grad_enabled if state.inference else state.recording


def is_inference_mode_enabled() -> bool:
    """Tell whether inference mode is on in this thread (torch.is_inference_mode_enabled)."""
    return state.inference


def is_multithreading_enabled() -> bool:
    """Tell whether this thread's passes may use others; no pass of this engine does."""
    return state.multithreading


def is_door(node: Any) -> bool:
    """Tell whether a node is a door of a transform that runs (see `transforms`)."""
    return node is not None and any(node in each.doors for each in state.transforms)


def enter(recording: bool) -> bool:
    """Set the grad mode of this thread and return the mode before."""
    if exceptional and state.inference:
        before = state.grad_enabled
        state.grad_enabled = recording
        return before
    before = state.recording
    state.recording = recording
    return before


def leave(before: bool) -> None:
    """Restore the mode that `enter` returned."""
    if exceptional and state.inference:
        state.grad_enabled = before
    else:
        state.recording = before


def enter_inference(inference: bool) -> tuple[bool, bool]:
    """Set the inference mode of this thread, and grad mode to its opposite; return both before."""
    before = (state.inference, is_grad_enabled())
    leave_inference((inference, not inference))
    return before


def leave_inference(before: tuple[bool, bool]) -> None:
    """Restore the modes that `enter_inference` returned."""
    state.inference, grad_enabled = before
    thread = threading.get_ident()
    if state.inference:
        exceptional.add(thread)
        state.grad_enabled, state.recording = grad_enabled, False
    else:
        exceptional.discard(thread)
        state.recording = grad_enabled


class GradMode(Decorator):
    """A mode that sets grad mode for a `with` block or, as a decorator, for each run of a function.

    Each entry notes in `prev` what it found, and an exception restores that like any other exit.
    There is one note: whoever enters an object within its own block loses the first, as in torch.
    """

    recording: bool
    prev: bool

    def __enter__(self) -> None:
        self.prev = enter(self.recording)

    def __exit__(self, *exception: object) -> None:
        leave(self.prev)


class _Plain(GradMode):
    """A mode without arguments, usable as `@mode` as well as `@mode()`."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Self:
        if orig_func is None:
            return super().__new__(cls)
        return decorated(cls(), orig_func)  # type: ignore[return-value]

    def __init__(self, orig_func: None = None) -> None:
        del orig_func  # a function that is given is decorated instead
        super().__init__()


class no_grad(_Plain):  # noqa: N801 - torch's name
    """Do not record: results have no history (torch.no_grad docstring)."""

    recording = False

    def __init__(self) -> None:
        super().__init__()
        self.prev = False


class enable_grad(_Plain):  # noqa: N801 - torch's name
    """Record, also inside a `no_grad` block (torch.enable_grad docstring)."""

    recording = True


class inference_mode(Decorator):  # noqa: N801 - torch's name
    """Make inference tensors, which are never recorded; or, with False, ordinary ones again.

    Usable as `@inference_mode` too.  An object that is entered within its own block first ends
    that entry, as in torch.  Source: torch.inference_mode docstring.
    """

    _before: tuple[tuple[bool, bool], bool, bool] | None

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Self:
        """Make a mode, or decorate a function that stands in the flag's place."""
        if isinstance(mode, bool):
            return super().__new__(cls)
        return decorated(cls(), mode)  # type: ignore[return-value]

    def __init__(self, mode: bool | Callable[..., Any] = True) -> None:
        if isinstance(mode, bool):
            super().__init__()
            self.mode = mode

    def __enter__(self) -> None:
        held = getattr(self, "_before", None)
        self._before = (enter_inference(self.mode), state.multithreading, state.following)
        state.multithreading = state.following = not self.mode
        self.restore(held)

    def __exit__(self, *exception: object) -> None:
        held, self._before = self._before, None
        self.restore(held)

    def restore(self, before: tuple[tuple[bool, bool], bool, bool] | None) -> None:
        """Go back to what an entry found, unless that was done."""
        if before is not None:
            leave_inference(before[0])
            _, state.multithreading, state.following = before

    def clone(self) -> inference_mode:
        """Return a mode of the same setting that nobody has entered."""
        return inference_mode(self.mode)


class Setting(Decorator):
    """A mode that holds at once; as a context manager, until its block ends.

    `prev` is what the construction found.  As a decorator it takes back what that did.
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"{type(self).__name__} was given a {type(mode).__name__}; it needs a bool"
            )
        self.prev = self.enter(mode)
        self.mode = mode

    def enter(self, mode: bool) -> bool:
        """Set the mode of this thread and return the mode before."""
        raise NotImplementedError

    def __enter__(self) -> None:
        """Begin a block: the mode holds already, from its construction on."""

    def __exit__(self, *exception: object) -> None:
        self.enter(self.prev)

    def take_back(self) -> None:
        """Undo what the construction of this object did to the thread."""
        self.enter(self.prev)

    def clone(self) -> Setting:
        """Return another of the same setting, which holds at once."""
        return type(self)(self.mode)

    def __call__(self, function: Any) -> Any:
        """Decorate: the mode holds while the function runs, and not from here on."""
        self.take_back()
        return super().__call__(function)


class set_grad_enabled(Setting):  # noqa: N801 - torch's name
    """Set grad mode (torch.set_grad_enabled docstring)."""

    def enter(self, mode: bool) -> bool:
        """Set grad mode and return what it was."""
        return enter(mode)

    def __enter__(self) -> None:
        self.enter(self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mode={self.mode})"


class set_multithreading_enabled(Setting):  # noqa: N801 - torch's name
    """Say whether the passes of this thread may use others; each runs in its caller's anyhow.

    Source: torch.autograd.grad_mode.set_multithreading_enabled docstring.
    """

    def enter(self, mode: bool) -> bool:
        """Set the flag and return what it was."""
        before = state.multithreading
        state.multithreading = mode
        return before

    def take_back(self) -> None:
        """Leave the flag as it was set: torch's decorator does not take it back."""
