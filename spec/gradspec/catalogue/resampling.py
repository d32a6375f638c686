"""Images in other sizes, read between their places, and as columns of what windows see."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.convolutions import each
from gradspec.catalogue.domain import FINE, ODD
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import LINEAR, PIECEWISE, Given, of, on, row
from gradspec.catalogue.pooling import adaptive, windows

if TYPE_CHECKING:
    from collections.abc import Callable

BENT: Final = -0.75
"""The slope that the cubic spline has at one, which is free."""

SMOOTH: Final = -0.5
"""The slope where the spline covers several entries."""

REACH: Final = 2


def cubic(x: Any, bent: float = BENT) -> Any:
    """Give the share of an entry so far away in a cubic spline."""
    x = size(x)
    near = (bent + 2) * x**3 - (bent + 3) * x**2 + 1
    far = bent * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(real(x) >= REACH, 0.0, np.where(real(x) > 1, far, near))


def hat(x: Any) -> Any:
    """Give the share of an entry so far away on the line between two."""
    return np.where(real(size(x)) >= 1, 0.0, 1 - size(x))


def interpolate(
    x: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
    recompute_scale_factor: bool = False,
    antialias: bool = False,
) -> Any:
    """Give other sizes: of each place the nearest entry, or a mixture of those nearby.

    A factor may be taken as it is, or for what it makes of the size, which is whole.
    """
    if size is None and scale_factor is None:
        raise ValueError("neither a size nor a factor was given")
    count = x.ndim - 2
    factors = [scale_factor or 1.0] * count
    lengths = x.shape[2:]
    made = [int(n * f) for n, f in zip(lengths, factors, strict=True)]
    made = made if size is None else list(each(size, count))
    if mode == "area":
        return adaptive(count)(x, tuple(made))
    if 0 in (*x.shape[1:], *made):
        raise ValueError("only a batch may be empty")
    for dim, (n, m, factor) in enumerate(zip(lengths, made, factors, strict=True), 2):
        ratio = n / m if size is not None or recompute_scale_factor else 1 / factor
        if mode == "nearest":
            x = x.take([int(i * ratio) for i in range(m)], dim)
        else:
            middle = (np.arange(m) + 0.5) * ratio - 0.5
            places = np.arange(m) * (n - 1) / (m - 1) if align_corners else middle
            found = covering(middle, n, ratio, mode) if antialias else mixing(places, n, mode)
            x = np.moveaxis(mixed(np.moveaxis(x, dim, -1), *found), -1, dim)
    return x


def mixed(rows: Any, shares: Any, read: Any) -> Any:
    """Give sums of the entries of each row that are read, each with its share."""
    return np.where(read, rows[..., None] * shares, 0.0).sum(-2)


def covering(middle: Any, length: int, ratio: float, mode: str) -> tuple[Any, Any]:
    """Give the share of each entry in each place, which covers as many as there are for one."""
    off = (np.arange(length)[:, None] - middle) / max(ratio, 1.0)
    share = cubic(off, SMOOTH) if mode == "bicubic" else hat(off)
    return share / share.sum(0), np.abs(off) < (REACH if mode == "bicubic" else 1)


def mixing(places: Any, length: int, mode: str) -> tuple[Any, Any]:
    """Give the share of each entry in each place, and whether it is one of those around it.

    Beyond the ends all entries are the last.
    """
    share, reach = (cubic, REACH) if mode == "bicubic" else (hat, 1)
    around = np.arange(-reach - 1, length + reach + 1)
    off = around[:, None] - places
    shares, read = np.zeros((length, len(places))), np.zeros((length, len(places)), bool)
    entries = np.clip(around, 0, length - 1)
    np.add.at(shares, entries, share(off))
    np.logical_or.at(read, entries, (off > -reach) & (off <= reach))
    return shares, read


def grid_sample(
    x: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Any:
    """Give what images have at places between -1 and 1; of each the column is told first."""
    if grid.shape[-1] != x.ndim - 2:
        raise ValueError("a place has a number for each dimension of an image")
    if 0 in x.shape[2:] or len(x) != len(grid):
        raise ValueError("images are not empty, and there are places for each")
    shares = []
    for dim, n in enumerate(x.shape[2:]):
        place = (grid[..., 1 - dim] + 1) / 2
        place = place * (n - 1) if align_corners else place * n - 0.5
        if mode == "bicubic":
            every = np.arange(-2 * n, 3 * n)  # as far as a place may be
            found = {
                "zeros": every,
                "border": held(every, n),
                "reflection": reflected(every, n, align_corners),
            }[padding_mode]
            shares.append(cubic(place[..., None] - every) @ (found[:, None] == np.arange(n)))
            continue
        place = brought_inside(place, n, padding_mode, align_corners)
        if mode == "nearest":
            place = np.rint(np.where(np.isnan(real(place)), -2.0, real(place)))  # which is outside
        shares.append(hat(place[..., None] - np.arange(n)))
    down, right = (share[:, None, ..., :] for share in shares)
    read = x[:, :, None, None] * (down[..., None] * right[..., None, :])
    return np.where((down[..., None] == 0) | (right[..., None, :] == 0), 0.0, read).sum((-2, -1))


def brought_inside(place: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """Give a place among n entries, as the padding has it."""
    if padding_mode == "reflection":
        place = reflected(place, n, align_corners)
    if padding_mode == "border" or (padding_mode == "reflection" and not align_corners):
        place = held(place, n)
    return place


def reflected(place: Any, n: int, align_corners: bool) -> Any:
    """Turn back at the first and the last of n entries, or half an entry beyond them."""
    low, high = (0, n - 1) if align_corners else (-0.5, n - 0.5)
    off = size(place - low)
    turns = real(off) // (high - low)
    rest = off - turns * (high - low)
    return low + np.where(turns % 2 == 0, rest, high - low - rest)


def held(place: Any, n: int) -> Any:
    """Stop at the first and the last of n entries."""
    return np.where(real(place) < 0, 0, np.where(real(place) > n - 1, n - 1, place))


def columns(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Give what each window sees as a column."""
    seen = windows(x, each(kernel_size, 2), stride, padding, dilation)
    rows, columns_of = seen.shape[-1] * x.shape[-3], math.prod(seen.shape[-3:-1])
    return np.moveaxis(seen, -1, -3).reshape(*x.shape[:-3], rows, columns_of)


