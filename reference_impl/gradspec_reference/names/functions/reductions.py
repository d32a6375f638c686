"""Reductions, sorting and what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.dtypes import DIFFERENTIABLE, FLOAT
from gradspec_reference.engine import inplace, linking, narrow
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import normal_dim, normal_dims
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NoComplexRuleError
from gradspec_reference.names import return_types
from gradspec_reference.names.functions.selection import maximum, minimum
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.layouts import laid_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "argsort",
    "cumsum",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "sort",
    "sum",
    "topk",
]


def cast(input: Tensor, dtype: DType | None) -> Tensor:
    """Return a tensor in the dtype in which it is to be reduced.

    RuntimeError for a recorded reduction of what requires grad to integers or booleans.
    """
    if dtype is None:
        return input
    if dtype.category < FLOAT and state.recording and linking.needs_grad(input):
        raise RuntimeError(f"a tensor that requires grad was to be reduced as {dtype}")
    result: Tensor = input.to(dtype)
    return result


def narrowed(result: Tensor, dtype: DType | None) -> Tensor:
    """Return a result, which has the widest dtype of its kind, in the dtype asked for."""
    return result if dtype is None else result.to(dtype)


def sum(
    input: Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the sum, of all elements or along dimensions (torch.sum)."""
    if dtype is not None:
        input = cast(input, dtype)
    if dim is None and not keepdim:
        return narrowed(unary(OPERATORS["sum"], input), dtype)
    return narrowed(unary(OPERATORS["sum_dim"], input, _dims(input, dim), keepdim), dtype)


