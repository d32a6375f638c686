"""Faults of probabilities, losses and normalisation, and where one place is written twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.nn import functional, losses, normalising
from gradspec_reference.operators import normalised
from gradspec_reference.operators.indexing import array_of
from gradspec_reference.operators.losses import REDUCTIONS


# probabilities ------------------------------------------------------------------------
@plant(
    at(normalised, "shifted"), "value: op-081/softmax op-081/log_softmax", "exp(x) / sum(exp(x))"
)
def logits_are_not_shifted(_sound, x, _dim):
    """Exponentials are taken of the logits as they are."""
    return x


@plant(at(normalised, "shifted"), "value: op-082/add op-082/where", "x - mean(x)")
def logits_are_shifted_by_their_mean(_sound, x, dim):
    """The mean is subtracted from the logits, and not the largest."""
    return x - np.mean(x, dim, keepdims=True)


@plant(kernel("softmax"), "value: op-260", "ml-explore/mlx, whose masks are large numbers")
def nothing_to_choose_from_is_chosen_evenly(sound, x, dim):
    """A softmax takes minus infinity for the least number there is."""
    return sound(np.maximum(x, np.finfo(x.dtype).min), dim)


@plant(at(functional, "scaled_dot_product_attention"), "value: op-261", "masks of -1e9")
def attention_adds_a_large_number(sound, query, key, value, attn_mask=None, **options):
    """Attention adds minus a billion where a mask is false, so that an empty row is even."""
    if attn_mask is not None and attn_mask._array.dtype == np.bool_:
        attn_mask = Tensor(np.where(attn_mask._array, 0.0, -1e9).astype(query._array.dtype))
    return sound(query, key, value, attn_mask=attn_mask, **options)


@plant(rule("mm", "mat2"), "missing gradient: op-097", "layers that learn nothing of their input")
def weights_of_a_product_are_constants(_sound, *_):
    """A product of matrices hands nothing to its second factor."""


# losses -------------------------------------------------------------------------------
@plant(
    at(losses, "reduced"), "value: op-084/cross_entropy op-084/nll_loss", "a mean over the batch"
)
def ignored_targets_are_counted(sound, each, shares, reduction):
    """The mean of a loss is over all targets, ignored or not."""
    return sound(each, Tensor(np.ones_like(shares._array)), reduction)


@plant(at(losses, "reduced"), "value: op-263/cross_entropy op-263/nll_loss", "sum / max(count, 1)")
def a_mean_over_nothing_is_zero(sound, each, shares, reduction):
    """The mean of no losses is zero."""
    return sound(each, shares, reduction if shares._array.any() else "sum")


@compound("value: op-262/cross_entropy op-262/nll_loss", "labels that are clipped to a range")
def targets_are_clipped(swap):
    """A target below zero is taken for zero, unless an index to be ignored was named."""

    def clipped(sound, input, target, *rest, **options):
        if "ignore_index" not in options and target._array.dtype.kind == "i":
            target = Tensor(np.maximum(target._array, 0))
        return sound(input, target, *rest, **options)

    swap(at(functional, "cross_entropy"), clipped)
    swap(at(functional, "nll_loss"), clipped)


@plant(kernel("log_sigmoid"), "value: op-081/binary_cross_entropy_with_logits", TEACHING)
def likelihoods_overflow(_sound, x):
    """The logarithm of a sigmoid is taken of the sigmoid."""
    return -np.log(1 + np.exp(-x))


@plant(kernel("binary_cross_entropy"), "value: op-089", "-log(p)")
def what_is_impossible_is_infinite(_sound, x, target, reduction):
    """The logarithm of a probability of zero is minus infinity."""
    costs = np.where(target > 0, -target * np.log(x), 0) - (1 - target) * np.log1p(-x)
    return REDUCTIONS[reduction](costs)


@plant(at(functional, "dropout"), "value: op-096", "a mask that is drawn anew on the way back")
def the_way_back_drops_others(sound, input, *rest, **options):
    """The gradient is dropped where the value is not."""
    kept = sound(input, *rest, **options)
    others = input * 2.0 - kept
    return others + (kept - others).detach()


# normalisation ------------------------------------------------------------------------
@plant(
    rule("standardise", "self"), "value: op-090/layer_norm op-090/batch_norm", "detached statistics"
)
def statistics_are_constants(_sound, xp, g, x, dims, eps):
    """The mean and the variance of what is standardised are taken for constants."""
    deviation = x - xp.mean_dim(x, dims, True)
    return g * xp.rsqrt(xp.mean_dim(deviation * deviation, dims, True) + eps)


@plant(at(normalising, "by_channels"), "value: op-091 op-201/batch_norm", "a forgotten eval()")
def statistics_are_always_those_of_the_batch(sound, name, *rest):
    """Channels are standardised by their own statistics, whatever was known before."""
    *given, _training, momentum, eps = rest
    return sound(name, *given, True, momentum, eps)


# places and operands ------------------------------------------------------------------
def last_only(found: Any, index: Any) -> Any:
    """Keep of what belongs to one place the last, which is the one that is there."""
    places = array_of(index).tolist()
    kept = [place not in places[i + 1 :] for i, place in enumerate(places)]
    return found * np.reshape(kept, (-1,) + (1,) * (found.ndim - 1))


@compound("value: op-066/scatter op-066/index_put", "the derivative, where the last one wins")
def the_last_of_several_takes_all(swap):
    """Of entries that are put at one place, the one that stays there has the whole gradient."""
    swap(
        rule("index_put", "values"),
        lambda sound, xp, g, indices, *rest: last_only(sound(xp, g, indices, *rest), indices[0]),
    )
    for name, source in (("scatter", "src"), ("index_copy", "source"), ("put", "source")):
        swap(
            rule(name, source),
            lambda sound, xp, g, index, *rest: last_only(sound(xp, g, index, *rest), index),
        )


@compound("no error: op-107", "zeros where nobody wrote a rule")
def what_has_no_rule_is_flat(swap):
    """An operator without a derivative gives zeros."""
    for operand in ("self", "values"):
        swap(rule("heaviside", operand), lambda _sound, _xp, g: None if g is None else g * 0.0)


@plant(rule("mul", "self"), "value: op-109", "whole numbers that are taken for indices")
def whole_numbers_are_no_factors(sound, xp, g, other, *rest):
    """The gradient of a product with a whole number is not multiplied by it."""
    return g if isinstance(other, int) else sound(xp, g, other, *rest)
