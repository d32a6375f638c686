"""Other shapes and orders of the same elements; most results are views of the operand's memory.

Each operator here is linear, so its rule is another operator, and the rules come in pairs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.engine.operator import Operator

Dims = tuple[int, ...]


def inverse(dims: Dims) -> Dims:
    """Return the permutation that undoes one."""
    return tuple(dims.index(d) for d in range(len(dims)))


def slice_key(dim: int, start: int, end: int, step: int) -> tuple[slice, ...]:
    """Return the NumPy index of a slice of one dimension."""
    return (*(slice(None),) * dim, slice(start, end, step))


def select_key(dim: int, index: int) -> tuple[Any, ...]:
    """Return the NumPy index of one position in a dimension; the result stays a view."""
    return (*(slice(None),) * dim, index, ...)


def diagonal_kernel(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    """Return a diagonal, writable if the operand is."""
    view = np.diagonal(x, offset, dim1, dim2)
    view.flags.writeable = x.flags.writeable
    return view


def place_diagonal_kernel(g: Any, shape: Dims, offset: int, dim1: int, dim2: int) -> Any:
    """Zeros with a given diagonal."""
    whole = np.zeros(shape, g.dtype)
    diagonal_kernel(whole, offset, dim1, dim2)[...] = g
    return whole


def unfold_kernel(x: Any, dim: int, size: int, step: int) -> Any:
    """All windows of a dimension; the window's elements are the last dimension."""
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim, writeable=x.flags.writeable)
    return windows[slice_key(dim, 0, windows.shape[dim], step)]


def fold_kernel(g: Any, shape: Dims, dim: int, size: int, step: int) -> Any:
    """Windows added where they came from."""
    whole = np.zeros(shape, g.dtype)
    span = (g.shape[dim] - 1) * step + 1
    for offset in range(size):
        whole[slice_key(dim, offset, offset + span, step)] += g[..., offset]
    return whole


def spread_kernel(x: Any, shape: Dims) -> Any:
    """Return the operand repeated into memory of its own, which later products read faster."""
    whole = np.empty(shape, x.dtype)
    whole[...] = x
    return whole


def everywhere_kernel(x: Any, shape: Dims) -> Any:
    """Return one number as all elements of a shape, without memory for them: not to be written."""
    if math.prod(shape) <= 1:
        return spread_kernel(x, shape)
    whole: Any = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
    if isinstance(x, np.ndarray):
        whole.flags.writeable = False
    return whole


def split_kernel(x: Any, sizes: Dims, dim: int) -> list[Any]:
    """Consecutive pieces along a dimension."""
    pieces, start = [], 0
    for size in sizes:
        pieces.append(x[slice_key(dim, start, start + size, 1)])
        start += size
    return pieces


def split_rule(xp: Any, g: list[Any], shape: Dims, sizes: Dims, dim: int) -> Any:
    """Each piece back in its place; a piece without gradient leaves zeros."""
    total, start = None, 0
    for piece, size in zip(g, sizes, strict=True):
        if piece is not None:
            part = xp.scatter_to(piece, shape, slice_key(dim, start, start + size, 1))
            total = part if total is None else total + part
        start += size
    return total


def unbind_rule(xp: Any, g: list[Any], shape: Dims, dim: int) -> Any:
    """Each slice back in its place."""
    total = None
    for index, piece in enumerate(g):
        if piece is not None:
            part = xp.scatter_to(piece, shape, select_key(dim, index))
            total = part if total is None else total + part
    return total


def repeat_rule(xp: Any, g: Any, shape: Dims, repeats: Dims) -> Any:
    """Return the sum over the copies."""
    padded = (1,) * (len(repeats) - len(shape)) + shape
    blocks = tuple(n for pair in zip(repeats, padded, strict=True) for n in pair)
    summed = xp.sum_dim(xp.reshape(g, blocks), tuple(range(0, len(blocks), 2)), False)
    return xp.reshape(summed, shape)


def flip_kernel(x: Any, dims: Dims) -> Any:
    """Return a copy in which dimensions run backwards."""
    return np.flip(x, dims).copy()


def roll_kernel(x: Any, shifts: Dims, dims: Dims) -> Any:
    """Elements moved round; without dims, of the flattened tensor."""
    return np.roll(x, shifts, dims) if dims else np.roll(x, shifts[0])


def row(name: str, node: str, kernel: Any, rule: Any, params: str, needs: str = "") -> Operator:
    """Return a row of one operand."""
    return Operator(name, node, kernel, ("self",), {"self": (needs, rule)}, params)


def reshaped(xp: Any, g: Any, shape: Dims, *_: Any) -> Any:
    """g in the operand's shape."""
    return xp.reshape(g, shape)


def same(_xp: Any, g: Any, *_: Any) -> Any:
    """g itself."""
    return g


