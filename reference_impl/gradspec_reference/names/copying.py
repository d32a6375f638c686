"""Copies and pickles of tensors, each with all the memory that it lies in; start at `region_of`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NonleafCopyError
from gradspec_reference.marked import Marked

if TYPE_CHECKING:
    from gradspec_reference.dtypes import NumpyDType

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Region = tuple["NumpyDType", Shape, Shape, int, type[Any]]


def owner_of(array: Array) -> Array:
    """Return the array that owns the memory which an array shows."""
    owner = array
    below = array.base
    while below is not None:
        owner = below if isinstance(below, np.ndarray) else owner
        below = getattr(below, "base", None)
    return owner


def region_of(tensor: Tensor) -> tuple[Array, Region]:
    """Return the owner of a tensor's memory, and which part of it is shown, counted in bytes."""
    array = tensor.materialise()
    owner = owner_of(array)
    if not (array.size and layout.is_dense(owner)):  # nothing, or memory with gaps
        array = owner = array.copy()
    start, origin = (a.__array_interface__["data"][0] for a in (array, owner))
    return owner, (array.dtype, array.shape, array.strides, start - origin, type(array))


def shown(owner: Array, region: Region) -> Tensor:
    """Return a leaf that shows a region of memory."""
    dtype, shape, strides, offset, kind = region
    elements: Any = owner.ravel("K")  # on the same memory, in the order in which they lie
    array: Any = np.ndarray(shape, dtype, elements, offset, strides)
    tensor = Tensor(array.view(kind) if issubclass(kind, Marked) else array)
    versions.bump(tensor)  # as in torch, which counts that the tensor got its memory
    return tensor


def deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """Copy a leaf, its gradient and its attributes; NonleafCopyError for a tensor with history.

    All memory that the leaf lies in is copied, and tensors that shared some share the copy.
    """
    if id(self) in memo:
        known: Tensor = memo[id(self)]
        return known
    if not self.is_leaf:
        raise NonleafCopyError(
            f"a tensor computed by {self.grad_fn!r} was deep-copied; only leaves can be, use "
            "detach() or clone()"
        )
    owner, region = region_of(self)
    twin = shown(copy.deepcopy(owner, memo), region)
    twin.__class__ = type(self)
    memo[id(self)] = twin
    twin._requires_grad = self.requires_grad
    twin._grad = copy.deepcopy(self._grad, memo)
    vars(twin).update(copy.deepcopy(vars(self), memo))
    return twin


def reduce(self: Tensor) -> tuple[Any, ...]:
    """Pickle memory, requires_grad and attributes, without history.

    Each tensor takes its memory with it, so what shared some no longer does, as in torch; what
    `copy.copy` makes of this shows the same memory.
    """
    owner, region = region_of(self)
    return rebuild, (owner.ravel("K"), region, self.requires_grad, type(self)), vars(self) or None


def rebuild(
    elements: Array, region: Region, requires_grad: bool, kind: type[Tensor] = Tensor
) -> Tensor:
    """Return the tensor that was pickled, as a leaf."""
    tensor = shown(elements, region)
    tensor.__class__ = kind
    tensor._requires_grad = requires_grad
    return tensor
