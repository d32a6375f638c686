"""Pooling (torch.nn.functional); start at `max_pooled` and `averaged`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.batched import looked_at
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import whole
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import arithmetic, elementwise, reductions, shapes
from gradspec_reference.operators import OPERATORS
from gradspec_reference.operators.convolutions import windows

if TYPE_CHECKING:
    from collections.abc import Sequence

Dims = tuple[int, ...]


def each(name: str, value: Any, count: int, least: int) -> Dims:
    """Return a number for each dimension; RuntimeError if there are others, or one is too small."""
    values = tuple(map(whole, (value,) if isinstance(value, int) else value))
    values = values * count if len(values) == 1 else values
    if len(values) != count or min(values) < least:
        raise RuntimeError(f"{name}={value!r} was given; it needs {count} numbers from {least} on")
    return values


class Windows:
    """The windows of a pooling: sizes, and how many there are."""

    def __init__(
        self,
        name: str,
        input: Tensor,
        count: int,
        kernel: Any,
        stride: Any,
        padding: Any,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel = each("kernel_size", kernel, count, 1)
        step = self.kernel if stride is None or stride in ((), []) else stride
        self.stride = each("stride", step, count, 1)
        self.padding = each("padding", padding, count, 0)
        self.dilation = each("dilation", dilation, count, 1)
        if input.ndim not in (count + 1, count + 2) or 0 in input.shape[-count - 1 :]:
            raise RuntimeError(f"{name} was given shape {list(input.shape)}")
        self.lengths = tuple(input.shape[-count:])
        of_each = zip(self.kernel, self.padding, strict=True)
        if any(p > k // 2 for k, p in of_each):
            raise RuntimeError(f"padding={padding!r} was given, more than half of {kernel!r}")
        self.size = tuple(self.counted(dim, ceil_mode) for dim in range(count))
        if min(self.size) < 1:
            raise RuntimeError(f"{name} was given {list(input.shape)}, smaller than its window")

    def counted(self, dim: int, ceil_mode: bool) -> int:
        """Return how many windows there are; none begins in the padding behind."""
        length, step, before = self.lengths[dim], self.stride[dim], self.padding[dim]
        room = length + 2 * before - self.dilation[dim] * (self.kernel[dim] - 1) - 1
        size = (-(-room // step) if ceil_mode else room // step) + 1
        return size - (ceil_mode and (size - 1) * step >= length + before)

    def stretches(self, dim: int) -> list[tuple[int, int]]:
        """Return where each window begins and ends, before what is outside is cut off."""
        step, before, span = self.stride[dim], self.padding[dim], self.kernel[dim]
        starts = [i * step - before for i in range(self.size[dim])]
        return [(a, min(a + span, self.lengths[dim] + before)) for a in starts]


def max_pooled(
    name: str, count: int, input: Tensor, how: tuple[Any, ...], return_indices: bool
) -> Any:
    """Return the largest entry of each window, and where it is among the last dimensions."""
    which = Windows(name, input, count, *how)
    array = input._array
    unindexed = count == 1 and not return_indices
    if array.dtype == np.bool_ or (array.dtype.kind not in "fV" and unindexed):
        raise NotImplementedError(f"{name} was given {input.dtype}; convert it with to() first")
    places = Tensor(looked_at(largest_places, array, which))
    values = apply(OPERATORS["max_pool"], (input, places), count)
    return (values, places) if return_indices else values


def largest_places(array: Any, which: Windows) -> Any:
    """Return where in the last dimensions the largest entry of each window is."""
    count = len(which.size)
    batch = array[None] if array.ndim == count + 1 else array
    where = (which.size, which.kernel, which.stride, which.padding, which.dilation)
    offsets = np.unravel_index(first_largest(batch, where), which.kernel)
    found = [
        np.arange(n).reshape(-1, *(1,) * (count - 1 - dim)) * s - p + offset * d
        for dim, (n, s, p, d, offset) in enumerate(
            zip(which.size, which.stride, which.padding, which.dilation, offsets, strict=True)
        )
    ]
    indices = np.ravel_multi_index(tuple(found), which.lengths)
    return np.asarray(indices.reshape(*array.shape[:-count], *which.size), np.int64)


def first_largest(batch: Any, where: tuple[Any, ...]) -> Any:
    """Return where in each window its largest entry is, the first of several; a NaN is larger."""
    least = -np.inf if batch.dtype.kind in "fV" else np.iinfo(batch.dtype).min
    within = windows(np.ones((1, 1, *batch.shape[2:]), bool), *where)
    size, kernel, stride, padding, dilation = where
    seen = windows(batch, size, kernel, stride, padding, dilation, least)
    shape, each_sees = seen.shape[: len(size) + 2], math.prod(kernel)
    seen = seen.reshape(*shape, each_sees)
    within = within.reshape(1, 1, *shape[2:], each_sees)
    if not within.any(-1).all():
        raise RuntimeError("a window lies in the padding and sees nothing; use less padding")
    largest = (seen == seen.max(-1, keepdims=True)) | np.isnan(seen)
    return np.argmax(largest & within, -1)


def averaged(
    input: Tensor, bins: list[list[tuple[int, int]]], divisors: list[list[float]]
) -> Tensor:
    """Return the sum of each stretch over a number; what is outside counts as zero."""
    count = len(bins)
    made = math.prod((*input.shape[:-count], *map(len, bins)))
    if made and input._array.dtype.kind not in "fV":
        raise NotImplementedError(f"pooling was given {input.dtype}; convert it with to() first")
    inside = tuple(
        tuple((min(max(a, 0), n), min(max(b, 0), n)) for a, b in stretches)
        for stretches, n in zip(bins, input.shape[-count:], strict=True)
    )
    return unary(OPERATORS["avg_pool"], input, inside, tuple(map(tuple, divisors)))


def avg_pooled(
    name: str,
    count: int,
    input: Tensor,
    how: tuple[Any, ...],
    count_include_pad: bool,
    divisor: int | None = None,
) -> Tensor:
    """Return the mean of each window."""
    kernel, stride, padding, ceil_mode = how
    if input.ndim <= count > 1:
        raise IndexError(f"{name} was given shape {list(input.shape)}; it needs channels")
    which = Windows(name, input, count, kernel, stride, padding, 1, ceil_mode)
    bins = [which.stretches(dim) for dim in range(count)]
    if divisor is not None:
        if not divisor:
            raise RuntimeError(f"{name} was given divisor_override=0; no mean is that large")
        override = [[float(divisor)] * len(bins[0]), *([1.0] * len(b) for b in bins[1:])]
        return averaged(input, bins, override)
    counted = [
        [float(b - a) if count_include_pad else float(min(b, n) - max(a, 0)) for a, b in stretches]
        for stretches, n in zip(bins, which.lengths, strict=True)
    ]
    return averaged(input, bins, counted)


def lp_pooled(
    name: str, count: int, input: Tensor, norm_type: float, how: tuple[Any, ...]
) -> Tensor:
    """Return the norm of each window, from the mean of powers, as torch does."""
    kernel, stride, ceil_mode = how
    if math.isinf(norm_type):
        end = math.copysign(1.0, norm_type)  # the largest size, or the smallest
        sizes = elementwise.abs(input) * end
        largest: Tensor = max_pooled(name, count, sizes, (kernel, stride, 0, 1, ceil_mode), False)
        return largest * end
    powers = arithmetic.pow(input, norm_type)
    means = avg_pooled(name, count, powers, (kernel, stride, 0, ceil_mode), True)
    whole_window = math.prod(each("kernel_size", kernel, count, 1))
    positive = elementwise.sign(means) * elementwise.relu(elementwise.abs(means))
    return arithmetic.pow(positive * whole_window, 1.0 / norm_type)


def parts(length: int, size: int) -> list[tuple[int, int]]:
    """Return parts of a length that are as equal as they can be; they may overlap."""
    return [(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]


def bins_of(name: str, count: int, input: Tensor, output_size: Any) -> list[list[tuple[int, int]]]:
    """Return the parts of each dimension; a size that is None keeps its length."""
    sizes = (output_size,) * count if isinstance(output_size, int) else tuple(output_size)
    if input.ndim <= count and count > 1:
        kind = RuntimeError if isinstance(output_size, int) else ValueError
        raise kind(f"{name} was given {input.ndim} dimensions; it needs more than {count}")
    if len(sizes) == 1:
        sizes *= count
    if len(sizes) != count or input.ndim not in (count + 1, count + 2):
        raise RuntimeError(f"{name} was given shape {list(input.shape)} and size {output_size!r}")
    lengths = input.shape[-count:]
    wanted = [n if s is None else s for s, n in zip(sizes, lengths, strict=True)]
    empty = 0 in lengths and set(wanted) != {1}  # one part is the mean of all, also of nothing
    if empty or min(wanted) < 0:
        raise RuntimeError(f"{name} was given shape {list(input.shape)} and size {output_size!r}")
    return [parts(n, s) for n, s in zip(lengths, wanted, strict=True)]


def is_mean_of_all(count: int, input: Tensor, output_size: Any) -> bool:
    """Tell whether one part is asked for of a shape that no batch has: as in torch, that is a mean.

    A size in words is looked at beside the shape first, and what is no floating point is refused.
    """
    if count == 1 or input.ndim in (count + 1, count + 2) or not input.dtype.is_floating_point:
        return False
    if isinstance(output_size, int):
        return output_size == 1 and input.ndim >= count
    return tuple(output_size) == (1,) * count and input.ndim > count


def adaptive(name: str, count: int, input: Tensor, output_size: Any) -> Tensor:
    """Return means of so many parts of each dimension."""
    if is_mean_of_all(count, input, output_size):
        return reductions.mean(input, tuple(range(-count, 0)), True)
    bins = bins_of(name, count, input, output_size)
    if all(len(part) == 1 for part in bins) and input.dtype.is_floating_point:
        return reductions.mean(input, tuple(range(-count, 0)), True)
    return averaged(input, bins, [[float(b - a) for a, b in part] for part in bins])


def adaptive_largest(
    name: str, count: int, input: Tensor, output_size: Any, return_indices: bool
) -> Any:
    """Return the largest entry of each of so many parts, and where it is."""
    bins = bins_of(name, count, input, output_size)
    array = input._array
    if array.dtype.kind not in "fV":
        raise NotImplementedError(f"{name} was given {input.dtype}; convert it with to() first")
    if 0 in array.shape[1:]:
        raise RuntimeError(f"{name} was given shape {list(input.shape)}; only a batch is empty")
    places = Tensor(looked_at(largest_of_parts, array, bins))
    values = apply(OPERATORS["max_pool"], (input, places), count)
    return (values, places) if return_indices else values


def largest_of_parts(array: Any, bins: Any) -> Any:
    """Return where in the last dimensions the largest entry of each part is."""
    count = len(bins)
    lead, lengths = array.shape[:-count], array.shape[-count:]
    numbers = np.arange(math.prod(lengths)).reshape(lengths)
    found = np.empty((*lead, *map(len, bins)), np.int64)
    for place in np.ndindex(*map(len, bins)):
        seen = tuple(slice(*part[at]) for part, at in zip(bins, place, strict=True))
        entries = array[(..., *seen)].reshape(*lead, numbers[seen].size)
        largest = np.isnan(entries) | (entries == entries.max(-1, keepdims=True))
        found[(..., *place)] = numbers[seen].ravel()[np.argmax(largest, -1)]
    return found


def max_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: Any = False,
) -> Any:
    """Return the largest entry of each window of rows."""
    how = (kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled("max_pool1d", 1, input, how, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: Any = False,
) -> Any:
    """Return the largest entry of each window of images."""
    how = (kernel_size, stride, padding, dilation, ceil_mode)
    return max_pooled("max_pool2d", 2, input, how, return_indices)


def avg_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window of rows."""
    how = (kernel_size, stride, padding, ceil_mode)
    return avg_pooled("avg_pool1d", 1, input, how, count_include_pad)


