"""beta times something, plus alpha times a product; start at `addmm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec_reference.dtypes import promoted_dtype
from gradspec_reference.engine import inplace
from gradspec_reference.engine.recording import apply
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names.functions.products import check_same_dtype
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar
    from gradspec_reference.engine.shapes import Shape
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
]


def check(name: str, summand: Tensor, x: Tensor, y: Tensor, weights: tuple[Scalar, Scalar]) -> None:
    """Refuse factors that do not fit, and a summand that is larger than their product."""
    left, right, shape = x._array.shape, y._array.shape, summand._array.shape
    if "bmm" in name and len(right) < STACK:
        raise IndexError(f"{name} was given a factor of shape {list(right)}; give a stack")
    fitting = SHAPES[name](left, right)
    if fitting is None or not is_broadcast_of(fitting, shape):
        raise OperandShapeError(
            f"{name} was given a summand of shape {list(shape)} and factors of shapes "
            f"{list(left)} and {list(right)}, which do not fit together"
        )
    if name == "addr":
        kind, types = summand._array.dtype.kind, {*map(type, weights)}
        if (kind not in "fVc" and float in types) or (kind != "b" and bool in types):
            raise RuntimeError(f"addr was given {summand.dtype} and the weights {weights}")
    else:
        check_same_dtype(OPERATORS[name], summand, x)
        check_same_dtype(OPERATORS[name], x, y)
        whole = summand._array.dtype.kind not in "fVc"
        if name == "addmm" and whole and 0 in x._array.shape[1:] and isinstance(weights[0], float):
            raise RuntimeError(f"addmm was given {summand.dtype} and the weight {weights[0]}")


def of_matrices(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of the product of two matrices, if it exists."""
    fit = len(left) == len(right) == 2 and left[1] == right[0]  # noqa: PLR2004 - matrices
    return (left[0], right[1]) if fit else None


def of_matrix_and_vector(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of the product of a matrix and a vector, if it exists."""
    fit = len(left) == 2 and len(right) == 1 and left[1] == right[0]  # noqa: PLR2004 - a matrix
    return (left[0],) if fit else None


def of_pairs(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of the products of all pairs of two vectors."""
    return (left[0], right[0]) if len(left) == len(right) == 1 else None


def of_stacks(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of the products of two stacks of matrices, if they exist."""
    fit = len(left) == len(right) == 3 and left[0] == right[0] and left[2] == right[1]  # noqa: PLR2004 - stacks
    return (left[0], left[1], right[2]) if fit else None


def of_summed_stacks(left: Shape, right: Shape) -> Shape | None:
    """Return the shape of one of these products, which are added."""
    stack = of_stacks(left, right)
    return None if stack is None else stack[1:]


STACK: Final = 3
SHAPES: Final[dict[str, Callable[[Shape, Shape], Shape | None]]] = {
    "addmm": of_matrices,
    "addmv": of_matrix_and_vector,
    "addr": of_pairs,
    "baddbmm": of_stacks,
    "addbmm": of_summed_stacks,
}


def added(name: str, summand: Tensor, x: Tensor, y: Tensor, beta: Scalar, alpha: Scalar) -> Tensor:
    """Run one of them."""
    check(name, summand, x, y, (beta, alpha))
    return apply(OPERATORS[name], (summand, x, y), beta, alpha)


def added_in_place(
    name: str, summand: Tensor, x: Tensor, y: Tensor, beta: Scalar, alpha: Scalar
) -> Tensor:
    """Run one of them, and store the sum in its first operand."""
    check(name, summand, x, y, (beta, alpha))
    return inplace.apply_inplace(OPERATORS[name], (summand, x, y), beta, alpha)


def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Return beta * input + alpha * (mat1 @ mat2) (torch.addmm)."""
    return added("addmm", input, mat1, mat2, beta, alpha)


def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Return beta * input + alpha * (mat @ vec) (torch.addmv)."""
    return added("addmv", input, mat, vec, beta, alpha)


def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Return beta * input + alpha * the products of all pairs (torch.addr)."""
    common = promoted_dtype(input._array, vec1._array, vec2._array)
    first, second, third = (x.to(common) for x in (input, vec1, vec2))
    return added("addr", first, second, third, beta, alpha)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Return beta * input + alpha * (batch1 @ batch2), matrix by matrix (torch.baddbmm)."""
    return added("baddbmm", input, batch1, batch2, beta, alpha)


def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Return beta * input + alpha * the sum of batch1 @ batch2 (torch.addbmm)."""
    return added("addbmm", input, batch1, batch2, beta, alpha)


def addmm_(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Store the result of addmm in the tensor (torch.Tensor.addmm_)."""
    return added_in_place("addmm", input, mat1, mat2, beta, alpha)


def addmv_(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Store the result of addmv in the tensor (torch.Tensor.addmv_)."""
    return added_in_place("addmv", input, mat, vec, beta, alpha)


def addr_(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Store the result of addr in the tensor (torch.Tensor.addr_)."""
    common = promoted_dtype(input._array, vec1._array, vec2._array)
    return added_in_place("addr", input, vec1.to(common), vec2.to(common), beta, alpha)


def baddbmm_(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Store the result of baddbmm in the tensor (torch.Tensor.baddbmm_)."""
    return added_in_place("baddbmm", input, batch1, batch2, beta, alpha)


def addbmm_(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    """Store the result of addbmm in the tensor (torch.Tensor.addbmm_)."""
    return added_in_place("addbmm", input, batch1, batch2, beta, alpha)
