"""Regions of memory: what writing through views needs; start at `laid_out`.

A region is named by a geometry: shape and strides of the base, then shape, strides and offset of
the part, all in elements.  The part may begin before the base: both lie in one memory.  `region`
reads it and `scatter_region` is its adjoint.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradspec_reference.marked import Marked
from gradspec_reference.operators.arithmetic import no_derivative
from gradspec_reference.operators.batching import shown_region
from gradspec_reference.operators.forward import linear
from gradspec_reference.operators.row import NOT_IMPLEMENTED, Operator, unary_operator

Geometry = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], int]


def strided(memory: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> Any:
    """Return a view of flat memory with this shape and these strides."""
    size = memory.itemsize
    steps = tuple(s * size for s in strides)
    return np.ndarray(shape, memory.dtype, memory, offset * size, steps)


def span(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """Return how much memory a tensor of this layout reaches over."""
    if 0 in shape:
        return 0
    return 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))


def memory_for(geometry: Geometry, dtype: Any) -> Any:
    """Return flat memory, all zero, that holds the base and the part."""
    base_shape, base_strides, shape, strides, offset = geometry
    ends = (span(base_shape, base_strides) - min(offset, 0), span(shape, strides) + max(offset, 0))
    return np.zeros(max(*ends, 1), dtype)


def base_in(memory: Any, geometry: Geometry) -> Any:
    """Return the base as a view of memory made for both."""
    return strided(memory, *geometry[:2], -min(geometry[-1], 0))


def part_in(memory: Any, geometry: Geometry) -> Any:
    """Return the part as a view of memory made for both."""
    return strided(memory, *geometry[2:4], max(geometry[-1], 0))


def laid_out(x: Any, geometry: Geometry) -> Any:
    """Copy a tensor of the base's shape into memory that lies as the base's does."""
    memory = memory_for(geometry, x.dtype)
    base_in(memory, geometry)[...] = x
    return memory


def region_kernel(x: Any, geometry: Geometry) -> Any:
    """Return the part of a tensor that lies where the region is."""
    return part_in(laid_out(x, geometry), geometry)


def scatter_region_kernel(part: Any, geometry: Geometry) -> Any:
    """Zeros with a part added at the region; where it overlaps itself, the sum.

    Where the base overlaps itself, its indices of one address share what arrives there.
    """
    memory = memory_for(geometry, part.dtype)
    addresses = np.arange(memory.size)
    np.add.at(memory, part_in(addresses, geometry), part)
    shared = np.bincount(base_in(addresses, geometry).ravel(), minlength=memory.size)
    memory /= np.maximum(shared, 1)
    return base_in(memory, geometry)


def replace_region_kernel(x: Any, part: Any, geometry: Geometry) -> Any:
    """Return a tensor with the region replaced by a part."""
    memory = laid_out(x, geometry)
    part_in(memory, geometry)[...] = part
    return base_in(memory, geometry)


def clear_region_kernel(x: Any, geometry: Geometry) -> Any:
    return replace_region_kernel(x, 0, geometry)


def as_strided_kernel(x: Any, size: Any, stride: Any, offset: int, *_: Any) -> Any:
    """Return a view of the operand's memory, counted from the operand; callers check its ends."""
    shown = Placed(x)
    address, read_only = shown.__array_interface__["data"]
    shown.__array_interface__ |= {
        "data": (address + offset * x.itemsize, read_only),
        "shape": tuple(size),
        "strides": tuple(s * x.itemsize for s in stride),
    }
    found = np.asanyarray(shown)
    found = found if found.dtype is x.dtype else found.view(x.dtype)  # NumPy sees bytes there
    return found.view(type(x)) if isinstance(x, Marked) else found


class Placed:
    """An array elsewhere in the memory of another, which it keeps alive."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.__array_interface__ = dict(base.__array_interface__)


def read_kernel(x: Any, reading: Any) -> Any:
    """Return the part of a base that a view shows which has other numbers than the base."""
    from gradspec_reference.operators import arrays  # noqa: PLC0415 - made of all rows

    return reading.region(arrays, x)


def scattered(xp: Any, g: Any, *where: Any) -> Any:
    """Return the part in its place, zeros elsewhere; the geometry is the last to be given."""
    return xp.scatter_region(g, where[-1])


def taken(xp: Any, g: Any, geometry: Geometry) -> Any:
    """Return what lies where the region is."""
    return xp.region(g, geometry)


def cleared(xp: Any, g: Any, geometry: Geometry) -> Any:
    """Return what lies outside the region."""
    return xp.clear_region(g, geometry)


of_region = functools.partial(unary_operator, params="geometry")

ON_COMPLEX = "as written"
JVP = linear
ROWS = (
    unary_operator(
        "as_strided",
        node_in_place="AsStridedBackward1",
        kernel=as_strided_kernel,
        params="size stride storage_offset self_geometry",
        vjp=scattered,
        batch=shown_region,
    ),
    Operator(
        "set",
        node=NOT_IMPLEMENTED,
        kernel=lambda _array, source: source,
        operands="self source",
        vjp={"self": no_derivative, "source": no_derivative},
        inner=True,
    ),
    unary_operator(
        "read",
        inner=True,
        node="AsStridedBackward0",
        kernel=read_kernel,
        params="reading",
        vjp=lambda xp, g, reading: reading.scattered(xp, g),
    ),
    of_region("region", kernel=region_kernel, vjp=scattered),
    of_region("scatter_region", kernel=scatter_region_kernel, vjp=taken),
    of_region("clear_region", kernel=clear_region_kernel, vjp=cleared),
    Operator(
        "replace_region",
        kernel=replace_region_kernel,
        operands="self part",
        params="geometry",
        vjp={"self": cleared, "part": taken},
    ),
)
