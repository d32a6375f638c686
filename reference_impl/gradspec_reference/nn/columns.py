"""Windows of images as columns, and columns put back (torch.nn.functional.unfold and fold)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.shapes import whole
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names.functions import indexing, placing, shapes
from gradspec_reference.nn.padding import pad
from gradspec_reference.nn.pooling import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pair = int | Sequence[int]

BATCH = 4


class Places:
    """Where the entries of each window are in an image with its padding, in a row."""

    def __init__(
        self, size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any
    ) -> None:
        self.kernel = each("kernel_size", kernel_size, 2, 1)
        dilation, stride = each("dilation", dilation, 2, 1), each("stride", stride, 2, 1)
        self.padding = each("padding", padding, 2, 0)
        self.padded = tuple(n + 2 * p for n, p in zip(size, self.padding, strict=True))
        spans = [d * (k - 1) + 1 for d, k in zip(dilation, self.kernel, strict=True)]
        counts = [(n - s) // t + 1 for n, s, t in zip(self.padded, spans, stride, strict=True)]
        if min(counts) < 1:
            raise RuntimeError(f"an image of {list(size)} has no window of {list(self.kernel)}")
        self.count = math.prod(counts)
        rows, columns = (
            np.arange(k)[:, None] * d + np.arange(n) * t
            for k, d, n, t in zip(self.kernel, dilation, counts, stride, strict=True)
        )
        self.flat = rows[:, None, :, None] * self.padded[1] + columns[None, :, None, :]

    @property
    def index(self) -> Tensor:
        """The places in a row: of each entry of a window those in all windows."""
        return Tensor(self.flat.reshape(-1).astype(np.int64))


def check_are_whole(*sizes: Any) -> None:
    """Refuse what are no whole numbers, before anything else is looked at."""
    for each_size in sizes:
        tuple(map(whole, (each_size,) if isinstance(each_size, int) else each_size))


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """Return each window of images as a column."""
    if 0 < input.ndim < BATCH - 1:
        raise IndexError(f"unfold was given {list(input.shape)}; it needs channels and pixels")
    check_are_whole(kernel_size, dilation, padding, stride)
    if input._array.dtype.kind in "iu":
        raise NotImplementedError(f"unfold was given {input.dtype}; use a floating dtype")
    if input.ndim not in (BATCH - 1, BATCH) or 0 in input.shape[-3:]:
        raise RuntimeError(f"unfold was given {list(input.shape)}; it needs images")
    where = Places(input.shape[-2:], kernel_size, dilation, padding, stride)
    *lead, channels = input.shape[:-2]
    top, left = where.padding
    padded = pad(input, (left, left, top, top)) if top or left else input
    flat = shapes.reshape(padded, (*lead, channels, math.prod(where.padded)))
    read = indexing.index_select(flat, -1, where.index)
    return shapes.reshape(read, (*lead, channels * math.prod(where.kernel), where.count))


def fold(
    input: Tensor,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:
    """Return images, of which each entry is the sum of what columns have of it."""
    check_are_whole(output_size, kernel_size, dilation, padding, stride)
    if input._array.dtype.kind in "iu":
        raise NotImplementedError(f"fold was given {input.dtype}; use a floating dtype")
    size = each("output_size", output_size, 2, 1)
    where = Places(size, kernel_size, dilation, padding, stride)
    entries = math.prod(where.kernel)
    rows = input.shape[-2] if input.ndim in (BATCH - 2, BATCH - 1) else 0
    if not rows or rows % entries:
        raise OperandShapeError(
            f"fold was given {list(input.shape)} for windows of {entries} entries"
        )
    if input.shape[-1] != where.count:
        raise OperandShapeError(
            f"fold was given {input.shape[-1]} columns for {where.count} windows"
        )
    lead = input.shape[:-2]
    channels = rows // entries
    flat = shapes.reshape(input, (*lead, channels, entries * where.count))
    whole = Tensor(np.zeros((*lead, channels, math.prod(where.padded)), input._array.dtype))
    summed = placing.index_add(whole, -1, where.index, flat)
    images = shapes.reshape(summed, (*lead, channels, *where.padded))
    top, left = where.padding
    return pad(images, (-left, -left, -top, -top)) if top or left else images
