"""Normalisations (torch.nn.functional); start at `layer_norm`.

All of them standardise: that is one row of the table, which differentiates through mean and
variance.  Weights and biases are a product and a sum like any other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.recording import unary
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names.functions import (
    arithmetic,
    copies,
    elementwise,
    moments,
    normalised,
    parts,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor


def check_one_dtype(name: str, input: Tensor, *others: Tensor | None) -> None:
    """Refuse operands of another dtype."""
    for other in others:
        if other is not None and other.dtype != input.dtype:
            raise RuntimeError(f"{name} was given {input.dtype} and {other.dtype}; convert one")


def check_floating(name: str, input: Tensor, *others: Tensor | None) -> None:
    """Refuse operands of another dtype, and integers."""
    check_one_dtype(name, input, *others)
    if input._array.dtype.kind not in "fV":
        raise NotImplementedError(f"{name} was given {input.dtype}; convert it with to() first")


def last_dims(
    name: str, input: Tensor, shape: Sequence[int], *others: Tensor | None
) -> tuple[int, ...]:
    """Return the dimensions that have a shape; RuntimeError if the last ones have another."""
    shape = tuple(shape)
    if not shape or input.shape[max(input.ndim - len(shape), 0) :] != shape:
        raise OperandShapeError(
            f"{name} was given shape {list(input.shape)}, which does not end in {list(shape)}"
        )
    for other in others:
        if other is not None and other.shape != shape:
            raise OperandShapeError(f"{name} was given {list(other.shape)} beside {list(shape)}")
    return tuple(range(input.ndim - len(shape), input.ndim))


def standardised(input: Tensor, dims: tuple[int, ...], eps: float) -> Tensor:
    """Return the deviations from the mean over the root of variance and eps."""
    return unary(OPERATORS["standardise"], input, dims, eps)


def scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Return x times a weight, and a bias, which are broadcast."""
    x = x if weight is None else arithmetic.mul(x, weight)
    return x if bias is None else arithmetic.add(x, bias)


def of_channels(name: str, values: Tensor | None, input: Tensor) -> Tensor | None:
    """Return one number for each channel in a shape that broadcasts; RuntimeError if not one."""
    if values is None:
        return None
    if values.shape != input.shape[1:2]:
        raise OperandShapeError(
            f"{name} was given {list(values.shape)} numbers for {input.shape[1]} channels"
        )
    return shapes.reshape(values, (1, -1, *(1,) * (input.ndim - 2)))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Return the last dimensions standardised, weighted and moved."""
    dims = last_dims("layer_norm", input, normalized_shape, weight, bias)
    check_floating("layer_norm", input, weight, bias)
    return scaled(standardised(input, dims, eps), weight, bias)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Return x over the root of its mean square in the last dimensions."""
    if input.ndim < len(normalized_shape):
        raise ValueError(f"rms_norm was given {input.ndim} dimensions, fewer than in the shape")
    dims = last_dims("rms_norm", input, normalized_shape, weight)
    if input._array.dtype.kind not in dtypes.DIFFERENTIABLE:
        raise NotImplementedError(f"rms_norm was given {input.dtype}; convert it with to() first")
    small = float(dtypes.limits(input._array.dtype).eps) if eps is None else eps
    square = reductions.mean(arithmetic.square(input), dims, True)
    result: Tensor = scaled(input * elementwise.rsqrt(square + small), weight, None).to(input.dtype)
    return result


