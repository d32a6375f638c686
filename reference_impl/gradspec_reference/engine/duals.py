"""Dual numbers: tensors that have a tangent, and the level in which they do; start at `Dual`.

What an operation does to tangents is in `forward`.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from gradspec_reference.engine.modes import exceptional, state

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


class Dual:
    """What makes a tensor a dual one: its tangent, None as long as it has none.

    A view that was made in the level has the tensor that it shows as `base`, whose tangent it
    follows.  The slot `_dual` of a tensor is empty until there is one.
    """

    __slots__ = ("__weakref__", "base", "tangent")

    def __init__(self, base: Tensor | None = None) -> None:
        self.base = base
        self.tangent: Tensor | None = None


class Level:
    """A stretch of a program in which tensors have tangents; leaving it, they lose them."""

    def __init__(self) -> None:
        self.duals: weakref.WeakSet[Dual] = weakref.WeakSet()

    def clear(self) -> None:
        """Take the tangents of all tensors."""
        for dual in list(self.duals):
            dual.tangent = dual.base = None


levels: list[Level] = []
"""The levels that are entered, of all threads: one at most, as they cannot be nested."""


def enter() -> None:
    """Begin a level."""
    level = Level()
    levels.append(level)
    exceptional.add(level)


def leave() -> None:
    """End the latest level."""
    level = levels.pop()
    exceptional.discard(level)
    level.clear()


def is_followed() -> bool:
    """Tell whether tangents are computed now: in a level, but for the tangents themselves."""
    return bool(levels) and not state.linearising


def dual_of(tensor: Tensor) -> Dual | None:
    """Return what a tensor has in this level."""
    dual: Dual | None = getattr(tensor, "_dual", None)
    return dual if dual is not None and levels and dual in levels[-1].duals else None


def made_dual(tensor: Tensor, base: Tensor | None = None) -> Dual:
    """Give a tensor a place for a tangent."""
    dual = tensor._dual = Dual(base)
    levels[-1].duals.add(dual)
    return dual


def base_of(tensor: Tensor) -> Tensor | None:
    """Return the tensor whose tangent that of a view follows, None if it has one of its own."""
    dual = dual_of(tensor)
    if dual is not None:
        return dual.base
    return None if tensor._view is None else tensor._view.base


def follow(result: Tensor, source: Tensor) -> None:
    """Let the tangent of a view follow that of what it shows."""
    base = base_of(source)
    made_dual(result, source if base is None else base)


def keep_with(saved: Tensor, result: Tensor) -> None:
    """Let what a node saves of its result have the tangent of the result."""
    dual = dual_of(result)
    if dual is not None:
        saved._dual = dual


def drop(tensor: Tensor) -> None:
    """Take the tangent of one tensor."""
    if dual_of(tensor) is not None:
        made_dual(tensor)
