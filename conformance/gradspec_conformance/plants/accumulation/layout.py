"""Faults in layout: in which order the entries of a gradient lie."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.autograd import grad_mode
from gradspec_reference.engine import accumulation, layout

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


@plant(
    kills={"acc-013": "structure", "acc-014": "structure", "acc-016": "structure"},
    modelled_on="common in engines that keep what arrives",
)
def gradient_keeps_arrival_layout(swap: Swap) -> None:
    """A new gradient is laid out as it arrives."""
    swap(layout, "like_leaf", lambda gradient, _leaf: np.array(gradient, order="K"))


@plant(kills={"acc-015": "structure"}, modelled_on="torch rule")
def total_takes_layout_of_leaf(swap: Swap) -> None:
    """A total is laid out anew, like its leaf, whenever something is added to it."""
    original = accumulation.accumulate_array

    def relaid(leaf: Tensor, gradient: Any, status: int) -> None:
        original(leaf, gradient, status)
        assert leaf._grad is not None
        leaf._grad._array = layout.like_leaf(leaf._grad._array, leaf._array)

    swap(accumulation, "accumulate_array", relaid)


@plant(kills={"acc-016": "structure"}, modelled_on="torch rule")
def layout_policy_ignored(swap: Swap) -> None:
    """Switching the layout policy off has no effect."""
    policy = grad_mode.enforce_grad_layout_policy
    swap(policy, "__enter__", lambda self: self._before.append(layout.Policy.enforced))


@plant(
    kills={"acc-016": "structure"},
    modelled_on="pytorch/pytorch#183867",
)
def layout_policy_not_restored(swap: Swap) -> None:
    """The layout policy stays off after the block that switched it off."""
    swap(layout.Policy, "enforced", layout.Policy.enforced)  # put back when the plant goes
    policy = grad_mode.enforce_grad_layout_policy
    swap(policy, "__exit__", lambda self, *_exception: self._before.clear())
