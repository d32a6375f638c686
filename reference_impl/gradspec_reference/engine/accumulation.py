"""Sums of gradients, and who may write to which memory; start at `accumulate_array`.

A sum is formed in place where nobody else sees the memory: `OWNED`, made in this pass and held
once.  A `SHARED` array is held by others, such as the caller.  A `VIEW` is held once, but others
may see its memory: as in torch it may become the gradient of a leaf, but no sum is formed in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout, versions
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.recording import apply
from gradspec_reference.engine.sharing import LARGE, LOCK
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError, OverlappingMemoryError
from gradspec_reference.meta import MetaArray, moved
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Array

SHARED = 0
VIEW = 1
OWNED = 2


def ownership(part: Array, cotangent: Any, status: int, node: Node) -> int:
    """Tell who sees an array that a rule of a node made of a cotangent, or passes on."""
    if part is cotangent:
        return status if status == SHARED or goes_one_way(node) else SHARED
    if part.base is not None:
        return OWNED if status == OWNED and goes_one_way(node) else VIEW
    return OWNED


def goes_one_way(node: Node) -> bool:
    """Tell whether only one of a node's edges leads anywhere."""
    targets = node.targets
    return len(targets) == 1 or len(targets) - targets.count(None) == 1


def add_contribution(held: Any, status: int, part: Any) -> tuple[Any, int]:
    """Add a further contribution to one that has arrived."""
    if status == OWNED and isinstance(held, np.ndarray) and held.flags.writeable:
        np.add(held, part, out=held)
        return held, OWNED
    return held + part, OWNED


def accumulate_array(leaf: Tensor, gradient: Array, status: int) -> None:
    """Add an array to a leaf's gradient: in place, if there is one already."""
    if type(leaf._array) is MetaArray:
        gradient = moved(gradient)
    held = leaf._grad
    if held is None:
        keep = may_keep(leaf._array, gradient, status)
        made = Tensor(gradient if keep else layout.like_leaf(gradient, leaf._array))
        held = leaf._grad
        if held is None:
            leaf._grad = made
            if not keep:
                count_copy(leaf)
            return
    versions.check_may_be_written(held)
    array = held.materialise()
    if not array.flags.c_contiguous:
        check_entries(array)
    if state.mutations is not None:
        state.mutations.keep(held)
    try:
        if array.size < LARGE:
            np.add(array, gradient, out=array, casting="unsafe")
        else:
            with LOCK:
                np.add(array, gradient, out=array, casting="unsafe")
    except ValueError as error:
        raise OperandShapeError(
            f"a gradient of shape {list(gradient.shape)} arrived at a leaf whose grad has shape "
            f"{list(array.shape)}; set grad to None after data was given another shape"
        ) from error
    versions.bump(held)


def check_entries(array: Array) -> None:
    """Refuse to add to a gradient whose indices are not one address each."""
    if layout.overlaps_itself(array):
        raise OverlappingMemoryError(
            f"a gradient of shape {list(array.shape)} is to be added to, but several of its "
            "indices are one address (it was expanded); assign a clone() to grad instead"
        )


def accumulate_tensor(leaf: Tensor, gradient: Tensor) -> None:
    """Add a differentiable gradient to a leaf's: the sum is a new tensor with a history."""
    with LOCK:
        held = leaf._grad
        if held is not None:
            leaf._grad = held.add(gradient)
            return
        copy: Tensor
        if layout.is_dense(leaf._array):
            memory = Tensor(np.empty_like(leaf._array, dtype=gradient._array.dtype))
            copy = apply(OPERATORS["copy"], (memory, gradient))
        else:
            copy = gradient.clone()
        copy._array = layout.like_leaf(copy._array, leaf._array)
        leaf._grad = copy
        count_copy(leaf)


def count_copy(leaf: Tensor) -> None:
    """Count the copy into a gradient's memory as a write, as torch does for a dense leaf."""
    if leaf._grad is not None and layout.is_dense(leaf._array):
        versions.bump(leaf._grad)


def may_keep(leaf: Array, gradient: Array, status: int) -> bool:
    """Tell whether an incoming array can become the gradient itself.

    It can if nobody else holds it and it is laid out like the leaf.  What came through a view
    operation is held by nobody else, even if its memory is the caller's or another gradient's.
    """
    if not isinstance(gradient, np.ndarray):
        return True
    if status == SHARED:
        return False
    if gradient.shape == leaf.shape and gradient.base is None:  # the commonest case, at a glance
        flags = gradient.flags
        by_rows = flags.c_contiguous and leaf.flags.c_contiguous
        if by_rows and flags.writeable and 0 not in gradient.strides:
            return True
    fits = layout.follows(gradient, leaf) or not layout.policy.enforced
    return fits and gradient.flags.writeable
