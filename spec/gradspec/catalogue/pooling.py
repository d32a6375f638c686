"""Pooling: of each window the largest entry, the mean, or a norm."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from gradspec.catalogue.convolutions import each, window
from gradspec.catalogue.domain import FINE, POSITIVE, UNLIKE, Domain
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.entrywise import size as modulus
from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import LINEAR, PIECEWISE, Given, Kink, on, point


def windows(
    x: Any,
    kernel: tuple[int, ...],
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    fill: tuple[float, float] = (0.0, 0.0),
) -> Any:
    """Give what each window sees, as the last dimension, and of padding and beyond a number."""
    count = len(kernel)
    if 0 in x.shape[max(x.ndim - count - 1, 0) :]:
        raise ValueError("only a batch may be empty")
    steps = kernel if stride is None else each(stride, count)
    padding, dilation = each(padding, count), each(dilation, count)
    sizes, more = [], []
    lengths = x.shape[x.ndim - count :]
    for n, k, s, p, d in zip(lengths, kernel, steps, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        windows_of = (n + 2 * p - span) / s
        size = (math.ceil(windows_of) if ceil_mode else math.floor(windows_of)) + 1
        size -= ceil_mode and (size - 1) * s >= n + p  # none begins in the padding behind
        sizes.append(size)
        more.append(max((size - 1) * s + span - n - 2 * p, 0))
    around = [(0, 0)] * (x.ndim - count)
    x = np.pad(x, [*around, *((p, p) for p in padding)], constant_values=fill[0])
    x = np.pad(x, [*around, *((0, m) for m in more)], constant_values=fill[1])
    places = itertools.product(*map(range, kernel))
    return np.stack([x[window(np.multiply(p, dilation), steps, sizes)] for p in places], -1)


def max_pool(count: int) -> Any:
    """Give the formula of the largest entry of each window."""

    def formula(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        *,
        return_indices: bool = False,
    ) -> Any:
        how = (each(kernel_size, count), stride, padding, dilation, ceil_mode, (-np.inf, -np.inf))
        seen = windows(x, *how)
        where = np.argmax(real(seen), -1)[..., None]
        found = np.take_along_axis(seen, where, -1)[..., 0]
        if not return_indices:
            return found
        lengths = x.shape[x.ndim - count :]
        numbers = np.arange(math.prod(lengths)).reshape(lengths)
        numbers = np.broadcast_to(numbers, x.shape)
        return found, np.take_along_axis(windows(numbers, *how[:-1]), where, -1)[..., 0]

    return formula


def avg_pool(count: int) -> Any:
    """Give the formula of the mean of each window; what is not counted in it is zero."""

    def formula(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        *,
        divisor_override: int | None = None,
    ) -> Any:
        how = (each(kernel_size, count), stride, padding, 1, ceil_mode)
        ones = np.ones(x.shape[x.ndim - count :])
        counted = windows(ones, *how, (float(count_include_pad), 0.0)).sum(-1)
        return windows(x, *how).sum(-1) / (divisor_override or counted)

    return formula


def lp_pool(count: int) -> Any:
    """Give the formula of the norm of each window; of infinite order it is the largest size."""

    def formula(
        x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> Any:
        if norm_type == math.inf:
            return max_pool(count)(modulus(x), kernel_size, stride, ceil_mode=ceil_mode)
        seen = windows(x, each(kernel_size, count), stride, 0, 1, ceil_mode)
        powers = (seen**norm_type).sum(-1)
        kept = windows(np.ones(x.shape), each(kernel_size, count), stride, 0, 1, ceil_mode).sum(-1)
        return (powers / kept * math.prod(each(kernel_size, count))) ** (1 / norm_type)

    return formula


def adaptive(count: int) -> Any:
    """Give the formula of means of so many parts, which are as equal as they can be."""

    def formula(x: Any, output_size: Any) -> Any:
        sizes = each(output_size, count)
        if 0 in x.shape[x.ndim - count :] and set(sizes) != {1}:
            raise ValueError("the parts of nothing are nothing")
        for dim, size in enumerate(sizes, x.ndim - count):
            length = x.shape[dim]
            parts = [(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]
            x = np.stack([x.take(range(a, b), dim).mean(dim) for a, b in parts], dim)
        return x

    return formula


def adaptive_largest(count: int) -> Any:
    """Give the formula of the largest entry of each of so many parts."""

    def formula(x: Any, output_size: Any, return_indices: bool = False) -> Any:
        lengths = x.shape[x.ndim - count :]
        sizes = each(output_size, count)
        if 0 in x.shape[1:]:
            raise ValueError("only a batch may be empty")
        numbers = np.broadcast_to(np.arange(math.prod(lengths)).reshape(lengths), x.shape)
        found: Any = np.empty((2, *x.shape[: x.ndim - count], *sizes), x.dtype)
        for place in np.ndindex(*sizes):
            ends = zip(place, lengths, sizes, strict=True)
            part = tuple(slice(i * n // size, -(-(i + 1) * n // size)) for i, n, size in ends)
            where_in: Any = (..., *part)
            seen, told = (joined(v[where_in], count) for v in (x, numbers))
            where = np.argmax(real(seen), -1)[..., None]
            for number, read in enumerate((seen, told)):
                found[(number, ..., *place)] = np.take_along_axis(read, where, -1)[..., 0]
        return (found[0], real(found[1]).astype(int)) if return_indices else found[0]

    return formula


def joined(x: Any, count: int) -> Any:
    """Make one of the last dimensions."""
    before, last = x.shape[: x.ndim - count], x.shape[x.ndim - count :]
    return x.reshape(*before, math.prod(last))


def call(*shape: int, domain: Domain = FINE, **options: Any) -> Given:
    """Write a call on enough numbers."""
    return on(*shape, domain=domain, **options)


MAX: Final = "kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False"
AVG: Final = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
TIED: Final = {
    "": Kink(
        point([[1.0, 2.0, 2.0]], kernel_size=3),
        (np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 1.0])),
        np.array([0.0, 1.0, 0.0]),
        tie=True,
    )
}
TIED_IMAGE: Final = {
    "": Kink(
        point([[[1.0, 2.0], [2.0, 0.0]]], kernel_size=2),
        (np.zeros((2, 2)), np.array([[0.0, 1.0], [1.0, 0.0]])),
        np.array([[0.0, 1.0], [0.0, 0.0]]),
        tie=True,
    )
}

ROWS: Final = (
    functional(
        *(f"max_pool1d(x, {MAX}, return_indices=False)", max_pool(1), PIECEWISE),
        call(2, 3, 4, kernel_size=2),
        strided=call(2, 7, kernel_size=3, stride=2),
        padded=call(2, 5, kernel_size=3, padding=1),
        dilated=call(2, 6, kernel_size=2, dilation=3, stride=1),
        ceil=call(2, 5, kernel_size=2, ceil_mode=True),
        indices=call(2, 3, 4, kernel_size=2, return_indices=True),
        kinks=TIED,
        several="return_indices",
    ),
    functional(
        *(f"max_pool2d(x, {MAX}, return_indices=False)", max_pool(2), PIECEWISE),
        call(2, 1, 4, 6, kernel_size=2),
        strided=call(1, 2, 5, 4, kernel_size=(3, 2), stride=(2, 1)),
        padded=call(1, 2, 3, 4, kernel_size=(2, 3), padding=1),
        dilated=call(1, 5, 6, kernel_size=2, dilation=(2, 3), stride=1),
        ceil=call(1, 3, 5, kernel_size=2, ceil_mode=True),
        indices=call(1, 2, 4, 3, kernel_size=(2, 3), return_indices=True),
        kinks=TIED_IMAGE,
        several="return_indices",
    ),
    functional(
        *(f"avg_pool1d(x, {AVG})", avg_pool(1), LINEAR, call(2, 3, 4, kernel_size=2)),
        strided=call(2, 7, kernel_size=3, stride=2),
        padded=call(2, 5, kernel_size=3, padding=1),
        ceil=call(2, 5, kernel_size=2, ceil_mode=True),
        without_padding=call(2, 5, kernel_size=3, padding=1, count_include_pad=False),
        keeps="?",
    ),
    functional(
        *(f"avg_pool2d(x, {AVG}, divisor_override=None)", avg_pool(2), LINEAR),
        call(2, 1, 4, 6, kernel_size=2),
        strided=call(1, 2, 5, 4, kernel_size=(3, 2), stride=(2, 1)),
        padded=call(1, 2, 3, 4, kernel_size=(2, 3), padding=1),
        ceil=call(1, 4, 3, kernel_size=3, stride=2, padding=1, ceil_mode=True),
        without_padding=call(1, 4, 3, kernel_size=3, padding=1, count_include_pad=False),
        divisor=call(1, 4, 6, kernel_size=2, divisor_override=3),
        keeps="?",
    ),
    functional(
        *("lp_pool1d(x, norm_type, kernel_size, stride=None, ceil_mode=False)", lp_pool(1)),
        *(PIECEWISE, call(2, 3, 4, norm_type=2, kernel_size=2)),
        largest=call(2, 5, domain=UNLIKE, norm_type=math.inf, kernel_size=3, stride=2),
        strided=call(2, 5, domain=POSITIVE, norm_type=3, kernel_size=3, stride=2),
        ceil=call(2, 5, norm_type=2, kernel_size=2, ceil_mode=True),
        keeps="x",
    ),
    functional(
        *("lp_pool2d(x, norm_type, kernel_size, stride=None, ceil_mode=False)", lp_pool(2)),
        *(PIECEWISE, call(1, 2, 4, 3, norm_type=2, kernel_size=(2, 3))),
        largest=call(1, 4, 3, domain=UNLIKE, norm_type=math.inf, kernel_size=2),
        strided=call(1, 5, 3, domain=POSITIVE, norm_type=3, kernel_size=2, stride=(2, 1)),
        ceil=call(1, 3, 5, norm_type=2, kernel_size=2, ceil_mode=True),
        keeps="x",
    ),
    functional(
        *("adaptive_avg_pool1d(x, output_size)", adaptive(1), LINEAR),
        call(2, 3, 5, output_size=2),
        more=call(2, 3, output_size=4),
        keeps="?",
    ),
    functional(
        *("adaptive_avg_pool2d(x, output_size)", adaptive(2), LINEAR),
        call(1, 2, 3, 5, output_size=2),
        sizes=call(1, 4, 5, output_size=(3, 2)),
        whole=call(2, 3, 4, output_size=1),
        keeps="?",
    ),
    functional(
        *("adaptive_max_pool1d(x, output_size, *, return_indices=False)", adaptive_largest(1)),
        *(PIECEWISE, call(2, 3, 5, output_size=2)),
        more=call(2, 3, output_size=4),
        indices=call(2, 5, output_size=3, return_indices=True),
        kinks={"": replace(TIED[""], given=point([[1.0, 2.0, 2.0]], output_size=1))},
        several="return_indices",
    ),
    functional(
        *("adaptive_max_pool2d(x, output_size, *, return_indices=False)", adaptive_largest(2)),
        *(PIECEWISE, call(1, 2, 3, 5, output_size=2)),
        sizes=call(1, 4, 5, output_size=(3, 2)),
        indices=call(1, 4, 3, output_size=(3, 2), return_indices=True),
        several="return_indices",
    ),
)