def avg_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window of images."""
    how = (kernel_size, stride, padding, ceil_mode)
    return avg_pooled("avg_pool2d", 2, input, how, count_include_pad, divisor_override)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: int,
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the norm of each window of rows."""
    return lp_pooled("lp_pool1d", 1, input, norm_type, (kernel_size, stride, ceil_mode))


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the norm of each window of images."""
    return lp_pooled("lp_pool2d", 2, input, norm_type, (kernel_size, stride, ceil_mode))


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """Return means of so many parts of rows."""
    return adaptive("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """Return means of so many parts of images, in each direction."""
    return adaptive("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_max_pool1d(
    input: Tensor, output_size: int | Sequence[int], return_indices: Any = False
) -> Any:
    """Return the largest entries of so many parts of rows."""
    return adaptive_largest("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: int | Sequence[int], return_indices: Any = False
) -> Any:
    """Return the largest entries of so many parts of images, in each direction."""
    return adaptive_largest("adaptive_max_pool2d", 2, input, output_size, return_indices)


def local_response_norm(
    input: Tensor, size: Any, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Return the input over a power of the mean square of the channels nearby."""
    if input.ndim < 3:  # noqa: PLR2004 - rows, channels and places
        raise ValueError(f"local_response_norm was given {input.ndim} dimensions; it needs three")
    if not input.numel():
        return input
    if isinstance(size, bool) or not isinstance(size, int):
        raise TypeError(f"local_response_norm was given a size of {size!r}; give an integer")
    if size <= 0:
        raise RuntimeError(f"local_response_norm was given a size of {size}; it needs one channel")
    squares = shapes.movedim(input * input, 1, -1)
    near = [(c - size // 2, c + (size - 1) // 2 + 1) for c in range(input.shape[1])]
    mean = averaged(squares, [near], [[float(size)] * len(near)])
    return input / arithmetic.pow(shapes.movedim(mean, -1, 1) * alpha + k, beta)
