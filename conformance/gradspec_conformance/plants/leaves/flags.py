"""Faults in the flag requires_grad."""

from __future__ import annotations

from gradspec_conformance.plants.places import REQUIRES_GRAD_, assigning
from gradspec_conformance.plants.plant import TEACHING, plant


@plant(
    REQUIRES_GRAD_,
    "aliasing: leaf-003; root-without-grad: leaf-004/by_assignment",
    "pure functions",
)
def requires_grad_returns_a_copy(sound, self, requires_grad=True):
    """requires_grad_() leaves its tensor alone and returns another one with the flag."""
    return sound(self.alias(), requires_grad)


@plant(REQUIRES_GRAD_, "flag: leaf-003/false leaf-005/false", "torch rule")
def leaf_rg_sticky(sound, self, requires_grad=True):
    """requires_grad_(False) on a leaf does nothing: once a variable, always a variable."""
    return sound(self, requires_grad or self._requires_grad)


@plant(REQUIRES_GRAD_, "flag: leaf-003/nothing", TEACHING)
def flag_defaults_to_what_it_is(sound, self, requires_grad=None):
    """requires_grad_() without an argument asks for the flag that the tensor has already."""
    return sound(self, self.requires_grad if requires_grad is None else requires_grad)


@plant(assigning("requires_grad"), "no error: leaf-014", TEACHING)
def any_truth_is_a_flag(sound, tensor, value):
    """Whatever is assigned to requires_grad counts as the boolean that it is the truth of."""
    return sound(tensor, bool(value))


@plant(
    REQUIRES_GRAD_,
    "no error: leaf-014a/by_method leaf-014a/by_assignment",
    "tinygrad/tinygrad#9723",
)
def int_requires_grad(_sound, self, requires_grad=True):
    """An integer or boolean leaf may require grad."""
    if self.is_leaf:
        self._requires_grad = requires_grad
    elif not requires_grad:
        raise self._nonleaf_flag(requires_grad)
    return self
