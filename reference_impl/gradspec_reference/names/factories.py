"""Tensors out of nothing, or out of Python numbers and NumPy arrays; start at `tensor`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.shapes import as_shape
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.devices import placed, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar

__all__ = [
    "as_tensor",
    "asarray",
    "empty",
    "from_numpy",
    "full",
    "ones",
    "tensor",
    "zeros",
]


def lengths(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape of a new tensor; RuntimeError if a length is negative."""
    shape = as_shape(size)
    if min(shape, default=0) < 0:
        raise RuntimeError(f"a tensor of shape {list(shape)} was asked for; no length is negative")
    return shape


def made(array: Any, requires_grad: bool | None, device: Any = None) -> Tensor:
    """Return a leaf on an array, which nobody else may hold, on the device that is wanted."""
    result = Tensor(placed(array, device))
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
    if data is None and dtype is not None:
        raise TypeError(f"numbers of {dtype} are needed, and None was given")
    if array.dtype.kind == "O" and not isinstance(data, np.ndarray):
        raise RuntimeError(f"no dtype can be inferred for {data!r}; give numbers in nested lists")
    check_array(data if isinstance(data, np.ndarray) else array)
    if dtype is not None:
        if array.size and not isinstance(data, np.ndarray | np.generic):
            check_fits(array, dtype)
        return dtypes.within_ends(array, dtype.numpy).astype(dtype.numpy)
    if isinstance(data, np.ndarray | np.generic):
        return array
    if array.dtype.kind in "fVc" and not array_inside(data):
        default = dtypes.get_default_dtype()
        wide = default.to_complex() if array.dtype.kind == "c" else default
        return array.astype(wide.numpy)
    return array


def check_fits(array: Any, dtype: DType) -> None:
    """Refuse numbers that an integer dtype cannot hold."""
    if array.dtype.kind == "c" and not dtype.is_complex and dtype.numpy.kind != "b":
        raise TypeError(
            f"complex numbers were given for {dtype}; give their real parts, or a complex dtype"
        )
    if dtype.numpy.kind in "iu" and array.dtype.kind in "iuf":
        high = int(np.iinfo(dtype.numpy).max)
        wraps = dtype.numpy.kind == "u" and array.dtype.kind != "f"  # a negative integer
        low = -high if wraps else int(np.iinfo(dtype.numpy).min)
        if not ((array >= low) & (array <= high)).all():
            raise RuntimeError(f"numbers were given that {dtype} cannot hold; use another dtype")


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
    data: Any, *, dtype: DType | None = None, device: Any = None, requires_grad: bool | None = False
) -> Tensor:
    """Return a leaf with a copy of the data (torch.tensor docstring).

    Warns if the data is a tensor: then `clone().detach()` says what is meant.
    """
    warn_of_lost_history(data)
    array = inferred(plain(data), dtype)
    return made(array if array.ndim else array[()], requires_grad, device)


def as_tensor(data: Any, *, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Return the data as a tensor, without a copy where that is possible (torch.as_tensor)."""
    if isinstance(data, Tensor):
        moved = data if device is None else data.to(device)
        return moved if dtype is None else moved.to(dtype)
    on_cpu = wanted(device).type == "cpu"
    if on_cpu and isinstance(data, np.ndarray) and (dtype is None or dtype.numpy == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return an object as a tensor (torch.asarray).

    `requires_grad` says whether the result requires grad: if False, it is detached, or a leaf that
    is handed back has its flag taken.  Left out, a tensor keeps its history, and a warning says so.
    """
    result = as_tensor(obj, dtype=dtype, device=device)
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


def floating(dtype: DType | None) -> dtypes.NumpyDType:
    return (dtype or dtypes.get_default_dtype()).numpy


def zeros(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of zeros (torch.zeros)."""
    return made(np.zeros(lengths(size), floating(dtype)), requires_grad, device)


def ones(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of ones (torch.ones)."""
    return made(np.ones(lengths(size), floating(dtype)), requires_grad, device)


def empty(
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor whose values mean nothing: here zeros, so that runs agree (torch.empty)."""
    return zeros(*size, dtype=dtype, requires_grad=requires_grad, device=device)


def full(
    size: Sequence[int],
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of one value (torch.full)."""
    dtype = dtype or dtypes.of_number(fill_value)
    array = np.full(lengths((size,)), dtypes.number_for(fill_value, dtype.numpy))
    return made(array, requires_grad, device)