def check_several(shape: Sequence[int]) -> None:
    """Refuse to standardise single values."""
    if math.prod(shape) == 1:
        raise ValueError(f"one value for each channel was given, in shape {list(shape)}")


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return channels standardised by their own statistics, or by those of the past."""
    if training:
        check_several((input.shape[0], *input.shape[2:]))
        if eps <= 0:
            raise ValueError(f"batch_norm was given eps={eps}; in training it is positive")
    elif eps < 0:
        raise ValueError(f"batch_norm was given eps={eps}; it is not negative")
    return by_channels(
        "batch_norm", input, running_mean, running_var, weight, bias, training, momentum, eps
    )


def by_channels(
    name: str,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """Standardise the second dimension; in training, note the statistics."""
    if input.ndim > 1 and not input.numel():
        return of_nothing(input, weight, bias)
    past = [running_mean, running_var]
    if any(each is not None and each.requires_grad for each in past):
        raise RuntimeError(f"{name} was given statistics that require grad; detach() them")
    if not training and None in past:
        raise RuntimeError(f"{name} was given no statistics; give them, or training=True")
    if input.ndim < 2:  # noqa: PLR2004 - rows and channels
        raise RuntimeError(f"{name} was given {input.ndim} dimensions; it needs rows and channels")
    mean, variance, factor, move = (
        of_channels(name, each, input) for each in (running_mean, running_var, weight, bias)
    )
    if training and [each is None for each in past] in ([True, False], [False, True]):
        raise ValueError(f"{name} was given a mean without a variance; give both, or none")
    check_floating(name, input, *past, weight, bias)
    if not training:
        assert mean is not None
        assert variance is not None
        return scaled((input - mean) * elementwise.rsqrt(variance + eps), factor, move)
    dims = (0, *range(2, input.ndim))
    note(input, dims, running_mean, running_var, momentum)
    return scaled(standardised(input, dims, eps), factor, move)


def of_nothing(input: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Return what has no entries; it depends on one weight and bias, as torch records it."""
    factor, move = (None if each is None else one_of(each) for each in (weight, bias))
    return scaled(copies.clone(input), factor, move)


def one_of(values: Tensor) -> Tensor:
    """Return the first of several numbers, and zero of none."""
    return parts.select(values, 0, 0) if values.numel() else reductions.sum(values)


@no_grad()
def note(
    input: Tensor,
    dims: tuple[int, ...],
    running_mean: Tensor | None,
    running_var: Tensor | None,
    momentum: float,
) -> None:
    """Move the statistics of the past towards those of the present."""
    if running_mean is not None:
        running_mean.mul_(1 - momentum).add_(reductions.mean(input, dims) * momentum)
    if running_var is not None:
        running_var.mul_(1 - momentum).add_(moments.var(input, dims) * momentum)


def group_norm(
    input: Tensor,
    num_groups: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Return groups of channels standardised."""
    if input.ndim < 2:  # noqa: PLR2004 - rows and channels
        raise RuntimeError(f"group_norm was given {input.ndim} dimensions; it needs two or more")
    rows, channels, *rest = input.shape
    check_several((rows * channels // num_groups, *rest))
    if isinstance(num_groups, bool) or not isinstance(num_groups, int):
        raise TypeError(f"group_norm was asked for {num_groups!r} groups; give an integer")
    if num_groups <= 0 or channels % num_groups:
        raise OperandShapeError(
            f"group_norm was asked for {num_groups} groups of {channels} channels"
        )
    factor, move = (of_channels("group_norm", each, input) for each in (weight, bias))
    check_floating("group_norm", input, weight, bias)
    grouped = shapes.reshape(input, (rows, num_groups, channels // num_groups * math.prod(rest)))
    return scaled(shapes.reshape(standardised(grouped, (2,), eps), input.shape), factor, move)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return each channel of each instance standardised: a batch of one that has all of them."""
    if input.ndim < 2 and not use_input_stats:  # noqa: PLR2004 - rows and channels
        raise IndexError(f"instance_norm was given {input.ndim} dimensions; it needs channels")
    rows, channels, *rest = (*input.shape, 1, 1) if input.ndim < 2 else input.shape  # noqa: PLR2004
    if use_input_stats and math.prod(rest) == 1:
        raise ValueError(f"one value for each channel was given, in shape {list(input.shape)}")
    spread = [None if each is None else each.repeat(rows) for each in (running_mean, running_var)]
    factor, move = (None if each is None else each.repeat(rows) for each in (weight, bias))
    flat = shapes.reshape(input, (1, rows * channels, *rest))
    result = by_channels(
        "instance_norm", flat, spread[0], spread[1], factor, move, use_input_stats, momentum, eps
    )
    for past, present in zip((running_mean, running_var), spread, strict=True):
        if use_input_stats and past is not None and present is not None:
            with no_grad():
                past.copy_(reductions.mean(shapes.reshape(present, (rows, channels)), 0))
    return shapes.reshape(result, input.shape)


def normalize(
    input: Tensor, p: float = 2.0, dim: int | Sequence[int] | None = 1, eps: Any = 1e-12
) -> Tensor:
    """Return x over its norm, which is taken to be no less than eps."""
    if eps is None:
        raise TypeError("normalize was given None for eps; give a number")
    norm = selection.clamp(normalised.norm(input, p, dim, True), eps)
    return input / shapes.expand(norm, *input.shape)
