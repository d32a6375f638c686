"""Faults in retaining: defaults, who has the last word, repeats that differ, and warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import autograd
from gradspec_reference.engine import recording, requests
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node


@plant(
    kills={
        "life-002": "graph-freed",
        "life-201": "graph-freed",
        "life-002a": "graph-freed",
        "life-003": "graph-freed",
        "life-004": "graph-freed",
        "life-008": "graph-freed",
        "life-020": "graph-freed",
    },
    modelled_on="tinygrad/tinygrad#6145",
)
def always_freed(swap: Swap) -> None:
    """A pass frees the graph despite retain_graph=True."""

    def new_pass(_retain: bool | None, create: bool) -> BackwardPass:
        return BackwardPass(retain_graph=False, create_graph=create)

    swap(requests, "new_pass", new_pass)


@plant(
    kills={
        "life-001": "no error",
        "life-004": "no error",
        "life-007": "no error",
        "life-011": "no error",
        "life-013": "no error",
        "life-018": "no error",
        "life-021": "no error",
        "life-014a": "lifetime",
    },
    modelled_on="common in teaching engines",
)
def retain_default_true(swap: Swap) -> None:
    """Unless told otherwise, a pass keeps the graph."""
    original = requests.new_pass
    swap(requests, "new_pass", lambda retain, create: original(retain is not False, create))


@plant(kills={"life-004": "graph-freed", "life-020": "graph-freed"}, modelled_on="torch rule")
def retain_default_false(swap: Swap) -> None:
    """Unless told otherwise, a pass frees the graph, also one with create_graph=True."""
    original = requests.new_pass
    swap(requests, "new_pass", lambda retain, create: original(bool(retain), create))


@plant(
    kills={"life-005": "no error", "life-005a": "no error"},
    modelled_on="common where one flag implies the other",
)
def create_graph_always_retains(swap: Swap) -> None:
    """A pass with create_graph=True keeps the graph even when told to free it."""
    original = requests.new_pass
    swap(requests, "new_pass", lambda retain, create: original(create or retain, create))


@plant(
    kills={"life-003": "no error", "life-004": "no error"},
    modelled_on="common where the flag is stored on the graph",
)
def retained_once_is_retained(swap: Swap) -> None:
    """A node that a pass has kept is never freed by a later one."""
    original = BackwardPass.differentiate

    def differentiate(self: BackwardPass, node: Node, cotangent: Any, status: int) -> None:
        original(self, node, cotangent, status)
        if self.retain_graph:
            node.freeable = False

    swap(BackwardPass, "differentiate", differentiate)


@plant(
    kills={"life-002": "value", "life-002a": "value", "life-006": "value", "life-008": "value"},
    modelled_on="bshillingford/autobw.torch#7",
)
def second_pass_starts_from_the_first(swap: Swap) -> None:
    """Gradients that a pass left at intermediates are there when the next pass begins."""
    original = BackwardPass.differentiate

    def differentiate(self: BackwardPass, node: Node, cotangent: Any, status: int) -> None:
        if not self.create_graph and node.operator_is_single:
            cotangent = cotangent + node.metadata.get("gradient", 0.0)
            node.metadata["gradient"] = cotangent.copy()
        original(self, node, cotangent, status)

    swap(BackwardPass, "differentiate", differentiate)


@plant(
    kills={"life-010": "graph-freed"},
    modelled_on="common in engines that cache graphs by their inputs",
)
def same_operation_is_the_same_node(swap: Swap) -> None:
    """An operation on operands that it met before gets the node that it had then."""
    original = recording.make_node
    nodes: dict[Any, tuple[Any, Node]] = {}

    def make_node(operator: Any, operands: Any, params: Any, *rest: Any) -> Node:
        key = (operator.name, *[id(x) if isinstance(x, Tensor) else x for x in operands], *params)
        if key not in nodes:
            nodes[key] = (operands, original(operator, operands, params, *rest))
        return nodes[key][1]

    swap(recording, "make_node", make_node)


@plant(kills={"life-016": "warning"}, modelled_on="pytorch/pytorch#7343")
def cycle_is_not_warned_of(swap: Swap) -> None:
    """backward(create_graph=True) stores a gradient with a history without a warning."""
    swap(autograd, "warn_of_cycle", lambda: None)


@plant(kills={"life-016a": "warning"}, modelled_on="common where the warning comes with the flag")
def query_warns_of_a_cycle(swap: Swap) -> None:
    """grad(create_graph=True) warns of a cycle that it does not make."""
    original = requests.new_pass

    def new_pass(retain: bool | None, create: bool) -> BackwardPass:
        if create:
            autograd.warn_of_cycle()
        return original(retain, create)

    swap(requests, "new_pass", new_pass)
