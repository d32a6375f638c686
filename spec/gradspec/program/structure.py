"""Structures: lists, tuples and dicts of tensors, wrapped plain values, held objects and None.

Inside a structure nothing travels bare but handles: where an engine's handle may be a NumPy number,
a number and a handle could not be told apart.  `Plain` and `Held` are opaque to the engine, which
passes them on; an adapter may look inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain value of the host language among handles."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Held:
    """An object of the caller's that the engine keeps and gives back as it was."""

    thing: Any


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to each member of a structure; give anything else back as it is.

    A named tuple, or another subclass of a container, becomes the plain container, whatever it says
    of its members itself.
    """
    match value:
        case list():
            return [change(v) for v in list.__iter__(value)]
        case tuple():
            return tuple(change(v) for v in tuple.__iter__(value))
        case dict():
            return {k: change(v) for k, v in dict.items(value)}
        case MappingProxyType():
            return MappingProxyType({k: change(v) for k, v in value.items()})
        case slice():
            return slice(change(value.start), change(value.stop), change(value.step))
    return value
