"""Padding: constants, reflections, copies of the edge or of the other end around a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.batching import padded_inside
from gradspec_reference.operators.forward import linear, written
from gradspec_reference.operators.row import Operator, unary_operator

Widths = tuple[tuple[int, int], ...]
"""For each dimension, how much is put before it and after it; what is negative is cut off."""


def constant_pad_kernel(x: Any, widths: Widths, value: float) -> Any:
    """Return a tensor with one value around it."""
    inner = tuple(
        slice(max(-before, 0), n - max(-after, 0))
        for n, (before, after) in zip(x.shape, widths, strict=True)
    )
    around = [(max(before, 0), max(after, 0)) for before, after in widths]
    return np.pad(x[inner], around, constant_values=np.asanyarray(value).astype(x.dtype))


def opposite(widths: Widths) -> Widths:
    """Return what cuts off what was put around."""
    return tuple((-before, -after) for before, after in widths)


def place(mode: str, n: int, before: int, after: int) -> Any:
    """Return which of n elements each element of the padded dimension is a copy of."""
    wanted = np.arange(-before, n + after)
    if mode == "replication":
        return np.clip(wanted, 0, n - 1)
    if mode == "reflection":
        return n - 1 - np.abs(n - 1 - np.abs(wanted))
    left = np.arange(n)[max(-before, 0) : n - max(-after, 0)]
    return left[np.arange(-max(before, 0), len(left) + max(after, 0)) % len(left)]


def sources(shape: tuple[int, ...], widths: Widths, mode: str) -> tuple[Any, ...]:
    """Return the NumPy index of what each element of the result is a copy of."""
    pairs = zip(shape, widths, strict=True)
    return np.ix_(*(place(mode, n, *pair) if any(pair) else np.arange(n) for n, pair in pairs))


def sent_back(xp: Any, g: Any, shape: tuple[int, ...], widths: Widths, mode: str) -> Any:
    """Add what each copy receives where it was taken from."""
    return xp.scatter_to(g, shape, sources(shape, widths, mode))


def copying(mode: str, dims: str, flat: str = "self") -> Operator:
    """Make the row of a padding with elements of the tensor itself."""
    return unary_operator(
        f"{mode}_pad{dims}",
        node=f"{mode.capitalize()}Pad{dims.upper()}Backward0",
        kernel=lambda x, widths: x[sources(x.shape, widths, mode)],
        params="padding",
        saves="self",
        flat=flat,
        vjp=lambda xp, g, x, widths: sent_back(xp, g, tuple(x.shape), widths, mode),
    )


ON_COMPLEX = "as written"
JVP = linear
BATCH = padded_inside
ROWS = (
    unary_operator(
        "constant_pad_nd",
        kernel=constant_pad_kernel,
        params="padding value",
        vjp=lambda xp, g, widths, _value: xp.constant_pad_nd(g, opposite(widths), 0.0),
        jvp=written(lambda xp, t, widths, _value: xp.constant_pad_nd(t, widths, 0.0)),
    ),
    *(copying("reflection", dims) for dims in ("1d", "2d", "3d")),
    *(copying("replication", dims) for dims in ("1d", "2d", "3d")),
    copying("circular", "", flat=""),
)
