"""Normalisations: by the mean and the variance of what stands together, or by a norm."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import POSITIVE
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, Given, of, on, point


def standardised(x: Any, dims: Any, eps: float) -> Any:
    """Give x less its mean, over the root of its variance and a small number."""
    deviation = x - x.mean(dims, keepdims=True)
    return deviation / np.sqrt((deviation * deviation).mean(dims, keepdims=True) + eps)


def of_channels(values: Any, x: Any) -> Any:
    """Give a number for each channel, the second dimension, in a shape that broadcasts to x."""
    return np.reshape(values, (1, x.shape[1], *(1,) * (x.ndim - 2)))


def scaled(x: Any, weight: Any, bias: Any) -> Any:
    """Give x times the weight of its channel, and the bias."""
    x = x if weight is None else x * of_channels(weight, x)
    return x if bias is None else x + of_channels(bias, x)


def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = 1.0, bias: Any = 0.0, eps: float = 1e-5
) -> Any:
    """Standardise over the last dimensions."""
    dims = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    return standardised(x, dims, eps) * weight + bias


def rms_norm(x: Any, normalized_shape: Any, weight: Any = 1.0, eps: Any = None) -> Any:
    """Divide by the root of the mean square of the last dimensions."""
    dims = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    small = np.finfo(float).eps if eps is None else eps
    return x / np.sqrt((x * x).mean(dims, keepdims=True) + small) * weight


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    eps: float = 1e-5,
) -> Any:
    """Standardise each channel over the others; when not training, by what was known before."""
    if training:
        dims = (0, *range(2, x.ndim))
        return scaled(standardised(x, dims, eps), weight, bias)
    mean, variance = of_channels(running_mean, x), of_channels(running_var, x)
    return scaled((x - mean) / np.sqrt(variance + eps), weight, bias)


def group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Standardise groups of channels."""
    each = math.prod(x.shape[1:]) // num_groups
    groups = x.reshape(x.shape[0], num_groups, each)
    return scaled(standardised(groups, 2, eps).reshape(x.shape), weight, bias)


def instance_norm(
    x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, **past: Any
) -> Any:
    """Standardise each channel of each instance; or by what was known before."""
    if not past.pop("use_input_stats", True):
        return batch_norm(x, weight=weight, bias=bias, eps=eps, **past)
    return scaled(standardised(x, tuple(range(2, x.ndim)), eps), weight, bias)


def at_least(x: Any, bound: float) -> Any:
    """Give x, or the bound where x is less."""
    above = real(x) > bound
    return x * above + bound * ~above


def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Divide by the norm, which is taken to be no less than a small number."""
    powers = x * x if p == 2 else size(x) ** p  # noqa: PLR2004 - the Euclidean norm
    return x / at_least(powers.sum(dim, keepdims=True) ** (1 / p), eps)


def local_response_norm(
    x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Divide by a power of the mean square of the channels nearby."""
    count = x.shape[1]
    near = np.subtract.outer(range(count), range(count))
    near = (near >= -((size - 1) // 2)) & (near <= size // 2)
    squares = np.stack([(x * x)[:, each].sum(1) for each in near], 1) / size
    return x / (k + alpha * squares) ** beta


WEIGHT: Final = of(3, domain=POSITIVE)
STATISTICS: Final[Given] = {
    "running_mean": [0.5, -0.25, 1.0],
    "running_var": [1.5, 0.5, 2.0],
}
TRAINING: Final[Given] = {**STATISTICS, "training": True}

ROWS: Final = (
    functional(
        *("layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-05)", layer_norm),
        *(ANALYTIC, on(2, 3, normalized_shape=(3,))),
        weight=on(2, 3, normalized_shape=(3,), weight=WEIGHT),
        affine=on(2, 4, 3, normalized_shape=(3,), weight=WEIGHT, bias=of(3)),
        dims=on(2, 3, 2, normalized_shape=(3, 2), weight=of(3, 2), bias=of(3, 2)),
        bias=on(2, 3, normalized_shape=(3,), bias=of(3)),
        eps=on(2, 3, normalized_shape=(3,), eps=0.5),
    ),
    functional(
        *("rms_norm(x, normalized_shape, weight=None, eps=None)", rms_norm),
        *(ANALYTIC, on(2, 3, normalized_shape=(3,))),
        weight=on(2, 3, 2, normalized_shape=(3, 2), weight=of(3, 2)),
        eps=on(2, 3, normalized_shape=(3,), eps=0.5),
        holomorphic=True,
    ),
    functional(
        "batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, "
        "eps=1e-05, momentum=0.1)",
        *(batch_norm, ANALYTIC, on(2, 3, **STATISTICS)),
        numbers="running_mean running_var",
        affine=on(2, 3, 2, weight=WEIGHT, bias=of(3), **STATISTICS),
        training=on(4, 3, **TRAINING),
        training_bias=on(4, 3, bias=of(3), **TRAINING),
        training_affine=on(2, 3, 2, weight=WEIGHT, bias=of(3), **TRAINING),
        eps=on(4, 3, eps=0.5, **TRAINING),
        images=on(2, 3, 2, 4, weight=WEIGHT, bias=of(3), **TRAINING),
        keeps="?",
        cancels=True,
        apart="momentum",
    ),
    functional(
        *("group_norm(x, num_groups, weight=None, bias=None, eps=1e-05)", group_norm),
        *(ANALYTIC, on(2, 6, num_groups=2)),
        affine=on(2, 6, 2, num_groups=3, weight=of(6, domain=POSITIVE), bias=of(6)),
        bias=on(2, 4, num_groups=2, bias=of(4)),
        eps=on(2, 4, 3, num_groups=2, eps=0.5),
        condition=8.0,  # of a group of two entries nearly nothing moves
        cancels=True,
    ),
    functional(
        "instance_norm(x, weight=None, bias=None, eps=1e-05, running_mean=None, running_var=None, "
        "use_input_stats=True, momentum=0.1)",
        *(instance_norm, ANALYTIC, on(2, 3, 4)),
        numbers="running_mean running_var",
        affine=on(2, 3, 2, 2, weight=WEIGHT, bias=of(3)),
        bias=on(2, 3, 4, bias=of(3)),
        eps=on(2, 3, 4, eps=0.5),
        past=on(2, 3, 4, weight=WEIGHT, use_input_stats=False, **STATISTICS),
        cancels=True,
        apart="running_mean running_var use_input_stats momentum",
    ),
    functional(
        *("normalize(x, p=2.0, dim=1, eps=1e-12)", normalize, PIECEWISE, on(2, 3)),
        dim=on(2, 3, dim=0),
        dims=on(2, 3, 2, dim=(0, 2)),
        p=on(2, 3, 2, p=3.0),
        eps=on(4, 2, eps=1.75),
        zero=point([[0.0, 0.0], [0.5, -1.0], [0.125, 0.0]], eps=0.25),
        of_parts=parts.normalised,
    ),
    functional(
        "local_response_norm(x, size, alpha=0.0001, beta=0.75, k=1.0)",
        *(local_response_norm, ANALYTIC, on(2, 4, 3, size=3)),
        options=on(2, 5, 2, size=2, alpha=0.5, beta=1.25, k=0.75),
        keeps="x",
    ),
)
