"""Dual numbers: tensors that have tangents, and the levels in which they do; start at `Dual`.

What an operation does to tangents is in `forward`.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from gradspec_reference.engine.modes import exceptional, state

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


class Dual:
    """What makes a tensor a dual one in a level: its tangent, None as long as it has none.

    A view that was made in the level has the tensor that it shows as `base`, whose tangent it
    follows.  The slot `_dual` of a tensor, its duals by level, is empty until there is one.
    """

    __slots__ = ("__weakref__", "base", "tangent")

    def __init__(self, base: Tensor | None = None) -> None:
        self.base = base
        self.tangent: Tensor | None = None


class Level:
    """A stretch of a program in which tensors have tangents; leaving it, they lose them.

    Levels lie in each other: the tangent of an inner one has tangents of the outer ones.
    `following` is whether tangents were followed where it began.
    """

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.following = True
        self.duals: weakref.WeakSet[Dual] = weakref.WeakSet()

    def clear(self) -> None:
        """Take the tangents of all tensors."""
        for dual in list(self.duals):
            dual.tangent = dual.base = None


levels: list[Level] = []
"""The level that a program entered itself, of all threads: one at most; it is the outermost."""


def enter() -> None:
    """Begin the level of a program's own."""
    level = Level()
    levels.append(level)
    exceptional.add(level)


def leave() -> None:
    """End it."""
    level = levels.pop()
    exceptional.discard(level)
    level.clear()


def enter_transform() -> Level:
    """Begin the level of one call of a transform, in this thread."""
    level = Level(len(state.dual) + 1)
    level.following, state.following = state.following, True
    state.dual.append(level)
    exceptional.add(level)
    return level


def leave_transform() -> None:
    """End the latest level of this thread."""
    level = state.dual.pop()
    state.following = level.following
    exceptional.discard(level)
    level.clear()


def followed() -> list[Level]:
    """Return the levels in which tangents are computed now, the outermost first.

    For the tangents themselves these are the outer levels; in inference mode there are none.
    """
    if not state.following:
        return []
    below = state.below
    return [level for level in (*levels, *state.dual) if level.depth < below]


def is_followed() -> bool:
    """Tell whether tangents are computed now."""
    return bool(followed())


def dual_of(tensor: Tensor, level: Level) -> Dual | None:
    """Return what a tensor has in a level."""
    duals: dict[Level, Dual] | None = getattr(tensor, "_dual", None)
    return None if duals is None else duals.get(level)


def made_dual(tensor: Tensor, level: Level, base: Tensor | None = None) -> Dual:
    """Give a tensor a place for a tangent."""
    duals: dict[Level, Dual] | None = getattr(tensor, "_dual", None)
    if duals is None:
        duals = tensor._dual = {}
    dual = duals[level] = Dual(base)
    level.duals.add(dual)
    return dual


def base_of(tensor: Tensor, level: Level) -> Tensor | None:
    """Return the tensor whose tangent that of a view follows, None if it has one of its own."""
    dual = dual_of(tensor, level)
    if dual is not None:
        return dual.base
    return None if tensor._view is None else tensor._view.base


def follow(result: Tensor, source: Tensor, level: Level) -> None:
    """Let the tangent of a view follow that of what it shows."""
    base = base_of(source, level)
    made_dual(result, level, source if base is None else base)


def keep_with(saved: Tensor, result: Tensor) -> None:
    """Let what a node saves of its result have the tangents of the result."""
    duals: dict[Level, Dual] | None = getattr(result, "_dual", None)
    if duals is not None:
        saved._dual = dict(duals)


def drop(tensor: Tensor) -> None:
    """Take the tangents of one tensor."""
    for level in followed():
        if dual_of(tensor, level) is not None:
            made_dual(tensor, level)
