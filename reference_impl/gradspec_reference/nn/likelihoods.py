"""Losses that are minus the logarithm of a probability (torch.nn.functional)."""

from __future__ import annotations

import math
import warnings
from typing import Any

from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.recording import apply_pointwise
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError, OperandSizeError
from gradspec_reference.names import likeness
from gradspec_reference.names.functions import (
    copies,
    elementwise,
    pairs,
    selection,
    shapes,
)
from gradspec_reference.nn import activations
from gradspec_reference.nn.losses import Reduction, check_is_constant, said, taken
from gradspec_reference.operators import OPERATORS


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return minus the logarithm of probabilities of what is true or false."""
    reduction = said(reduction, size_average, reduce)
    check_same_shape(input, target)
    if input.dtype != target.dtype:
        raise RuntimeError(f"targets of {target.dtype} were given for {input.dtype}")
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"a probability was given as {input.dtype}; use float()")
    for each in (input, target):
        if not ((each._array >= 0) & (each._array <= 1)).all():
            raise RuntimeError("a number outside 0 to 1 was given as a probability")
    operands = (input, target)
    if weight is None:
        return apply_pointwise(OPERATORS["binary_cross_entropy"], operands, reduction)
    check_is_constant("binary_cross_entropy", weight)
    losses = apply_pointwise(OPERATORS["binary_cross_entropy"], operands, "none")
    return taken(losses * shapes.expand(weight, *input.shape), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Return minus the logarithm of probabilities that are given as logits."""
    reduction = said(reduction, size_average, reduce)
    check_same_shape(input, target)
    for each in (weight, pos_weight):
        check_is_constant("binary_cross_entropy_with_logits", each)
    if not target.dtype.is_floating_point:
        raise NotImplementedError(f"targets were given as {target.dtype}; convert with float()")
    certain = activations.logsigmoid(input)
    if pos_weight is not None:
        if not is_broadcast_of(input.shape, pos_weight.shape):
            raise OperandShapeError(f"weights of shape {list(pos_weight.shape)} were given")
        certain = ((pos_weight - 1) * target + 1) * certain
    losses = (1 - target) * input - certain
    if weight is not None and not is_broadcast_of(losses.shape, weight.shape):
        raise OperandShapeError(f"weights of shape {list(weight.shape)} were given")
    found = taken(losses if weight is None else losses * weight, reduction)
    result: Tensor = found.to(target.dtype)
    return result


def check_same_shape(input: Tensor, target: Tensor) -> None:
    """Refuse targets that would be broadcast."""
    if input.shape != target.shape:
        raise OperandSizeError(f"shapes {list(input.shape)} and {list(target.shape)} were given")


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return how far probabilities are from those whose logarithm the input is."""
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "kl_div was asked for a mean over all entries; 'batchmean' is the divergence",
            UserWarning,
            stacklevel=3,
        )
    by_rows = reduction == "batchmean"
    reduction = said("sum" if by_rows else reduction, size_average, reduce)
    if not (input.dtype.is_floating_point and target.dtype.is_floating_point):
        raise RuntimeError("kl_div was given integers; convert them with float()")
    if log_target:
        losses = elementwise.exp(target) * (target - input)
    else:
        losses = pairs.xlogy(target, target) - target * input
    found = taken(losses, reduction)
    return found / input.shape[0] if by_rows and input.ndim else found


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the logarithm of a Poisson distribution, less what no rate changes."""
    reduction = said(reduction, size_average, reduce)
    if log_input:
        losses = elementwise.exp(input) - target * input
    else:
        losses = input - target * elementwise.log(input + eps)
    if full:
        of_stirling = target * elementwise.log(target) - target
        of_stirling = of_stirling + 0.5 * elementwise.log(2 * math.pi * target)
        losses = losses + selection.masked_fill(of_stirling, target <= 1, 0)
    return taken(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Any,
    var: Tensor | float,
    full: Any = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the logarithm of a normal distribution, less a constant unless `full`.

    A variance below eps counts as eps, and its gradient is that at eps.
    """
    if isinstance(var, int):
        raise TypeError(f"gaussian_nll_loss was given {var}, an integer; give a float or a tensor")
    if not isinstance(var, Tensor):
        var = likeness.full_like(input, var)
    if (var._array < 0).any():
        raise ValueError("a negative variance was given")
    if var.shape != input.shape:
        var = spread(var, input)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction {reduction!r} was given; use 'mean', 'sum' or 'none'")
    var = copies.clone(var)
    with no_grad():
        selection.clamp_(var, eps)
    losses = (elementwise.log(var) + (input - target) ** 2 / var) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return taken(losses, reduction)


def spread(var: Tensor, input: Tensor) -> Tensor:
    """Return variances, one for each row, so that they broadcast to all entries."""
    if input.shape[:-1] == var.shape:
        return shapes.unsqueeze(var, -1)
    lengths = zip(input.shape, var.shape, strict=False)
    if input.ndim == var.ndim and sum(v for n, v in lengths if n != v) == 1:
        return var
    raise OperandSizeError(
        f"variances of shape {list(var.shape)} were given for {list(input.shape)}"
    )
