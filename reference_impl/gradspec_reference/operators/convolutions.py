"""Convolutions of any number of dimensions; start at `columns`.

A convolution is linear in each operand, so its rules are the transposed convolution, which sends
every entry back to where it was read, and a product of the same columns with the gradient.  All
are told the size of what they make; with the padding in front that says all about the far end.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from gradspec_reference.operators.forward import added, multilinear, written
from gradspec_reference.operators.row import Operator

Dims = tuple[int, ...]


def reach(size: Dims, kernel: Dims, stride: Dims, dilation: Dims) -> Dims:
    """Return how far windows of a kernel reach, of which there are so many."""
    return tuple(
        max((n - 1) * s + d * (k - 1) + 1, 0)
        for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)
    )


def overlap(span: Dims, lengths: Dims, padding: Dims) -> tuple[Any, Any]:
    """Return where x lies among the windows, and which of it does, when padded in front."""
    inside, of_x = [slice(None)] * 2, [slice(None)] * 2
    for reached, length, before in zip(span, lengths, padding, strict=True):
        first, end = max(-before, 0), max(min(length, reached - before), 0)
        of_x.append(slice(min(first, end), end))
        inside.append(slice(min(first, end) + before, end + before))
    return tuple(inside), tuple(of_x)


def windows(
    x: Any, size: Dims, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, fill: float = 0
) -> Any:
    """Return what each window sees: rows, channels, windows, entries of a window."""
    rows, channels, *lengths = x.shape
    span = reach(size, kernel, stride, dilation)
    padded = np.full((rows, channels, *span), fill, x.dtype)
    inside, of_x = overlap(span, tuple(lengths), padding)
    padded[inside] = x[of_x]
    outer, inner = padded.strides[:2], padded.strides[2:]
    steps = [a * b for a, b in zip(inner, stride, strict=True)]
    reads = [a * b for a, b in zip(inner, dilation, strict=True)]
    return np.lib.stride_tricks.as_strided(
        padded, (rows, channels, *size, *kernel), (*outer, *steps, *reads)
    )


def columns(
    x: Any, size: Dims, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, groups: int
) -> Any:
    """Return what each window sees: groups, then entries of a window, then windows."""
    rows, channels = x.shape[:2]
    seen = windows(x, size, kernel, stride, padding, dilation)
    count = len(size)
    by_entry = (1, *range(2 + count, 2 + 2 * count), 0, *range(2, 2 + count))
    each = channels // groups * math.prod(kernel)
    return seen.transpose(by_entry).reshape(groups, each, rows * math.prod(size))


def by_group(values: Any, groups: int) -> Any:
    """Return rows of channels as groups of channels by entries."""
    rows, channels, *lengths = values.shape
    moved = values.swapaxes(0, 1)
    return moved.reshape(groups, channels // groups, rows * math.prod(lengths))


def convolution_kernel(
    x: Any,
    weight: Any,
    bias: Any,
    size: Dims,
    stride: Dims,
    padding: Dims,
    dilation: Dims,
    groups: int,
) -> Any:
    """Return the product of what each window sees with the weights."""
    made, _, *kernel = weight.shape
    seen = columns(x, size, tuple(kernel), stride, padding, dilation, groups)
    result = np.matmul(weight.reshape(groups, made // groups, seen.shape[1]), seen)
    result = result.reshape(made, x.shape[0], *size).swapaxes(0, 1)
    return np.ascontiguousarray(result) if bias is None else result + per_channel(bias, result)


def per_channel(bias: Any, result: Any) -> Any:
    """Return a bias in a shape that broadcasts."""
    return bias.reshape(1, -1, *(1,) * (result.ndim - 2))


def convolution_transposed_kernel(
    x: Any,
    weight: Any,
    bias: Any,
    size: Dims,
    stride: Dims,
    padding: Dims,
    dilation: Dims,
    groups: int,
) -> Any:
    """Send every entry to all places of its window, times the weights."""
    rows, read, *lengths = x.shape
    _, each, *kernel = weight.shape
    matrix = weight.reshape(groups, read // groups, each * math.prod(kernel))
    sent = np.matmul(matrix.swapaxes(1, 2), by_group(x, groups))
    sent = sent.reshape(groups * each, *kernel, rows, *lengths)
    span = reach(tuple(lengths), tuple(kernel), stride, dilation)
    whole = np.zeros((rows, groups * each, *span), x.dtype)
    for offset in itertools.product(*map(range, kernel)):
        window = [
            slice(o * d, o * d + s * (n - 1) + 1 if n else 0, s)
            for o, d, s, n in zip(offset, dilation, stride, lengths, strict=True)
        ]
        whole[(slice(None), slice(None), *window)] += sent[(slice(None), *offset)].swapaxes(0, 1)
    result = np.zeros((rows, groups * each, *size), x.dtype)
    inside, of_result = overlap(span, size, padding)
    result[of_result] = whole[inside]
    return result if bias is None else result + per_channel(bias, result)


def weight_kernel(
    g: Any, x: Any, kernel: Dims, stride: Dims, padding: Dims, dilation: Dims, groups: int
) -> Any:
    """Return the product of the gradient with what each window saw."""
    made, size = g.shape[1], g.shape[2:]
    seen = columns(x, size, kernel, stride, padding, dilation, groups)
    result = np.matmul(by_group(g, groups), seen.swapaxes(1, 2))
    return result.reshape(made, x.shape[1] // groups, *kernel)


def back(
    xp: Any, g: Any, weight: Any, shape: Dims, _x: Any, _kernel: Any, _: Any, *how: Any
) -> Any:
    """Send the gradient back to what was read."""
    return xp.convolution_transposed(g, weight, None, shape[2:], *how)


def weights(xp: Any, g: Any, _w: Any, _shape: Any, x: Any, kernel: Dims, _: Any, *how: Any) -> Any:
    """Return the product of the gradient and what was read."""
    return xp.convolution_weight(g, x, kernel[2:], *how)


def forth(
    xp: Any, g: Any, weight: Any, shape: Dims, _x: Any, _kernel: Any, _: Any, *how: Any
) -> Any:
    """Read the gradient where the entries were sent."""
    return xp.convolution(g, weight, None, shape[2:], *how)


def sending_weights(
    xp: Any, g: Any, _w: Any, _shape: Any, x: Any, kernel: Dims, _: Any, *how: Any
) -> Any:
    """Return the product of what was sent and the gradient where it went."""
    return xp.convolution_weight(x, g, kernel[2:], *how)


def of_bias(xp: Any, g: Any, *_: Any) -> Any:
    """Return the sum for each channel."""
    return xp.sum_dim(g, (0, *range(2, len(g.shape))), False)


def moved_by(name: str) -> Any:
    """Make the jvp of a convolution: linear in what is read and in the weights, and a bias."""

    def jvp(
        xp: Any,
        t: list[Any],
        weight: Any,
        shape: Dims,
        x: Any,
        _kernel: Dims,
        size: Dims,
        *how: Any,
    ) -> Any:
        of_x, of_weight, of_bias = t
        again = getattr(xp, name)
        parts = [
            None if of_x is None else again(of_x, weight, None, size, *how),
            None if of_weight is None else again(x, of_weight, None, size, *how),
        ]
        if of_bias is not None:
            one_each = xp.reshape(of_bias, (1, -1, *(1,) * len(size)))
            parts.append(xp.spread(one_each, (shape[0], of_bias.shape[0], *size)))
        return added(parts)

    return written(jvp)


def of_gradient(xp: Any, gg: Any, x: Any, shape: Dims, _g: Any, _x: Any, _: Any, *how: Any) -> Any:
    """Return the convolution with what arrives in the place of the weights."""
    return xp.convolution(x, gg, None, shape[2:], *how)


def of_input(xp: Any, gg: Any, _x: Any, _shape: Any, g: Any, shape: Dims, _: Any, *how: Any) -> Any:
    """Send the gradient back through what arrives in the place of the weights."""
    return xp.convolution_transposed(g, gg, None, shape[2:], *how)


PARAMS = "size stride padding dilation groups"
SAVES = "weight input_shape input weight_shape"

ON_COMPLEX = "holomorphic"
JVP = multilinear
ROWS = (
    Operator(
        "convolution",
        kernel=convolution_kernel,
        operands="input weight bias",
        params=PARAMS,
        saves=SAVES,
        joint="input weight",
        vjp={"input": back, "weight": weights, "bias": of_bias},
        jvp=moved_by("convolution"),
    ),
    Operator(
        "convolution_transposed",
        node="ConvolutionBackward0",
        kernel=convolution_transposed_kernel,
        operands="input weight bias",
        params=PARAMS,
        saves=SAVES,
        joint="input weight",
        vjp={"input": forth, "weight": sending_weights, "bias": of_bias},
        jvp=moved_by("convolution_transposed"),
    ),
    Operator(
        "convolution_weight",
        node="ConvolutionBackwardBackward0",
        kernel=weight_kernel,
        operands="grad_output input",
        params=PARAMS,
        saves={"grad_output": "input grad_output_shape", "input": "grad_output input_shape"},
        vjp={"grad_output": of_gradient, "input": of_input},
    ),
)
