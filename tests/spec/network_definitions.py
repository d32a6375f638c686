"""What functions of networks compute, in loops on the numbers of mpmath."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def built(shape: Any, entry: Callable[..., Any]) -> Any:
    result = np.empty(tuple(shape), object)
    for at in np.ndindex(*result.shape):
        result[at] = entry(*at)
    return result


# normalisation ------------------------------------------------------------------------
def standardised(together: Callable[..., Any]) -> Callable[..., Any]:
    """Say of each entry with which others it stands, and standardise it among them."""

    def result(x: Any, eps: float, *how: Any) -> Any:
        places = list(np.ndindex(*x.shape))

        def entry(*at: int) -> Any:
            beside = [x[other] for other in places if together(at, other, *how)]
            mean = mp.fsum(beside) / len(beside)
            variance = mp.fsum((e - mean) ** 2 for e in beside) / len(beside)
            return (x[at] - mean) / mp.sqrt(variance + mp.mpf(eps))

        return built(x.shape, entry)

    return result


def affine(x: Any, weight: Any, bias: Any, channel: Callable[..., Any]) -> Any:
    def entry(*at: int) -> Any:
        scaled = x[at] if weight is None else x[at] * weight[channel(at)]
        return scaled if bias is None else scaled + bias[channel(at)]

    return built(x.shape, entry)


def second(at: Any) -> Any:
    return at[1]


def layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    first = x.ndim - len(shape)
    among = standardised(lambda at, other: at[:first] == other[:first])
    return affine(among(x, eps), weight, bias, lambda at: at[first:])


def rms_norm(x: Any, shape: Any, weight: Any = None, eps: float = 2.0**-52) -> Any:
    first = x.ndim - len(shape)

    def entry(*at: int) -> Any:
        beside = x[at[:first]].ravel().tolist()
        return x[at] / mp.sqrt(mp.fsum(e**2 for e in beside) / len(beside) + mp.mpf(eps))

    return affine(built(x.shape, entry), weight, None, lambda at: at[first:])


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    eps: float = 1e-5,
) -> Any:
    def by_the_past(*at: int) -> Any:
        variance = mp.mpf(running_var[at[1]]) + mp.mpf(eps)
        return (x[at] - mp.mpf(running_mean[at[1]])) / mp.sqrt(variance)

    among = standardised(lambda at, other: at[1] == other[1])
    result = among(x, eps) if training else built(x.shape, by_the_past)
    return affine(result, weight, bias, second)


def group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    each = x.shape[1] // groups
    among = standardised(lambda at, o: (at[0], at[1] // each) == (o[0], o[1] // each))
    return affine(among(x, eps), weight, bias, second)


def instance_norm(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    *,
    use_input_stats: bool = True,
    **past: Any,
) -> Any:
    if not use_input_stats:
        return batch_norm(x, weight=weight, bias=bias, eps=eps, **past)
    among = standardised(lambda at, other: at[:2] == other[:2])
    return affine(among(x, eps), weight, bias, second)


def normalize(x: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    dims = numbers(dim, 1)

    def entry(*at: int) -> Any:
        others = [d for d in range(x.ndim) if d not in dims]
        beside = [x[i] for i in np.ndindex(*x.shape) if all(i[d] == at[d] for d in others)]
        norm = mp.fsum(abs(e) ** mp.mpf(p) for e in beside) ** (1 / mp.mpf(p))
        return x[at] / max(norm, mp.mpf(eps))

    return built(x.shape, entry)


def local_response_norm(
    x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    def entry(*at: int) -> Any:
        first, last = at[1] - size // 2, at[1] + (size - 1) // 2
        near = [x[(at[0], c, *at[2:])] for c in range(max(first, 0), min(last + 1, x.shape[1]))]
        mean = mp.fsum(e**2 for e in near) / size
        return x[at] / (mp.mpf(k) + mp.mpf(alpha) * mean) ** mp.mpf(beta)

    return built(x.shape, entry)


# convolutions -------------------------------------------------------------------------
def numbers(value: Any, count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)


def convolution(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    made, each, *kernel = weight.shape
    count = len(kernel)
    s, d = numbers(stride, count), numbers(dilation, count)
    spans = [d[i] * (kernel[i] - 1) + 1 for i in range(count)]
    both = [2 * p for p in numbers(padding, count)] if padding != "same" else [n - 1 for n in spans]
    before = [p // 2 for p in both]
    sizes = [(x.shape[2 + i] + both[i] - spans[i]) // s[i] + 1 for i in range(count)]

    def entry(row: int, channel: int, *at: int) -> Any:
        first = channel // (made // groups) * each
        terms = [mp.mpf(0) if bias is None else bias[channel]]
        for c, *k in np.ndindex(each, *kernel):
            place = [at[i] * s[i] + k[i] * d[i] - before[i] for i in range(count)]
            if all(0 <= p < n for p, n in zip(place, x.shape[2:], strict=True)):
                terms.append(x[(row, first + c, *place)] * weight[(channel, c, *k)])
        return mp.fsum(terms)

    return built((len(x), made, *sizes), entry)


def transposed_convolution(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """Ask of each entry of the result which entries are sent there."""
    read, each, *kernel = weight.shape
    count = len(kernel)
    s, d, p = numbers(stride, count), numbers(dilation, count), numbers(padding, count)
    more = numbers(output_padding, count)
    sizes = [
        (x.shape[2 + i] - 1) * s[i] - 2 * p[i] + d[i] * (kernel[i] - 1) + more[i] + 1
        for i in range(count)
    ]

    def entry(row: int, channel: int, *at: int) -> Any:
        group, own = divmod(channel, each)
        terms = [mp.mpf(0) if bias is None else bias[channel]]
        for c, *rest in np.ndindex(read // groups, *x.shape[2:], *kernel):
            place, k = rest[:count], rest[count:]
            if all(place[i] * s[i] + k[i] * d[i] - p[i] == at[i] for i in range(count)):
                source = group * (read // groups) + c
                terms.append(x[(row, source, *place)] * weight[(source, own, *k)])
        return mp.fsum(terms)

    return built((len(x), each * groups, *sizes), entry)


# pooling ------------------------------------------------------------------------------
def pooled(count: int, of_window: Callable[..., Any]) -> Callable[..., Any]:
    """Say what becomes of the entries that a window sees, with their places and how many fit."""

    def pool(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        *,
        ceil_mode: bool = False,
        **options: Any,
    ) -> Any:
        kernel, p, d = (numbers(v, count) for v in (kernel_size, padding, dilation))
        s = kernel if stride is None else numbers(stride, count)
        lengths = x.shape[x.ndim - count :]
        sizes = []
        for i, n in enumerate(lengths):
            starts = [-p[i]]
            while starts[-1] + s[i] + d[i] * (kernel[i] - 1) < n + p[i]:
                starts.append(starts[-1] + s[i])
            left_over = starts[-1] + d[i] * (kernel[i] - 1) < n + p[i] - 1
            sizes.append(len(starts) + (ceil_mode and left_over and starts[-1] + s[i] < n))

        def entry(*at: int) -> Any:
            lead, window = at[: x.ndim - count], at[x.ndim - count :]
            seen, padded = {}, 0
            for k in np.ndindex(*kernel):
                place = tuple(window[i] * s[i] + k[i] * d[i] - p[i] for i in range(count))
                padded += all(e < n + q for e, n, q in zip(place, lengths, p, strict=True))
                if all(0 <= e < n for e, n in zip(place, lengths, strict=True)):
                    seen[place] = x[(*lead, *place)]
            return of_window(seen, padded, lengths, **options)

        return built((*x.shape[: x.ndim - count], *sizes), entry)

    return pool


def max_pool(count: int) -> Callable[..., Any]:
    largest = pooled(count, lambda seen, *_: max(seen.values()))
    place = pooled(
        count, lambda seen, _, lengths: int(np.ravel_multi_index(max(seen, key=seen.get), lengths))
    )

    def pool(x: Any, *how: Any, return_indices: bool = False, **options: Any) -> Any:
        values = largest(x, *how, **options)
        return (values, place(x, *how, **options)) if return_indices else values

    return pool


def mean_of_window(
    seen: Any,
    padded: int,
    _: Any,
    *,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    count = padded if count_include_pad else len(seen)
    return mp.fsum(seen.values()) / (divisor_override or count)


def avg_pool(count: int) -> Callable[..., Any]:
    mean = pooled(count, mean_of_window)

    def pool(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        **options: Any,
    ) -> Any:
        return mean(x, kernel_size, stride, padding, ceil_mode=ceil_mode, **options)

    return pool


def lp_pool(count: int) -> Callable[..., Any]:
    def pool(x: Any, norm_type: int, kernel_size: Any, stride: Any = None, **options: Any) -> Any:
        whole = int(np.prod(numbers(kernel_size, count)))

        def norm(seen: Any, *_: Any) -> Any:
            if norm_type == mp.inf:
                return max((e if mp.re(e) > 0 else -e for e in seen.values()), key=mp.re)
            mean = mp.fsum(e**norm_type for e in seen.values()) / len(seen)
            return (mean * whole) ** (mp.mpf(1) / norm_type)

        return pooled(count, norm)(x, kernel_size, stride, **options)

    return pool


def adaptive(count: int) -> Callable[..., Any]:
    def pool(x: Any, output_size: Any) -> Any:
        sizes, first = numbers(output_size, count), x.ndim - count

        def entry(*at: int) -> Any:
            part = x[at[:first]]
            stretches = []
            for i, n, size in zip(at[first:], part.shape, sizes, strict=True):
                begin, end = mp.floor(mp.mpf(i) * n / size), mp.ceil(mp.mpf(i + 1) * n / size)
                stretches.append(slice(int(begin), int(end)))
            entries = part[tuple(stretches)].ravel().tolist()
            return mp.fsum(entries) / len(entries)

        return built((*x.shape[:first], *sizes), entry)

    return pool


# layers -------------------------------------------------------------------------------
def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    def entry(*at: int) -> Any:
        *before, o = at
        row = x[tuple(before)]
        products = [a * b for a, b in zip(row, weight[o], strict=True)]
        return mp.fsum(products) + (0 if bias is None else bias[o])

    return built((*x.shape[:-1], len(weight)), entry)


def bilinear(x: Any, other: Any, weight: Any, bias: Any = None) -> Any:
    def entry(*at: int) -> Any:
        *row, o = at
        left, right = x[tuple(row)], other[tuple(row)]
        pairs = [left[i] * weight[o, i, j] * right[j] for i, j in np.ndindex(*weight.shape[1:])]
        return mp.fsum(pairs) + (0 if bias is None else bias[o])

    return built((*x.shape[:-1], len(weight)), entry)


def embedding(x: Any, weight: Any, padding_idx: int | None = None) -> Any:
    assert padding_idx is None  # its row is no function of the weights
    return built((*x.shape, weight.shape[1]), lambda *at: weight[x[at[:-1]], at[-1]])


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    count = max(tensor.ravel().tolist()) + 1 if num_classes == -1 else num_classes
    return built((*tensor.shape, count), lambda *at: int(tensor[at[:-1]] == at[-1]))


def attention(
    x: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    enable_gqa: bool = False,
) -> Any:
    if enable_gqa:
        heads = x.shape[-3] // key.shape[-3]
        key, value = (
            np.stack([part[..., h // heads, :, :] for h in range(x.shape[-3])], -3)
            for part in (key, value)
        )
    factor = 1 / mp.sqrt(x.shape[-1]) if scale is None else mp.mpf(scale)

    def seen(lead: Any, row: int, other: int) -> Any:
        fit = factor * mp.fsum(
            a * b for a, b in zip(x[(*lead, row)], key[(*lead, other)], strict=True)
        )
        if attn_mask is not None and attn_mask.dtype == object:
            fit += attn_mask[row, other]
        hidden = attn_mask is not None and attn_mask.dtype == bool and not attn_mask[row, other]
        return 0 if hidden or (is_causal and other > row) else mp.exp(fit)

    def entry(*at: int) -> Any:
        *lead, row, channel = at
        weights = [seen(lead, row, other) for other in range(key.shape[-2])]
        values = [value[(*lead, other, channel)] for other in range(key.shape[-2])]
        terms = [w * v for w, v in zip(weights, values, strict=True)]
        return mp.fsum(terms) / mp.fsum(weights)

    return built((*x.shape[:-1], value.shape[-1]), entry)


def along_pairs(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of two lists along a dimension, which is left out or kept."""

    def applied(
        x: Any, x2: Any, *how: Any, dim: int = -1, keepdim: bool = False, **more: Any
    ) -> Any:
        a, b = np.moveaxis(x, dim, -1), np.moveaxis(x2, dim, -1)
        result = built(a.shape[:-1], lambda *at: function(list(a[at]), list(b[at]), *how, **more))
        return np.expand_dims(result, dim) if keepdim else result

    return applied


