"""What a function of the caller's is given by name, put in its place; start at `in_places`."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def in_places(
    forward: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], *, bound: int
) -> tuple[Any, ...]:
    """Return the arguments of a call by place, since each of them has a place among the gradients.

    The first `bound` parameters are given by somebody else.  Raises TypeError where there is no
    place: for an unknown or a keyword-only name, for one that is given twice, and behind a gap.
    """
    if not named:
        return arguments
    parameters = inspect.signature(forward).parameters.values()
    names = [p.name for p in parameters if p.kind in BY_PLACE][bound:]
    left = dict(named)
    placed = list(arguments)
    for name in names[: len(arguments)]:
        if name in left:
            raise TypeError(f"forward was given {name!r} by place and by name")
    for name in names[len(arguments) :]:
        if not left:
            break
        if name not in left:
            raise TypeError(f"forward was not given {name!r}, and was given what comes after it")
        placed.append(left.pop(name))
    if left:
        raise TypeError(f"forward has no place for {', '.join(map(repr, left))}")
    return tuple(placed)


def with_defaults(
    forward: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a call gives by place and by name, with the defaults that it leaves out."""
    call = inspect.signature(forward).bind(*arguments, **named)
    call.apply_defaults()
    return call.args, call.kwargs
