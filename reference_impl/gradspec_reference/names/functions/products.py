"""Products of vectors and matrices; start at `matmul`, which chooses among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec_reference.engine import recording, refusals, versions
from gradspec_reference.engine.plans import in_place
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.errors import OperandCountError
from gradspec_reference.names.functions import shapes
from gradspec_reference.names.functions.arithmetic import mul
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.operators import Operator

__all__ = [
    "bmm",
    "dot",
    "matmul",
    "mm",
    "mv",
    "outer",
    "vdot",
]


RANKED: Final = {(1, 1): "dot", (2, 1): "mv", (2, 2): "mm"}


def of_ranks(operator: Operator, a: Tensor, b: Tensor, ranks: tuple[int, int]) -> Tensor:
    if (a.ndim, b.ndim) != ranks:
        raise refusals.shapes_do_not_fit(operator, (a._array, b._array))
    check_same_dtype(operator, a, b)
    return recording.binary(operator, a, b)


def check_same_dtype(operator: Operator, a: Tensor, b: Tensor) -> None:
    """Refuse factors of two dtypes, and booleans."""
    check_dtypes(operator.name, a, b)


def check_dtypes(name: str, a: Tensor, b: Tensor) -> None:
    """Refuse to multiply tensors of two dtypes, and booleans, under a name."""
    x, y = a._array.dtype, b._array.dtype
    if x != y:
        error = NotImplementedError if name == "bmm" and "b" in x.kind + y.kind else RuntimeError
        raise error(f"{name} was given {a.dtype} and {b.dtype}; convert with to()")
    if x.kind == "b" and a._array.size and b._array.size:
        raise NotImplementedError(f"{name} was given booleans; convert with to() first")


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Return the product of two vectors (torch.dot)."""
    return of_ranks(OPERATORS["dot"], input, tensor, (1, 1))


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Return the product of two vectors, which are real (torch.vdot)."""
    return of_ranks(OPERATORS["vdot"], input, other, (1, 1))


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Return the product of a matrix and a vector (torch.mv)."""
    if not input.ndim:
        raise OperandCountError("mv was given a number for a matrix; give it two dimensions")
    return of_ranks(OPERATORS["mv"], input, vec, (2, 1))


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the product of two matrices (torch.mm)."""
    return of_ranks(OPERATORS["mm"], input, mat2, (2, 2))


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the products of two stacks of matrices (torch.bmm)."""
    if input._array.shape[:1] != mat2._array.shape[:1]:
        raise refusals.shapes_do_not_fit(OPERATORS["bmm"], (input._array, mat2._array))
    return of_ranks(OPERATORS["bmm"], input, mat2, (3, 3))


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Return the matrix product; vectors and stacks as NumPy's matmul (torch.matmul)."""
    x, y = input._array, other._array
    if x.ndim == y.ndim == 2 and x.dtype is y.dtype and x.dtype.kind in "fV":  # noqa: PLR2004 - matrices
        return recording.binary(OPERATORS["mm"], input, other)
    ranks = (x.ndim, y.ndim)
    if ranks in RANKED:
        return of_ranks(OPERATORS[RANKED[ranks]], input, other, ranks)
    if 0 in ranks:
        raise refusals.shapes_do_not_fit(OPERATORS["matmul"], (input._array, other._array))
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
    return mul(shapes.reshape(input, (input._array.size, 1)), vec2)
