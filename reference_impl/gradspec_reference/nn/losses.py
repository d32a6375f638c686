"""Losses (torch.nn.functional): of numbers, and of classes; start at `nll_loss`."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradspec_reference.dtypes import bool_, int64, promoted_dtype, uint8
from gradspec_reference.engine import refusals
from gradspec_reference.engine.batched import anywhere, everywhere
from gradspec_reference.engine.recording import apply, apply_pointwise
from gradspec_reference.errors import OperandDtypeError, OperandShapeError, OperandSizeError
from gradspec_reference.names.functions import (
    arithmetic,
    elementwise,
    indexing,
    normalised,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

IGNORED = -100
CLASSES = 1  # their dimension, unless it is the only one
Reduction: TypeAlias = str
"""`mean`, `sum` or `none`; the door lets anything else in, for `said` to refuse."""


def said(reduction: str, size_average: Any, reduce: Any) -> str:
    """Return how losses are reduced, which older programs say otherwise; ValueError if unknown."""
    if size_average is not None or reduce is not None:
        warnings.warn("say reduction= for size_average and reduce", UserWarning, stacklevel=4)
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction {reduction!r} was given; use 'mean', 'sum' or 'none'")
    return reduction


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
    weight: Any = None,
) -> Tensor:
    """Return the squared differences, weighted and reduced."""
    reduction = said(reduction, size_average, reduce)
    given = input.shape
    input, target = paired("mse_loss", input, target)
    floating = promoted_dtype(input._array, target._array).is_floating_point
    if bool_ in (input.dtype, target.dtype) and floating:
        if weight is not None:
            raise RuntimeError("mse_loss was given booleans with weights; convert with float()")
        input, target = (x.float() if x.dtype is bool_ else x for x in (input, target))
    if weight is None:
        if not floating:
            raise NotImplementedError("mse_loss was given integers; convert them with float()")
        return apply_pointwise(OPERATORS["mse_loss"], (input, target), reduction)
    if weight.size() != given:
        raise ValueError(f"mse_loss was given weights of shape {list(weight.shape)}")
    if floating:
        losses = apply_pointwise(OPERATORS["mse_loss"], (input, target), "none")
    else:
        losses = arithmetic.sub(input, target) ** 2
    return reduced(losses * weight, weight, reduction)


def paired(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Expand two tensors to their common shape, with a warning if they had others."""
    if input.shape == target.shape:
        return input, target
    warnings.warn(
        f"{name} was given shapes {list(input.shape)} and {list(target.shape)}, which are "
        "broadcast; that is rarely meant",
        UserWarning,
        stacklevel=4,
    )
    arrays = (input._array, target._array)
    refusals.check_shapes(OPERATORS["mse_loss"], arrays)
    shape = np.broadcast_shapes(*[each.shape for each in arrays])
    first, second = (
        each if each._array.shape == shape else shapes.expand(each, *shape)
        for each in (input, target)
    )
    return first, second


def reduced(losses: Tensor, shares: Tensor, reduction: str) -> Tensor:
    """Return losses, their sum, or their mean by shares."""
    if reduction == "none":
        return losses
    total = reductions.sum(losses)
    return total if reduction == "sum" else total / reductions.sum(shares)


def taken(losses: Tensor, reduction: str) -> Tensor:
    """Return losses, their sum or their mean."""
    if reduction == "none":
        return losses
    return reductions.sum(losses) if reduction == "sum" else reductions.mean(losses)