def clone_kernel(x: Any) -> Any:
    """Return a copy that lies as the operand does; what was expanded has no order to keep."""
    return x.copy("K") if x.ndim and 0 not in x.strides else x.copy()


def reshape_kernel(x: Any, shape: Dims) -> Any:
    """Return the same elements in another shape."""
    return x.reshape(shape)


SHAPE = "self_shape"
SPLIT = (split_kernel, ("self",), {"self": (SHAPE, split_rule)}, "split_size dim")
ROWS = (
    row("reshape", "UnsafeViewBackward0", reshape_kernel, reshaped, "size", SHAPE),
    row("view", "ViewBackward0", reshape_kernel, reshaped, "size", SHAPE),
    row("alias", "AliasBackward0", lambda x: x[...], same, ""),
    row("clone", "CloneBackward0", clone_kernel, same, ""),
    row(
        "squeeze",
        "SqueezeBackward0",
        lambda x: x.reshape(tuple(n for n in x.shape if n != 1)),
        reshaped,
        "",
        SHAPE,
    ),
    row(
        "squeeze_dim",
        "SqueezeBackward1",
        lambda x, dims: x.reshape(
            tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in dims)
        ),
        reshaped,
        "dim",
        SHAPE,
    ),
    row("unsqueeze", "UnsqueezeBackward0", np.expand_dims, reshaped, "dim", SHAPE),
    row(
        "transpose",
        "TransposeBackward0",
        lambda x, a, b: x.swapaxes(a, b) if x.ndim else x,
        lambda xp, g, a, b: xp.transpose(g, a, b),
        "dim0 dim1",
    ),
    row("t", "TBackward0", lambda x: x.T, lambda xp, g: xp.t(g), ""),
    row(
        "permute",
        "PermuteBackward0",
        lambda x, dims: x.transpose(dims),
        lambda xp, g, dims: xp.permute(g, inverse(dims)),
        "dims",
    ),
    # what was repeated is summed where all broadcasting is undone
    row("spread", "SpreadBackward0", spread_kernel, same, "size"),
    row("everywhere", "SpreadBackward1", everywhere_kernel, same, "size"),
    row("expand", "ExpandBackward0", np.broadcast_to, same, "size"),
    row(
        "slice",
        "SliceBackward0",
        lambda x, *which: x[slice_key(*which)],
        lambda xp, g, shape, *which: xp.scatter_to(g, shape, slice_key(*which)),
        "dim start end step",
        SHAPE,
    ),
    row(
        "select",
        "SelectBackward0",
        lambda x, *which: x[select_key(*which)],
        lambda xp, g, shape, *which: xp.scatter_to(g, shape, select_key(*which)),
        "dim index",
        SHAPE,
    ),
    row(
        "diagonal",
        "DiagonalBackward0",
        diagonal_kernel,
        lambda xp, g, shape, *which: xp.place_diagonal(g, shape, *which),
        "offset dim1 dim2",
        SHAPE,
    ),
    row(
        "place_diagonal",
        "DiagonalBackwardBackward0",
        place_diagonal_kernel,
        lambda xp, g, _shape, *which: xp.diagonal(g, *which),
        "size offset dim1 dim2",
    ),
    row(
        "unfold",
        "UnfoldBackward0",
        unfold_kernel,
        lambda xp, g, shape, *how: xp.fold(g, shape, *how),
        "dimension size step",
        SHAPE,
    ),
    row(
        "fold",
        "UnfoldBackwardBackward0",
        fold_kernel,
        lambda xp, g, _shape, *how: xp.unfold(g, *how),
        "self_sizes dimension size step",
    ),
    Operator("split", "SplitBackward0", *SPLIT, several=True),
    Operator("unsafe_split", "UnsafeSplitBackward0", *SPLIT, several=True),
    Operator(
        "unbind",
        "UnbindBackward0",
        lambda x, dim: [x[select_key(dim, i)] for i in range(x.shape[dim])],
        ("self",),
        {"self": (SHAPE, unbind_rule)},
        "dim",
        several=True,
    ),
    row("flip", "FlipBackward0", flip_kernel, lambda xp, g, dims: xp.flip(g, dims), "dims"),
    row(
        "roll",
        "RollBackward0",
        roll_kernel,
        lambda xp, g, shifts, dims: xp.roll(g, tuple(-s for s in shifts), dims),
        "shifts dims",
    ),
    row("repeat", "RepeatBackward0", np.tile, repeat_rule, "repeats", SHAPE),
    row("tril", "TrilBackward0", np.tril, lambda xp, g, k: xp.tril(g, k), "diagonal"),
    row("triu", "TriuBackward0", np.triu, lambda xp, g, k: xp.triu(g, k), "diagonal"),
    row(
        "cast",
        "ToCopyBackward0",
        lambda x, dtype, _origin: x.astype(dtype),
        lambda xp, g, dtype, origin: xp.cast(g, origin, dtype),
        "dtype origin",
    ),
)
