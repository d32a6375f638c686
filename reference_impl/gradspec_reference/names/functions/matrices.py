"""Square matrices and stacks of them under the names that are older than `linalg`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.dtypes import bfloat16, complex64, complex128, float16, float32, float64
from gradspec_reference.engine.recording import apply, several, unary
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.errors import (
    MatrixDtypeError,
    OperandShapeError,
    UnknownMatrixDtypeError,
)
from gradspec_reference.names import factories, return_types
from gradspec_reference.names.functions import (
    copies,
    elementwise,
    normalised,
    products,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.names.functions.arithmetic import add, sub
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "cdist",
    "cholesky",
    "cross",
    "det",
    "inverse",
    "logdet",
    "matrix_exp",
    "matrix_power",
    "pinverse",
    "slogdet",
    "trace",
]

MATRIX = 2
MODES: Final = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)
SPACE = 3
THRICE = 3
WITHOUT_INTEGERS: Final = {"eigh", "eigvalsh", "solve_triangular"}
WITHOUT_HALF: Final = {"cholesky", "det", "qr", "solve", "svd", "svdvals"}


def check_matrices(name: str, x: Tensor, *, square: bool = True) -> None:
    """Refuse what is no matrix, or no stack of them, and what has no quotients."""
    shape = x._array.shape
    if len(shape) < MATRIX or (square and shape[-1] != shape[-2]):
        kind = "square matrices" if square else "matrices"
        raise OperandShapeError(f"{name} was given the shape {list(shape)}; it needs {kind}")
    if x.dtype not in (float32, float64, complex64, complex128):
        unknown = name in WITHOUT_INTEGERS or (name in WITHOUT_HALF and x.dtype is float16)
        error = UnknownMatrixDtypeError if unknown else MatrixDtypeError
        raise error(f"{name} was given {x.dtype}; convert to float32 or float64 first")


def det(input: Tensor) -> Tensor:
    """Return the determinant; its derivative is right at singular matrices, too (torch.det)."""
    check_matrices("det", input)
    return unary(OPERATORS["det"], input)


def slogdet(input: Tensor) -> Any:
    """Return the sign of the determinant and the logarithm of its size (torch.slogdet)."""
    check_matrices("slogdet", input)
    return return_types.slogdet(*several(OPERATORS["slogdet"], input))


def logdet(input: Tensor) -> Tensor:
    """Return the logarithm of the determinant, NaN if that is negative (torch.logdet)."""
    check_matrices("logdet", input)
    sign, logarithm = several(OPERATORS["slogdet"], input)
    if sign._array.dtype.kind == "c":
        return add(elementwise.log(sign), logarithm)
    result: Tensor = selection.where(elementwise.eq(sign.detach(), -1.0), math.nan, logarithm)
    return result


def inverse(input: Tensor) -> Tensor:
    """Return the inverse (torch.inverse)."""
    check_matrices("inverse", input)
    return unary(OPERATORS["inv"], input)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Return the inverse of what has one, and zero elsewhere (torch.pinverse)."""
    check_matrices("pinverse", input, square=False)
    return unary(OPERATORS["pinv"], input, rcond)


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Return the triangle that is a root of a symmetric matrix (torch.cholesky)."""
    if not input._array.size:  # whatever its shape
        return copies.clone(input)
    check_matrices("cholesky", input)
    if upper:
        return matrix_transpose(unary(OPERATORS["cholesky"], matrix_transpose(input)))
    return unary(OPERATORS["cholesky"], input)


def matrix_transpose(x: Tensor) -> Tensor:
    """Return a view with the last two dimensions exchanged."""
    return shapes.transpose(x, -2, -1)


def matrix_exp(input: Tensor) -> Tensor:
    """Return the exponential of a matrix (torch.matrix_exp)."""
    if input.dtype in (float16, bfloat16):  # whose range or precision the powers leave
        wide: Tensor = input.to(float32)
        halves: Tensor = matrix_exp(wide).to(input.dtype)
        return halves
    check_matrices("matrix_exp", input)
    return unary(OPERATORS["matrix_exp"], input)


def matrix_power(input: Tensor, n: int) -> Tensor:
    """Return a product of equal factors; of inverses for a negative power (torch.matrix_power)."""
    shape = input._array.shape
    if len(shape) < MATRIX or shape[-1] != shape[-2]:
        raise OperandShapeError(f"matrix_power was given the shape {list(shape)}; it is not square")
    if n < 0:
        return matrix_power(inverse(input), -n)
    if not n:
        one = factories.tensor(np.eye(shape[-1]), dtype=input.dtype)
        return copies.copy_(copies.clone(input), one)
    power, square = None, input
    if n == THRICE:  # in which order shows where infinities cancel
        return products.matmul(products.matmul(input, input), input)
    while True:
        if n % 2:
            power = square if power is None else products.matmul(power, square)
        n //= 2
        if not n:
            break
        square = products.matmul(square, square)
    assert power is not None
    return copies.clone(power) if power is input else power


def trace(input: Tensor) -> Tensor:
    """Return the sum of the diagonal of a matrix (torch.trace)."""
    if input._array.dtype.kind == "b":
        raise NotImplementedError("trace was given booleans; convert with to() first")
    if input.ndim != MATRIX:
        raise RuntimeError(f"trace was given {input.ndim} dimensions; a matrix has two")
    return unary(OPERATORS["trace"], input)


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Return the vectors that stand on two vectors each (torch.cross)."""
    if dim is None:
        fitting = [d for d, n in enumerate(input._array.shape) if n == SPACE]
        if not fitting or input.ndim != other.ndim:
            raise RuntimeError(f"cross was given {list(input.shape)}; one length must be 3")
        dim = fitting[0]
    return crossed(input, other, dim)


