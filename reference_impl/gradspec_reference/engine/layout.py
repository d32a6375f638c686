"""How arrays lie in memory; start at `like_leaf`, the layout that a gradient gets.

A gradient has the strides of its leaf if these are dense and without overlap, and lies row by
row otherwise (torch documentation, "Default gradient layouts").
"""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np

from gradspec_reference.errors import OperandShapeError
from gradspec_reference.meta import is_meta


class Policy(threading.local):
    """Whether gradients are laid out like their leaves, in this thread."""

    enforced = True


policy: Final = Policy()


def strides(array: Any) -> tuple[int, ...]:
    """Return the steps in memory, in elements, as torch counts them."""
    if not array.size:
        return row_major(array.shape)
    size = array.dtype.itemsize
    return tuple(s // size for s in array.strides)


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a tensor that lies row by row."""
    steps = [1]
    for length in shape[:0:-1]:
        steps.append(steps[-1] * max(length, 1))
    return tuple(reversed(steps[: len(shape)]))


def reach(array: Any) -> int:
    """Return how much memory an array stretches over, in elements."""
    if not array.size:
        return 0
    return 1 + sum((int(n) - 1) * s for n, s in zip(array.shape, strides(array), strict=True))


def is_contiguous(array: Any) -> bool:
    """Tell whether an array lies row by row."""
    return bool(array.flags.c_contiguous)


def is_dense(array: Any) -> bool:
    """Tell whether an array fills its stretch of memory, each element at its own address."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return True
    expected = array.dtype.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length == 1:
            continue
        if stride != expected:
            return False
        expected *= length
    return True


def shares(target: Any, operand: Any) -> bool:
    """Tell whether two dense arrays share some memory."""
    if not (isinstance(operand, np.ndarray) and np.may_share_memory(target, operand)):
        return False
    return is_dense(target) and is_dense(operand)


def overlaps_partly(target: Any, operand: Any) -> bool:
    """Tell whether two dense arrays share some memory, but not element by element."""
    if not shares(target, operand):
        return False
    alike = operand.nbytes == target.nbytes and operand.strides == target.strides
    return not (alike and address(operand) == address(target))


def is_same(target: Any, operand: Any) -> bool:
    """Tell whether two arrays show the same elements of one memory in one order."""
    alike = target.shape == operand.shape and target.strides == operand.strides
    return bool(alike and target.dtype == operand.dtype and address(target) == address(operand))


def memory_of(array: Any) -> Any:
    """Return the array that an array shows a part of, and that owns its memory."""
    owner, base = array, array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            owner = base
        base = getattr(base, "base", None)
    return owner


def address(array: Any) -> int:
    """Return the address of the first element."""
    start: int = array.__array_interface__["data"][0]
    return start


def overlaps_itself(array: Any) -> bool:
    """Tell whether several indices are one address, as in an expanded tensor."""
    if not array.size:
        return False
    return any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))


def follows(gradient: Any, leaf: Any) -> bool:
    """Tell whether a gradient already has the layout that its leaf asks for; not if expanded."""
    if 0 in gradient.strides:
        return False
    if gradient.shape != leaf.shape:  # data was exchanged; torch compares step by step, and so far
        pairs = zip(gradient.strides, leaf.strides, gradient.shape, strict=False)
        return all(n == 1 or step == wanted for step, wanted, n in pairs)
    if leaf.flags.c_contiguous:
        return bool(gradient.flags.c_contiguous)
    if is_dense(leaf):
        return bool(gradient.strides == leaf.strides)
    return bool(gradient.flags.c_contiguous)


def like_leaf(gradient: Any, leaf: Any) -> np.ndarray[Any, Any]:
    """Copy a gradient into the layout that its leaf asks for.

    OperandShapeError if the leaf's data was exchanged for one of a shape that does not fit.
    """
    if gradient.shape != leaf.shape:
        gradient = in_shape(gradient, leaf.shape)
    if not isinstance(gradient, np.ndarray):
        return np.array(gradient)
    if not policy.enforced:
        return np.array(gradient, order="K", subok=is_meta(leaf))
    if leaf.flags.c_contiguous or not is_dense(leaf):
        return np.array(gradient, order="C", subok=is_meta(leaf))
    copy: np.ndarray[Any, Any] = np.empty_like(leaf, dtype=gradient.dtype, subok=is_meta(leaf))
    copy[...] = gradient
    return copy


def in_shape(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast a gradient; OperandShapeError if it cannot be."""
    try:
        return np.broadcast_to(gradient, shape)
    except ValueError:
        raise OperandShapeError(
            f"a gradient of shape {list(gradient.shape)} is stored for a leaf whose data has shape "
            f"{list(shape)} since; assign data before the leaf is used"
        ) from None
