"""Look-ups, attention and distances (torch.nn.functional), put together from other functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.dtypes import bool_, get_default_dtype, int32, int64, promoted_dtype
from gradspec_reference.engine import refusals
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.recording import apply
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import IndexRangeError, OperandDtypeError, OperandShapeError
from gradspec_reference.names import random
from gradspec_reference.names.functions import (
    arithmetic,
    copies,
    indexing,
    joining,
    normalised,
    placing,
    products,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.operators import OPERATORS


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return the rows that indices name; the row of padding receives nothing.

    The rows that are named are first cut to `max_norm`, in place.  By frequency a row receives one
    n-th, where it is named n times.
    """
    if sparse:
        raise NotImplementedError("embedding has no sparse gradients here; leave sparse out")
    if weight.ndim != 2:  # noqa: PLR2004 - rows
        raise RuntimeError(f"embedding was given weights of {weight.ndim} dimensions; it needs two")
    if input.dtype not in (int64, int32):
        raise OperandDtypeError(f"embedding was given {input.dtype}; indices are int64 or int32")
    count = len(weight._array)
    padding = -1
    if padding_idx is not None:
        if not -count <= padding_idx < count:
            raise AssertionError(f"padding_idx={padding_idx} was given for {count} rows")
        padding = padding_idx % count
    if not indexing.in_range(input, count):
        raise IndexRangeError(f"an index outside 0 to {count - 1} was given")
    if max_norm is not None:
        cut_rows(weight, input._array, max_norm, norm_type)
    return apply(OPERATORS["embedding"], (weight, input), padding, scale_grad_by_freq)


@no_grad()
def cut_rows(weight: Tensor, named: Any, max_norm: float, norm_type: float) -> None:
    """Scale rows that are longer than a norm down to it, in place."""
    places = Tensor(np.unique(named))
    rows = indexing.index_select(weight, 0, places)
    norms = normalised.norm(rows, norm_type, 1, True)
    scaled = rows * (max_norm / (norms + 1e-7))
    placing.index_copy_(weight, 0, places, selection.where(norms > max_norm, scaled, rows))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return integers that are one at the place that is named."""
    if tensor.dtype != int64:
        raise RuntimeError(f"one_hot was given {tensor.dtype}; it needs int64")
    array = tensor._array
    if not array.size and num_classes <= 0:
        raise RuntimeError("one_hot was given no index; say the number of classes")
    least, count = (array.min(), array.max() + 1) if array.size else (0, 0)
    if least < 0 or 0 <= num_classes < count or num_classes < -1:
        raise RuntimeError(f"one_hot was given {least} to {count - 1} for {num_classes} classes")
    classes = np.arange(count if num_classes < 0 else num_classes)
    return Tensor((array[..., None] == classes).astype(np.int64))


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return the values, averaged by how well their keys fit to the query."""
    check_fit(query, key, value)
    if attn_mask is not None and attn_mask.dtype not in (bool_, query.dtype):
        raise RuntimeError(f"attention was given a mask of {attn_mask.dtype}")
    if not (query.shape[-2] and value.numel()):
        return of_no_value(query, key, value)
    if attn_mask is not None and is_causal:
        raise RuntimeError("attention was given a mask beside is_causal; give one of them")
    if enable_gqa:
        key, value = (for_each_head(query, of_heads) for of_heads in (key, value))
    factor = query.shape[-1] ** -0.5 if scale is None and query.shape[-1] else scale
    fit = products.matmul(
        query * (1.0 if factor is None else factor), shapes.transpose(key, -2, -1)
    )
    if is_causal:
        attn_mask = Tensor(np.tri(*fit.shape[-2:], dtype=bool))
    weights = weights_of(fit, attn_mask)
    return products.matmul(dropped(weights, dropout_p) if dropout_p else weights, value)


def of_no_value(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return zeros where there is no value, or no place; as in torch, nobody looks at a shape."""
    moved = reductions.sum(query) * 0 + reductions.sum(key) * 0 + reductions.sum(value) * 0
    shape = (*query.shape[:-1], value.shape[-1])
    return copies.clone(shapes.expand(moved.to(query.dtype), *shape))


def weights_of(fit: Tensor, mask: Tensor | None) -> Tensor:
    """Return how much of each value is taken; nothing where a mask shows none."""
    if mask is None:
        return normalised.softmax(fit, -1)
    mask = shapes.expand(mask, *fit.shape)
    if mask.dtype != bool_:
        return normalised.softmax(fit + mask, -1)
    seen = selection.where(mask, fit, -math.inf)
    blind = Tensor(~mask._array.any(-1, keepdims=True))
    shares = normalised.softmax(selection.where(blind, 0.0, seen), -1)
    weights: Tensor = selection.where(blind, 0.0, shares)
    return weights


def dropped(weights: Tensor, p: float) -> Tensor:
    """Return weights over 1 - p with a probability of 1 - p, and zero instead of the others."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout_p={p} was given; a probability lies in 0 to 1")
    kept = (random.rand(*weights.shape, dtype=weights.dtype) >= p).to(weights.dtype)
    return arithmetic.mul(weights, kept / (1 - p) if p < 1 else kept)