def mean(
    input: Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the mean, of all elements or along dimensions (torch.mean)."""
    if dtype is not None:
        input = input.to(dtype)
    if input._array.dtype.kind not in DIFFERENTIABLE:
        check_is_floating("mean", input)
    if dim is None and not keepdim:
        return unary(OPERATORS["mean"], input)
    return unary(OPERATORS["mean_dim"], input, _dims(input, dim), keepdim)


def check_is_floating(name: str, input: Tensor) -> None:
    """Refuse integers and booleans."""
    if input._array.dtype.kind not in DIFFERENTIABLE:
        raise RuntimeError(f"{name} was given {input.dtype}; convert to a floating dtype first")


def _dims(input: Tensor, dim: int | Sequence[int] | None) -> tuple[int, ...]:
    return normal_dims(dim, input.ndim)


def prod(
    input: Tensor,
    dim: int | LeftOut = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the product, of all elements or along a dimension (torch.prod)."""
    input = cast(input, dtype)
    if dim is None:
        return narrowed(unary(OPERATORS["prod"], input), dtype)
    row = unary(OPERATORS["prod_dim"], input, normal_dim(dim, input.ndim), keepdim)
    return narrowed(row, dtype)


def _filled(input: Tensor, dim: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return dimensions, if none has length zero: there is no largest element of none."""
    shape = input._array.shape
    if not input._array.size and dim in (None, (), []):
        raise RuntimeError(f"an extreme of no elements was asked for, of shape {list(shape)}")
    dims = _dims(input, dim)
    if 0 in (shape[d] for d in dims):
        raise IndexError(f"an extreme of no elements was asked for, along {list(dims)} of {shape}")
    return dims


def amax(input: Tensor, dim: int | Sequence[int] | None = (), keepdim: bool = False) -> Tensor:
    """Return the maximum along dimensions; ties share the gradient (torch.amax)."""
    return unary(OPERATORS["amax"], input, _filled(input, dim), keepdim)


def amin(input: Tensor, dim: int | Sequence[int] | None = (), keepdim: bool = False) -> Tensor:
    """Return the minimum along dimensions; ties share the gradient (torch.amin)."""
    return unary(OPERATORS["amin"], input, _filled(input, dim), keepdim)


def check_pair(other: Tensor | None, keepdim: bool) -> None:
    """Refuse to keep dimensions where two tensors are compared."""
    if other is not None and keepdim:
        raise TypeError("max and min of two tensors keep all dimensions; leave keepdim out")


def max(
    input: Tensor,
    dim: Tensor | int | LeftOut = None,
    keepdim: bool = False,
    *,
    other: Tensor | LeftOut = None,
) -> Any:
    """Return the maximum of all elements, or values and indices along a dimension (torch.max).

    Over all elements ties share the gradient; along a dimension the first index gets it all.
    With a tensor as second argument, the larger of each pair.
    """
    other = dim if isinstance(dim, Tensor) else other
    check_pair(other, keepdim)
    if other is not None:
        return maximum(input, other)
    if dim is None or isinstance(dim, Tensor):
        return unary(OPERATORS["max"], input)
    return extreme("max_dim", input, _arg(np.argmax, input, dim, True), dim, keepdim)


def min(
    input: Tensor,
    dim: Tensor | int | LeftOut = None,
    keepdim: bool = False,
    *,
    other: Tensor | LeftOut = None,
) -> Any:
    """Return the minimum of all elements, or values and indices along a dimension (torch.min)."""
    other = dim if isinstance(dim, Tensor) else other
    check_pair(other, keepdim)
    if other is not None:
        return minimum(input, other)
    if dim is None or isinstance(dim, Tensor):
        return unary(OPERATORS["min"], input)
    return extreme("min_dim", input, _arg(np.argmin, input, dim, True), dim, keepdim)


def median(input: Tensor, dim: int | LeftOut = None, keepdim: bool = False) -> Any:
    """Return the median, the lower of two; along a dimension with its index (torch.median).

    Over all elements, those equal to it share the gradient; along a dimension one gets it all.
    """
    if dim is None:
        return unary(OPERATORS["median"], input)
    array = input._array
    dim = normal_dim(dim, array.ndim)
    if array.ndim:
        _filled(input, dim)
    if array.dtype == np.bool_:
        raise NotImplementedError("the median of booleans was asked for; convert with to()")
    if not array.ndim:
        return extreme("median_dim", input, Tensor(np.zeros((), np.int64)), dim, keepdim)
    order = np.argsort(array, axis=dim, kind="stable")
    middle = np.take(order, [(array.shape[dim] - 1) // 2], dim)
    missing = np.isnan(array)
    first = np.argmax(missing, axis=dim, keepdims=True)
    indices = np.where(missing.any(axis=dim, keepdims=True), first, middle)
    return extreme("median_dim", input, Tensor(indices), dim, keepdim)


def extreme(
    name: str, input: Tensor, indices: Tensor, dim: int, keepdim: bool
) -> return_types.Extreme:
    """Return the elements at places along a dimension, and the places."""
    dim = normal_dim(dim, input.ndim)
    values = apply(OPERATORS[name], (input, indices), dim, keepdim)
    if not keepdim and input.ndim:
        # the caller's tensor is what the node saved: a write to it counts
        indices = indices.alias()
        indices._array = np.squeeze(indices._array, dim)
    kind: type[return_types.Extreme] = getattr(return_types, name.removesuffix("_dim"))
    return kind(values, indices)


def check_no_booleans(input: Tensor, dim: int | None) -> None:
    """Refuse to look for the place of an extreme of booleans."""
    if input._array.dtype == np.bool_:
        raise RuntimeError("the place of an extreme of booleans was asked for; convert with to()")
    narrow.check_is_wider("the place of an extreme", input.dtype)
    if dim is not None:
        normal_dim(dim, input.ndim)


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the maximum is; not differentiable (torch.argmax)."""
    check_no_booleans(input, dim)
    return _arg(np.argmax, input, dim, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the minimum is; not differentiable (torch.argmin)."""
    check_no_booleans(input, dim)
    return _arg(np.argmin, input, dim, keepdim)


def refuse_complex(name: str, input: Tensor) -> None:
    """Refuse numbers that have no order."""
    if input._array.dtype.kind == "c":
        raise NoComplexRuleError(f"{name} was given {input.dtype}, whose numbers have no order")


def _arg(kernel: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    refuse_complex("argmax", input)
    if not input._array.size and dim is None:
        raise IndexError("the place of an extreme of no elements was asked for")
    dims = _filled(input, dim)
    if dim is None or not input.ndim:
        return Tensor(kernel(input._array, keepdims=keepdim and bool(input.ndim)))
    return Tensor(kernel(input._array, axis=dims[0], keepdims=keepdim))


def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """Return the order that sorts along a dimension; not differentiable (torch.argsort)."""
    del stable  # it always is
    refuse_complex("argsort", input)
    array = input._array
    dim = normal_dim(dim, array.ndim)
    if not array.ndim:
        return Tensor(np.zeros((), np.int64))
    if not descending:
        return Tensor(np.argsort(array, axis=dim, kind="stable"))
    reverse = np.flip(np.argsort(np.flip(array, dim), axis=dim, kind="stable"), dim)
    return Tensor(array.shape[dim] - 1 - reverse)


def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False
) -> return_types.Extreme:
    """Return the sorted values and where they were (torch.sort)."""
    del stable  # it always is
    indices = argsort(input, dim, descending)
    indices._array = laid_as(input._array, indices._array)
    values = apply(OPERATORS["sort_values"], (input, indices), normal_dim(dim, input.ndim))
    return return_types.sort(values, indices)


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> return_types.Extreme:
    """Return the k largest values along a dimension and where they are (torch.topk)."""
    del sorted  # they always are
    dim = normal_dim(dim, input.ndim)
    if input._array.dtype == np.bool_:
        raise RuntimeError("topk was given booleans; convert them to integers first")
    length = input._array.shape[dim] if input.ndim else 1
    if not 0 <= k <= length:
        raise RuntimeError(f"topk was asked for {k} elements; there are {length}")
    order = argsort(input, dim, descending=largest)._array
    indices = Tensor((order[(*(slice(None),) * dim, slice(0, k))] if order.ndim else order).copy())
    values = apply(OPERATORS["topk_values"], (input, indices), dim)
    return return_types.topk(values, indices)


def cumsum(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Return the running sum along a dimension (torch.cumsum)."""
    if dtype is not None and dtype.category == 0:
        raise NotImplementedError("a running sum of booleans was asked for; use integers")
    input = cast(input, dtype)
    return narrowed(unary(OPERATORS["cumsum"], input, normal_dim(dim, input.ndim)), dtype)


def cumsum_(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Replace each element by the running sum up to it (torch.Tensor.cumsum_)."""
    return running_inplace("cumsum", input, dim, dtype)


def running_inplace(name: str, input: Tensor, dim: int, dtype: DType | None) -> Tensor:
    """Replace each element by what runs up to it; refuse booleans, and any other dtype."""
    dim = normal_dim(dim, input.ndim)
    if dtype not in (None, input.dtype):
        raise RuntimeError(
            f"{name}_ was asked for {dtype} in a tensor of {input.dtype}; leave dtype out"
        )
    if input._array.dtype.kind != "b":
        return inplace.apply_inplace(OPERATORS[name], (input,), dim)
    if input._array.size:
        raise NotImplementedError(f"{name}_ was given booleans; use integers")
    return input
