"""Tensors out of nothing, or out of Python numbers and NumPy arrays; start at `tensor`."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.shapes import as_shape
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.devices import check_device

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "tensor",
    "zeros",
    "zeros_like",
]


def lengths(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape of a new tensor; RuntimeError if a length is negative."""
    shape = as_shape(size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"a tensor of shape {list(shape)} was asked for; no length is negative")
    return shape


def made(array: Any, requires_grad: bool) -> Tensor:
    """Return a leaf on an array, which nobody else may hold."""
    result = Tensor(array)
    return result.requires_grad_() if requires_grad else result


def plain(data: Any) -> Any:
    """Return data with the tensors in it replaced by their values."""
    if isinstance(data, Tensor):
        return data._array
    if isinstance(data, list | tuple):
        return [one_value(element) for element in data]
    return data


def one_value(element: Any) -> Any:
    """Return an element of a list without tensors; ValueError for one of several elements."""
    if isinstance(element, Tensor) and element._array.size != 1:
        raise ValueError(f"a list holds a tensor of {element._array.size} elements; use stack()")
    return plain(element)


def inferred(data: Any, dtype: DType | None) -> Any:
    """Return a fresh array with the dtype that torch infers: Python floats get the default."""
    array = np.array(data)
    if array.dtype.kind in "US":
        raise TypeError(f"numbers are needed, and {data!r} was given")
    if array.dtype.kind == "O" and not isinstance(data, np.ndarray):
        raise RuntimeError(f"no dtype can be inferred for {data!r}; give numbers in nested lists")
    check_array(data if isinstance(data, np.ndarray) else array)
    if dtype is not None:
        return array.astype(dtype.numpy)
    if isinstance(data, np.ndarray | np.generic):
        return array
    if array.dtype.kind == "f" and not array_inside(data):
        return array.astype(dtypes.get_default_dtype().numpy)
    return array


def array_inside(data: Any) -> bool:
    """Tell whether nested lists contain NumPy values, whose dtype counts."""
    while isinstance(data, list) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic) and not isinstance(data, list)


def warn_of_lost_history(data: Any) -> None:
    """Warn that a tensor is copied without its history, which is rarely meant."""
    if isinstance(data, Tensor):
        warnings.warn(
            "a tensor is made from a tensor, which is copied without its history; say "
            "source.detach().clone() to show that this is meant",
            UserWarning,
            stacklevel=3,
        )


