"""Faults in what puts examples together: each turns whole tables red, operator by operator."""

from __future__ import annotations

import gradspec_reference
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import general
from gradspec_reference.engine import batched


@general(
    "value: op-401/exp op-402/mul_0 op-401/transpose", "a batch that comes back in another order"
)
def examples_change_places(swap):
    """The examples of what a mapped function returned come back in the opposite order."""

    @swap.into(at(batched, "over_axis"))
    def backwards(sound, level, value):
        whole = sound(level, value)
        return gradspec_reference.flip(whole, (0,))
