"""Faults where there is no derivative: other choices, and gradients of what is no function."""

from __future__ import annotations

from typing import Any

import gradspec_reference
from gradspec_conformance.plants.places import at, kernel, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_conformance.plants.rules.sweeps import public
from gradspec_reference.operators import reductions
from gradspec_reference.operators.row import as_is

STEPS = ("round", "floor", "ceil", "trunc", "sign")
DRAWS = ("bernoulli", "poisson")
MOMENTS = ("self", "other")


def passing_on(result: Any, operand: Any) -> Any:
    """Give a result as it is, with the slope of its operand."""
    return result + (operand - operand.detach())


@plant(rule("sin", "self"), "value: nd-001/the_derivative", "where zero is always special")
def sin_is_flat_at_zero(sound, xp, g, x):
    """The slope of sin at zero is taken for zero."""
    return xp.where(x == 0, 0.0, sound(xp, g, x))


@plant(rule("abs", "self"), "value: nd-001/the_least_subgradient", "engines that write x >= 0")
def abs_rises_at_zero(_sound, xp, g, x):
    """The slope of abs at zero is that from above."""
    return xp.where(x >= 0, g, -g)


@plant(rule("amin", "self"), "value: nd-001/the_least_supergradient_of_several", "HIPS/autograd")
def every_loser_takes_all(_sound, xp, g, x, result, dims, keepdim):
    """Each of the entries that tie for the minimum gets the whole gradient."""
    shape = tuple(x.shape)
    losers = x == reductions.restore(xp, result, shape, dims, keepdim)
    return reductions.restore(xp, g, shape, dims, keepdim) * losers


@plant(rule("sqrt", "self"), "value: nd-001/the_limit", "roots with a small number added")
def sqrt_keeps_away_from_zero(_sound, xp, g, result):
    """The slope of a root is that a little beside it."""
    return g / (2 * xp.where(result == 0, 1e-6, result))


@plant(rule("relu", "self"), "value: nd-002", "textbooks that take the mean of both sides")
def relu_takes_the_mean_of_its_slopes(sound, xp, g, result):
    """The slope of relu at zero is one half wherever the result is zero."""
    return xp.where(result == 0, g * 0.5, sound(xp, g, result))


@plant(
    kernel("gt"),
    "value: nd-201/where_it_is_positive nd-201/product_with_the_test",
    "tests with the wrong one of two signs",
)
def above_is_not_below(_sound, x, other):
    """What equals a bound counts as above it."""
    return x >= other


@plant(kernel("ge"), "value: nd-201/where_it_is_not_negative", "tests with the wrong sign")
def at_least_is_more(_sound, x, other):
    """What equals a bound does not count as at least that."""
    return x > other


@compound("value: nd-003/bernoulli nd-003/poisson", "straight-through estimators")
def draws_are_straight_through(swap):
    """What was drawn passes its gradient on to the probabilities, as if it were them."""
    for name in DRAWS:
        swap(rule(name, "self"), lambda _sound, *given: as_is(*given))


@compound("value: nd-003/normal_by_its_mean nd-003/normal_by_its_deviation", "torch.distributions")
def normal_numbers_are_reparameterised(swap):
    """Normal numbers pass their gradient on to their moments, as rsample() does."""
    for number in (1, 2, 3):
        for operand in MOMENTS:
            swap(rule(f"normal{number}", operand), lambda _sound, *given: as_is(*given))


@compound("value: nd-003/multinomial nd-003/rand_like", "relaxations of choices")
def draws_keep_the_history(swap):
    """What is drawn with weights, or in a tensor's shape, has the history of the tensor."""
    for name in ("multinomial", "rand_like"):
        swap(public(name), lambda sound, x, *rest: passing_on(sound(x, *rest), x.sum()))


@compound("flag: nd-004", "the notes about random operations")
def draws_are_constants(swap):
    """What is drawn does not require grad."""
    for name in ("bernoulli", "poisson", "normal"):
        swap(at(gradspec_reference, name), lambda sound, *given: sound(*given).detach())


@compound("no error: nd-006", "engines without a mark for what they lack")
def what_has_no_rule_passes_nothing(swap):
    """What has no derivative passes nothing on, and says nothing."""
    of_two = [rule("floor_divide", operand) for operand in MOMENTS]
    for place in (*of_two, rule("bincount", "weights"), rule("unique", "self")):
        swap(place, lambda *_: None)


@compound("missing gradient: nd-007", "engines in which zero is nothing")
def steps_pass_nothing_on(swap):
    """What is flat passes nothing on, where it should pass zeros."""
    for name in STEPS:
        swap(rule(name, "self"), lambda *_: None)


@compound("value: nd-008", "straight-through estimators")
def decisions_are_straight_through(swap):
    """What is decided by a tensor passes its gradient on to that."""

    def straight(sound, x, *rest):
        return passing_on(sound(x, *rest), x) if x.requires_grad else sound(x, *rest)

    for name in ("argmax", "argsort", "long", "gt"):
        swap(public(name), straight)


@compound("value: op-203/floor_divide op-203/unique", "straight-through estimators")
def what_has_no_rule_hands_on(swap):
    """What has no derivative hands on what arrives, as far as it has room for it."""

    def hand_on(_sound, _xp, g, *_):
        return g

    def in_rows(_sound, xp, g):
        return xp.reshape(g, (2, 3))

    swap(rule("floor_divide", "self"), hand_on)
    swap(rule("floor_divide", "other"), hand_on)
    swap(rule("bincount", "weights"), hand_on)
    swap(rule("unique", "self"), in_rows)
