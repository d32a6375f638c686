"""Reductions, sorting and what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradspec_reference.dtypes import get_default_dtype
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import normal_dim, normal_dims
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions.selection import maximum, minimum
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_reference.dtypes import DType

    Dim = int | Iterable[int] | None

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "argsort",
    "cumsum",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "norm",
    "prod",
    "softmax",
    "sort",
    "std",
    "sum",
    "topk",
    "var",
]


class Extreme(NamedTuple):
    """The extreme values along a dimension, and where they are."""

    values: Tensor
    indices: Tensor


def _cast(input: Tensor, dtype: DType | None) -> Tensor:
    return input if dtype is None else input.to(dtype)


def sum(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Return the sum, of all elements or along dimensions (torch.sum)."""
    input = _cast(input, dtype)
    if dim is None and not keepdim:
        return unary(OPERATORS["sum"], input)
    return unary(OPERATORS["sum_dim"], input, _dims(input, dim), keepdim)


def mean(
    input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Return the mean, of all elements or along dimensions (torch.mean)."""
    input = _cast(input, dtype)
    check_is_floating("mean", input)
    if dim is None and not keepdim:
        return unary(OPERATORS["mean"], input)
    return unary(OPERATORS["mean_dim"], input, _dims(input, dim), keepdim)


def check_is_floating(name: str, input: Tensor) -> None:
    """Refuse integers and booleans."""
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"{name} was given {input.dtype}; convert to a floating dtype first")


def _dims(input: Tensor, dim: Dim) -> tuple[int, ...]:
    return normal_dims(dim, input.ndim)


def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """Return the product, of all elements or along a dimension (torch.prod)."""
    input = _cast(input, dtype)
    if dim is None:
        return unary(OPERATORS["prod"], input)
    return unary(OPERATORS["prod_dim"], input, normal_dim(dim, input.ndim), keepdim)


def _moment(
    name: str,
    input: Tensor,
    dim: Dim | bool,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool,
) -> Tensor:
    check_is_floating(name, input)
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return unary(OPERATORS[name], input, _dims(input, dim), correction, keepdim)


def var(
    input: Tensor,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the variance, by default with n - 1 in the denominator (torch.var)."""
    return _moment("var", input, dim, unbiased, correction, keepdim)


def std(
    input: Tensor,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the standard deviation (torch.std)."""
    return _moment("std", input, dim, unbiased, correction, keepdim)


def _filled(input: Tensor, dims: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse dimensions of length zero: there is no largest element of none."""
    shape = input._array.shape
    if 0 in (shape[dim] for dim in dims):
        raise IndexError(f"an extreme of no elements was asked for, along {list(dims)} of {shape}")
    return dims


def amax(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Tensor:
    """Return the maximum along dimensions; ties share the gradient (torch.amax)."""
    return unary(OPERATORS["amax"], input, _filled(input, _dims(input, dim)), keepdim)


def amin(input: Tensor, dim: Dim = (), keepdim: bool = False) -> Tensor:
    """Return the minimum along dimensions; ties share the gradient (torch.amin)."""
    return unary(OPERATORS["amin"], input, _filled(input, _dims(input, dim)), keepdim)


def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """Return the maximum of all elements, or values and indices along a dimension (torch.max).

    Over all elements ties share the gradient; along a dimension the first index gets it all.
    With a tensor as second argument, the larger of each pair.
    """
    if isinstance(dim, Tensor):
        return maximum(input, dim)
    if dim is None:
        return unary(OPERATORS["max"], input)
    return _extreme("max_dim", input, argmax(input, dim, keepdim=True), dim, keepdim)


def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """Return the minimum of all elements, or values and indices along a dimension (torch.min)."""
    if isinstance(dim, Tensor):
        return minimum(input, dim)
    if dim is None:
        return unary(OPERATORS["min"], input)
    return _extreme("min_dim", input, argmin(input, dim, keepdim=True), dim, keepdim)


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median, the lower of two; along a dimension with its index (torch.median).

    Over all elements, those equal to it share the gradient; along a dimension one gets it all.
    """
    if dim is None:
        return unary(OPERATORS["median"], input)
    array = input._array
    dim = normal_dim(dim, array.ndim)
    if not array.ndim:
        return _extreme("median_dim", input, Tensor(np.zeros((), np.int64)), dim, keepdim)
    order = np.argsort(array, axis=dim, kind="stable")
    middle = np.take(order, [(array.shape[dim] - 1) // 2], dim)
    missing = np.isnan(array)
    first = np.argmax(missing, axis=dim, keepdims=True)
    indices = np.where(missing.any(axis=dim, keepdims=True), first, middle)
    return _extreme("median_dim", input, Tensor(indices), dim, keepdim)


def _extreme(name: str, input: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Extreme:
    dim = normal_dim(dim, input.ndim)
    values = apply(OPERATORS[name], (input, indices), dim, keepdim)
    if not keepdim and input.ndim:
        # the caller's tensor is what the node saved: a write to it counts
        indices = indices.alias()
        indices._array = np.squeeze(indices._array, dim)
    return Extreme(values, indices)


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the maximum is; not differentiable (torch.argmax)."""
    return _arg(np.argmax, input, dim, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return where the minimum is; not differentiable (torch.argmin)."""
    return _arg(np.argmin, input, dim, keepdim)


def _arg(kernel: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    dims = _filled(input, _dims(input, dim))
    if dim is None or not input.ndim:
        return Tensor(kernel(input._array, keepdims=keepdim and bool(input.ndim)))
    return Tensor(kernel(input._array, axis=dims[0], keepdims=keepdim))


def argsort(input: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    """Return the order that sorts along a dimension; not differentiable (torch.argsort)."""
    array = input._array
    if not array.ndim:
        return Tensor(np.zeros((), np.int64))
    dim = normal_dim(dim, array.ndim)
    if not descending:
        return Tensor(np.argsort(array, axis=dim, kind="stable"))
    reverse = np.flip(np.argsort(np.flip(array, dim), axis=dim, kind="stable"), dim)
    return Tensor(array.shape[dim] - 1 - reverse)


def sort(input: Tensor, dim: int = -1, descending: bool = False) -> Extreme:
    """Return the sorted values and where they were (torch.sort)."""
    indices = argsort(input, dim, descending)
    values = apply(OPERATORS["sort_values"], (input, indices), normal_dim(dim, input.ndim))
    return Extreme(values, indices)


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True) -> Extreme:
    """Return the k largest values along a dimension and where they are (torch.topk)."""
    dim = normal_dim(dim, input.ndim)
    length = input._array.shape[dim] if input.ndim else 1
    if not 0 <= k <= length:
        raise RuntimeError(f"topk was asked for {k} elements; there are {length}")
    order = argsort(input, dim, descending=largest)._array
    indices = Tensor(np.array(order[(*(slice(None),) * dim, slice(0, k))] if order.ndim else order))
    values = apply(OPERATORS["topk_values"], (input, indices), dim)
    return Extreme(values, indices)


def logsumexp(input: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exponentials (torch.logsumexp)."""
    if input._array.dtype.kind != "f":
        input = input.to(get_default_dtype())
    return unary(OPERATORS["logsumexp"], input, _dims(input, dim), keepdim)


def softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """Return exponentials that sum to one along a dimension (torch.softmax)."""
    input = _cast(input, dtype)
    check_is_floating("softmax", input)
    return unary(OPERATORS["softmax"], input, normal_dim(dim, input.ndim))


def log_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """Return the logarithm of softmax (torch.log_softmax)."""
    input = _cast(input, dtype)
    check_is_floating("log_softmax", input)
    return unary(OPERATORS["log_softmax"], input, normal_dim(dim, input.ndim))


def cumsum(input: Tensor, dim: int) -> Tensor:
    """Return the running sum along a dimension (torch.cumsum)."""
    return unary(OPERATORS["cumsum"], input, normal_dim(dim, input.ndim))


def norm(input: Tensor, p: float | str = 2.0, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the vector norm; its gradient is 0 where it is 0 (torch.norm)."""
    check_is_floating("norm", input)
    order = 2.0 if p == "fro" else float(p)
    return unary(OPERATORS["vector_norm"], input, order, _dims(input, dim), keepdim)
