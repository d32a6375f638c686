"""Faults in beginning anew: totals that cannot be cleared, or need not be."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation
from gradspec_reference.engine.tensor import Tensor


@plant(
    kills={
        "acc-002": "value",
        "acc-003": "value",
        "acc-005": "value",
        "acc-009": "aliasing",
        "acc-010": "aliasing",
    },
    modelled_on="pytorch/pytorch#181723",
)
def total_kept_elsewhere(swap: Swap) -> None:
    """The engine keeps the totals in buffers of its own, and grad shows copies of them."""
    buffers: dict[int, tuple[Tensor, Any]] = {}

    def adding(leaf: Tensor, gradient: Any, _status: int) -> None:
        _, total = buffers.get(id(leaf), (leaf, 0.0))
        buffers[id(leaf)] = (leaf, total + gradient)
        leaf._grad = Tensor(np.array(total + gradient, dtype=leaf._array.dtype))

    swap(accumulation, "accumulate_array", adding)


@plant(
    kills={
        "acc-007": "no error",
        "acc-020": "unexpected gradient",
        "acc-022": "unexpected gradient",
        "rec-012": "unexpected gradient",
    },
    modelled_on="tinygrad/tinygrad#16230",
)
def grad_begins_at_zero(swap: Swap) -> None:
    """A leaf that requires grad has a gradient of zeros from the start."""
    original = Tensor.requires_grad_

    def zeroed(self: Tensor, requires_grad: bool = True) -> Tensor:
        if requires_grad and self._grad is None:
            self._grad = Tensor(np.zeros_like(self._array))
        return original(self, requires_grad)

    swap(Tensor, "requires_grad_", zeroed)
