"""Sums of gradients, and who may write to which memory; start at `accumulate_array`.

A sum is formed in place where nobody else sees the memory: `OWNED`, made in this pass and held
once.  `LENT` memory is the caller's cotangent, `SHARED` memory may have other readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import layout, versions
from .tensor import Tensor

if TYPE_CHECKING:
    from .tensor import Array

SHARED = 0
LENT = 1
OWNED = 2


def add_contribution(held: Any, status: int, part: Any) -> tuple[Any, int]:
    """Add a further contribution to one that has arrived."""
    if status == OWNED and isinstance(held, np.ndarray) and held.flags.writeable:
        np.add(held, part, out=held)
        return held, OWNED
    return held + part, OWNED if isinstance(held, np.ndarray | np.generic) else SHARED


def accumulate_array(leaf: Tensor, gradient: Array, status: int) -> None:
    """Add an array to a leaf's gradient: in place, if there is one already."""
    held = leaf._grad
    if held is None:
        leaf._grad = Tensor(first_gradient(leaf._array, gradient, status))
        return
    array = held.materialise()
    np.add(array, gradient, out=array, casting="unsafe")
    versions.bump(held)


def accumulate_tensor(leaf: Tensor, gradient: Tensor) -> None:
    """Add a differentiable gradient to a leaf's: the sum is a new tensor with a history."""
    leaf._grad = gradient.clone() if leaf._grad is None else leaf._grad + gradient


def first_gradient(leaf: Array, gradient: Array, status: int) -> Array:
    """Return memory for the first gradient of a leaf, without a copy if that is safe."""
    if not isinstance(gradient, np.ndarray):
        return gradient
    return gradient if may_keep(leaf, gradient, status) else layout.like_leaf(gradient, leaf)


def may_keep(leaf: Array, gradient: Array, status: int) -> bool:
    """Tell whether an incoming array can become the gradient itself.

    It can if nobody else sees it and it is laid out like the leaf.  A caller's cotangent is kept
    if it came through a view operation, as in torch; handed over directly, it is copied.
    """
    if status == SHARED or (status == LENT and gradient.base is None):
        return False
    fits = layout.follows(gradient, leaf) or not layout.Policy.enforced
    return fits and gradient.flags.writeable
