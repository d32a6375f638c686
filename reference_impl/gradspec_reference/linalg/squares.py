"""Determinants, inverses, solutions, powers and exponentials (torch.linalg)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names import arguments
from gradspec_reference.names.functions import matrices, shapes
from gradspec_reference.names.functions.matrices import check_matrices, matrix_transpose
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.shapes import LeftOut
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "cholesky",
    "det",
    "inv",
    "matrix_exp",
    "matrix_power",
    "pinv",
    "slogdet",
    "solve",
    "solve_triangular",
]


def det(A: Tensor) -> Tensor:
    """Return the determinant (torch.linalg.det)."""
    return matrices.det(A)


def slogdet(A: Tensor) -> Any:
    """Return the sign of the determinant and the logarithm of its size (torch.linalg.slogdet)."""
    return matrices.slogdet(A)


def inv(A: Tensor) -> Tensor:
    """Return the inverse (torch.linalg.inv)."""
    return matrices.inverse(A)


def pinv(
    A: Tensor,
    *,
    rcond: float | LeftOut = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """Return the inverse of what has one, and zero elsewhere (torch.linalg.pinv).

    `rtol` is the largest singular value that counts as zero, relative to the largest.
    """
    check_matrices("pinv", A, square=hermitian and bool(A.numel()))
    if hermitian and A.numel() and not np.array_equal(A._array, A._array.swapaxes(-1, -2)):
        lower = A.tril()
        A = lower + matrix_transpose(A.tril(-1))
    array = A._array
    least = rcond if rtol is None else rtol
    if least is None:
        least = max(array.shape[-2:]) * dtype_step(A)
    return unary(OPERATORS["pinv"], A, least)


def dtype_step(x: Tensor) -> float:
    """Return the distance from one to the next number of a dtype."""
    return 2.0 ** (-52 if x._array.itemsize == DOUBLE else -23)


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """Return the triangle that is a root of a symmetric matrix (torch.linalg.cholesky)."""
    check_matrices("cholesky", A)
    return matrices.cholesky(A, upper)


def matrix_exp(A: Tensor) -> Tensor:
    """Return the exponential of a matrix (torch.linalg.matrix_exp)."""
    return matrices.matrix_exp(A)


def matrix_power(A: Tensor, n: int) -> Tensor:
    """Return a product of equal factors (torch.linalg.matrix_power)."""
    return matrices.matrix_power(A, n)


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Return X with A X = B, or X A = B if not `left`; B may be a vector (torch.linalg.solve)."""
    check_matrices("solve", A)
    a, b = A._array.shape, B._array.shape
    check_same_dtype("solve", A, B)
    if len(b) == 1 or (len(a) - 1 == len(b) and a[:-1] == b):
        check_sides("solve", a, (*b, 1), left=True)
        column = shapes.unsqueeze(B, -1)
        if not left:
            raise OperandShapeError(
                "solve was given a vector as B; from the right it needs a matrix"
            )
        return shapes.squeeze(apply(OPERATORS["solve"], (A, column)), -1)
    check_sides("solve", a, b, left=left)
    if left:
        return apply(OPERATORS["solve"], (A, B))
    turned = apply(OPERATORS["solve"], (matrix_transpose(A), matrix_transpose(B)))
    return matrix_transpose(turned)


def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """Return X with A X = B, of which one triangle is looked at (torch.linalg.solve_triangular)."""
    check_matrices("solve_triangular", A)
    B = B.to(A.dtype)
    check_matrices("solve_triangular", B, square=False)
    check_sides("solve_triangular", A._array.shape, B._array.shape, left=left)
    row = OPERATORS["solve_triangular"]
    if left:
        return apply(row, (A, B), upper, unitriangular)
    pair = (matrix_transpose(A), matrix_transpose(B))
    return matrix_transpose(apply(row, pair, not upper, unitriangular))


def check_same_dtype(name: str, a: Tensor, b: Tensor) -> None:
    """Refuse a matrix and right-hand sides of two dtypes."""
    if a.dtype != b.dtype:
        raise RuntimeError(f"{name} was given {a.dtype} and {b.dtype}; convert with to()")


def check_sides(name: str, a: Any, b: Any, *, left: bool) -> None:
    """Refuse right-hand sides that are not as long as the matrix."""
    if len(b) < MATRIX or b[-2 if left else -1] != a[-1]:
        raise OperandShapeError(f"{name} was given shapes {list(a)} and {list(b)}; they do not fit")


MATRIX = 2
DOUBLE = 8

arguments.put_doors(sys.modules[__name__])