def cosine(a: list[Any], b: list[Any], eps: float = 1e-8) -> Any:
    norms = [max(mp.sqrt(mp.fsum(e**2 for e in v)), mp.mpf(eps)) for v in (a, b)]
    return mp.fsum(e * f for e, f in zip(a, b, strict=True)) / (norms[0] * norms[1])


def distance(a: list[Any], b: list[Any], p: float = 2.0, eps: float = 1e-6) -> Any:
    sizes = [abs(e - f + mp.mpf(eps)) for e, f in zip(a, b, strict=True)]
    return mp.fsum(e ** mp.mpf(p) for e in sizes) ** (1 / mp.mpf(p))


def pixel_shuffle(x: Any, r: int) -> Any:
    *rows, channels, height, width = x.shape

    def entry(*at: int) -> Any:
        *row, c, h, w = at
        return x[(*row, c * r * r + h % r * r + w % r, h // r, w // r)]

    return built((*rows, channels // (r * r), height * r, width * r), entry)


def pixel_unshuffle(x: Any, r: int) -> Any:
    *rows, channels, height, width = x.shape

    def entry(*at: int) -> Any:
        *row, c, h, w = at
        channel, place = divmod(c, r * r)
        return x[(*row, channel, h * r + place // r, w * r + place % r)]

    return built((*rows, channels * r * r, height // r, width // r), entry)


def adaptive_max(count: int) -> Callable[..., Any]:
    def pool(x: Any, output_size: Any, return_indices: bool = False) -> Any:
        sizes, first = numbers(output_size, count), x.ndim - count
        lengths = x.shape[first:]

        def best(*at: int) -> Any:
            ranges = [
                range(int(mp.floor(mp.mpf(i) * n / m)), int(mp.ceil(mp.mpf(i + 1) * n / m)))
                for i, n, m in zip(at[first:], lengths, sizes, strict=True)
            ]
            return max(itertools.product(*ranges), key=lambda place: x[(*at[:first], *place)])

        shape = (*x.shape[:first], *sizes)
        values = built(shape, lambda *at: x[(*at[:first], *best(*at))])
        if not return_indices:
            return values
        return values, built(shape, lambda *at: int(np.ravel_multi_index(best(*at), lengths)))

    return pool


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "normalize": normalize,
    "local_response_norm": local_response_norm,
    "linear": linear,
    "bilinear": bilinear,
    "embedding": embedding,
    "one_hot": one_hot,
    "scaled_dot_product_attention": attention,
    "cosine_similarity": lambda x, x2, dim=1, eps=1e-8: along_pairs(cosine)(
        x, x2, dim=dim, eps=eps
    ),
    "pairwise_distance": along_pairs(distance),
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "max_pool1d": max_pool(1),
    "max_pool2d": max_pool(2),
    "avg_pool1d": avg_pool(1),
    "avg_pool2d": avg_pool(2),
    "lp_pool1d": lp_pool(1),
    "lp_pool2d": lp_pool(2),
    "adaptive_avg_pool1d": adaptive(1),
    "adaptive_avg_pool2d": adaptive(2),
    "adaptive_max_pool1d": adaptive_max(1),
    "adaptive_max_pool2d": adaptive_max(2),
    "conv1d": convolution,
    "conv2d": convolution,
    "conv3d": convolution,
    "conv_transpose1d": transposed_convolution,
    "conv_transpose2d": transposed_convolution,
}
