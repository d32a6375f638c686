"""Layers of networks: products with weights, look-ups, attention, distances, pixels."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import TRUTH, places
from gradspec.catalogue.entrywise import size
from gradspec.catalogue.functional import functional
from gradspec.catalogue.normalising import at_least
from gradspec.catalogue.operator import ANALYTIC, CONSTANT, LINEAR, PIECEWISE, Given, of, on


def linear(x: Any, weight: Any, bias: Any = 0.0) -> Any:
    """Give x times the transposed weight, and a bias."""
    return x @ weight.T + bias


def bilinear(x: Any, input2: Any, weight: Any, bias: Any = 0.0) -> Any:
    """Give for each output the product of a weight with both inputs, and a bias."""
    if x.shape[:-1] != input2.shape[:-1]:
        raise ValueError("the inputs are no pairs of rows")
    return np.einsum("...i,oij,...j->...o", x, weight, input2) + bias


def embedding(x: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Give the rows that are named; the row of padding is a constant."""
    rows = weight[x]
    if padding_idx is None:
        return rows
    learned = (x != padding_idx)[..., None]
    return rows * learned + np.real(rows) * ~learned


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Give one at the place that is named, zero elsewhere."""
    count = tensor.max() + 1 if num_classes < 0 else num_classes
    return (tensor[..., None] == np.arange(count)).astype(np.int64)


def attention(
    x: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Give the values, averaged by how well their keys fit to x.

    Of keys and values there may be fewer heads, each for several of x that follow one another.
    """
    if enable_gqa:
        key, value = (np.repeat(v, x.shape[-3] // v.shape[-3], -3) for v in (key, value))
    fit = x @ key.swapaxes(-1, -2) * (max(x.shape[-1], 1) ** -0.5 if scale is None else scale)
    seen = np.tri(*fit.shape[-2:]) if is_causal else np.ones(fit.shape)
    if attn_mask is not None and attn_mask.dtype == bool:
        seen = seen * attn_mask
    elif attn_mask is not None:
        fit = fit + attn_mask
    weights = np.exp(fit) * seen
    return weights / weights.sum(-1, keepdims=True) @ value


def cosine_similarity(x: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """Give the product of vectors over that of their norms, neither of which is below eps."""
    norms = [at_least(np.sqrt((v * v).sum(dim)), eps) for v in (x, x2)]
    return (x * x2).sum(dim) / (norms[0] * norms[1])


def pairwise_distance(
    x: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """Give the norm of the differences, to each of which a small number is added."""
    difference = x - x2 + eps
    powers = difference**2 if p == 2 else size(difference) ** p  # noqa: PLR2004 - Euclid's
    return powers.sum(-1, keepdims=keepdim) ** (1 / p)


def pixel_shuffle(x: Any, upscale_factor: int) -> Any:
    """Make one larger channel of so many squared, a pixel from each in turn."""
    r = upscale_factor
    *rows, channels, height, width = x.shape
    x = x.reshape(*rows, channels // r**2, r, r, height, width)
    x = np.moveaxis(np.moveaxis(x, -4, -2), -4, -1)
    return x.reshape(*rows, channels // r**2, height * r, width * r)


def pixel_unshuffle(x: Any, downscale_factor: int) -> Any:
    """Make so many smaller channels of one, each of every so many-th pixel."""
    r = downscale_factor
    parts = [x[..., i::r, j::r] for i in range(r) for j in range(r)]
    stacked = np.stack(parts, -3)
    return stacked.reshape(*x.shape[:-3], x.shape[-3] * r * r, *stacked.shape[-2:])


INDICES: Final = of(4, domain=places(3))
SEEN: Final[Given] = on(2, 3, key=of(4, 3), value=of(4, 2))

ROWS: Final = (
    functional(
        *("linear(x, weight, bias=None)", linear, ANALYTIC, on(2, 3, weight=of(4, 3))),
        bias=on(2, 3, weight=of(4, 3), bias=of(4)),
        vector=on(3, weight=of(2, 3), bias=of(2)),
        stack=on(2, 1, 3, weight=of(4, 3), bias=of(4)),
        holomorphic=True,
    ),
    functional(
        *("bilinear(x, input2, weight, bias=None)", bilinear, ANALYTIC),
        on(3, 2, input2=of(3, 4), weight=of(2, 2, 4)),
        bias=on(1, 2, 3, input2=of(1, 2, 2), weight=of(4, 3, 2), bias=of(4)),
        cancels=True,
    ),
    functional(
        "embedding(x, weight, padding_idx=None, max_norm=None, norm_type=2.0, "
        "scale_grad_by_freq=False)",
        *(embedding, ANALYTIC, {"x": INDICES, "weight": of(3, 2)}),
        table={"x": of(2, 3, domain=places(5)), "weight": of(5, 2)},
        apart="max_norm norm_type scale_grad_by_freq",
    ),
    functional(
        *("one_hot(tensor, num_classes=-1)", one_hot, CONSTANT, {"tensor": INDICES}),
        more={"tensor": of(2, 3, domain=places(4)), "num_classes": 5},
    ),
    functional(
        "scaled_dot_product_attention(x, key, value, attn_mask=None, is_causal=False, scale=None, "
        "enable_gqa=False)",
        *(attention, ANALYTIC, SEEN),
        scale={**SEEN, "scale": 0.25},
        causal=on(3, 2, key=of(4, 2), value=of(4, 3), is_causal=True),
        mask={**SEEN, "attn_mask": of(2, 4)},
        seen={**SEEN, "attn_mask": of(2, 4, domain=TRUTH)},
        heads=on(2, 1, 3, 2, key=of(2, 1, 4, 2), value=of(2, 1, 4, 3)),
        groups=on(1, 4, 2, 2, key=of(1, 2, 3, 2), value=of(1, 2, 3, 1), enable_gqa=True),
        keeps="?",
        cancels=True,
        apart="enable_gqa",
    ),
    functional(
        *("cosine_similarity(x, x2, dim=1, eps=1e-08)", cosine_similarity, PIECEWISE),
        on(2, 3, x2=of(2, 3)),
        dim=on(2, 3, x2=of(2, 3), dim=0),
        eps=on(4, 2, x2=of(4, 2), eps=1.75),
        promotes=True,
    ),
    functional(
        "pairwise_distance(x, x2, p=2.0, eps=1e-06, keepdim=False)",
        *(pairwise_distance, PIECEWISE, on(2, 3, x2=of(2, 3))),
        p=on(2, 3, x2=of(2, 3), p=3.0),
        options=on(2, 3, x2=of(2, 3), eps=0.25, keepdim=True),
        keeps="result",
        promotes=True,
        of_parts=lambda x, x2: np.sqrt((parts.distance(x, x2, 1e-6) ** 2).sum(-1)),
    ),
    functional(
        *("pixel_shuffle(x, upscale_factor)", pixel_shuffle, LINEAR),
        on(1, 8, 2, 3, upscale_factor=2),
        holomorphic=True,
    ),
    functional(
        *("pixel_unshuffle(x, downscale_factor)", pixel_unshuffle, LINEAR),
        on(1, 2, 4, 6, downscale_factor=2),
        holomorphic=True,
    ),
)
