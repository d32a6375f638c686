"""Norms of vectors and of matrices (torch.linalg)."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import as_shape, named_dims, normal_dims
from gradspec_reference.linalg.factors import svdvals
from gradspec_reference.names import arguments
from gradspec_reference.names.functions import elementwise, normalised, reductions, shapes
from gradspec_reference.names.functions.reductions import check_is_floating
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "matrix_norm",
    "vector_norm",
]

MATRIX = 2
ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def vector_norm(
    x: Tensor,
    ord: Scalar = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the vector norm of an order (torch.linalg.vector_norm)."""
    check_is_floating("vector_norm", x)
    if dtype is not None:
        check_is_no_narrower(x, dtype)
        x = x.to(dtype)
    dims = normal_dims(dim, x.ndim)
    normalised.check_has_norm(x, ord, dims)
    return unary(OPERATORS["vector_norm"], x, float(ord), dims, keepdim)


def check_is_no_narrower(x: Tensor, dtype: DType) -> None:
    """Refuse to reduce in a dtype that cannot hold what is reduced."""
    if not dtype.is_floating_point or dtype.itemsize < x.dtype.itemsize:
        raise RuntimeError(f"vector_norm of {x.dtype} was asked for in {dtype}, which is narrower")


def matrix_norm(
    A: Tensor,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return a norm of matrices (torch.linalg.matrix_norm).

    `ord` is 'fro', 'nuc', 2 or -2, of singular values; 1, -1, inf or -inf, of sums of sizes.
    """
    check_is_floating("matrix_norm", A)
    dim = as_shape((dim,))
    if A.ndim < MATRIX or len(dim) != MATRIX:
        raise RuntimeError(f"matrix_norm was given {A.ndim} dimensions, and {list(dim)} of them")
    if ord not in ORDERS:
        raise RuntimeError(f"matrix_norm was given the order {ord!r}, which it does not know")
    dims = named_dims(dim, A.ndim)
    if dtype is not None:
        A = A.to(dtype)
    if ord == "fro":
        return normalised.norm(A, 2.0, dims, keepdim)
    if isinstance(ord, str) or ord in (2, -2):
        result = of_singular_values(shapes.movedim(A, dims, (-2, -1)), ord)
    else:
        rows, columns = dims if abs(ord) == 1 else (dims[1], dims[0])
        sums = reductions.sum(elementwise.abs(A), rows, keepdim=True)
        pick = reductions.amax if ord > 0 else reductions.amin
        return pick(sums, columns, keepdim) if keepdim else dropped(pick(sums, columns, True), dims)
    return (
        shapes.reshape(result, [1 if d in dims else n for d, n in enumerate(A.shape)])
        if keepdim
        else result
    )


def dropped(x: Tensor, dims: Sequence[int]) -> Tensor:
    """Drop dimensions of length one."""
    return shapes.reshape(x, [n for d, n in enumerate(x.shape) if d not in dims])


def of_singular_values(x: Tensor, order: float | str) -> Tensor:
    """Return the sum of the singular values, the largest or the smallest."""
    values = svdvals(x)
    if order == "nuc":
        return reductions.sum(values, -1)
    return reductions.amax(values, -1) if order == MATRIX else reductions.amin(values, -1)


arguments.put_doors(sys.modules[__name__], numpy=False)