def crossed(input: Tensor, other: Tensor, dim: int) -> Tensor:
    """Multiply vectors along a dimension, which both have, of length three."""
    x, y = input._array, other._array
    if x.ndim != y.ndim:
        raise RuntimeError(f"cross was given {x.ndim} and {y.ndim} dimensions; give as many")
    dim = normal_dim(dim, x.ndim)
    if not x.ndim or x.shape[dim] != SPACE or y.shape[dim] != SPACE:
        raise OperandShapeError(
            f"cross was given {list(x.shape)} and {list(y.shape)}; one must be 3"
        )
    products.check_dtypes("cross", input, other)
    return apply(OPERATORS["cross"], (input, other), dim)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = MODES[0]) -> Tensor:
    """Return the distances of all pairs of rows, in a norm (torch.cdist)."""
    x, y = x1._array, x2._array
    if x.dtype.kind not in "fV" or y.dtype.kind not in "fV" or x.dtype != y.dtype:
        raise MatrixDtypeError(
            f"cdist was given {x1.dtype} and {x2.dtype}; give one floating dtype"
        )
    if min(x.ndim, y.ndim) < MATRIX or x.shape[-1] != y.shape[-1] or p < 0:
        raise OperandShapeError(
            f"cdist was given {list(x.shape)}, {list(y.shape)} and the norm {p}; the rows must be "
            "of one length"
        )
    if compute_mode not in MODES:
        raise ValueError(f"cdist was given {compute_mode!r}; choose one of {MODES}")
    apart = sub(shapes.unsqueeze(x1, -2), shapes.unsqueeze(x2, -3))
    if not x1.shape[-1]:
        return reductions.sum(apart, -1)  # of sizes of none, whatever the norm
    distances = normalised.norm(apart, p, -1)
    if p:
        return distances
    nothing = selection.masked_fill(apart, factories.tensor(True), 0.0)
    counted: Tensor = distances + reductions.sum(nothing, -1)  # which has a gradient, of zeros
    return counted
