"""Other shapes and orders of the same elements; most results are views of the operand's memory.

Each operator here is linear, so its rule is another operator, and the rules come in pairs.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from gradspec_reference.dtypes import within_ends
from gradspec_reference.meta import MetaArray, check_has_numbers, is_meta, to_meta
from gradspec_reference.operators.batching import (
    expanded,
    permuted,
    repeated,
    rolled,
    shifted,
    spread,
    squeezed,
    turned,
)
from gradspec_reference.operators.batching import (
    unsqueezed as inserted,
)
from gradspec_reference.operators.forward import linear
from gradspec_reference.operators.layouts import in_rows, laid_as
from gradspec_reference.operators.row import as_is, unary_operator

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
    if not x.ndim:
        return x.reshape(1)[:size]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim, writeable=x.flags.writeable)
    return windows[slice_key(dim, 0, windows.shape[dim], step)]


def fold_kernel(g: Any, shape: Dims, dim: int, size: int, step: int) -> Any:
    """Windows added where they came from."""
    if not shape:
        return np.sum(g)
    whole = np.zeros(shape, g.dtype)
    span = (g.shape[dim] - 1) * step + 1
    for offset in range(size):
        whole[slice_key(dim, offset, offset + span, step)] += g[..., offset]
    return whole


def spread_kernel(x: Any, shape: Dims) -> Any:
    """Return the operand repeated into memory of its own, which later products read faster.

    What is not repeated is shown.
    """
    if x.shape == shape:
        return x[...] if isinstance(x, np.ndarray) else x
    whole = np.empty(shape, x.dtype)
    whole[...] = x
    return whole


def everywhere_kernel(x: Any, shape: Dims) -> Any:
    """Return one number as all elements of a shape, without memory for them: not to be written.

    More than one number is brought there as anything is; a caller may ask a node for that.
    """
    count = math.prod(shape)
    if x.ndim or not count or (count == 1 and not isinstance(x, np.ndarray)):
        return spread_kernel(x, shape)
    kind = MetaArray if is_meta(x) else np.ndarray
    whole: Any = kind(shape, x.dtype, x, 0, (0,) * len(shape))
    if isinstance(x, np.ndarray) and count > 1:
        whole.flags.writeable = False
    return whole


def expand_kernel(x: Any, shape: Dims) -> Any:
    """Repeat dimensions of length one without a copy; the others keep their strides.

    The result is as writable as the operand.
    """
    shown = np.broadcast_to(x, shape)
    if 1 not in shape or not x.ndim:
        shown.flags.writeable = x.flags.writeable
        return shown
    steps: list[int] = []
    for here, length in enumerate(reversed(shape)):
        if here < x.ndim and x.shape[~here] == length:
            steps.append(x.strides[~here])
        else:
            steps.append(shape[-here] * steps[-1] if length == 1 else 0)
    return np.lib.stride_tricks.as_strided(x, shape, steps[::-1], writeable=x.flags.writeable)


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
    return laid_as(x, np.flip(x, dims).copy())


def roll_kernel(x: Any, shifts: Dims, dims: Dims) -> Any:
    """Elements moved round; without dims, of the flattened tensor."""
    return in_rows(np.roll(x, shifts, dims) if dims else np.roll(x, shifts[0]))


def tril_kernel(x: Any, diagonal: int) -> Any:
    return in_rows(np.tril(x, diagonal))


def triu_kernel(x: Any, diagonal: int) -> Any:
    return in_rows(np.triu(x, diagonal))


def reshaped(xp: Any, g: Any, shape: Dims, *_: Any) -> Any:
    return xp.reshape(g, shape)


def unsqueezed(xp: Any, g: Any, shape: Dims, *_: Any) -> Any:
    """Put dimensions of length one back; what has all of them is passed on itself."""
    return g if g.shape == shape else xp.reshape(g, shape)


def clone_kernel(x: Any) -> Any:
    """Return a copy that lies as the operand does; what was expanded has no order to keep."""
    return x.copy(order_of_copy(x)) if x.ndim else x.copy()


def move_kernel(x: Any, device: str, _origin: str) -> Any:
    """Leave the numbers behind; from where there are none nothing can be brought."""
    if device == "meta":
        return to_meta(x)
    check_has_numbers(x)
    return x.copy()


def cast_kernel(x: Any, dtype: Any, _origin: Any) -> Any:
    """Return numbers in another dtype."""
    return within_ends(x, dtype).astype(dtype, order_of_copy(x))


def order_of_copy(x: Any) -> Any:
    """Return how NumPy is to lay out a copy."""
    return "C" if 0 in x.strides else "K"


def reshape_kernel(x: Any, shape: Dims) -> Any:
    return x.reshape(shape)


def squeeze_kernel(x: Any) -> Any:
    return x.reshape(tuple(n for n in x.shape if n != 1))


def squeeze_dim_kernel(x: Any, dims: Dims) -> Any:
    """Return the same elements without these dimensions, where they have length one."""
    return x.reshape(tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in dims))


def slice_rule(xp: Any, g: Any, shape: Dims, *which: Any) -> Any:
    return xp.scatter_to(g, shape, slice_key(*which))


def select_rule(xp: Any, g: Any, shape: Dims, *which: Any) -> Any:
    return xp.scatter_to(g, shape, select_key(*which))


def unbind_kernel(x: Any, dim: int) -> list[Any]:
    return [x[select_key(dim, i)] for i in range(x.shape[dim])]


of_shape = functools.partial(unary_operator, saves="self_shape")
pieces = functools.partial(of_shape, kernel=split_kernel, params="split_size dim", several=True)

ON_COMPLEX = "as written"
JVP = linear
BATCH = shifted
ROWS = (
    of_shape(
        "reshape", node="UnsafeViewBackward0", kernel=reshape_kernel, params="size", vjp=reshaped
    ),
    of_shape("view", kernel=reshape_kernel, params="size", vjp=reshaped),
    of_shape("reshape_alias", kernel=reshape_kernel, params="size", vjp=reshaped),
    unary_operator("alias", kernel=lambda x: x[...], vjp=as_is),
    unary_operator("clone", kernel=clone_kernel, vjp=as_is),
    of_shape(
        "squeeze",
        node_in_place="SqueezeBackward3",
        kernel=squeeze_kernel,
        vjp=unsqueezed,
        batch=squeezed,
    ),
    of_shape(
        "squeeze_dim",
        node="SqueezeBackward1",
        node_in_place="SqueezeBackward4",
        kernel=squeeze_dim_kernel,
        params="dim",
        vjp=unsqueezed,
    ),
    of_shape(
        "squeeze_dims",
        node="SqueezeBackward2",
        node_in_place="SqueezeBackward5",
        kernel=squeeze_dim_kernel,
        params="dim",
        vjp=unsqueezed,
    ),
    of_shape(
        "unsqueeze",
        node_in_place="UnsqueezeBackward1",
        kernel=np.expand_dims,
        params="dim",
        vjp=reshaped,
        batch=inserted,
    ),
    unary_operator(
        "transpose",
        node_in_place="TransposeBackward1",
        kernel=lambda x, a, b: x.swapaxes(a, b) if x.ndim else x,
        params="dim0 dim1",
        vjp=lambda xp, g, a, b: xp.transpose(g, a, b),
    ),
    unary_operator(
        "t",
        node_in_place="TBackward1",
        kernel=lambda x: x.T,
        vjp=lambda xp, g: xp.t(g),
        batch=turned,
    ),
    unary_operator(
        "permute",
        kernel=lambda x, dims: x.transpose(dims),
        params="dims",
        vjp=lambda xp, g, dims: xp.permute(g, inverse(dims)),
        batch=permuted,
    ),
    # what was repeated is summed where all broadcasting is undone
    unary_operator("spread", kernel=spread_kernel, params="size", vjp=as_is, batch=spread),
    unary_operator(
        "everywhere",
        node="SpreadBackward1",
        kernel=everywhere_kernel,
        params="size",
        vjp=as_is,
        batch=spread,
    ),
    unary_operator("expand", kernel=expand_kernel, params="size", vjp=as_is, batch=expanded),
    of_shape(
        "slice",
        kernel=lambda x, *which: x[slice_key(*which)],
        params="dim start end step",
        vjp=slice_rule,
    ),
    of_shape(
        "select",
        kernel=lambda x, *which: x[select_key(*which)],
        params="dim index",
        vjp=select_rule,
    ),
    of_shape(
        "diagonal",
        kernel=diagonal_kernel,
        params="offset dim1 dim2",
        vjp=lambda xp, g, shape, *which: xp.place_diagonal(g, shape, *which),
    ),
    unary_operator(
        "place_diagonal",
        node="DiagonalBackwardBackward0",
        kernel=place_diagonal_kernel,
        params="size offset dim1 dim2",
        vjp=lambda xp, g, _shape, *which: xp.diagonal(g, *which),
    ),
    of_shape(
        "unfold",
        kernel=unfold_kernel,
        params="dimension size step",
        vjp=lambda xp, g, shape, *how: xp.fold(g, shape, *how),
    ),
    unary_operator(
        "fold",
        node="UnfoldBackwardBackward0",
        kernel=fold_kernel,
        params="self_sizes dimension size step",
        vjp=lambda xp, g, _shape, *how: xp.unfold(g, *how),
    ),
    pieces("split", vjp=split_rule),
    pieces("split_with_sizes", params="split_sizes dim", vjp=split_rule),
    pieces("unsafe_split", vjp=split_rule),
    pieces("unsafe_split_with_sizes", params="split_sizes dim", vjp=split_rule),
    pieces("unbind", kernel=unbind_kernel, params="dim", vjp=unbind_rule),
    unary_operator(
        "flip", kernel=flip_kernel, params="dims", vjp=lambda xp, g, dims: xp.flip(g, dims)
    ),
    unary_operator(
        "roll",
        kernel=roll_kernel,
        params="shifts dims",
        vjp=lambda xp, g, shifts, dims: xp.roll(g, tuple(-s for s in shifts), dims),
        batch=rolled,
    ),
    unary_operator(
        "rot90",
        kernel=lambda x, k, dims: np.rot90(x, k, dims).copy(),
        params="k dims",
        vjp=lambda xp, g, k, dims: xp.rot90(g, -k, dims),
    ),
    of_shape("repeat", kernel=np.tile, params="repeats", vjp=repeat_rule, batch=repeated),
    unary_operator(
        "tril", kernel=tril_kernel, params="diagonal", vjp=lambda xp, g, k: xp.tril(g, k)
    ),
    unary_operator(
        "triu", kernel=triu_kernel, params="diagonal", vjp=lambda xp, g, k: xp.triu(g, k)
    ),
    unary_operator(
        "move",
        node="ToCopyBackward0",
        kernel=move_kernel,
        params="device origin",
        vjp=lambda xp, g, device, origin: xp.move(g, origin, device),
    ),
    unary_operator(
        "cast",
        node="ToCopyBackward0",
        kernel=cast_kernel,
        params="dtype origin",
        vjp=lambda xp, g, dtype, origin: xp.cast(g, origin, dtype),
    ),
)
