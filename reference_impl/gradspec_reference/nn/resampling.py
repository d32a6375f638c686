"""Images in other sizes, and read between their places (torch.nn.functional)."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names.functions import (
    elementwise,
    indexing,
    selection,
    shapes,
)
from gradspec_reference.nn.pooling import adaptive

if TYPE_CHECKING:
    from collections.abc import Sequence

PICKING = ("nearest", "nearest-exact")
DIMENSIONS = {"linear": 1, "bilinear": 2, "bicubic": 2, "lanczos": 2, "trilinear": 3}
BENT = -0.75
SMOOTHED = {"bilinear": 1, "bicubic": 2, "lanczos": 3}  # how far a pixel sees
IMAGES = 4


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: Any = False,
) -> Tensor:
    """Return other sizes: of each place the nearest entry, a mean, or a mixture of those nearby."""
    if align_corners is not None and mode in (*PICKING, "area"):
        raise ValueError(f"align_corners was given; {mode!r} has none")
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate needs size or scale_factor, and not both")
    count = input.ndim - 2
    sizes, factors = (
        [None] * count if v is None else [v] * count if isinstance(v, int | float) else list(v)
        for v in (size, scale_factor)
    )
    if len(sizes) != count or len(factors) != count:
        raise ValueError(f"interpolate was given another number of sizes than {count}")
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor was given with size; there is nothing to compute")
    if antialias and (mode not in [*SMOOTHED] or input.ndim != IMAGES):
        raise ValueError(f"antialias was given for {mode!r} of {input.ndim} dimensions; of images")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("interpolate was asked for 'lanczos'; it needs antialias, and no corners")
    if not isinstance(mode, str):
        raise NotImplementedError(f"interpolate was asked for {mode!r}")
    if not 0 < count < 4 or DIMENSIONS.get(mode, count) != count:  # noqa: PLR2004 - rows to volumes
        raise NotImplementedError(f"interpolate was given {input.ndim} dimensions for {mode!r}")
    if mode not in (*PICKING, "area", *DIMENSIONS):
        raise NotImplementedError(f"interpolate was asked for {mode!r}")
    lengths = input.shape[2:]
    made = [
        math.floor(n * f) if s is None else s
        for n, s, f in zip(lengths, sizes, factors, strict=True)
    ]
    if mode == "area":
        return adaptive("interpolate", count, input, made)
    if recompute_scale_factor:
        factors = [None] * count
    if min(made) <= 0 or 0 in input.shape[1:]:
        raise RuntimeError(f"interpolate was given {list(input.shape)} to make {made} of")
    if input._array.dtype.kind not in ("fuV" if mode in PICKING else "fV"):
        raise NotImplementedError(f"interpolate was given {input.dtype}; use a floating dtype")
    result = input
    for dim, (wanted, factor) in enumerate(zip(made, factors, strict=True), 2):
        result = stretched(result, dim, wanted, factor, mode, align_corners, antialias)
    return result


def stretched(
    input: Tensor,
    dim: int,
    wanted: int,
    factor: Any,
    mode: str,
    corners: bool | None,
    antialias: bool,
) -> Tensor:
    """Return one dimension in another length."""
    length = input.shape[dim]
    ratio = length / wanted if factor is None else 1.0 / factor
    if mode in PICKING:
        if mode == "nearest":
            ratio = length / wanted if wanted in (length, 2 * length) else ratio
            read = np.arange(wanted) * np.float32(ratio)
        else:
            read = (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * np.float32(ratio)
        nearest = np.minimum(read.astype(np.int64), length - 1)
        return indexing.index_select(input, dim, Tensor(nearest))
    if corners:
        ratio = (length - 1) / (wanted - 1) if wanted > 1 else 0.0
    if antialias:
        shares = wide_shares(wanted, length, ratio, mode)
    else:
        where = np.arange(wanted) * ratio if corners else (np.arange(wanted) + 0.5) * ratio - 0.5
        shares = cubic_shares(where) if mode == "bicubic" else linear_shares(where, length)
    beside = [1] * (input.ndim - dim - 1)
    mixed = [
        indexing.index_select(input, dim, Tensor(np.clip(entry, 0, length - 1)))
        * Tensor(share.astype(input._array.dtype).reshape(-1, *beside))
        for entry, share in shares
    ]
    return functools.reduce(operator.add, mixed)


def linear_shares(where: Any, length: int) -> list[tuple[Any, Any]]:
    """Return the two entries that each place is between, and the share that it has of them."""
    where = np.clip(where, 0.0, None)
    before = np.minimum(where.astype(np.int64), length - 1)
    return [(before, 1 - (where - before)), (before + 1, where - before)]


def inner(x: Any, bent: float = BENT) -> Any:
    """Return the share of an entry nearer than one, in a cubic spline that is so bent."""
    return ((bent + 2) * x - (bent + 3)) * x * x + 1


def outer(x: Any, bent: float = BENT) -> Any:
    """Return the share of an entry between one and two away."""
    return ((bent * x - 5 * bent) * x + 8 * bent) * x - 4 * bent


def four(t: Any) -> list[tuple[int, Any]]:
    """Return the shares of the four entries around a place, by how far it is past the second."""
    return [(-1, outer(t + 1)), (0, inner(t)), (1, inner(1 - t)), (2, outer(2 - t))]


def cubic_shares(where: Any) -> list[tuple[Any, Any]]:
    """Return the same of the four around, by a cubic spline that goes through all entries."""
    before = np.floor(where).astype(np.int64)
    return [(before + offset, share) for offset, share in four(where - before)]


def wide_shares(wanted: int, length: int, ratio: float, mode: str) -> list[tuple[Any, Any]]:
    """Return the same of all entries that a pixel of the result covers."""
    width = max(ratio, 1.0)
    reach = width * SMOOTHED[mode]
    middle = (np.arange(wanted) + 0.5) * ratio
    first = np.maximum((middle - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((middle + reach + 0.5).astype(np.int64), length) - 1
    entry = np.arange((last - first).max() + 1)[:, None] + first
    far = np.abs(entry + 0.5 - middle) / width
    if mode == "bicubic":
        share = np.where(far < 1, inner(far, -0.5), np.where(far < 2, outer(far, -0.5), 0.0))  # noqa: PLR2004 - the spline ends
    elif mode == "lanczos":
        share = np.where(far < SMOOTHED[mode], np.sinc(far) * np.sinc(far / SMOOTHED[mode]), 0.0)
    else:
        share = np.maximum(1 - far, 0.0)
    share = np.where(entry <= last, share, 0.0)
    return list(zip(np.minimum(entry, last), share / share.sum(0), strict=True))


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: Any = "bilinear",
    padding_mode: Any = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Return images read at places between -1 and 1, of each the column first."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f"mode={mode!r} was given; use 'bilinear' or 'nearest'")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"padding_mode={padding_mode!r}; use 'zeros', 'border' or 'reflection'")
    if align_corners is None:
        warnings.warn("grid_sample takes align_corners=False", UserWarning, stacklevel=3)
    check_grid(input, grid)
    if input.ndim != IMAGES:
        raise NotImplementedError("grid_sample reads images, of four dimensions")
    rows, channels, *lengths = input.shape
    flat = shapes.reshape(input, (rows, channels, math.prod(lengths)))
    free = [in_entries(grid[..., 1 - dim], n, bool(align_corners)) for dim, n in enumerate(lengths)]
    within = functools.partial(brought_inside, padding_mode, bool(align_corners))
    if mode == "bicubic":
        return bicubic(flat, free, lengths, within)
    places = [within(place, n) for place, n in zip(free, lengths, strict=True)]
    if mode == "nearest":
        nearest = [np.rint(place._array).astype(np.int64) for place in places]
        nothing = [selection.masked_fill(p, Tensor(np.array(True)), 0.0) for p in places]
        whole = shapes.unsqueeze(nothing[0] + nothing[1], 1)  # flat, but it depends on the grid
        return read(flat, nearest, lengths, grid.shape) + whole
    before = [elementwise.floor(place).detach() for place in places]
    shares = [
        [(0, start + 1 - place), (1, place - start)]
        for place, start in zip(places, before, strict=True)
    ]
    return mixed(flat, before, shares, lengths)


def bicubic(flat: Tensor, places: list[Tensor], lengths: list[int], within: Any) -> Tensor:
    """Return what a cubic spline through the entries has at places, each entry brought inside."""
    before = [elementwise.floor(place).detach() for place in places]
    shares = [four(place - start) for place, start in zip(places, before, strict=True)]
    return mixed(flat, before, shares, lengths, within)


def mixed(
    flat: Tensor,
    before: list[Tensor],
    shares: list[Any],
    lengths: list[int],
    within: Any = lambda at, _n: at,
) -> Tensor:
    """Return mixtures of the entries around places, so far from the one before, with shares."""
    result: Any = None
    for rows, columns in itertools.product(*shares):
        at = [
            np.rint(within(start + off, n)._array).astype(np.int64)
            for start, n, (off, _) in zip(before, lengths, (rows, columns), strict=True)
        ]
        share = shapes.unsqueeze(rows[1] * columns[1], 1)
        part = read(flat, at, lengths, before[0].shape) * share
        result = part if result is None else result + part
    return result.to(flat.dtype)  # type: ignore[no-any-return]


def check_grid(input: Tensor, grid: Tensor) -> None:
    """Refuse a grid that does not fit."""
    fits = input.ndim == grid.ndim and input.ndim in (IMAGES, IMAGES + 1)
    fits = fits and input.shape[0] == grid.shape[0] and grid.shape[-1] == input.ndim - 2
    if input.dtype != grid.dtype:
        raise NotImplementedError(f"grid_sample was given {input.dtype} and {grid.dtype}")
    if not fits or 0 in input.shape[2:]:
        raise OperandShapeError(
            f"grid_sample was given {list(input.shape)} of {input.dtype} and a grid of "
            f"{list(grid.shape)} of {grid.dtype}"
        )
    if not input.dtype.is_floating_point and input.numel() and grid.numel():
        raise NotImplementedError(f"grid_sample was given {input.dtype}; use a floating dtype")


def in_entries(place: Tensor, length: int, corners: bool) -> Tensor:
    """Return a place between -1 and 1 as a number of entries."""
    return (place + 1) * ((length - 1) / 2) if corners else ((place + 1) * length - 1) / 2


def brought_inside(padding_mode: str, corners: bool, place: Tensor, length: int) -> Tensor:
    """Return a place brought inside as the padding asks."""
    if padding_mode == "reflection":
        low, span = (0.0, length - 1.0) if corners else (-0.5, float(length))
        if not span:
            return place * 0
        off = elementwise.abs(place - low)
        turns = Tensor(np.floor(off._array / span))
        rest = off - turns * span
        place = selection.where(Tensor(turns._array % 2 == 0), rest + low, span - rest + low)
    if padding_mode == "zeros":
        return place
    inside: Tensor = selection.clamp(place, 0, length - 1)
    return inside


def read(flat: Tensor, at: list[Any], lengths: list[int], shape: Any) -> Tensor:
    """Return the entries at places of images, and zero outside."""
    rows, channels = flat.shape[:2]
    pairs = list(zip(at, lengths, strict=True))
    inside = functools.reduce(operator.and_, [(p >= 0) & (p < n) for p, n in pairs])
    numbers = np.ravel_multi_index([np.clip(p, 0, n - 1) for p, n in pairs], lengths)
    count = math.prod(numbers.shape[1:])
    index = np.broadcast_to(numbers.reshape(rows, 1, count), (rows, channels, count))
    found = indexing.gather(flat, 2, Tensor(index.copy()))
    whole = shapes.reshape(found, (rows, channels, *shape[1:3]))
    result: Tensor = selection.where(Tensor(inside[:, None]), whole, 0.0)
    return result
