"""Structures: tensors and other values in nested tuples, lists and dicts; start at `flatten`.

None is a value as any other.  The kinds of containers belong to a structure, and so do the keys of
a dict, in their order.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SEQUENCES: Final = (tuple, list, deque)
MAPPINGS: Final = (dict, OrderedDict, defaultdict)


@dataclass(frozen=True, slots=True)
class Structure:
    """The form of a value without its leaves: a kind of container, what else it is made of, parts.

    A leaf has no kind.
    """

    kind: type | None
    made_of: Any = None
    parts: tuple[Structure, ...] = ()

    @property
    def count(self) -> int:
        """The number of leaves."""
        return 1 if self.kind is None else sum(part.count for part in self.parts)

    def __str__(self) -> str:
        if self.kind is None:
            return "*"
        parts = [str(part) for part in self.parts]
        if self.made_of is not None:
            keys = self.made_of[0] if self.kind is defaultdict else self.made_of
            parts = [f"{key}: {part}" for key, part in zip(keys, parts, strict=True)]
        return f"{self.kind.__name__}({', '.join(parts)})"

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """Return a value of this form with other leaves."""
        return self._filled(iter(leaves))

    def _filled(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        kind: Any = self.kind
        parts = [part._filled(leaves) for part in self.parts]
        if kind is defaultdict:
            keys, default = self.made_of
            return kind(default, zip(keys, parts, strict=True))
        if kind in MAPPINGS:
            return kind(zip(self.made_of, parts, strict=True))
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


LEAF: Final = Structure(None)


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a value, and its form."""
    leaves: list[Any] = []
    return leaves, _collected(value, leaves)


def _collected(value: Any, leaves: list[Any]) -> Structure:
    kind = type(value)
    if kind in MAPPINGS:
        keys = tuple(value)
        parts = tuple([_collected(value[key], leaves) for key in keys])
        return Structure(
            kind, (keys, value.default_factory) if kind is defaultdict else keys, parts
        )
    if kind in SEQUENCES or (isinstance(value, tuple) and hasattr(kind, "_fields")):
        return Structure(kind, None, tuple([_collected(part, leaves) for part in value]))
    leaves.append(value)
    return LEAF


def leaves_of(value: Any) -> list[Any]:
    """Return the leaves of a value."""
    return flatten(value)[0]


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Return a value of the same form, with what a function makes of each leaf."""
    leaves, form = flatten(value)
    return form.unflatten([function(leaf) for leaf in leaves])
