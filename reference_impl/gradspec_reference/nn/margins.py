"""Losses that vanish beyond a margin (torch.nn.functional)."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.dtypes import int64
from gradspec_reference.engine.shapes import is_broadcast_of
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandDtypeError, OperandShapeError, PlaceRangeError
from gradspec_reference.names import likeness
from gradspec_reference.names.functions import (
    arithmetic,
    elementwise,
    indexing,
    reductions,
    selection,
    shapes,
)
from gradspec_reference.nn import activations
from gradspec_reference.nn.attention import pairwise_distance
from gradspec_reference.nn.losses import (
    Reduction,
    check_is_constant,
    check_is_for_each,
    said,
    taken,
)

MATRIX = 2
SMALL = 1e-12


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return by how much the one that ranks higher is not larger by a margin."""
    reduction = said(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError("margin_ranking_loss was given tensors of several ranks")
    ahead = elementwise.neg(target) * arithmetic.sub(input1, input2)
    return taken(selection.clamp(ahead + float(margin), 0), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return distances of what is alike, and what those of others lack to a margin."""
    reduction = said(reduction, size_average, reduce)
    lacking = selection.clamp(arithmetic.sub(likeness.full_like(input, margin), input), 0)
    nothing = likeness.zeros_like(input)
    apart = selection.where(elementwise.ne(target, 1), lacking, nothing)
    near = selection.where(elementwise.ne(target, -1), input, nothing)
    return taken(apart + near, reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return one less the cosine of what is alike, and that of others beyond a margin."""
    reduction = said(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError(f"cosine_embedding_loss was given targets of {list(target.shape)}")
    if not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError("cosine_embedding_loss needs one target for each pair of vectors")
    lengths = [reductions.sum(x * x, -1) + SMALL for x in (input1, input2)]
    cosines = reductions.sum(input1 * input2, -1) / elementwise.sqrt(lengths[0] * lengths[1])
    near = selection.where(elementwise.eq(target, 1), 1 - cosines, 0.0)
    beyond = selection.clamp(cosines - float(margin), 0)
    return taken(near + selection.where(elementwise.eq(target, -1), beyond, 0.0), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return by how much what is alike is not nearer than what is not, by a margin."""
    reduction = said(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin={margin} was given; it is positive")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError("triplet_margin_loss was given tensors of several ranks")
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = selection.minimum(far, pairwise_distance(positive, negative, p, eps))
    return taken(selection.clamp(near - far + margin, 0), reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return log(1 + exp(-x * t)) for each number and its sign."""
    reduction = said(reduction, size_average, reduce)
    check_is_constant("soft_margin_loss", target)
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"soft_margin_loss was given {input.dtype}; convert it with float()")
    if not is_broadcast_of(input.shape, target.shape):
        raise OperandShapeError(f"soft_margin_loss was given targets of {list(target.shape)}")
    beyond = elementwise.exp(elementwise.neg(target) * input)
    return taken(elementwise.log1p(beyond), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Any,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the mean over classes of minus the logarithm of being right about each."""
    if not input.ndim:
        raise IndexError("multilabel_soft_margin_loss was given no dimension of classes")
    if size_average is reduce is None and not isinstance(reduction, str):
        raise TypeError(f"multilabel_soft_margin_loss was given the reduction {reduction!r}")
    reduction = said(reduction, size_average, reduce)
    true = activations.logsigmoid(input)
    false = activations.logsigmoid(elementwise.neg(input))
    losses = elementwise.neg(target * true + (1 - target) * false)
    weighted = losses if weight is None else losses * weight
    return taken(reductions.sum(weighted, input.ndim - 1) / input.shape[-1], reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: Any = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the mean over other classes of what the wanted one is not ahead by a margin."""
    reduction = said(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"p={p} was given; use 1 or 2")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weights of shape {list(weight.shape)} were given; give one a class")
    check_is_constant("multi_margin_loss", weight)
    check_classes(input, target)
    alone = input.ndim < MATRIX
    rows = shapes.reshape(input, (1, -1)) if alone else input
    classes = shapes.reshape(target, (target.numel(), 1))
    if not indexing.in_range(classes, rows.shape[1]):
        raise PlaceRangeError(f"a class outside 0 to {rows.shape[1] - 1} was given")
    lacking = elementwise.relu(rows - indexing.gather(rows, 1, classes) + margin) ** p
    if weight is not None:
        check_is_for_each(weight, rows.shape[1])
        lacking = lacking * shapes.unsqueeze(indexing.index_select(weight, 0, classes[:, 0]), 1)
    others = Tensor(np.arange(rows.shape[1]) != classes._array)
    losses = reductions.sum(selection.where(others, lacking, 0.0), 1) / rows.shape[1]
    return taken(losses[0] if alone and not target.ndim else losses, reduction)


def check_classes(input: Tensor, target: Tensor) -> None:
    """Refuse what is not a class for each row."""
    if target.dtype is not int64:
        raise OperandDtypeError(f"classes were given as {target.dtype}; use int64")
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"a loss of classes was given {input.dtype}; use float()")
    rows = len(input) if input.ndim == MATRIX else 1
    classes = input.shape[-1] if input.ndim else 1
    if input.ndim > MATRIX or not classes or target.ndim > 1 or target.numel() != rows:
        raise OperandShapeError(
            f"{list(input.shape)} and {list(target.shape)} were given; one class a row"
        )


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return what each wanted class is not ahead of each other by one; -1 ends the wanted ones."""
    reduction = said(reduction, size_average, reduce)
    if input.shape != target.shape or input.ndim > MATRIX:
        raise OperandShapeError(
            f"{list(input.shape)} and {list(target.shape)} of classes were given"
        )
    if target.dtype is not int64:
        raise OperandDtypeError(f"classes were given as {target.dtype}; use int64")
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"multilabel_margin_loss was given {input.dtype}; use float()")
    rows = shapes.reshape(input, (-1, input.shape[-1] if input.ndim else 1))
    named = target._array.reshape(rows.shape)
    if ((named < -1) | (named >= rows.shape[1])).any():
        raise PlaceRangeError(f"a class outside -1 to {rows.shape[1] - 1} was given")
    listed = np.logical_and.accumulate(named >= 0, axis=1)
    among = np.zeros(rows.shape, bool)
    row, place = np.nonzero(listed)
    among[row, named[row, place]] = True
    chosen = indexing.gather(rows, 1, Tensor(np.where(listed, named, 0)))
    ahead = shapes.unsqueeze(chosen, 2) - shapes.unsqueeze(rows, 1)
    pairs = Tensor(listed[:, :, None] & ~among[:, None, :])
    lacking = selection.where(pairs, elementwise.relu(1 - ahead), 0.0)
    losses = reductions.sum(lacking, (1, 2)) / rows.shape[1]
    return taken(losses if input.ndim == MATRIX else losses[0], reduction)
