"""Faults about None and zero: gradients that are there, or missing, without reason."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation, arrivals
from gradspec_reference.engine.arrivals import MISSING
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.tensor import Tensor


@plant(kills={"acc-021": "missing gradient"}, modelled_on="common in teaching engines")
def zero_is_none(swap: Swap) -> None:
    """A gradient that is zero everywhere is not stored."""
    original = accumulation.accumulate_array

    def nonzero(leaf: Tensor, gradient: Any, status: int) -> None:
        if np.any(gradient):
            original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", nonzero)


@plant(
    kills={"acc-022": "missing gradient", "acc-025": "missing gradient"},
    modelled_on="pytorch/pytorch#726",
)
def waits_for_uses_beside_the_path(swap: Swap) -> None:
    """A node waits for a contribution from every use of its result, on the path or not."""
    original = arrivals.count_dependencies

    def counting(roots: set[Node]) -> Any:
        waiting = original(roots)
        others = (o for o in gc.get_objects() if issubclass(type(o), Node) and o not in waiting)
        for other in others:
            for target, _ in other.next_functions:
                if target in waiting:
                    waiting[target][MISSING] += 1
        return waiting

    swap(arrivals, "count_dependencies", counting)


@plant(
    kills={"acc-020a": "value", "acc-025": "value", "acc-019": "value", "acc-019a": "value"},
    modelled_on="pytorch/pytorch#119334",
)
def totals_in_one_buffer(swap: Swap) -> None:
    """The first gradients of all leaves of one shape are written into one buffer."""
    original = accumulation.accumulate_array
    buffers: dict[Any, Any] = {}

    def buffered(leaf: Tensor, gradient: Any, status: int) -> None:
        if leaf._grad is None:
            key = (np.shape(gradient), leaf._array.dtype)
            buffer = buffers.setdefault(key, np.empty(*key))
            buffer[...] = gradient
            leaf._grad = Tensor(buffer)
        else:
            original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", buffered)
