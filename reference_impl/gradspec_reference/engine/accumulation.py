"""Sums of gradients, and who may write to which memory; start at `accumulate_array`.

A sum is formed in place where nobody else sees the memory: `OWNED`, made in this pass and held
once.  `LENT` memory is the caller's cotangent, `SHARED` memory may have other readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Array

SHARED = 0
LENT = 1
OWNED = 2


def add_contribution(held: Any, status: int, part: Any) -> tuple[Any, int]:
    """Add a further contribution to one that has arrived."""
    if status == OWNED and isinstance(held, np.ndarray) and held.flags.writeable:
        np.add(held, part, out=held)
        return held, OWNED
    return held + part, OWNED


def accumulate_array(leaf: Tensor, gradient: Array, status: int) -> None:
    """Add an array to a leaf's gradient: in place, if there is one already."""
    held = leaf._grad
    if held is None:
        keep = may_keep(leaf._array, gradient, status)
        leaf._grad = Tensor(gradient if keep else layout.like_leaf(gradient, leaf._array))
        count_copy(leaf, keep)
        return
    array = held.materialise()
    if array.shape != gradient.shape:
        raise OperandShapeError(
            f"a gradient of shape {list(gradient.shape)} is added to one of shape "
            f"{list(array.shape)}; data of another shape was assigned to the leaf"
        )
    np.add(array, gradient, out=array, casting="unsafe")
    versions.bump(held)


def accumulate_tensor(leaf: Tensor, gradient: Tensor) -> None:
    """Add a differentiable gradient to a leaf's: the sum is a new tensor with a history."""
    held = leaf._grad
    if held is None:
        leaf._grad = gradient.clone()
        count_copy(leaf, kept=False)
    else:
        leaf._grad = held.add(gradient)


def count_copy(leaf: Tensor, kept: bool) -> None:
    """Count the copy into a gradient's memory as a write, as torch does for a dense leaf."""
    if not kept and leaf._grad is not None and layout.is_dense(leaf._array):
        versions.bump(leaf._grad)


def may_keep(leaf: Array, gradient: Array, status: int) -> bool:
    """Tell whether an incoming array can become the gradient itself.

    It can if nobody else sees it and it is laid out like the leaf.  A caller's cotangent is kept
    if it came through a view operation, as in torch; handed over directly, it is copied.
    """
    if not isinstance(gradient, np.ndarray):
        return True
    if status == SHARED or (status == LENT and gradient.base is None):
        return False
    fits = layout.follows(gradient, leaf) or not layout.Policy.enforced
    return fits and gradient.flags.writeable
