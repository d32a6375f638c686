"""What runs along a dimension: products, extremes, sums of exponentials, differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names import return_types
from gradspec_reference.names.functions import arithmetic, assembly, copies, elementwise, parts
from gradspec_reference.names.functions.reductions import cast, narrowed, running_inplace
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "diff",
    "logcumsumexp",
]


def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Return the running product along a dimension (torch.cumprod)."""
    if dtype is not None and dtype.category == 0:
        raise NotImplementedError("a running product of booleans was asked for; use integers")
    input = cast(input, dtype)
    return narrowed(unary(OPERATORS["cumprod"], input, normal_dim(dim, input.ndim)), dtype)


def cumprod_(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """Replace each element by the running product up to it (torch.Tensor.cumprod_)."""
    return running_inplace("cumprod", input, dim, dtype)


def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Return the logarithm of the running sum of exponentials (torch.logcumsumexp)."""
    dim = normal_dim(dim, input.ndim)
    if input._array.dtype.kind not in "fVc":
        raise NotImplementedError(f"logcumsumexp was given {input.dtype}; use a floating dtype")
    return unary(OPERATORS["logcumsumexp"], input, dim)


def cummax(input: Tensor, dim: int) -> return_types.Extreme:
    """Return the largest element so far, and the last place where it was (torch.cummax)."""
    return _so_far("cummax", np.maximum, input, dim)


def cummin(input: Tensor, dim: int) -> return_types.Extreme:
    """Return the smallest element so far, and the last place where it was (torch.cummin)."""
    return _so_far("cummin", np.minimum, input, dim)


def _so_far(name: str, larger: np.ufunc, input: Tensor, dim: int) -> return_types.Extreme:
    array = input._array
    dim = normal_dim(dim, input.ndim) if array.size else 0  # as in torch, whichever is named
    found = np.zeros(array.shape, np.int64)
    if array.ndim and array.size:
        attained = (array == larger.accumulate(array, axis=dim)) | np.isnan(array)
        places = np.arange(array.shape[dim]).reshape(
            [-1 if d == dim else 1 for d in range(array.ndim)]
        )
        found = np.maximum.accumulate(np.where(attained, places, 0), axis=dim)
    indices = Tensor(found)
    kind: type[return_types.Extreme] = getattr(return_types, name)
    return kind(apply(OPERATORS[f"{name}_values"], (input, indices), dim), indices)


def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """Return differences of neighbours along a dimension, n times over (torch.diff)."""
    if not input.ndim:
        raise RuntimeError("diff was given a 0-d tensor; it needs a dimension")
    if n < 0:
        raise RuntimeError(f"diff was asked for order {n}; none is negative")
    for more in (prepend, append):
        check_may_be_put_beside(input, more, dim)
    if n == 0:
        return copies.clone(input)
    dim = normal_dim(dim, input.ndim)
    given = [each for each in (prepend, input, append) if each is not None]
    result = assembly.cat(given, dim) if len(given) > 1 else input
    for _ in range(min(n, result._array.shape[dim])):
        rest = max(result._array.shape[dim] - 1, 0)
        after = parts.narrow(result, dim, min(1, result._array.shape[dim]), rest)
        before = parts.narrow(result, dim, 0, rest)
        booleans = result._array.dtype == np.bool_
        result = (
            elementwise.logical_xor(after, before) if booleans else arithmetic.sub(after, before)
        )
    return result


def check_may_be_put_beside(input: Tensor, other: Any, dim: int) -> None:
    """Refuse what has another number of dimensions, or other lengths than along one."""
    if other is None:
        return
    dim = normal_dim(dim, input.ndim)
    own, its = list(input.shape), list(other.shape)
    if len(own) == len(its):
        own[dim] = its[dim]
    if own != its:
        raise OperandShapeError(f"diff was given {list(input.shape)} and {its} to be put beside it")
