"""New tensors of the shape or the dtype of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import batched
from gradspec_reference.meta import to_meta
from gradspec_reference.names import devices
from gradspec_reference.names.factories import (
    full,
    inferred,
    made,
    ones,
    plain,
    warn_of_lost_history,
    zeros,
)
from gradspec_reference.operators.layouts import laid_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "empty_like",
    "full_like",
    "ones_like",
    "zeros_like",
]


def like(input: Tensor, array: Any, requires_grad: bool | None, device: Any) -> Tensor:
    """Return a leaf where the tensor is, or on the device that is named; it lies as that does."""
    array = laid_as(input._array, array)
    place = devices.of(input) if device is None else devices.named(device)
    result = made(to_meta(array) if place.type == "meta" else array, requires_grad)
    return batched.like(input, result) if type(input) is batched.Batched else result


def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return zeros of a tensor's shape and dtype (torch.zeros_like)."""
    return like(
        input, np.zeros(input._array.shape, (dtype or input.dtype).numpy), requires_grad, device
    )


def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return ones of a tensor's shape and dtype (torch.ones_like)."""
    return like(
        input, np.ones(input._array.shape, (dtype or input.dtype).numpy), requires_grad, device
    )


def full_like(
    input: Tensor,
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return one value in a tensor's shape and dtype (torch.full_like)."""
    made = full(input._array.shape, fill_value, dtype=dtype or input.dtype)
    return like(input, made._array, requires_grad, device)


empty_like = zeros_like


def new_zeros(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return zeros in this tensor's dtype, where it is (torch.Tensor.new_zeros)."""
    place = devices.of(self) if device is None else device
    result = zeros(*size, dtype=dtype or self.dtype, requires_grad=requires_grad, device=place)
    return batched.like(self, result) if type(self) is batched.Batched else result


def new_ones(
    self: Tensor,
    *size: int | Sequence[int],
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return ones in this tensor's dtype, where it is (torch.Tensor.new_ones)."""
    place = devices.of(self) if device is None else device
    result = ones(*size, dtype=dtype or self.dtype, requires_grad=requires_grad, device=place)
    return batched.like(self, result) if type(self) is batched.Batched else result


def new_full(
    self: Tensor,
    size: Sequence[int],
    fill_value: Scalar,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return one value in this tensor's dtype, where it is (torch.Tensor.new_full)."""
    place = devices.of(self) if device is None else device
    options: Any = {"requires_grad": requires_grad, "device": place}
    result = full(size, fill_value, dtype=dtype or self.dtype, **options)
    return batched.like(self, result) if type(self) is batched.Batched else result


def new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a leaf with a copy of the data, by default in this tensor's dtype.

    Warns if the data is a tensor, as `tensor` does.
    """
    warn_of_lost_history(data)
    place = devices.of(self) if device is None else device
    return made(inferred(plain(data), dtype or self.dtype), requires_grad, place)
