"""What reads images between their places computes, in loops on the numbers of mpmath."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
from network_definitions import adaptive, built, numbers

if TYPE_CHECKING:
    from collections.abc import Callable


def between(v: list[Any], where: Any) -> Any:
    where = min(max(where, 0), len(v) - 1)
    first = min(int(mp.floor(where)), len(v) - 2)
    return v[first] + (where - first) * (v[first + 1] - v[first])


def spline(v: list[Any], where: Any) -> Any:
    """Read the cubic spline whose slopes are three quarters of differences over two steps."""
    return through(lambda k: v[min(max(k, 0), len(v) - 1)], where)


def through(v: Callable[[int], Any], where: Any) -> Any:
    """Read it through the entries that are before a place and after it, two and two."""
    first = int(mp.floor(where))
    t = where - first
    before, a, b, after = (v(first + k) for k in (-1, 0, 1, 2))
    slope_a, slope_b = (b - before) * mp.mpf("0.75"), (after - a) * mp.mpf("0.75")
    ends = a * (1 + 2 * t) * (1 - t) ** 2 + b * t**2 * (3 - 2 * t)
    return ends + slope_a * t * (1 - t) ** 2 - slope_b * t**2 * (1 - t)


READ: dict[str, Callable[..., Any]] = {
    "nearest": lambda v, where: v[int(mp.floor(where))],
    **dict.fromkeys(("linear", "bilinear", "trilinear"), between),
    "bicubic": spline,
}


def interpolate(
    x: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
    *,
    recompute_scale_factor: bool = False,
    antialias: bool = False,
) -> Any:
    count = x.ndim - 2
    old = x.shape[2:]
    new = numbers(size, count) if size is not None else [int(n * scale_factor) for n in old]
    if mode == "area":
        return adaptive(count)(x, tuple(new))

    def place(i: int, n: int, m: int) -> Any:
        by_size = scale_factor is None or recompute_scale_factor
        ratio = mp.mpf(n) / m if by_size else 1 / mp.mpf(scale_factor)
        if mode == "nearest":
            return i * ratio
        if align_corners:
            return mp.mpf(i) * (n - 1) / (m - 1)
        return (i + mp.mpf(0.5)) * ratio - mp.mpf(0.5)

    def along(x: Any, dim: int, m: int) -> Any:
        rows = np.moveaxis(x, dim, -1)
        places = [place(i, x.shape[dim], m) for i in range(m)]
        read = functools.partial(covered, m, mode) if antialias else READ[mode]
        made = built((*rows.shape[:-1], m), lambda *at: read(list(rows[at[:-1]]), places[at[-1]]))
        return np.moveaxis(made, -1, dim)

    for dim, m in enumerate(new, 2):
        x = along(x, dim, m)
    return x


def covered(count: int, mode: str, v: list[Any], where: Any) -> Any:
    """Average what is within reach of a place, which is as wide as there are entries for it."""
    width = max(mp.mpf(len(v)) / count, mp.mpf(1))

    def share(off: Any) -> Any:
        if mode == "bilinear":
            return max(1 - off, mp.mpf(0))
        if off < 1:
            return (3 * off**3 - 5 * off**2 + 2) / 2
        return (-(off**3) + 5 * off**2 - 8 * off + 4) / 2 if off < 2 else mp.mpf(0)

    shares = [share(abs(i - where) / width) for i in range(len(v))]
    return mp.fsum(s * e for s, e in zip(shares, v, strict=True)) / mp.fsum(shares)


def bounced(where: Any, low: Any, high: Any) -> Any:
    while not low <= where <= high:
        where = 2 * (low if where < low else high) - where
    return where


def grid_sample(
    x: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Any:
    def place(told: Any, n: int) -> Any:
        edge = mp.mpf(0) if align_corners else mp.mpf(-0.5)
        last = n - 1 - edge
        where = edge + (told + 1) / 2 * (last - edge)
        return where if mode == "bicubic" else padded(where, n)

    def padded(where: Any, n: int) -> Any:
        edge = mp.mpf(0) if align_corners else mp.mpf(-0.5)
        if padding_mode == "reflection":
            where = bounced(where, edge, n - 1 - edge)
        return where if padding_mode == "zeros" else min(max(where, 0), n - 1)

    def entry(row: int, channel: int, *at: int) -> Any:
        told = grid[(row, *at)]
        where = [place(told[1 - dim], n) for dim, n in enumerate(x.shape[2:])]
        if mode == "bicubic":
            return through(
                lambda i: through(lambda j: pixel(row, channel, i, j), where[1]), where[0]
            )
        if mode == "nearest":
            where = [mp.nint(w) for w in where]
        near = [{int(mp.floor(w)), int(mp.floor(w)) + 1} for w in where]
        total = mp.mpf(0)
        for p in itertools.product(*near):
            if all(0 <= i < n for i, n in zip(p, x.shape[2:], strict=True)):
                share = (1 - abs(where[0] - p[0])) * (1 - abs(where[1] - p[1]))
                total += share * x[(row, channel, *p)]
        return total

    def pixel(row: int, channel: int, *at: int) -> Any:
        inside = [padded(i, n) for i, n in zip(at, x.shape[2:], strict=True)]
        if all(0 <= i < n for i, n in zip(inside, x.shape[2:], strict=True)):
            return x[(row, channel, *map(int, inside))]
        return mp.mpf(0)

    return built((*x.shape[:2], *grid.shape[1:3]), entry)


def windows(
    size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> list[list[tuple[int, int]]]:
    """Say of each window where it looks."""
    k, d, p, s = (numbers(v, 2) for v in (kernel_size, dilation, padding, stride))
    starts = [range(-p[i], size[i] + p[i] - d[i] * (k[i] - 1), s[i]) for i in range(2)]
    return [
        [(top + d[0] * a, left + d[1] * b) for a, b in np.ndindex(*k)]
        for top, left in itertools.product(*starts)
    ]


def im2col(x: Any, *how: Any, **options: Any) -> Any:
    size = x.shape[-2:]
    looks = windows(size, *how, **options)
    count = len(looks[0])

    def entry(*at: int) -> Any:
        *lead, number, window = at
        channel, k = divmod(number, count)
        place = looks[window][k]
        inside = all(0 <= p < n for p, n in zip(place, size, strict=True))
        return x[(*lead, channel, *place)] if inside else mp.mpf(0)

    return built((*x.shape[:-3], x.shape[-3] * count, len(looks)), entry)


def col2im(x: Any, output_size: Any, *how: Any, **options: Any) -> Any:
    size = numbers(output_size, 2)
    looks = windows(size, *how, **options)
    count = len(looks[0])

    def entry(*at: int) -> Any:
        *lead, channel, top, left = at
        return mp.fsum(
            x[(*lead, channel * count + k, window)]
            for window, look in enumerate(looks)
            for k, place in enumerate(look)
            if place == (top, left)
        )

    return built((*x.shape[:-2], x.shape[-2] // count, *size), entry)


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Any:
    return x if not training or p == 0 else x * 0


RESAMPLING: dict[str, Callable[..., Any]] = {
    "interpolate": interpolate,
    "grid_sample": grid_sample,
    "im2col": im2col,
    "col2im": col2im,
    "dropout": dropout,
}
