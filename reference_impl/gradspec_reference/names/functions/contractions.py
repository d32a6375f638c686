"""Products that are made of others: sums over some dimensions; start at `einsum`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.engine.shapes import as_shape, normal_dim, whole
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError, UnfitArgumentError
from gradspec_reference.names.functions import parts, products, reductions, shapes
from gradspec_reference.names.functions.arithmetic import mul
from gradspec_reference.names.functions.assembly import check_are_tensors
from gradspec_reference.names.functions.equations import Equation, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "einsum",
    "inner",
    "kron",
    "tensordot",
]

PAIR: Final = 2


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sum the products of entries over the labels that the result lacks (torch.einsum).

    The labels are an equation, or a list of numbers after each operand, and one for the result.
    """
    if isinstance(equation, Tensor):
        equation, *listed = spelled((equation, *operands))
        operands = tuple(listed)
    elif not isinstance(equation, str):
        raise TypeError(f"einsum was given {equation!r}; it needs an equation, or labels")
    given: Any = operands[0] if len(operands) == 1 else operands
    tensors = [given] if isinstance(given, Tensor) else list(given)
    check_are_tensors("einsum", tensors)
    if not tensors:
        raise ValueError("einsum was given no operand; give one for each term")
    read = Equation.read(equation, [x._array.shape for x in tensors])
    aligned = [
        align(x, labels, read.labels) for x, labels in zip(tensors, read.operands, strict=True)
    ]
    product = summed(aligned[0], read.dims_summed_after(0))
    for number, operand in enumerate(aligned[1:], 1):
        product = contracted(product, operand, read.dims_summed_after(number))
    size = [product._array.shape[d] for d in range(len(read.result))]
    return shapes.reshape(product, size) if product.ndim > len(size) else product


def align(x: Tensor, labels: Sequence[str], order: Sequence[str]) -> Tensor:
    """Give a tensor a dimension for every label, in order; one that it lacks is of length one."""
    own = list(labels)
    for label in sorted(set(own), key=own.index):
        while own.count(label) > 1:
            first = own.index(label)
            second = own.index(label, first + 1)
            if x._array.shape[first] != x._array.shape[second]:
                raise RuntimeError(
                    f"einsum was given {label!r} twice for dimensions of two lengths, of shape "
                    f"{list(x._array.shape)}"
                )
            x = parts.diagonal(x, 0, first, second)
            own = [each for place, each in enumerate(own) if place not in (first, second)]
            own.append(label)
    x = shapes.permute(x, [own.index(label) for label in order if label in own])
    for place, label in enumerate(order):
        if label not in own:
            x = shapes.unsqueeze(x, place)
    return x


def summed(x: Tensor, dims: Sequence[int]) -> Tensor:
    """Sum over dimensions, which are kept."""
    return reductions.sum(x, tuple(dims), keepdim=True) if dims else x


def contracted(x: Tensor, y: Tensor, dims: Sequence[int]) -> Tensor:
    """Multiply two tensors of as many dimensions and sum over some, by products of matrices."""
    left, right = x._array.shape, y._array.shape
    x = summed(x, [d for d in dims if right[d] == 1 and left[d] != 1])
    y = summed(y, [d for d in dims if left[d] == 1 and right[d] != 1])
    every = range(len(left))
    both = [d for d in every if d not in dims and left[d] != 1 and right[d] != 1]
    of_x = [d for d in every if d not in dims and d not in both and right[d] == 1]
    of_y = [d for d in every if d not in dims and d not in both and d not in of_x]
    inner = list(dims)
    if not inner:
        return mul(x, y)
    left, right = x._array.shape, y._array.shape
    rows, columns = [left[d] for d in of_x], [right[d] for d in of_y]
    stack, depth = [left[d] for d in both], [left[d] for d in inner]
    if depth != [right[d] for d in inner] or stack != [right[d] for d in both]:
        raise OperandShapeError(f"einsum was given {list(left)} and {list(right)}, aligned")
    size = (math.prod(stack), math.prod(rows), math.prod(depth), math.prod(columns))
    a = shapes.reshape(shapes.permute(x, [*both, *of_x, *inner, *of_y]), size[:3])
    b = shapes.reshape(shapes.permute(y, [*both, *inner, *of_y, *of_x]), (size[0], *size[2:]))
    product = shapes.reshape(products.bmm(a, b), [*stack, *rows, *columns, *[1] * len(inner)])
    order = [*both, *of_x, *of_y, *inner]
    return shapes.permute(product, [order.index(d) for d in every])


