"""Faults in emptying: nodes that are not emptied, too many that are, and values lost with them."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import saved
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import Node, freed

if TYPE_CHECKING:
    from collections.abc import Iterable


@plant(
    kills={
        "life-001": "no error",
        "life-011": "no error",
        "life-012": "no error",
        "life-013": "no error",
        "life-003": "no error",
        "life-007": "no error",
        "life-018": "no error",
        "life-021": "no error",
        "life-014a": "lifetime",
    },
    modelled_on="tinygrad/tinygrad#5701",
)
def freed_not_checked(swap: Swap) -> None:
    """Nothing is freed, and a second pass reads what the first one used."""
    swap(Node, "release", lambda _node: None)


@plant(
    kills={
        "life-001": "no error",
        "life-003": "no error",
        "life-007": "no error",
        "life-018": "no error",
    },
    modelled_on="tinygrad/tinygrad#5701",
)
def freed_node_passes_nothing(swap: Swap) -> None:
    """A freed node ends the walk silently, so that a second pass adds nothing."""
    original = BackwardPass.differentiate

    def differentiate(self: BackwardPass, node: Node, cotangent: Any, status: int) -> None:
        if node.saved is None:
            self.pass_nothing(node)
        else:
            original(self, node, cotangent, status)

    swap(BackwardPass, "differentiate", differentiate)


@plant(
    kills={"life-006": "graph-freed"}, modelled_on="torch test_backward_twice_without_saved_values"
)
def freed_all_nodes(swap: Swap) -> None:
    """A pass frees nodes that saved nothing too, and they refuse to run again."""

    def release(node: Node) -> None:
        node.saved = None

    swap(Node, "release", release)


@plant(
    kills={"life-018a": "graph-freed"},
    modelled_on="common where a pass checks the graph before it walks",
)
def freed_nodes_refuse_the_pass(swap: Swap) -> None:
    """A pass is refused if any node below its roots was freed, needed or not."""
    original = BackwardPass.limit_to

    def limit_to(
        self: BackwardPass, edges: Any, nodes: Iterable[Node], *, run_targets: bool
    ) -> None:
        nodes = list(nodes)
        for node in nodes:
            if node.saved is None:
                raise freed(node)
        original(self, edges, nodes, run_targets=run_targets)

    swap(BackwardPass, "limit_to", limit_to)


@plant(
    kills={"life-012": "graph-freed"},
    modelled_on="common where a pass frees all that it has counted",
)
def query_empties_what_it_skips(swap: Swap) -> None:
    """A query frees all nodes below its roots, also those that it does not run."""
    original = BackwardPass.limit_to

    def limit_to(
        self: BackwardPass, edges: Any, nodes: Iterable[Node], *, run_targets: bool
    ) -> None:
        nodes = list(nodes)
        original(self, edges, nodes, run_targets=run_targets)
        if not self.retain_graph and self.executed is not None:
            for node in set(nodes) - self.executed:
                node.release()

    swap(BackwardPass, "limit_to", limit_to)


@plant(
    kills={"life-011": "no error", "life-012": "no error", "life-021": "no error"},
    modelled_on="common where only backward() cleans up",
)
def query_empties_nothing(swap: Swap) -> None:
    """A query by grad() leaves the graph as it was."""
    original = BackwardPass.limit_to

    def limit_to(self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool) -> None:
        original(self, edges, nodes, run_targets=run_targets)
        self.retain_graph = self.retain_graph or not run_targets

    swap(BackwardPass, "limit_to", limit_to)


@plant(kills={"life-013": "no error"}, modelled_on="torch rule")
def freed_value_shows_as_none(swap: Swap) -> None:
    """Reading a saved value that was freed gives None."""
    original = saved.shown

    def shown(node: Node, name: str) -> Any:
        return None if node.saved is None else original(node, name)

    swap(saved, "shown", shown)


@plant(kills={"life-014a": "lifetime"}, modelled_on="common where freed is a mark on the node")
def freed_is_a_mark(swap: Swap) -> None:
    """Freeing marks a node as used up and keeps what it saved."""
    original = Node.release

    def release(node: Node) -> None:
        if node.saved:
            node.metadata["used"] = node.saved
        original(node)

    swap(Node, "release", release)


@plant(kills={"life-017": "value"}, modelled_on="common in engines that manage memory themselves")
def freed_memory_is_the_users(swap: Swap) -> None:
    """Freeing a node gives back the memory of what it saved, which the user may still read."""
    original = Node.release

    def release(node: Node) -> None:
        for item in node.saved or ():
            if isinstance(item, saved.SavedTensor):
                item.tensor._array = np.zeros_like(item.tensor._array)
        original(node)

    swap(Node, "release", release)