def for_each_head(query: Tensor, of_heads: Tensor) -> Tensor:
    """Repeat the heads of keys or values, each for as many heads of the query."""
    if min(query.ndim, of_heads.ndim) < 3:  # noqa: PLR2004 - heads of matrices
        raise IndexError("attention was given no heads to group; leave enable_gqa out")
    heads, groups = query.shape[-3], of_heads.shape[-3]
    if not groups or heads % groups:
        raise RuntimeError(f"attention was given {groups} heads of keys for {heads} of queries")
    return joining.repeat_interleave(of_heads, heads // groups, -3)


def check_fit(query: Tensor, key: Tensor, value: Tensor) -> None:
    """Refuse operands of several dtypes, or of less than two dimensions."""
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(f"attention was given {query.dtype}, {key.dtype} and {value.dtype}")
    if min(query.ndim, key.ndim, value.ndim) < 2:  # noqa: PLR2004 - matrices
        raise RuntimeError("attention was given a vector; it needs matrices, or stacks of them")


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the product of vectors over that of their norms, neither of which is below eps."""
    refusals.check_shapes(OPERATORS["mul"], (x1._array, x2._array))
    if eps < 0:
        raise RuntimeError(f"cosine_similarity was given eps={eps}; it is not negative")
    shape = np.broadcast_shapes(x1._array.shape, x2._array.shape)
    common = promoted_dtype(x1._array, x2._array)
    if common.is_complex:
        raise RuntimeError(f"cosine_similarity was given {common}; it is of real numbers")
    x1, x2 = (reductions.cast(shapes.expand(x, *shape), common) for x in (x1, x2))
    norms = [selection.clamp(normalised.norm(x, 2.0, dim, True), eps) for x in (x1, x2)]
    return reductions.sum((x1 / norms[0]) * (x2 / norms[1]), dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the norm of the differences, to each of which a small number is added."""
    apart = arithmetic.sub(x1, x2) + eps
    if not (apart.dtype.is_floating_point or apart.dtype.is_complex):
        apart = apart.to(get_default_dtype())
    return normalised.norm(apart, p, -1, keepdim)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return for each output the product of a weight with both inputs, and a bias."""
    if weight.ndim != 3:  # noqa: PLR2004 - outputs, and two inputs
        raise OperandShapeError(f"bilinear was given weights of {list(weight.shape)}")
    rows, (made, first, second) = input1.shape[:-1], weight.shape
    if input2.shape[:-1] != rows or (input1.shape[-1], input2.shape[-1]) != (first, second):
        raise OperandShapeError(
            f"bilinear was given {list(input1.shape)} and {list(input2.shape)} for weights of "
            f"{list(weight.shape)}"
        )
    if bias is not None and not bias.ndim:
        raise IndexError("bilinear was given a number as bias; give one for each output")
    if bias is not None and bias.shape != (made,):
        raise RuntimeError(f"bilinear was given a bias of {list(bias.shape)}, not [{made}]")
    count = math.prod(rows)
    left = shapes.reshape(input1, (count, 1, 1, first))
    right = shapes.reshape(input2, (count, 1, second, 1))
    product = products.matmul(products.matmul(left, weight), right)
    result = shapes.reshape(product, (*rows, made))
    return result if bias is None else result + bias


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Return larger channels, each of so many squared."""
    r = upscale_factor
    if input.ndim < 3 or r <= 0 or input.shape[-3] % r**2:  # noqa: PLR2004 - channels and pixels
        raise OperandShapeError(f"pixel_shuffle was given {list(input.shape)} and a factor of {r}")
    *rows, channels, height, width = input.shape
    parts = shapes.reshape(input, (*rows, channels // r**2, r, r, height, width))
    n = len(rows)
    mixed = shapes.permute(parts, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return shapes.reshape(mixed, (*rows, channels // r**2, height * r, width * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Return so many squared smaller channels for each."""
    r = downscale_factor
    fits = input.ndim >= 3 and r > 0 and not any(s % r for s in input.shape[-2:])  # noqa: PLR2004
    if not fits:
        raise OperandShapeError(
            f"pixel_unshuffle was given {list(input.shape)} and a factor of {r}"
        )
    *rows, channels, height, width = input.shape
    parts = shapes.reshape(input, (*rows, channels, height // r, r, width // r, r))
    n = len(rows)
    mixed = shapes.permute(parts, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return shapes.reshape(mixed, (*rows, channels * r**2, height // r, width // r))