def tensordot(input: Any, other: Any, dims: Any = 2) -> Tensor:
    """Sum products over dimensions of both: the last and first, or those named (torch.tensordot).

    `dims` is their number, or two lists.
    """
    if not isinstance(dims, int | tuple | list | Tensor):
        raise RuntimeError(f"tensordot was given {dims!r}; give a number, or two lists")  # noqa: TRY004
    if isinstance(dims, tuple | list) and len(dims) != PAIR:
        raise ValueError(f"tensordot was given {len(dims)} lists of dimensions; give two")
    if isinstance(dims, int) and dims < 0:
        raise RuntimeError(f"tensordot was given dims={dims}; give how many are summed over")
    for each in (input, other):
        if not isinstance(each, Tensor):
            raise UnfitArgumentError(f"tensordot was given a {type(each).__name__}; give a tensor")
    ours, theirs = named_pairs(input, other, dims)
    x, y = input._array.shape, other._array.shape
    pairs = list(zip(ours, theirs, strict=True))
    input = summed(input, [d for d, e in pairs if y[e] == 1 != x[d]]).to(input.dtype)
    other = summed(other, [e for d, e in pairs if x[d] == 1 != y[e]]).to(other.dtype)
    x, y = input._array.shape, other._array.shape
    if [x[d] for d in ours] != [y[d] for d in theirs]:
        raise OperandShapeError(
            f"tensordot was given {list(x)} and {list(y)}, which have other lengths along "
            f"{list(ours)} and {list(theirs)}"
        )
    kept = [d for d in range(len(x)) if d not in ours]
    others = [d for d in range(len(y)) if d not in theirs]
    depth = math.prod(x[d] for d in ours)
    size = [*(x[d] for d in kept), *(y[d] for d in others)]
    rows, columns = math.prod(x[d] for d in kept), math.prod(y[d] for d in others)
    a = shapes.reshape(shapes.permute(input, [*kept, *ours]), (rows, depth))
    b = shapes.reshape(shapes.permute(other, [*theirs, *others]), (depth, columns))
    return shapes.reshape(products.mm(a, b), size)


def named_pairs(input: Any, other: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    """Return the dimensions of both that are summed over, counted from the front."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        left, right = input.ndim, other.ndim
        if dims > min(left, right):
            raise RuntimeError(f"tensordot was given {dims} dimensions of {left} and {right}")
        return list(range(left - dims, left)), list(range(dims))
    ours, theirs = (list(map(whole, each)) for each in dims)
    if len(ours) != len(theirs):
        raise RuntimeError(f"tensordot was given {ours} and {theirs}; name as many of both")
    pair = (
        [normal_dim(d, input.ndim) for d in ours],
        [normal_dim(d, other.ndim) for d in theirs],
    )
    if any(len(set(named)) < len(named) for named in pair):
        raise RuntimeError(f"tensordot was given a dimension twice, in {ours} or {theirs}")
    return pair


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sum products over the last dimension of both (torch.inner)."""
    if not input.ndim or not other.ndim:
        return mul(input, other)
    if input._array.shape[-1] != other._array.shape[-1]:
        raise OperandShapeError(
            f"inner was given {list(input.shape)} and {list(other.shape)}, whose last dimensions "
            "are of two lengths"
        )
    return tensordot(input, other, ([-1], [-1]))


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Return the first tensor with each entry made a multiple of the second (torch.kron)."""
    rank = max(input.ndim, other.ndim)
    x, y = (as_shape((1,) * (rank - each.ndim) + tuple(each.shape)) for each in (input, other))
    left = shapes.reshape(input, [n for pair in zip(x, (1,) * rank, strict=True) for n in pair])
    right = shapes.reshape(other, [n for pair in zip((1,) * rank, y, strict=True) for n in pair])
    return shapes.reshape(mul(left, right), [m * n for m, n in zip(x, y, strict=True)])