def folded(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """Give images, of which each entry is the sum of what columns have of it."""
    size, kernel, d, p, s = (
        each(v, 2) for v in (output_size, kernel_size, dilation, padding, stride)
    )
    made = [(size[i] + 2 * p[i] - d[i] * (kernel[i] - 1) - 1) // s[i] + 1 for i in range(2)]
    if 0 in x.shape[-2:]:
        raise ValueError("only a batch may be empty")
    parts = x.reshape(*x.shape[:-2], x.shape[-2] // math.prod(kernel), *kernel, *made)
    whole: Any = np.zeros((*parts.shape[:-4], *(size[i] + 2 * p[i] for i in range(2))), x.dtype)
    for k in itertools.product(*map(range, kernel)):
        first = [k[i] * d[i] for i in range(2)]
        seen = [slice(f, f + t * n, t) for f, t, n in zip(first, s, made, strict=True)]
        whole[(..., *seen)] += parts[(..., *k, slice(None), slice(None))]
    return whole[(..., *(slice(p[i], p[i] + size[i]) for i in range(2)))]


def as_columns(
    called: str, torch: str, formula: Callable[..., Any], plain: Given, **calls: Any
) -> Any:
    """Write the row of an operator that torch.nn.functional has under another name."""
    spelled = functional(called, formula, LINEAR, plain).torch or ""
    name, _, rest = spelled.partition("(")
    spelled = f"{name.rpartition('.')[0]}.{torch}({rest}"
    return row(called, formula, LINEAR, plain, torch=spelled, **calls)


IMAGE: Final[Given] = on(1, 2, 3, 4, domain=FINE, grid=of(1, 2, 3, 2, domain=ODD))

ROWS: Final = (
    functional(
        "interpolate(x, size=None, scale_factor=None, mode='nearest', align_corners=None, "
        "recompute_scale_factor=None, antialias=False)",
        *(interpolate, LINEAR, on(1, 2, 3, size=5)),
        factor=on(1, 2, 3, 2, scale_factor=2.0),
        sizes=on(1, 2, 4, 3, size=(3, 5)),
        area=on(1, 2, 5, 3, size=(2, 4), mode="area"),
        linear=on(1, 2, 4, size=7, mode="linear"),
        bilinear=on(1, 1, 3, 4, scale_factor=1.5, mode="bilinear"),
        bilinear_corners=on(1, 1, 3, 4, size=(5, 3), mode="bilinear", align_corners=True),
        bicubic=on(1, 1, 4, 3, size=(3, 5), mode="bicubic"),
        bicubic_corners=on(1, 1, 3, 4, size=(5, 3), mode="bicubic", align_corners=True),
        trilinear=on(1, 1, 2, 3, 2, size=(3, 2, 4), mode="trilinear"),
        cancels=True,
        recomputed=on(1, 2, 4, scale_factor=1.625, mode="linear", recompute_scale_factor=True),
        antialias=on(1, 1, 5, 4, size=(2, 6), mode="bilinear", antialias=True),
        antialias_bicubic=on(1, 1, 5, 3, size=(2, 4), mode="bicubic", antialias=True),
        apart="recompute_scale_factor antialias",
    ),
    functional(
        "grid_sample(x, grid, mode='bilinear', padding_mode='zeros', align_corners=None)",
        *(grid_sample, PIECEWISE, IMAGE),
        corners={**IMAGE, "align_corners": True},
        border={**IMAGE, "padding_mode": "border"},
        reflection={**IMAGE, "padding_mode": "reflection"},
        reflection_corners={**IMAGE, "padding_mode": "reflection", "align_corners": True},
        nearest={**IMAGE, "mode": "nearest", "align_corners": True},
        bicubic={**IMAGE, "mode": "bicubic"},
        bicubic_reflection={**IMAGE, "mode": "bicubic", "padding_mode": "reflection"},
        bicubic_border={**IMAGE, "mode": "bicubic", "padding_mode": "border"},
        keeps="?",
        cancels=True,
    ),
    as_columns(
        "im2col(x, kernel_size, dilation=1, padding=0, stride=1)",
        *("unfold", columns, on(1, 2, 3, 4, kernel_size=2)),
        sizes=on(2, 4, 5, kernel_size=(2, 3), stride=(2, 1)),
        padded=on(1, 1, 3, 4, kernel_size=2, padding=(1, 0), dilation=(1, 2)),
        holomorphic=True,
    ),
    as_columns(
        "col2im(x, output_size, kernel_size, dilation=1, padding=0, stride=1)",
        *("fold", folded, on(1, 4, 6, output_size=(3, 4), kernel_size=2)),
        sizes=on(6, 6, output_size=(4, 5), kernel_size=(2, 3), stride=(2, 1)),
        padded=on(1, 4, 8, output_size=(3, 4), kernel_size=2, padding=(1, 0), dilation=(1, 2)),
        holomorphic=True,
    ),
    functional(
        "dropout(x, p=0.5, training=True, inplace=False)",
        lambda x, p=0.5, training=True: x * (1 - p if training else 1),
        *(LINEAR, on(2, 3, training=False)),
        none=on(2, 3, p=0.0),
        all=on(2, 3, p=1.0),
        apart="inplace",
        holomorphic=True,
    ),
)
