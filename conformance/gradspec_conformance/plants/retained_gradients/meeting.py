"""Faults where the request meets hooks, queries, writes in place and memory."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.retained_gradients.walk import Arrived, without_keepers
from gradspec_reference.engine import hooks, views
from gradspec_reference.engine.arrivals import FIRST
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor


@plant(kills={"ret-015": "value"}, modelled_on="pytorch/pytorch#85849")
def retain_before_hooks(swap: Swap) -> None:
    """What is kept is what arrived, before the tensor's hooks saw it."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        for slot in node.retained or {}:
            value, _ = self.waiting[node][FIRST + slot]
            hooks.store_retained(node, slot, self.as_tensor(value))
        return without_keepers(node, lambda: original(self, node))

    swap(BackwardPass, "take", take)


@plant(
    kills={"ret-016": "missing gradient"},
    modelled_on="common where a query is a pass that stores nothing",
)
def grad_skips_retained(swap: Swap) -> None:
    """A query does not fill the grad of retaining tensors on its path."""
    original = BackwardPass.take

    def take(self: BackwardPass, node: Node) -> Arrived:
        if not self.captured:
            return original(self, node)
        return without_keepers(node, lambda: original(self, node))

    swap(BackwardPass, "take", take)


@plant(kills={"ret-016": "unexpected gradient"}, modelled_on="pytorch/pytorch#51940")
def grad_runs_everything(swap: Swap) -> None:
    """A query runs all nodes, also those that do not lead to its inputs."""
    original = BackwardPass.limit_to

    def limit_to(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        if not run_targets:
            self.visited = set(nodes)
            self.executed = {node for node in nodes if node.next_functions}

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"ret-017": "value", "ret-017a": "value"}, modelled_on="pytorch/pytorch#79996")
def retain_not_moved(swap: Swap) -> None:
    """After a write in place the gradient of the old value is kept."""
    swap(hooks, "move_retained", lambda _tensor, _node: None)


@plant(kills={"ret-017a": "value"}, modelled_on="pytorch/pytorch#117552")
def retain_not_moved_through_view(swap: Swap) -> None:
    """After a write through a view the base keeps the gradient of its old value."""
    original = hooks.move_retained

    def moved(tensor: Tensor, node: Node) -> None:
        if not isinstance(node, views.CopySlices):
            original(tensor, node)

    swap(hooks, "move_retained", moved)


@plant(kills={"ret-018": "lifetime"}, modelled_on="common in engines whose graph owns its tensors")
def request_owns_the_tensor(swap: Swap) -> None:
    """The request refers to its tensor strongly, so the graph keeps the tensor alive."""
    original = hooks.retain

    def retained(tensor: Tensor) -> None:
        original(tensor)
        node = tensor.grad_fn
        if node is not None and node.retained is not None:
            strong: Any = lambda: tensor  # noqa: E731 - stands in for a weak reference
            node.retained[tensor._output_nr] = strong

    swap(hooks, "retain", retained)


@plant(
    kills={"ret-021": "order"}, modelled_on="common in engines that collect gradients in a table"
)
def gradients_live_as_long_as_the_pass(swap: Swap) -> None:
    """A pass lets go of the gradients of intermediates at its end, not on the way."""
    as_tensor, run = BackwardPass.as_tensor, BackwardPass.run
    table: list[Tensor | None] = []

    def collected(self: BackwardPass, value: Any) -> Tensor | None:
        table.append(as_tensor(self, value))
        return table[-1]

    def emptied(self: BackwardPass) -> None:
        run(self)
        table.clear()

    swap(BackwardPass, "as_tensor", collected)
    swap(BackwardPass, "run", emptied)
