"""Faults in the flag requires_grad."""

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.places import assigning, at
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine.tensor import Tensor


@plant(
    at(Tensor, "requires_grad_"),
    {"leaf-003": "aliasing", "leaf-004/by_assignment": "root-without-grad"},
    "common in engines of pure functions",
)
def requires_grad_returns_a_copy(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """requires_grad_() leaves its tensor alone and returns another one with the flag."""
    return sound(self.alias(), requires_grad)


@plant(
    at(Tensor, "requires_grad_"),
    {"leaf-003/false": "flag", "leaf-005/false": "flag"},
    "torch rule",
)
def leaf_rg_sticky(sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """requires_grad_(False) on a leaf does nothing: once a variable, always a variable."""
    return sound(self, requires_grad or self._requires_grad)


@plant(
    at(Tensor, "requires_grad_"),
    {"leaf-003/nothing": "flag"},
    "common in teaching engines",
)
def flag_defaults_to_what_it_is(sound: Any, self: Any, requires_grad: bool | None = None) -> Any:
    """requires_grad_() without an argument asks for the flag that the tensor has already."""
    return sound(self, self.requires_grad if requires_grad is None else requires_grad)


@plant(assigning("requires_grad"), {"leaf-014": "no error"}, "common in teaching engines")
def any_truth_is_a_flag(sound: Any, tensor: Any, value: Any) -> Any:
    """Whatever is assigned to requires_grad counts as the boolean that it is the truth of."""
    return sound(tensor, bool(value))


@plant(
    at(Tensor, "requires_grad_"),
    {"leaf-014a/by_method": "no error", "leaf-014a/by_assignment": "no error"},
    "tinygrad/tinygrad#9723",
)
def int_requires_grad(_sound: Any, self: Any, requires_grad: bool = True) -> Any:
    """An integer or boolean leaf may require grad."""
    if self.is_leaf:
        self._requires_grad = requires_grad
    elif not requires_grad:
        raise self._nonleaf_flag(requires_grad)
    return self
