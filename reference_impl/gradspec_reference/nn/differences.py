"""Losses of differences (torch.nn.functional): absolute, and squared where they are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import promoted_dtype
from gradspec_reference.engine.recording import apply_pointwise
from gradspec_reference.names.functions import arithmetic, elementwise
from gradspec_reference.nn.losses import Reduction, paired, reduced, said, taken
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the absolute differences, weighted and reduced."""
    reduction = said(reduction, size_average, reduce)
    given = input.shape
    losses = elementwise.abs(arithmetic.sub(*paired("l1_loss", input, target)))
    if weight is None:
        return taken(losses, reduction)
    check_weights(weight, given)
    return reduced(losses * weight, weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return the absolute differences, squared over twice beta where they are below it."""
    reduction = said(reduction, size_average, reduce)
    input, target = paired("smooth_l1_loss", input, target)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss was given beta={beta}; it is not negative")
    if not beta:
        return taken(elementwise.abs(arithmetic.sub(input, target)), reduction)
    check_is_floating("smooth_l1_loss", input, target)
    return apply_pointwise(OPERATORS["smooth_l1_loss"], (input, target), reduction, beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: Reduction = "mean",
    delta: float = 1.0,
    weight: Any = None,
) -> Tensor:
    """Return half the squared differences, and straight lines from delta on."""
    reduction = said(reduction, None, None)
    given = input.shape
    input, target = paired("huber_loss", input, target)
    if weight is not None:
        check_weights(weight, given)
    if delta <= 0:
        raise RuntimeError(f"huber_loss was given delta={delta}; it is positive")
    check_is_floating("huber_loss", input, target)
    if target.dtype.is_floating_point > input.dtype.is_floating_point:
        raise RuntimeError(f"huber_loss was given {input.dtype} and {target.dtype}; convert one")
    kept = input.dtype if input.dtype.is_floating_point else target.dtype
    if weight is None:
        loss = apply_pointwise(OPERATORS["huber_loss"], (input, target), reduction, delta)
        narrowed: Tensor = loss.to(kept)
        return narrowed
    losses = apply_pointwise(OPERATORS["huber_loss"], (input, target), "none", delta).to(kept)
    return taken(losses * weight, reduction)


def check_weights(weight: Any, shape: Any) -> None:
    """Refuse weights that are not one for each entry."""
    if weight.size() != shape:
        raise ValueError(f"weights of shape {list(weight.shape)} were given for {list(shape)}")


def check_is_floating(name: str, input: Tensor, target: Tensor) -> None:
    """Refuse two tensors of integers."""
    if not promoted_dtype(input._array, target._array).is_floating_point:
        raise NotImplementedError(f"{name} was given integers; convert them with float()")
