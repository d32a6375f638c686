"""What a function of the caller's is given by name, put in its place; start at `in_places`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def in_places(
    forward: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], *, bound: int
) -> tuple[Any, ...]:
    """Return the arguments of a call by place, since each of them has a place among the gradients.

    The first `bound` parameters are given by somebody else.  Raises TypeError where there is no
    place: for an unknown or a keyword-only name, for one that is given twice, and behind a gap.
    """
    placed = inspect.signature(forward).bind(*(None,) * bound, *arguments, **named)
    if placed.kwargs:
        raise TypeError(f"forward has no place for {', '.join(map(repr, placed.kwargs))}")
    return placed.args[bound:]


def with_defaults(
    forward: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a call gives by place and by name, with the defaults that it leaves out."""
    call = inspect.signature(forward).bind(*arguments, **named)
    call.apply_defaults()
    return call.args, call.kwargs
