"""Faults in recorded gradients: histories that end too early, and results that change later."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.higher_order.switch import handing_out
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import accumulation, hooks, recording
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_reference.engine.node import Edge, Node
    from gradspec_reference.engine.tensor import Tensor

    Arrived = list[tuple[Any, int]]


@plant(
    kills={"ho-004": "root-without-grad", "ho-019": "root-without-grad"},
    modelled_on="Oneflow-Inc/oneflow#8248",
)
def leaf_grad_detached(swap: Swap) -> None:
    """backward(create_graph=True) stores gradients on leaves without their history."""
    original = accumulation.accumulate_tensor
    swap(accumulation, "accumulate_tensor", lambda leaf, g: original(leaf, g.detach()))


@plant(kills={"ho-004a": "root-without-grad"}, modelled_on="Oneflow-Inc/oneflow#8248")
def retained_grad_detached(swap: Swap) -> None:
    """backward(create_graph=True) stores retained gradients without their history."""
    original = hooks.store_retained

    def stored(node: Node, output_nr: int, gradient: Tensor | None) -> None:
        original(node, output_nr, gradient if gradient is None else gradient.detach())

    swap(hooks, "store_retained", stored)


@plant(
    kills={"ho-019": "value"},
    modelled_on="common where the sum is formed in the first one's memory",
)
def sum_forgets_the_first_history(swap: Swap) -> None:
    """A recorded gradient that is added to another leaves only its own history."""
    original = accumulation.accumulate_tensor

    def accumulate(leaf: Tensor, gradient: Tensor) -> None:
        if leaf._grad is not None:
            leaf._grad = leaf._grad.detach()
        original(leaf, gradient)

    swap(accumulation, "accumulate_tensor", accumulate)


@plant(
    kills={"ho-017": "root-without-grad", "ho-010b": "missing gradient"},
    modelled_on="common where the inputs of a query are taken for leaves",
)
def gradient_of_a_nonleaf_is_constant(swap: Swap) -> None:
    """A recorded gradient with respect to a non-leaf has no history."""

    def change(node: Node, gradient: Tensor) -> Tensor:
        return gradient if isinstance(node, AccumulateGrad) else gradient.detach()

    handing_out(swap, change)


@plant(
    kills={"ho-006": "unused-input", "ho-007": "unused-input"},
    modelled_on="common where cotangents are raw arrays",
)
def cotangent_is_a_number(swap: Swap) -> None:
    """A recorded pass takes its cotangents as mere numbers."""
    original = BackwardPass.start

    def start(self: BackwardPass, roots: Any, cotangents: Any) -> None:
        original(self, roots, [cotangent.detach() for cotangent in cotangents])

    swap(BackwardPass, "start", start)


@plant(kills={"ho-001": "value", "ho-006": "value"}, modelled_on="PaddlePaddle/Paddle#24187")
def second_order_stale(swap: Swap) -> None:
    """There is one gradient per variable, which each query overwrites."""
    original = BackwardPass.capture

    def capture(self: BackwardPass, node: Node, arrived: Arrived) -> None:
        original(self, node, arrived)
        for (owner, slot), found in self.captured.items():
            if owner is not node or found is None:
                continue
            kept = node.metadata.setdefault(slot, found)
            kept._array, kept._grad_fn = found._array, found._grad_fn
            kept._output_nr = found._output_nr
            self.captured[owner, slot] = kept

    swap(BackwardPass, "capture", capture)


@plant(kills={"ho-010b": "value"}, modelled_on="denizyuret/AutoGrad.jl#75")
def nested_tag_shared(swap: Swap) -> None:
    """A recorded query takes every leaf for its variable, also one that is constant to it."""
    limit_to, deliver = BackwardPass.limit_to, BackwardPass.deliver

    def limited(
        self: BackwardPass, edges: Iterable[Edge], nodes: Iterable[Node], *, run_targets: bool
    ) -> None:
        nodes = list(nodes)
        limit_to(self, edges, nodes, run_targets=run_targets)
        if self.create_graph and self.visited is not None:
            self.visited |= {node for node in nodes if isinstance(node, AccumulateGrad)}

    def confused(self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        mine = next(iter(self.captured), edge)
        other = isinstance(edge[0], AccumulateGrad) and edge not in self.captured
        if self.create_graph and other and mine[0] in self.waiting:
            self.waiting[mine[0]][0] += 1
            deliver(self, mine, part, status)
            part = None
        deliver(self, edge, part, status)

    swap(BackwardPass, "limit_to", limited)
    swap(BackwardPass, "deliver", confused)


@plant(kills={"ho-014": "no error"}, modelled_on="common where only the first graph is managed")
def recorded_graph_is_never_emptied(swap: Swap) -> None:
    """What a pass has recorded is not freed by the passes that start from it."""
    original = BackwardPass.run

    def run(self: BackwardPass) -> None:
        walked = set(self.waiting)
        original(self)
        unseen = [g._grad_fn for g in self.captured.values() if g is not None and g._grad_fn]
        while unseen:
            node = unseen.pop()
            if node not in walked:
                walked.add(node)
                node.freeable = False
                unseen += [below for below, _ in node.next_functions if below is not None]

    swap(BackwardPass, "run", run)


@plant(kills={"ho-014a": "graph-freed"}, modelled_on="common in engines with one tape")
def pass_empties_the_tape(swap: Swap) -> None:
    """A pass that keeps nothing empties everything recorded so far, walked or not."""
    run, make_node = BackwardPass.run, recording.make_node
    tape: list[Node] = []

    def recorded(*arguments: Any) -> Node:
        tape.append(make_node(*arguments))
        return tape[-1]

    def emptied(self: BackwardPass) -> None:
        run(self)
        while tape and not self.retain_graph:
            tape.pop().release()

    swap(recording, "make_node", recorded)
    swap(BackwardPass, "run", emptied)


@plant(kills={"ho-015": "text"}, modelled_on="common where gradients are handed out as copies")
def recorded_gradient_is_a_copy(swap: Swap) -> None:
    """A query hands out recorded copies of its gradients."""
    handing_out(swap, lambda _node, gradient: gradient.clone())
