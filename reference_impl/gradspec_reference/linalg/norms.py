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
    from collections.abc import Callable, Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "matrix_norm",
    "norm",
    "vector_norm",
]

MATRIX = 2
ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def norm(
    A: Tensor,
    ord: float | str | None = None,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the norm of a matrix, or of all entries as of a vector (torch.linalg.norm).

    It is of a matrix where an order and two dimensions are named, or there are two.
    """
    dims = (dim,) if isinstance(dim, int) else tuple(range(A.ndim) if dim is None else dim)
    if isinstance(ord, str) or (ord is not None and len(dims) == MATRIX):
        if len(dims) != MATRIX:
            raise RuntimeError(f"norm {ord!r} was given {len(dims)} dimensions; a matrix has two")
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    if ord is not None and len(dims) != 1:
        raise RuntimeError(f"norm {ord} was given {len(dims)} dimensions; it is of one or two")
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the vector norm of an order (torch.linalg.vector_norm)."""
    check_is_floating("vector_norm", x)
    if dtype is not None:
        normalised.check_is_no_narrower("vector_norm", x, dtype)
        x = x.to(dtype)
    dims = normal_dims(dim, x.ndim)
    normalised.check_has_norm(x, ord, dims)
    return unary(OPERATORS["vector_norm"], x, float(ord), dims, keepdim)


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
        pick = extreme(A.shape[columns], ord)
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
    return extreme(values.shape[-1], float(order))(values, -1)


def extreme(count: int, order: float) -> Callable[..., Tensor]:
    """Return what gives the largest of so many sizes, of none zero, or the smallest."""
    if order < 0:
        return reductions.amin
    return reductions.amax if count else of_nothing


def of_nothing(sizes: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """Return zero for the largest of none, which depends on nothing."""
    return reductions.sum(sizes.detach(), dim, keepdim)


arguments.put_doors(sys.modules[__name__], numpy=False)
