"""Values without their history, and calls that leave none: what several faults have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import modes
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def number(value: Any) -> Any:
    """Take a value as a mere number: without its history, if it is a tensor."""
    return value.detach() if isinstance(value, Tensor) else value


def unrecorded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function while recording is off."""
    before = modes.enter(False)
    try:
        return function(*arguments)
    finally:
        modes.leave(before)
