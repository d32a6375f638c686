"""Operators that put tensors together, or store one in another."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradspec_reference.engine.dtypes import of, promote
from gradspec_reference.engine.operator import Operator, VariadicOperator


def cat_kernel(*arguments: Any) -> Any:
    """Tensors one after the other along a dimension."""
    *pieces, dim, _starts = arguments
    return np.concatenate(pieces, dim, dtype=common_dtype(pieces))


def common_dtype(pieces: list[Any]) -> Any:
    """Return the dtype of tensors put together: the one that all can be promoted to."""
    return functools.reduce(promote, (of(piece.dtype) for piece in pieces)).numpy


def cat_rule(position: int, xp: Any, g: Any, dim: int, starts: tuple[int, ...]) -> Any:
    """Return the stretch that the operand filled."""
    return xp.slice(g, dim, starts[position], starts[position + 1], 1)


def stack_kernel(*arguments: Any) -> Any:
    """Tensors as the slices of a new dimension."""
    *pieces, dim = arguments
    return np.stack(pieces, dim, dtype=common_dtype(pieces))


def stack_rule(position: int, xp: Any, g: Any, dim: int) -> Any:
    """Return the slice that the operand filled."""
    return xp.select(g, dim, position)


def copy_kernel(x: Any, source: Any) -> Any:
    """Return the source in the shape and dtype of what it is stored in."""
    return np.broadcast_to(np.asarray(source).astype(x.dtype), x.shape)


ROWS = (
    VariadicOperator("cat", "CatBackward0", cat_kernel, cat_rule, "dim starts"),
    VariadicOperator("stack", "StackBackward0", stack_kernel, stack_rule, "dim"),
    Operator(
        "copy",
        "torch::autograd::CopyBackwards",
        copy_kernel,
        ("self", "src"),
        {"self": ("", lambda xp, g: xp.zeros_like(g)), "src": ("", lambda _xp, g: g)},
    ),
    Operator(
        "fill",
        "FillBackward2",
        lambda x, value: np.broadcast_to(x.dtype.type(value), x.shape),
        ("self",),
        {"self": ("", lambda xp, g, _value: xp.zeros_like(g))},
        "value",
    ),
    Operator("zeros_like", "None", np.zeros_like, ("self",), {}),
    Operator(
        "zero",
        "ZeroBackward0",
        np.zeros_like,
        ("self",),
        {"self": ("", lambda xp, g: xp.zeros_like(g))},
    ),
)
