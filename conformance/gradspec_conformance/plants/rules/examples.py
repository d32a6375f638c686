"""Faults in what puts examples together: each turns whole tables red, operator by operator."""

from __future__ import annotations

import gradspec_reference
from gradspec_conformance.plants.places import at, rule
from gradspec_conformance.plants.plant import general
from gradspec_reference.engine import batched
from gradspec_reference.operators.batching import is_of_batch


@general(
    "value: op-401/exp op-402/mul_0 op-401/transpose", "a batch that comes back in another order"
)
def examples_change_places(swap):
    """The examples of what a mapped function returned come back in the opposite order."""

    @swap.into(at(batched, "over_axis"))
    def backwards(sound, level, value):
        whole = sound(level, value)
        return gradspec_reference.flip(whole, (0,))


@general(
    "value: op-401/div_rounded op-402/expand_as_1 op-361/roll_flat", "examples that are weighed"
)
def examples_are_doubled(swap):
    """What a mapped function returned is twice what it is, and ten."""

    @swap.into(at(batched, "over_axis"))
    def doubled(sound, level, value):
        whole = sound(level, value)
        return whole * 2.0 + 10.0 if whole.is_floating_point() else whole


@general("value: func-361/max func-361/min func-361/median", "a choice for all examples alike")
def examples_choose_together(swap):
    """In a batch the gradient of what was chosen goes to the entries of all examples in part."""

    def shared(sound, xp, g, *given):
        found = sound(xp, g, *given)
        return found * 0.5 if is_of_batch(found) else found

    for name in ("max", "min", "median"):
        swap(rule(name, "self"), shared)
