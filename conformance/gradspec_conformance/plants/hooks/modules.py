"""Faults in hooks on modules."""

from __future__ import annotations

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import TEACHING, plant
from gradspec_reference.nn.modules.module import Module

REGISTER = at(Module, "register_full_backward_hook")


@plant(REGISTER, "order: hook-046", TEACHING)
def sides_of_a_module_are_mixed_up(sound, self, hook):
    """A hook on a module is given the gradients of results first."""
    return sound(self, lambda module, made, given: hook(module, given, made))


@plant(REGISTER, "value: hook-215", "modules' old backward hooks")
def what_a_hook_of_a_module_returns_is_dropped(sound, self, hook):
    """What a hook on a module returns is not used."""

    def look(*given):
        hook(*given)

    return sound(self, look)
