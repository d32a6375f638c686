"""Shapes, and how broadcasting is undone; start at `unbroadcast`."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Self, SupportsIndex, TypeAlias, overload

import numpy as np

from gradspec_reference.errors import (
    DimensionError,
    OperandShapeError,
    RepeatedDimensionError,
    WrongDimensionsError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Shape = tuple[int, ...]
JUST_INT = {int}
LeftOut: TypeAlias = None
"""What stands for an argument that was left out, and cannot be given."""


def common_shape(*shapes: Shape) -> Shape:
    """Return the shape that some broadcast to; OperandShapeError if there is none."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        given = ", ".join(str(list(shape)) for shape in shapes)
        raise OperandShapeError(f"{given} do not broadcast to one shape; reshape them") from error


class Size(tuple[int, ...]):
    """A shape: a tuple that can count its elements, as can its parts and sums (torch.Size)."""

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Self:
        """Make one of integers; TypeError for all else."""
        return tuple.__new__(cls, map(operator.index, sizes))

    @classmethod
    def of(cls, sizes: Shape) -> Size:
        """Make one of what is known to be a shape."""
        return tuple.__new__(cls, sizes)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> Size: ...
    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size.of(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> Any:
        return Size.of(tuple(self) + other) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size.of(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return Size.of(tuple(self) * count)

    __rmul__ = __mul__

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


def unbroadcast(xp: Any, gradient: Any, shape: Shape) -> Any:
    """Sum a gradient over the dimensions along which an operand of that shape was repeated.

    OperandShapeError if it is none of that shape: data of another shape was assigned since.
    """
    given, leading = gradient.shape, len(gradient.shape) - len(shape)
    total = gradient
    if leading >= 0:
        if not shape:
            return xp.sum(gradient)
        kept = enumerate(shape, leading)
        repeated = tuple([i for i, n in kept if n == 1 and given[i] != 1])
        total = xp.sum_dim(gradient, (*range(leading), *repeated), True)
        if leading and total.shape[leading:] == shape:
            return xp.view(total, shape)
    if total.shape != shape:
        raise OperandShapeError(
            f"a gradient of shape {list(gradient.shape)} was made for an operand of shape "
            f"{list(shape)}; data of another shape was assigned to a tensor after it was used"
        )
    return total


def is_broadcast_of(larger: Shape, smaller: Shape) -> bool:
    """Tell whether broadcasting leads from the smaller shape to the larger."""
    if len(larger) < len(smaller):
        return False
    tail = larger[len(larger) - len(smaller) :]
    return all(s in (1, n) for s, n in zip(smaller, tail, strict=True))


def normal_dim(dim: int, ndim: int) -> int:
    """Return a dimension counted from the front; DimensionError if there is no such dimension."""
    limit = ndim or 1
    if not -limit <= dim < limit:
        said = f"dimension {dim} was given; expected one from {-limit} to {limit - 1}"
        raise DimensionError(said)
    return dim % limit


def named_dims(dim: int | Iterable[int], ndim: int) -> tuple[int, ...]:
    """Return dimensions counted from the front; RepeatedDimensionError if one is named twice."""
    if ndim and type(dim) is int:
        return (normal_dim(dim, ndim),)
    named = [whole(d) for d in ((dim,) if isinstance(dim, int) else dim)]
    limit = ndim or 1
    if len({d % limit for d in named}) == len(named):
        dims = tuple([normal_dim(d, ndim) for d in named])
        return dims if ndim else ()
    twice = f"{named} were given; name each dimension once"
    if any(not -limit <= d < limit for d in named):
        raise WrongDimensionsError(f"{twice}, from {-limit} to {limit - 1}")
    raise RepeatedDimensionError(twice)


def normal_dims(dim: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Return dimensions counted from the front; None and () stand for all."""
    return named_dims(() if dim is None else dim, ndim) or tuple(range(ndim))


def whole(number: Any) -> int:
    """Return an integer of any type as Python's; TypeError for all else, booleans too."""
    if type(number) is int:
        return number
    if isinstance(number, bool):
        raise TypeError("a boolean was given where an integer is needed")
    return operator.index(number)


def as_shape(sizes: tuple[Any, ...]) -> Shape:
    """Return the shape from `f(2, 3)` as well as from `f((2, 3))`."""
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        sizes = tuple(sizes[0])
    return sizes if {*map(type, sizes)} <= JUST_INT else tuple(map(whole, sizes))


def fill_in(shape: Shape, count: int) -> Shape:
    """Replace the one -1 of a shape; RuntimeError if it cannot hold that many elements."""
    known = math.prod(n for n in shape if n != -1)
    if shape.count(-1) == 1 and known and count % known == 0:
        return tuple(count // known if n == -1 else n for n in shape)
    if -1 in shape or math.prod(shape) != count:
        raise OperandShapeError(
            f"{count} elements were given for shape {list(shape)}; it must hold all"
        )
    return shape
