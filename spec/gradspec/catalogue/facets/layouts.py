"""Operands that do not lie in memory entry after entry, and the bases that they are read from.

A layout says which entry of a base each entry of an operand is.  What a base receives follows: the
sum of what the places receive where its entries were read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.facets.asking import Asked, calls_of, out_of_place
from gradspec.catalogue.operator import CONSTANT, DIFFERENTIABLE, SPECTRAL, Operator, replaced, variables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec.catalogue.slopes import Pulled

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """How an operand is read, in an engine; `origins` are the places of its entries in a base."""

    base: Shape
    origins: Any
    reading: Callable[[Any], Any]

    def filled(self, operand: Any) -> Any:
        """Give a base that this operand is read from, or one as like it as can be."""
        base = np.resize(np.flip(operand), self.base)  # what is not read has other numbers
        base.ravel()[self.origins] = operand  # of several the last stays
        return base

    def back(self, gradient: Any) -> Any:
        """Sum the gradient of the operand where its entries were read."""
        flat = np.bincount(self.origins.ravel(), gradient.ravel(), math.prod(self.base))
        return flat.reshape(self.base)


Way = Callable[[Shape], Layout | None]
"""Shape of an operand -> its layout, where there is one."""


def places(shape: Shape) -> Any:
    """Number the entries of a base."""
    return np.arange(math.prod(shape)).reshape(shape)


def in_order(shape: Shape) -> Layout:
    """Read the operand as it lies."""
    return Layout(shape, places(shape), lambda x: x)


def transposed(shape: Shape) -> Layout | None:
    """Read columns as rows."""
    if len(shape) < MATRIX:
        return None
    last = len(shape) - 1
    base = (shape[last], *shape[1:last], shape[0])
    return Layout(base, places(base).swapaxes(0, last), lambda x: x.transpose(0, last))


def stepped(shape: Shape) -> Layout | None:
    """Leave out every other entry."""
    if not shape:
        return None
    base = (*shape[:-1], 2 * shape[-1])
    step = slice(1, None, 2)
    index = (*[slice(None)] * (len(shape) - 1), step) if len(shape) > 1 else step
    return Layout(base, places(base)[index], lambda x: x[index])


def turned(shape: Shape) -> Layout | None:
    """Read from the last entry to the first."""
    if not shape:
        return None
    last = len(shape) - 1
    return Layout(shape, np.flip(places(shape), last), lambda x: x.flip(last))


def expanded(shape: Shape) -> Layout | None:
    """Read one entry, or row, many times."""
    if not shape:
        return None
    base = (1, *shape[1:])
    return Layout(base, np.broadcast_to(places(base), shape), lambda x: x.expand(shape))


def overlapping(shape: Shape) -> Layout | None:
    """Read windows, each a step further."""
    if len(shape) < MATRIX:
        return None
    *first, count, length = shape
    base = (*first, count + length - 1)
    windows = np.lib.stride_tricks.sliding_window_view(places(base), length, -1)
    return Layout(base, windows, lambda x: x.unfold(len(first), length, 1))


MATRIX: Final = 2
IN_MEMORY: Final = ("as_strided", "view", "view_as")
"""Operators that are about how the operand lies, and may refuse."""


@dataclass(frozen=True)
class Laid:
    """A call whose operands are read from bases."""

    asked: Asked
    layouts: tuple[Layout, ...]
    bases: tuple[Any, ...]

    def read(self, bases: Iterable[Any]) -> list[Any]:
        """Read the operands, in an engine."""
        return [layout.reading(b) for layout, b in zip(self.layouts, bases, strict=True)]

    def pulled_back(self, cotangent: Any, part: int | None) -> Pulled:
        """Give what each base receives."""
        pulled = self.asked.pulled_back(cotangent, part)
        each = zip(self.layouts, pulled.gradients, strict=True)
        return pulled._replace(gradients=[layout.back(g) for layout, g in each])


def _laid(asked: Asked, way: Way) -> Laid | None:
    points = list(variables(asked.sample))
    found = [way(point.shape) for point in points]
    if not any(found):
        return None
    layouts = [one or in_order(p.shape) for one, p in zip(found, points, strict=True)]
    bases = [layout.filled(p) for layout, p in zip(layouts, points, strict=True)]
    read = [b.ravel()[layout.origins] for layout, b in zip(layouts, bases, strict=True)]
    if not all(map(np.array_equal, read, points)):
        asked = Asked(asked.call, replaced(asked.sample, read, lambda constant: constant))
        if not _is_defined(asked):
            return None
    return Laid(asked, tuple(layouts), tuple(bases))


def _is_defined(asked: Asked) -> bool:
    """Say whether it is far from singular operands, although entries are repeated."""
    if asked.call.operator.smoothness is SPECTRAL:
        return False
    value = asked.value()
    return value is not None and all(np.all(np.isfinite(v)) for v in value)


def _on_array(operator: Operator) -> Asked | None:
    """Give the first call on matrices, or else on vectors."""
    asked = [Asked(call, call.sample()) for call in calls_of(operator)]
    ranks = [max((np.ndim(p) for p in variables(one.sample)), default=0) for one in asked]
    deepest = min(max(ranks, default=0), MATRIX)
    found = (one for one, rank in zip(asked, ranks, strict=True) if rank >= deepest > 0)
    return next(found, None)


ON_ARRAYS: Final = {
    operator.name: asked
    for operator in out_of_place()
    if operator.smoothness in (*DIFFERENTIABLE, CONSTANT) and operator.name not in IN_MEMORY
    if (asked := _on_array(operator))
}
"""Operator -> a call on arrays."""


def table(way: Way) -> dict[str, Laid]:
    """Give the calls whose operands can be read in a way."""
    laid = ((name, _laid(asked, way)) for name, asked in ON_ARRAYS.items())
    return {name: one for name, one in laid if one}
