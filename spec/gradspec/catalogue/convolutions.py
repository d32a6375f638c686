"""Convolutions and transposed ones, of rows, of images and of volumes."""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import FINE, Operand
from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import ANALYTIC, Given, of


def each(value: Any, count: int) -> tuple[int, ...]:
    """Give a number for each dimension."""
    return (value,) * count if isinstance(value, int) else tuple(value)


def window(start: Any, stride: Any, count: Any) -> tuple[Any, ...]:
    """Give the entries that stand at one place of all windows, as an index."""
    steps = zip(start, stride, count, strict=True)
    return (..., *(slice(a, a + s * (n - 1) + 1, s) for a, s, n in steps))


def by_groups(x: Any, groups: int, dim: int = 0) -> Any:
    """Give channels by group."""
    return x.reshape(*x.shape[:dim], groups, x.shape[dim] // groups, *x.shape[dim + 1 :])


def check_entries(x: Any, weight: Any, groups: int) -> None:
    """Raise ValueError where there is nothing to go along, or to go along it."""
    if len(weight) < groups or 0 in (*x.shape[2:], *weight.shape[2:]):
        raise ValueError("images, windows and what is first of the weights are not empty")


def with_bias(result: Any, bias: Any) -> Any:
    """Add a number to each channel."""
    return result if bias is None else result + bias.reshape(-1, *(1,) * (result.ndim - 2))


def convolution(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Give the sum over each window of what it sees times the weights."""
    check_entries(x, weight, groups)
    if x.shape[1] != groups * weight.shape[1]:
        raise ValueError("the weights are for another number of channels")
    count = weight.ndim - 2
    stride, dilation, kernel = each(stride, count), each(dilation, count), weight.shape[2:]
    spans = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if isinstance(padding, str):
        sides = [(s // 2, s - s // 2) if padding == "same" else (0, 0) for s in spans]
    else:
        sides = [(p, p) for p in each(padding, count)]
    x = np.pad(x, [(0, 0), (0, 0), *sides])
    size = [(n - s - 1) // t + 1 for n, s, t in zip(x.shape[2:], spans, stride, strict=True)]
    x, weight = by_groups(x, groups, 1), by_groups(weight, groups)
    result: Any = 0
    for at in itertools.product(*map(range, kernel)):
        seen = x[window(np.multiply(at, dilation), stride, size)]
        result = result + np.einsum("ngi...,goi->ngo...", seen, weight[(..., *at)])
    return with_bias(result.reshape(len(x), weight.shape[1] * groups, *size), bias)


def transposed(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """Send each entry, times the weights, to all places that a convolution reads together."""
    check_entries(x, weight, groups)
    count = weight.ndim - 2
    stride, dilation, padding = each(stride, count), each(dilation, count), each(padding, count)
    more, kernel, size = each(output_padding, count), weight.shape[2:], x.shape[2:]
    steps = zip(size, kernel, stride, dilation, more, strict=True)
    whole = [(n - 1) * s + d * (k - 1) + 1 + m for n, k, s, d, m in steps]
    x, weight = by_groups(x, groups, 1), by_groups(weight, groups)
    result = np.zeros((len(x), groups, weight.shape[2], *whole), np.result_type(x, weight))
    for at in itertools.product(*map(range, kernel)):
        sent = np.einsum("ngi...,gio->ngo...", x, weight[(..., *at)])
        result[window(np.multiply(at, dilation), stride, size)] += sent
    inner: Any = (..., *(slice(p, n - p) for n, p in zip(whole, padding, strict=True)))
    return with_bias(result.reshape(len(x), weight.shape[2] * groups, *whole)[inner], bias)


def call(x: tuple[int, ...], weight: tuple[int, ...], bias: int = 0, **options: Any) -> Given:
    """Write a call by the shapes of its operands."""
    given: Given = {"x": Operand(x, FINE), "weight": Operand(weight, FINE)}
    return {**given, **({"bias": of(bias)} if bias else {}), **options}


PARAMETERS: Final = "x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1"
TRANSPOSED: Final = (
    "x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1"
)
SMALL: Final = ((1, 2, 4, 5), (3, 2, 2, 3))

ROWS: Final = (
    functional(
        *(f"conv1d({PARAMETERS})", convolution, ANALYTIC, call((2, 3, 5), (4, 3, 2))),
        bias=call((2, 3, 5), (4, 3, 2), 4),
        strided=call((1, 2, 7), (3, 2, 2), stride=2),
        padded=call((1, 2, 4), (3, 2, 3), padding=2, stride=3),
        dilated=call((1, 2, 6), (3, 2, 3), dilation=2),
        grouped=call((1, 4, 3), (6, 2, 2), 6, groups=2),
        same=call((1, 2, 5), (3, 2, 4), padding="same"),
        holomorphic=True,
    ),
    functional(
        *(f"conv2d({PARAMETERS})", convolution, ANALYTIC, call(*SMALL)),
        bias=call(*SMALL, 3),
        strided=call((1, 2, 5, 4), (2, 2, 2, 1), stride=(2, 3)),
        padded=call((2, 1, 2, 3), (3, 1, 3, 2), padding=(2, 1), stride=2),
        dilated=call((1, 1, 5, 4), (2, 1, 3, 2), dilation=(1, 3)),
        grouped=call((1, 4, 2, 3), (2, 2, 2, 2), 2, groups=2),
        depthwise=call((1, 3, 3, 2), (3, 1, 2, 1), groups=3),
        same=call((1, 1, 3, 4), (2, 1, 2, 3), padding="same", dilation=(2, 1)),
        holomorphic=True,
    ),
    functional(
        *(f"conv3d({PARAMETERS})", convolution, ANALYTIC),
        call((1, 2, 1, 3, 4), (5, 2, 1, 3, 1)),
        bias=call((2, 1, 2, 2, 3), (3, 1, 2, 1, 2), 3),
        strided=call((1, 1, 3, 4, 2), (2, 1, 1, 2, 2), stride=(2, 1, 3), padding=(0, 1, 1)),
        dilated=call((1, 1, 3, 2, 4), (2, 1, 2, 1, 2), dilation=(2, 1, 3)),
        grouped=call((1, 4, 1, 2, 2), (2, 2, 1, 2, 1), 2, groups=2),
        holomorphic=True,
    ),
    functional(
        *(f"conv_transpose1d({TRANSPOSED})", transposed, ANALYTIC, call((2, 3, 4), (3, 2, 3))),
        bias=call((1, 3, 2), (3, 2, 3), 2),
        strided=call((1, 2, 3), (2, 3, 2), stride=3, output_padding=2),
        padded=call((1, 2, 4), (2, 3, 3), padding=1, stride=2),
        dilated=call((1, 2, 3), (2, 3, 3), dilation=2),
        grouped=call((1, 4, 3), (4, 3, 2), 6, groups=2),
        particular=True,
        holomorphic=True,
    ),
    functional(
        *(f"conv_transpose2d({TRANSPOSED})", transposed, ANALYTIC),
        call((1, 2, 2, 3), (2, 3, 2, 3)),
        bias=call((1, 2, 2, 3), (2, 3, 3, 2), 3),
        strided=call((1, 2, 2, 3), (2, 1, 3, 2), stride=(2, 3), output_padding=(1, 2)),
        padded=call((1, 1, 3, 4), (1, 2, 3, 2), padding=(1, 2), stride=2),
        dilated=call((1, 1, 2, 3), (1, 2, 2, 3), dilation=(3, 2)),
        grouped=call((1, 4, 2, 1), (4, 3, 1, 2), 6, groups=2),
        particular=True,
        holomorphic=True,
    ),
)
