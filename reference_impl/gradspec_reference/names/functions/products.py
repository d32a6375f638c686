"""Products of vectors and matrices; start at `matmul`, which chooses among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.engine import recording, versions
from gradspec_reference.engine.plans import in_place
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.names.functions import shapes
from gradspec_reference.names.functions.arithmetic import mul
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.operators import Operator

__all__ = [
    "addmm",
    "bmm",
    "dot",
    "matmul",
    "mm",
    "mv",
    "outer",
]


def _of_ranks(operator: Operator, a: Tensor, b: Tensor, ranks: tuple[int, int]) -> Tensor:
    if (a.ndim, b.ndim) != ranks:
        raise recording.shapes_do_not_fit(operator, (a._array, b._array))
    check_same_dtype(operator, a, b)
    return recording.binary(operator, a, b)


def check_same_dtype(operator: Operator, a: Tensor, b: Tensor) -> None:
    """Refuse factors of two dtypes."""
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(
            f"{operator.name} was given {a.dtype} and {b.dtype}; convert one with to()"
        )


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Return the product of two vectors (torch.dot)."""
    return _of_ranks(OPERATORS["dot"], input, tensor, (1, 1))


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Return the product of a matrix and a vector (torch.mv)."""
    return _of_ranks(OPERATORS["mv"], input, vec, (2, 1))


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the product of two matrices (torch.mm)."""
    return _of_ranks(OPERATORS["mm"], input, mat2, (2, 2))


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the products of two stacks of matrices (torch.bmm)."""
    if input._array.shape[:1] != mat2._array.shape[:1]:
        raise recording.shapes_do_not_fit(OPERATORS["matmul"], (input._array, mat2._array))
    return _of_ranks(OPERATORS["matmul"], input, mat2, (3, 3))


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Return the matrix product; vectors and stacks as NumPy's matmul (torch.matmul)."""
    ranks = (input._array.ndim, other._array.ndim)
    if ranks == (2, 2) and input._array.dtype == other._array.dtype:
        return recording.binary(OPERATORS["mm"], input, other)
    if ranks == (1, 1):
        return dot(input, other)
    if ranks == (2, 1):
        return mv(input, other)
    if ranks == (2, 2):
        return mm(input, other)
    if 0 in ranks:
        raise recording.shapes_do_not_fit(OPERATORS["matmul"], (input._array, other._array))
    if ranks[0] == 1:
        return _without_dim(matmul(shapes.unsqueeze(input, 0), other), -2)
    if ranks[1] == 1:
        return _without_dim(matmul(input, shapes.unsqueeze(other, 1)), -1)
    check_same_dtype(OPERATORS["matmul"], input, other)
    return apply(OPERATORS["matmul"], (input, other))


def _without_dim(product: Tensor, dim: int) -> Tensor:
    """Drop a dimension of a product that nobody else has seen: the result is no view."""
    if product.ndim == 2:  # noqa: PLR2004 - a matrix
        result = unary(in_place(OPERATORS["squeeze_dim"]), product, (dim % 2,))
        versions.bump(result)
        return result
    shape = list(product._array.shape)
    del shape[dim]
    return unary(OPERATORS["reshape"], product, tuple(shape))


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Return the products of all pairs of elements of two vectors (torch.outer)."""
    if (input.ndim, vec2.ndim) != (1, 1):
        raise RuntimeError(f"outer was given {input.ndim} and {vec2.ndim} dimensions; each needs 1")
    return mul(shapes.unsqueeze(input, 1), vec2)


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor) -> Tensor:
    """Return input + mat1 @ mat2 (torch.addmm)."""
    check_same_dtype(OPERATORS["addmm"], mat1, mat2)
    check_same_dtype(OPERATORS["addmm"], input, mat1)
    return apply(OPERATORS["addmm"], (input, mat1, mat2))