def tensor(
    data: Any, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a leaf with a copy of the data (torch.tensor docstring).

    Warns if the data is a tensor: then `clone().detach()` says what is meant.
    """
    warn_of_lost_history(data)
    check_device(device)
    array = inferred(plain(data), dtype)
    return made(array if array.ndim else array[()], requires_grad)


def new_tensor(
    self: Tensor, data: Any, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """Return a leaf with a copy of the data, by default in this tensor's dtype.

    Warns if the data is a tensor, as `tensor` does.
    """
    warn_of_lost_history(data)
    return made(inferred(plain(data), dtype or self.dtype), requires_grad)


def as_tensor(data: Any, *, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Return the data as a tensor, without a copy where that is possible (torch.as_tensor)."""
    if isinstance(data, Tensor):
        check_device(device)
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or dtype.numpy == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: DType | None = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return an object as a tensor (torch.asarray).

    `requires_grad` says whether the result requires grad: if False, a history is cut off, and a
    leaf is told so itself.  Left out, a tensor keeps its history, and a warning says so.
    """
    result = as_tensor(obj, dtype=dtype)
    if copy is False and not (isinstance(obj, Tensor | np.ndarray) and result.dtype == old(obj)):
        raise ValueError("asarray was told not to copy what must be copied")
    if copy:
        result = result.clone()
    if requires_grad is None:
        if isinstance(obj, Tensor) and obj.requires_grad:
            warn_of_kept_history()
        return result
    if not requires_grad and result.requires_grad:
        return result.requires_grad_(False) if result.is_leaf else result.detach()
    if not requires_grad:
        return result
    return result if result.requires_grad else result.requires_grad_()


def old(values: Any) -> DType:
    """Return the dtype of a tensor or an array."""
    return values.dtype if isinstance(values, Tensor) else dtypes.of(values.dtype)


def warn_of_kept_history() -> None:
    """Warn that asarray was not told whether its result requires grad."""
    warnings.warn(
        "asarray() was given a tensor that requires grad and no requires_grad, so the result "
        "requires grad too; say which is meant",
        UserWarning,
        stacklevel=3,
    )


def check_array(array: np.ndarray[Any, Any]) -> None:
    """Refuse an array of another dtype, or one that runs backwards."""
    dtypes.of(array.dtype)
    if min(array.strides, default=0) < 0:
        raise ValueError(f"an array of strides {array.strides} was given; use a copy() of it")


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """Return a tensor on the array's memory (torch.from_numpy).

    TypeError for what is no array or of other dtypes, ValueError for one that runs backwards.
    """
    check_array(ndarray)
    return Tensor(ndarray)


def _dtype(dtype: DType | None) -> dtypes.NumpyDType:
    return (dtype or dtypes.get_default_dtype()).numpy


def zeros(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of zeros (torch.zeros)."""
    check_device(device)
    return made(np.zeros(lengths(size), _dtype(dtype)), requires_grad)


def ones(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of ones (torch.ones)."""
    check_device(device)
    return made(np.ones(lengths(size), _dtype(dtype)), requires_grad)


def empty(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor whose values mean nothing: here zeros, so that runs agree (torch.empty)."""
    return zeros(*size, dtype=dtype, requires_grad=requires_grad, device=device)


def full(
    size: Sequence[int],
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of one value (torch.full)."""
    check_device(device)
    dtype = dtype or dtypes.of_number(fill_value)
    return made(np.full(lengths((size,)), fill_value).astype(dtype.numpy), requires_grad)


def zeros_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return zeros of a tensor's shape and dtype (torch.zeros_like)."""
    check_device(device)
    return made(np.zeros(input._array.shape, (dtype or input.dtype).numpy), requires_grad)


def ones_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return ones of a tensor's shape and dtype (torch.ones_like)."""
    check_device(device)
    return made(np.ones(input._array.shape, (dtype or input.dtype).numpy), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return one value in a tensor's shape and dtype (torch.full_like)."""
    shape, dtype = input._array.shape, dtype or input.dtype
    return full(shape, fill_value, dtype=dtype, requires_grad=requires_grad, device=device)


empty_like = zeros_like


def new_zeros(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros in this tensor's dtype (torch.Tensor.new_zeros)."""
    return zeros(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


def new_ones(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones in this tensor's dtype (torch.Tensor.new_ones)."""
    return ones(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


def new_full(
    self: Tensor,
    size: Sequence[int],
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return one value in this tensor's dtype (torch.Tensor.new_full)."""
    return full(size, fill_value, dtype=dtype or self.dtype, requires_grad=requires_grad)


def check_is_no_boolean(name: str, dtype: DType | None) -> None:
    """Refuse to space booleans evenly."""
    if dtype is not None and dtype.category == 0:
        raise NotImplementedError(f"{name} was asked for booleans; ask for integers")


def arange(
    start: Scalar | LeftOut = None,
    end: Scalar | LeftOut = None,
    step: Scalar | LeftOut = None,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return evenly spaced values below an end (torch.arange)."""
    check_device(device)
    if end is None and step is None:
        start, end = 0, start
    if end is None:
        raise TypeError("arange was given no end; a step needs a start and an end")
    first, by = 0 if start is None else start, 1 if step is None else step
    if not by or not (end - first) * by >= 0 or not math.isfinite(end - first):
        raise RuntimeError(f"arange cannot go from {first} to {end} by steps of {by}")
    if dtype is None:
        floating = any(isinstance(v, float) for v in (first, end, by))
        dtype = dtypes.get_default_dtype() if floating else dtypes.int64
    check_is_no_boolean("arange", dtype)
    return made(np.arange(first, end, by).astype(dtype.numpy), requires_grad)


def linspace(
    start: Scalar,
    end: Scalar,
    steps: int,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return evenly spaced values, the end included (torch.linspace)."""
    check_device(device)
    if steps < 0:
        raise RuntimeError(f"linspace was asked for {steps} values; ask for none or more")
    check_is_no_boolean("linspace", dtype)
    return made(np.linspace(start, end, steps).astype(_dtype(dtype)), requires_grad)


def eye(
    n: int,
    m: int | LeftOut = None,
    *,
    dtype: DType | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a matrix with ones on the diagonal (torch.eye)."""
    check_device(device)
    if min(n, n if m is None else m) < 0:
        raise RuntimeError(f"eye was given {n} and {m}; neither is negative")
    return made(np.eye(n, m, dtype=_dtype(dtype)), requires_grad)