def check_is_constant(name: str, weight: Tensor | None) -> None:
    """Refuse a weight for which a derivative is asked: torch has none."""
    if weight is not None and weight.requires_grad:
        raise RuntimeError(f"{name} was given a weight that requires grad; detach it")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = IGNORED,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return minus the log probability of each class, weighted and reduced."""
    reduction = said(reduction, size_average, reduce)
    if input.ndim == 1 and target._array.shape == (1,):
        target = shapes.reshape(target, ())
    check_classes(input, target)
    check_is_constant("nll_loss", weight)
    counted = elementwise.ne(target, ignore_index)
    if weight is not None:
        check_is_for_each(weight, input.shape[min(1, input.ndim - 1)])
    plain = weight is None and everywhere(counted._array)
    if plain and input.ndim == 2:  # noqa: PLR2004 - rows and classes
        check_range(input, target)
        return apply(OPERATORS["nll_loss"], (input, target), reduction)
    chosen: Tensor = selection.where(counted, target, 0)
    if anywhere(counted._array):
        check_range(input, chosen)
    rows, classes = by_rows(input, chosen)
    if rows.shape[1]:
        entries = apply(OPERATORS["nll_loss"], (rows, classes), "none")
    else:  # all are ignored
        entries = reductions.sum(rows, 1)
    shares = counted.to(input.dtype)
    if weight is not None:
        shares = shares * shapes.reshape(indexing.index_select(weight, 0, classes), target.shape)
    losses = shapes.reshape(entries, target.shape) * shares
    return reduced(selection.where(counted, losses, 0.0), shares, reduction)


def check_classes(input: Tensor, target: Tensor) -> None:
    """Refuse classes that do not stand beside the probabilities."""
    shape, named = input._array.shape, target._array.shape
    if not shape:
        raise ValueError("log probabilities of no dimension were given; give one of classes")
    beside = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    if len(shape) > 1 and named[:1] != beside[:1]:
        raise OperandSizeError(f"{list(beside[:1])} rows and {list(named)} classes were given")
    if target.dtype not in (int64, uint8):
        raise OperandDtypeError(f"classes were given as {target.dtype}; use int64")
    if len(shape) == len(named) == 1:
        raise ValueError(f"{named[0]} classes were given for the probabilities of one")
    if named != beside:
        raise RuntimeError(f"classes of shape {list(named)} were given; not {list(beside)}")
    if input._array.dtype.kind not in "fV":
        raise NotImplementedError(f"nll_loss was given {input.dtype}; convert it with to() first")


def check_is_for_each(weight: Tensor, classes: int) -> None:
    """Refuse weights that are not one for each class."""
    if weight.shape != (classes,):
        raise OperandShapeError(
            f"weights of shape {list(weight.shape)} were given for {classes} classes"
        )


def check_range(input: Tensor, target: Tensor) -> None:
    """Refuse a class that has no probability."""
    count = input._array.shape[: CLASSES + 1][-1]
    if not indexing.in_range(target, count):
        raise IndexError(f"a class outside 0 to {count - 1} was given")


def by_rows(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return one row of log probabilities for each class."""
    if input.ndim == 1:
        return shapes.unsqueeze(input, 0), shapes.reshape(target, (1,)).to(int64)
    last = shapes.movedim(input, 1, -1)
    return shapes.reshape(last, (target.numel(), input.shape[1])), shapes.reshape(target, (-1,)).to(
        int64
    )


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = IGNORED,
    reduce: Any = None,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the negative log likelihood of classes, or of their probabilities, under softmax."""
    reduction = said(reduction, size_average, reduce)
    dim = 1 if input.ndim > 1 else 0
    of_probability = input._array.shape == target._array.shape
    if of_probability and not target.dtype.is_floating_point:
        raise OperandDtypeError(f"probabilities of classes were given as {target.dtype}")
    if of_probability and ignore_index >= 0:
        raise RuntimeError("ignore_index was given with probabilities, of which none is ignored")
    if label_smoothing > 1 and input.ndim:
        raise RuntimeError(f"label_smoothing={label_smoothing} was given; it lies in 0 to 1")
    label_smoothing = label_smoothing if label_smoothing > 0 else 0.0  # as torch takes it
    if not input.ndim:
        raise IndexError("cross_entropy was given a 0-d tensor; it needs a dimension of classes")
    classes = input._array.shape[dim]
    logs = normalised.along("log_softmax", input, dim, None)
    if of_probability:
        if weight is not None:
            check_is_for_each(weight, classes)
        return of_probabilities(logs, target, weight, dim, reduction, label_smoothing)
    loss = nll_loss(logs, target, weight, None, ignore_index, None, reduction)
    if not label_smoothing:
        return loss
    if input.ndim == target.ndim == 1:
        raise RuntimeError("label_smoothing was given with a list of one class; give the class")
    counted = elementwise.ne(target, ignore_index)
    shares = counted.to(input.dtype)
    every = reductions.sum(-logs * along(weight, logs, dim), dim)
    if weight is not None:
        _, classes = by_rows(logs, selection.where(counted, target, 0))
        shares = shares * shapes.reshape(indexing.index_select(weight, 0, classes), target.shape)
    smooth = reduced(selection.where(counted, every, 0.0), shares, reduction)
    share = label_smoothing / logs._array.shape[dim]
    mixed: Tensor = loss * (1 - label_smoothing) + smooth * share
    return mixed


def of_probabilities(
    logs: Tensor,
    target: Tensor,
    weight: Tensor | None,
    dim: int,
    reduction: str,
    label_smoothing: float,
) -> Tensor:
    """Return the cross entropy with probabilities of classes."""
    count = logs.shape[dim]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / max(count, 1)
    losses = reductions.sum(-logs * target * along(weight, logs, dim), dim)
    if reduction == "none":
        return losses
    if not losses.numel():
        return taken(losses, reduction)
    total = reductions.sum(losses)
    rows = logs.numel() / count if count else math.nan
    return total if reduction == "sum" else total / rows


def along(weight: Tensor | None, logs: Tensor, dim: int) -> Any:
    """Return the weights of classes in a shape that broadcasts to log probabilities."""
    if weight is None:
        return 1.0
    shape = [1] * logs.ndim
    shape[dim] = -1
    return shapes.reshape(weight, tuple(shape))
