"""Faults in what is kept: contributions instead of sums, the root, further passes."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation, hooks
from gradspec_reference.engine.arrivals import NOTHING
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.retained_gradients.walk import Arrived
    from gradspec_reference.engine.node import Node


@plant(
    kills={"ret-013": "value", "ret-013a": "value"},
    modelled_on="common where gradients are stored on arrival",
)
def contribution_is_kept(swap: Swap) -> None:
    """What is kept is the last contribution that arrived, not the sum of all."""
    original = BackwardPass.deliver

    def kept(self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        node, slot = edge
        keeper = (node.retained or {}).get(slot)
        tensor = None if keeper is None else keeper()
        if tensor is not None and part is not None:
            tensor._grad = self.as_tensor(part if self.create_graph else part.copy())
        original(self, edge, part, status)

    swap(BackwardPass, "deliver", kept)
    swap(hooks, "store_retained", lambda *_: None)


@plant(
    kills={
        "ret-012": "missing gradient",
        "ret-012a": "missing gradient",
        "ret-020": "missing gradient",
    },
    modelled_on="common in engines whose walk starts below the root",
)
def root_keeps_nothing(swap: Swap) -> None:
    """The gradient that a pass starts from is not kept by the root that asked for it."""
    original = BackwardPass.run

    def run(self: BackwardPass) -> None:
        roots = {node: node.retained for _, node in self.ready}
        for node in roots:
            node.retained = None
        original(self)
        for node, retained in roots.items():
            node.retained = retained

    swap(BackwardPass, "run", run)


@plant(
    kills={"ret-012a": "value"}, modelled_on="common in engines that take every root for a scalar"
)
def root_keeps_ones(swap: Swap) -> None:
    """A root keeps ones, whatever cotangent it was given."""
    original = BackwardPass.run

    def run(self: BackwardPass) -> None:
        roots = {node: node.retained for _, node in self.ready}
        for node in roots:
            node.retained = None
        original(self)
        for node, retained in roots.items():
            node.retained = retained
            for slot, (shape, dtype) in enumerate(node.outputs):
                hooks.store_retained(node, slot, Tensor(np.ones(shape, dtype)))

    swap(BackwardPass, "run", run)


@plant(kills={"ret-011": "value"}, modelled_on="common in teaching engines")
def kept_gradient_is_replaced(swap: Swap) -> None:
    """A further pass replaces the gradient that an intermediate keeps."""
    original = hooks.store_retained

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        keeper = (node.retained or {}).get(output_nr)
        tensor = None if keeper is None else keeper()
        if tensor is not None and gradient is not None:
            tensor._grad = None
        original(node, output_nr, gradient)

    swap(hooks, "store_retained", stored)


@plant(kills={"ret-011a": "value"}, modelled_on="Oneflow-Inc/oneflow#9497")
def kept_gradient_is_shared_with_the_leaf(swap: Swap) -> None:
    """An intermediate keeps the memory that arrived, and so does a leaf that it is passed on to."""

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        keeper = (node.retained or {}).get(output_nr)
        tensor = None if keeper is None else keeper()
        if tensor is not None and gradient is not None:
            held = tensor._grad
            tensor._grad = gradient if held is None else held.add(gradient)

    swap(hooks, "store_retained", stored)
    swap(accumulation, "may_keep", lambda _leaf, _gradient, _status: True)


@plant(kills={"ret-011": "value"}, modelled_on="karpathy/micrograd#102")
def kept_gradient_is_the_buffer(swap: Swap) -> None:
    """A pass starts at an intermediate from the gradient that earlier passes left in its grad."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        arrived = original(self, node)
        for slot, keeper in (node.retained or {}).items():
            tensor = keeper()
            if tensor is not None and tensor._grad is not None:
                total = tensor._grad if self.create_graph else tensor._grad._array.copy()
                arrived[slot] = (total, arrived[slot][1])
        return arrived

    swap(BackwardPass, "take", take)


@plant(
    kills={
        "ret-014": "missing gradient",
        "ret-004": "missing gradient",
        "ret-013": "missing gradient",
        "ret-012a": "missing gradient",
        "ret-011": "missing gradient",
    },
    modelled_on="common where what keeps its gradient is a leaf",
)
def retaining_ends_the_walk(swap: Swap) -> None:
    """A tensor that retains its gradient is taken for a leaf: nothing goes on from there."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        arrived = original(self, node)
        return [NOTHING] * len(arrived) if node.retained else arrived

    swap(BackwardPass, "take", take)


@plant(
    kills={"ret-020": "unused-input"},
    modelled_on="common where the inputs of a query are taken for leaves",
)
def query_ends_at_its_inputs(swap: Swap) -> None:
    """A query does not go through an intermediate that it was asked about, to inputs beyond."""
    original = BackwardPass.limit_to

    def limit_to(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        if not run_targets and self.executed is not None:
            self.executed -= {node for node, _ in edges}

    swap(BackwardPass, "limit_to", limit_to)
