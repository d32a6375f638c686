"""Faults in the graph: edges that lead elsewhere, nodes that are not the ones they should be."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import node, recording
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge
    from gradspec_reference.engine.operator import Operator
    from gradspec_reference.engine.tensor import Tensor


def twin_of(made: Node) -> Node:
    """Return another node that is like this one."""
    parts = (made.next_functions, made.saved, made.params, made.outputs)
    return type(made)(*parts, made.freeable)


@plant(
    kills={
        "rec-003": "aliasing",
        "rec-005": "aliasing",
        "rec-026a": "aliasing",
        "rec-015a": "order",
    },
    modelled_on="common in teaching engines: nodes are values",
)
def edges_copy_nodes(swap: Swap) -> None:
    """An edge leads to a copy of the argument's node."""
    original = node.gradient_edge

    def copied(tensor: Tensor) -> Edge:
        target, number = original(tensor)
        if isinstance(target, AccumulateGrad):
            return AccumulateGrad(target.variable), number
        return None if target is None else twin_of(target), number

    swap(node, "gradient_edge", copied)


@plant(kills={"rec-022": "structure", "rec-022a": "value"}, modelled_on="pytorch/pytorch#11751")
def outputs_share_a_slot(swap: Swap) -> None:
    """The gradients of all outputs of a node arrive at its first."""
    original = node.gradient_edge
    swap(node, "gradient_edge", lambda tensor: (original(tensor)[0], 0))


@plant(kills={"rec-022": "aliasing"}, modelled_on="common in teaching engines")
def node_per_output(swap: Swap) -> None:
    """An operation with several results makes a node for each of them."""
    original = recording.several

    def separate(operator: Operator, source: Tensor, *params: Any) -> tuple[Tensor, ...]:
        results = original(operator, source, *params)
        for result in results:
            if result._grad_fn is not None:
                result._grad_fn = twin_of(result._grad_fn)
        return results

    swap(recording, "several", separate)


@plant(kills={"rec-018": "missing gradient"}, modelled_on="pytorch/pytorch#19769")
def edges_hold_weakly(swap: Swap) -> None:
    """A node does not keep the nodes of its arguments alive, and passes over those that died."""
    slot = Node.__dict__["next_functions"]

    def read(self: Node) -> tuple[Edge, ...]:
        swap.took_effect()
        held = slot.__get__(self)
        return tuple((n() if isinstance(n, weakref.ref) else n, number) for n, number in held)

    def write(self: Node, edges: tuple[Edge, ...]) -> None:
        inner = ((n, k, n is None or isinstance(n, AccumulateGrad)) for n, k in edges)
        slot.__set__(self, tuple((n if strong else weakref.ref(n), k) for n, k, strong in inner))

    swap(Node, "next_functions", property(read, write))


@plant(kills={"rec-023": "missing gradient"}, modelled_on="karpathy/micrograd#91")
def deep_graph_cut(swap: Swap) -> None:
    """A pass goes through ten thousand operations, and is silent about those that lie deeper."""
    original = BackwardPass.differentiate
    went: list[BackwardPass] = []

    def shallow(self: BackwardPass, *arguments: Any) -> None:
        if went and went[-1] is not self:
            went.clear()
        went.append(self)
        if len(went) <= 10_000:  # noqa: PLR2004 - as many frames as fit on the stack
            original(self, *arguments)

    swap(BackwardPass, "differentiate", shallow)
