"""Faults in adding up: passes whose gradients are lost, or counted again."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation, node, requests
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge
    from gradspec_reference.engine.tensor import Tensor


@plant(
    kills={
        "acc-001": "value",
        "acc-004": "value",
        "acc-008": "value",
        "acc-008a": "value",
        "acc-017": "value",
        "acc-023": "value",
        "acc-025": "value",
        "acc-005": "value",
    },
    modelled_on="pytorch/pytorch#181723",
)
def accum_replaces(swap: Swap) -> None:
    """A pass stores its gradient in place of the one that a leaf has."""
    original = accumulation.accumulate_array

    def replacing(leaf: Tensor, gradient: Any, status: int) -> None:
        leaf._grad = None
        original(leaf, gradient, status)

    swap(accumulation, "accumulate_array", replacing)


@plant(
    kills={"acc-004": "value", "acc-005": "value"},
    modelled_on="karpathy/micrograd#102",
)
def interiors_accumulate(swap: Swap) -> None:
    """Intermediates keep their gradients between passes, as leaves do."""
    original = BackwardPass.differentiate
    kept: weakref.WeakKeyDictionary[Node, Any] = weakref.WeakKeyDictionary()

    def stale(self: BackwardPass, made: Node, cotangent: Any, status: int) -> None:
        if isinstance(cotangent, np.ndarray | np.generic):
            cotangent = kept[made] = cotangent + kept.get(made, 0)
            status = SHARED
        original(self, made, cotangent, status)

    swap(BackwardPass, "differentiate", stale)


@plant(kills={"acc-006": "no error"}, modelled_on="tinygrad/tinygrad#5701")
def graph_used_up_in_silence(swap: Swap) -> None:
    """Values that an earlier pass was to free are read again without a word."""
    swap(Node, "release", lambda _self: None)


@plant(
    kills={"acc-017": "order", "acc-017a": "order"},
    modelled_on="pytorch/pytorch#105293",
)
def accumulator_per_use(swap: Swap) -> None:
    """Each use of a leaf delivers to it on its own."""

    def fresh(leaf: Tensor) -> AccumulateGrad:
        return AccumulateGrad(leaf)

    swap(node, "accumulator", fresh)


@plant(
    kills={"acc-026": "missing gradient"},
    modelled_on="pytorch/pytorch#79708",
)
def inputs_nonleaf_lost(swap: Swap) -> None:
    """An intermediate that is named in inputs is not filled."""

    def leaves_only(targets: list[Any]) -> list[Edge]:
        return [requests.edge_of(target) for target in targets]

    swap(requests, "stored", leaves_only)


@plant(
    kills={"acc-026": "unexpected gradient"},
    modelled_on="pytorch/pytorch#79708",
)
def inputs_arg_ignored(swap: Swap) -> None:
    """A pass fills every leaf, whatever inputs it was given."""
    original = BackwardPass.limit_to

    def unlimited(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        if not run_targets:
            original(self, edges, nodes, run_targets=run_targets)

    swap(BackwardPass, "limit_to", unlimited)
