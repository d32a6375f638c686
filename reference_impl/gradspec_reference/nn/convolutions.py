"""Convolutions and transposed ones (torch.nn.functional); start at `convolution`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import int64
from gradspec_reference.engine.recording import apply
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names.functions import shapes
from gradspec_reference.nn.normalising import check_one_dtype
from gradspec_reference.nn.pooling import each
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor

Dims = tuple[int, ...]


def with_rows(name: str, input: Tensor, weight: Tensor, count: int) -> Tensor:
    """Return the input with a dimension of rows; RuntimeError if it has too few or many."""
    if weight.ndim != count + 2 or input.ndim not in (count + 1, count + 2):
        raise RuntimeError(
            f"{name} was given {input.ndim} dimensions and a weight of {weight.ndim}; it needs "
            f"{count + 1} or {count + 2}, and {count + 2}"
        )
    return shapes.unsqueeze(input, 0) if input.ndim == count + 1 else input


def check_channels(
    name: str, input: Tensor, bias: Tensor | None, read: int, made: int, groups: int, rows: int
) -> None:
    """Refuse channels that do not fit weights, groups or the bias."""
    if groups <= 0 or rows % groups or input.shape[1] != read:
        raise OperandShapeError(
            f"{name} was given {input.shape[1]} channels in {groups} groups; the weight is for "
            f"{read}"
        )
    if rows < groups:
        raise RuntimeError(f"{name} was given {rows} rows of weights in {groups} groups")
    if bias is not None and bias.shape != (made,):
        raise RuntimeError(f"{name} was given a bias of shape {list(bias.shape)}, not [{made}]")


def check_entries(name: str, input: Tensor, weight: Tensor) -> None:
    """Refuse images and kernels of no size; nothing is asked of them where no channel is read.

    Without rows torch reads an entry of the weight, and has the error of an index.
    """
    rows, channels, *size = input.shape
    if rows and channels and 0 in size:
        raise RuntimeError(f"{name} was given {list(input.shape)}, whose sides are not empty")
    if channels and 0 in weight.shape[2:]:
        error = RuntimeError if rows else IndexError
        raise error(f"{name} was given a weight of shape {list(weight.shape)}, without entries")


def check_dtypes(name: str, input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse booleans, and operands of another dtype."""
    if input._array.dtype.kind == "b":
        raise NotImplementedError(f"{name} was given booleans; convert them with to() first")
    check_one_dtype(name, input, weight, bias)


def check_is_wide(name: str, input: Tensor) -> None:
    """Refuse integers, but the widest."""
    if input._array.dtype.kind in "iu" and input.dtype is not int64:
        raise NotImplementedError(f"{name} was given {input.dtype}; convert it with to() first")


def convolution(
    name: str,
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    """Return the convolution over some dimensions."""
    batch = with_rows(name, input, weight, count)
    stride, dilation = each("stride", stride, count, 1), each("dilation", dilation, count, 1)
    made, read, *kernel = weight.shape
    spans = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    before, around = padded(padding, spans, stride, count)
    check_channels(name, batch, bias, read * groups, made, groups, made)
    room = [n + p - s for n, p, s in zip(batch.shape[2:], around, spans, strict=True)]
    if min(room) <= 0:
        raise RuntimeError(f"{name} was given {list(input.shape)}, smaller than its kernel")
    check_entries(name, batch, weight)
    size = tuple((r - 1) // s + 1 for r, s in zip(room, stride, strict=True))
    check_dtypes(name, input, weight, bias)
    if max(dilation) > 1 and batch.numel():
        check_is_wide(name, input)
    operands = (batch, weight, bias)
    result = apply(OPERATORS["convolution"], operands, size, stride, before, dilation, groups)
    return result if batch is input else shapes.squeeze(result, 0)


def padded(padding: Any, spans: list[int], stride: Dims, count: int) -> tuple[Dims, Dims]:
    """Return the padding in front, and on both sides; it may be said in a word."""
    if not isinstance(padding, str):
        before = each("padding", padding, count, 0)
        return before, tuple(2 * p for p in before)
    if padding not in ("same", "valid"):
        raise RuntimeError(f"padding={padding!r} was given; use 'same', 'valid' or numbers")
    if padding == "valid":
        return (0,) * count, (0,) * count
    if max(stride) > 1:
        raise RuntimeError("padding='same' was given with a stride; say it in numbers")
    return tuple(s // 2 for s in spans), tuple(spans)


def transposed(
    name: str,
    count: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    """Return the transposed convolution over some dimensions."""
    batch = with_rows(name, input, weight, count)
    stride, dilation = each("stride", stride, count, 1), each("dilation", dilation, count, 1)
    before = each("padding", padding, count, 0)
    after = each("output_padding", output_padding, count, 0)
    read, made, *kernel = weight.shape
    check_channels(name, batch, bias, read, made * groups, groups, read)
    every = list(zip(batch.shape[2:], kernel, stride, before, after, dilation, strict=True))
    if any(a >= s and a >= d for _, _, s, _, a, d in every):
        raise RuntimeError(f"output_padding={output_padding!r} was given; stride is the limit")
    size = tuple((n - 1) * s - 2 * p + d * (k - 1) + a + 1 for n, k, s, p, a, d in every)
    if min(size) < 0 or (0 in size and batch.numel()):
        raise RuntimeError(f"{name} was given {list(input.shape)}, of which nothing is left")
    check_entries(name, batch, weight)
    check_dtypes(name, input, weight, bias)
    if batch.numel():
        check_is_wide(name, input)
    operands = (batch, weight, bias)
    row = OPERATORS["convolution_transposed"]
    result = apply(row, operands, size, stride, before, dilation, groups)
    return result if batch is input else shapes.squeeze(result, 0)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of rows."""
    how = (bias, stride, padding, dilation, groups)
    return convolution("conv1d", 1, input, weight, *how)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of images."""
    how = (bias, stride, padding, dilation, groups)
    return convolution("conv2d", 2, input, weight, *how)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of volumes."""
    how = (bias, stride, padding, dilation, groups)
    return convolution("conv3d", 3, input, weight, *how)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Return the transposed convolution of rows."""
    how = (bias, stride, padding, output_padding, groups, dilation)
    return transposed("conv_transpose1d", 1, input, weight, *how)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    dilation: int | Sequence[int] = 1,
) -> Tensor:
    """Return the transposed convolution of images."""
    how = (bias, stride, padding, output_padding, groups, dilation)
    return transposed("conv_transpose2d", 2, input, weight, *how)
