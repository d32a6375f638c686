"""Leaks, and their opposite: a graph that lives too long, or does not own what it needs."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import hooks, recording
from gradspec_reference.engine import saved as saving
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.errors import GraphFreedError

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Edge
    from gradspec_reference.engine.tensor import Tensor


@plant(
    kills={
        "life-014a": "lifetime",
        "life-015a": "lifetime",
        "life-015b": "lifetime",
        "life-015c": "lifetime",
        "life-016b": "lifetime",
    },
    modelled_on="pytorch/pytorch#7343",
)
def leak_cycle(swap: Swap) -> None:
    """A node refers to its result and the result to its node."""
    original = recording.make_node

    def make_node(*arguments: Any) -> Node:
        node = original(*arguments)
        node.metadata["result"] = arguments[-1]
        return node

    swap(recording, "make_node", make_node)


@plant(kills={"life-015d": "lifetime"}, modelled_on="the cycle that torch's SavedVariable avoids")
def saved_result_is_the_result(swap: Swap) -> None:
    """A node that needs its result saves the very tensor that refers to the node."""
    swap(saving, "save_result", lambda result, _output_nr=0: SavedTensor(result))


@plant(
    kills={"life-015a": "lifetime", "life-015c": "lifetime", "life-016b": "lifetime"},
    modelled_on="common in teaching engines",
)
def tape_holds_all_results(swap: Swap) -> None:
    """Every recorded result is put on one tape that is never cut."""
    original = recording.make_node
    tape: list[Tensor] = []

    def make_node(*arguments: Any) -> Node:
        tape.append(arguments[-1])
        return original(*arguments)

    swap(recording, "make_node", make_node)


@plant(kills={"life-015b": "lifetime"}, modelled_on="pytorch/pytorch#82528")
def leak_hook(swap: Swap) -> None:
    """A hook owns the tensor that it was put on, and the graph owns the hook."""
    original = hooks.register

    def register(tensor: Tensor, hook: Any) -> hooks.Handle:
        def owning(gradient: Tensor) -> Any:
            return hook(gradient) if tensor.requires_grad else None

        return original(tensor, owning)

    swap(hooks, "register", register)


@plant(kills={"life-016b": "lifetime"}, modelled_on="pytorch/pytorch#7343")
def leaf_node_owns_its_gradient(swap: Swap) -> None:
    """The node of a leaf keeps the gradient it stored last, also after `.grad` was cleared."""
    original = BackwardPass.finish_leaf

    def finish_leaf(self: BackwardPass, node: AccumulateGrad, value: Any, status: int) -> None:
        original(self, node, value, status)
        node.metadata["latest"] = node.variable._grad

    swap(BackwardPass, "finish_leaf", finish_leaf)


STACK = 500


@plant(kills={"life-015c": "lifetime"}, modelled_on="pytorch/pytorch#5534")
def drop_recursive(swap: Swap) -> None:
    """A graph is freed by recursion; what lies deeper than the stack is never freed."""
    lost: list[Node] = []

    def drop(node: Node, depth: int) -> None:
        edges, node.next_functions = node.next_functions, ()
        below = {child for child, _ in edges if child is not None}
        del edges
        while below:
            child = below.pop()
            if depth == STACK:
                lost.append(child)
            elif sys.getrefcount(child) == ALONE:
                drop(child, depth + 1)

    swap(Node, "__del__", lambda node: drop(node, 0))


ALONE = 2
"""The references to a node that nobody else has: a local variable, and the call that counts."""


@plant(kills={"life-019": "missing gradient"}, modelled_on="common where children own parents")
def edges_are_weak(swap: Swap) -> None:
    """A node does not own the nodes of its operands."""
    slot = vars(Node)["next_functions"]

    def read(node: Node) -> tuple[Edge, ...]:
        swap.took_effect()
        return tuple((refer(), number) for refer, number in slot.__get__(node))

    def write(node: Node, edges: tuple[Edge, ...]) -> None:
        slot.__set__(node, tuple((reference(target), number) for target, number in edges))

    def reference(target: Node | None) -> Any:
        if target is None or isinstance(target, AccumulateGrad):
            return lambda: target
        return weakref.ref(target)

    swap(Node, "next_functions", property(read, write))


@plant(kills={"life-019": "graph-freed"}, modelled_on="pytorch/pytorch#19769")
def saved_operands_are_weak(swap: Swap) -> None:
    """A node does not own the operands that it saved; once gone, they count as freed."""
    slot = vars(SavedTensor)["tensor"]

    def read(saved: SavedTensor) -> Tensor:
        swap.took_effect()
        tensor: Tensor | None = slot.__get__(saved)()
        if tensor is None:
            raise GraphFreedError("a saved operand was released with its last name")
        return tensor

    def write(saved: SavedTensor, tensor: Tensor) -> None:
        own = type(saved) is not SavedTensor
        slot.__set__(saved, (lambda: tensor) if own else weakref.ref(tensor))

    swap(SavedTensor, "tensor", property(read, write))
