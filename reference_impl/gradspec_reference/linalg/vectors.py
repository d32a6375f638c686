"""Products of vectors, and chains of products (torch.linalg)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gradspec_reference import dtypes
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import arguments
from gradspec_reference.names.functions import (
    complex_numbers,
    matrices,
    products,
    reductions,
    shapes,
)
from gradspec_reference.names.functions.arithmetic import mul
from gradspec_reference.names.functions.reductions import check_is_floating
from gradspec_reference.names.functions.statistics import powers_of

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = [
    "cross",
    "multi_dot",
    "vander",
    "vecdot",
]

MATRIX = 2
AT_LEAST = 2


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Return the vectors that stand on two vectors each (torch.linalg.cross)."""
    return matrices.crossed(input, other, dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Return the products of conjugated vectors with others (torch.linalg.vecdot)."""
    check_is_floating("vecdot", x)
    if x._array.dtype != y._array.dtype:
        raise RuntimeError(f"vecdot was given {x.dtype} and {y.dtype}; convert with to()")
    return reductions.sum(mul(complex_numbers.conj(x), y), dim)


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Return the product of matrices, in the order of least work (torch.linalg.multi_dot).

    The first and the last may be vectors.
    """
    if not all(isinstance(x, Tensor) for x in tensors):
        raise TypeError("multi_dot was given something that is no tensor")
    if len(tensors) < AT_LEAST:
        raise RuntimeError(f"multi_dot was given {len(tensors)} tensors; it needs two or more")
    first, *inner, last = tensors
    if any(x.ndim != MATRIX for x in inner) or not {first.ndim, last.ndim} <= {1, MATRIX}:
        raise RuntimeError("multi_dot was given something between the ends that is no matrix")
    for x in tensors[1:]:
        products.check_dtypes("multi_dot", tensors[0], x)
    chain = [shapes.unsqueeze(first, 0) if first.ndim == 1 else first, *inner]
    chain.append(shapes.unsqueeze(last, 1) if last.ndim == 1 else last)
    product = chained(chain, cheapest([x._array.shape for x in chain]), 0, len(chain) - 1)
    size = [*product._array.shape[: first.ndim - 1], *product._array.shape[3 - last.ndim :]]
    return shapes.reshape(product, size)


def chained(chain: list[Tensor], cuts: dict[tuple[int, int], int], start: int, end: int) -> Tensor:
    """Multiply a stretch of the chain, each part of it first."""
    if start == end:
        return chain[start]
    cut = cuts[start, end]
    return products.mm(chained(chain, cuts, start, cut), chained(chain, cuts, cut + 1, end))


def cheapest(sizes: list[tuple[int, ...]]) -> dict[tuple[int, int], int]:
    """Return for each stretch after which factor it is best cut in two."""
    work = {(i, i): 0 for i in range(len(sizes))}
    cuts: dict[tuple[int, int], int] = {}
    for length in range(1, len(sizes)):
        for start in range(len(sizes) - length):
            end = start + length
            costs = {
                cut: work[start, cut]
                + work[cut + 1, end]
                + sizes[start][0] * sizes[cut][1] * sizes[end][1]
                for cut in range(start, end)
            }
            best = min(costs, key=costs.__getitem__)
            cuts[start, end], work[start, end] = best, costs[best]
    return cuts


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Return powers of numbers, from none on (torch.linalg.vander)."""
    if x.dtype in (dtypes.bool_, dtypes.float16):
        raise RuntimeError(f"vander was given {x.dtype}; convert it with to()")
    if not x.ndim and N is None:
        raise RuntimeError("vander was given a number; it needs a row")
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(f"vander was asked for {count} columns; it gives two or more")
    return powers_of(x if x.ndim else shapes.reshape(x, (1,)), count)


arguments.put_doors(sys.modules[__name__])
