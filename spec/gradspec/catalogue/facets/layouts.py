"""Operands that do not lie in memory entry after entry, and the bases that they are read from.

A layout says which entry of a base each entry of an operand is.  What a base receives follows: the
sum of what the places receive where its entries were read.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import Operand
from gradspec.catalogue.facets.asking import REFUSALS, Asked, calls_of
from gradspec.catalogue.facets.axes import ALONG
from gradspec.catalogue.operator import (
    DIFFERENTIABLE,
    SPECTRAL,
    Call,
    Operator,
    holds_tensors,
    replaced,
    variables,
)
from gradspec.catalogue.operators import CALLS, OPERATORS

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

    def read(self, base: Any) -> Any:
        """Read the operand in NumPy."""
        return base.ravel()[self.origins]

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


def laid(call: Call, way: Way) -> Laid:
    """Read all operands of a call in a way, but those that have too few dimensions for it."""
    asked = drawn(call.name) if CALLS[call.name] is call else Asked(call, call.sample())
    points = list(variables(asked.sample))
    each = [in_order, *[way] * len(points)] if is_kept_apart(call, way) else [way] * len(points)
    layouts = tuple(one(p.shape) or in_order(p.shape) for one, p in zip(each, points, strict=False))
    bases = tuple(layout.filled(p) for layout, p in zip(layouts, points, strict=True))
    read = [np.asarray(layout.read(b)) for layout, b in zip(layouts, bases, strict=True)]
    if not all(map(np.array_equal, read, points)):
        asked = Asked(call, replaced(asked.sample, read, lambda constant: constant))
    return Laid(asked, layouts, bases)


@functools.cache
def drawn(name: str) -> Asked:
    """Draw the operands of a call once for all layouts."""
    return Asked(CALLS[name], CALLS[name].sample())


def _on_array(operator: Operator) -> Call | None:
    """Give the first call on matrices, or else on vectors."""
    calls = sorted(calls_of(operator), key=lambda call: 1 in (n for s in shapes(call) for n in s))
    ranks = [max(map(len, shapes(call)), default=0) for call in calls]
    deepest = min(max(ranks, default=0), MATRIX)
    found = (call for call, rank in zip(calls, ranks, strict=True) if rank >= deepest > 0)
    return next(found, None)


def shapes(call: Call) -> list[Shape]:
    """Give the shapes of the variables that a call has."""
    return [v.shape for value in call.given.values() for v in _listed(value) if _is_variable(v)]


def _listed(value: Any) -> list[Any]:
    return value if holds_tensors(value) else [value]


def _is_variable(value: Any) -> bool:
    if isinstance(value, Operand):
        return isinstance(value.domain.values[0], float)
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def needs_independence(call: Call) -> bool:
    """Say whether a call needs rows that are independent."""
    return call.operator.smoothness is SPECTRAL or call.operator.factors


def is_kept_apart(call: Call, way: Way) -> bool:
    """Say whether the first operand may not be read so: what is written stands in memory once."""
    return call.operator.inplace and way in (expanded, overlapping)


ON_ARRAYS: Final = {
    operator.name: call
    for operator in OPERATORS.values()
    if operator.formula is not None
    if operator.smoothness in DIFFERENTIABLE and not operator.of_memory
    if (call := _on_array(operator))
}
"""Operator -> a call on arrays."""

REPEATING: Final = {name: call for name, call in ON_ARRAYS.items() if not needs_independence(call)}


def along_what_is_expanded() -> dict[str, Call]:
    """Give calls along the dimension that is expanded, of operators whose first call is not.

    There all entries are one; where a formula has no derivative then, there is none to ask for.
    """
    first = {name: next(iter(ALONG.get(name, ())), None) for name in REPEATING}
    calls = {
        asked.call.name: asked.call
        for name, asked in first.items()
        if asked and asked.call.given != REPEATING[name].given and len(shapes(asked.call)[0]) > 1
    }
    return {
        call.name if call.name not in REPEATING else f"{call.name}_along": call
        for call in calls.values()
        if has_derivative(laid(call, expanded))
    }


def has_derivative(laid: Laid) -> bool:
    """Say whether the derivative of the formula is that of moving the bases, as it is no kink."""
    call, sample = laid.asked.call, laid.asked.sample
    directions = [np.where(np.isnan(b), 0.0, places(b.shape) + 1.0) for b in laid.bases]

    def moved(step: float) -> Any:
        bases = [b + step * d for b, d in zip(laid.bases, directions, strict=True)]
        read = [layout.read(b) for layout, b in zip(laid.layouts, bases, strict=True)]
        first, *_ = Asked(call, replaced(sample, read, lambda constant: constant)).value() or [0.0]
        return np.nansum(first)

    first, *_ = laid.asked.value() or [np.zeros(())]
    try:
        with np.errstate(all="ignore"):
            pulled = laid.pulled_back(np.ones(first.shape), 0 if call.gives_several else None)
    except REFUSALS:
        return False
    slope = sum(np.sum(g * d) for g, d in zip(pulled.gradients, directions, strict=True))
    return bool(np.isclose(slope, (moved(STEP) - moved(-STEP)) / (2 * STEP), rtol=1e-4, atol=1e-4))


STEP: Final = 2.0**-20


def table(way: Way) -> dict[str, Call]:
    """Give the calls whose operands can be read in a way."""
    calls = REPEATING if way in (expanded, overlapping) else ON_ARRAYS
    if way is expanded:
        calls = calls | along_what_is_expanded()
    return {name: call for name, call in calls.items() if _is_disordered(call, way)}


def _is_disordered(call: Call, way: Way) -> bool:
    """Say whether an operand that is read in a way does not lie in order."""
    found = filter(None, map(way, shapes(call)[is_kept_apart(call, way) :]))
    return any(not np.array_equal(one.origins, places(one.origins.shape)) for one in found)
