"""Faults in what a node keeps for its rule, and in when it lets go."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import at, kernel
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import hooks, inplace, saved, versions
from gradspec_reference.engine import saved as saving
from gradspec_reference.engine.node import AccumulateGrad, Edge, Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GraphFreedError, StaleSavedTensorError

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

ALONE = 2


STACK = 500


@plant(
    at(Node, "release"), {"life-001": "no error", "life-011": "no error"}, "tinygrad/tinygrad#5701"
)
def freed_not_checked(_sound: Any, _node: Any) -> Any:
    """Nothing is freed, and a second pass reads what the first one used."""
    return None


@plant(
    at(Node, "release"),
    {"life-006": "graph-freed"},
    "torch test_backward_twice_without_saved_values",
)
def freed_all_nodes(_sound: Any, node: Node) -> None:
    """A pass frees nodes that saved nothing too, and they refuse to run again."""
    node.saved = None


@plant(at(saved, "shown"), {"life-013": "no error"}, "torch rule")
def freed_value_shows_as_none(sound: Any, node: Node, name: str) -> Any:
    """Reading a saved value that was freed gives None."""
    return None if node.saved is None else sound(node, name)


@plant(at(Node, "release"), {"life-014a": "lifetime"}, "common where freed is a mark on the node")
def freed_is_a_mark(sound: Any, node: Node) -> None:
    """Freeing marks a node as used up and keeps what it saved."""
    if node.saved:
        node.metadata["used"] = node.saved
    sound(node)


@plant(
    at(Node, "release"), {"life-017": "value"}, "common in engines that manage memory themselves"
)
def freed_memory_is_the_users(sound: Any, node: Node) -> None:
    """Freeing a node gives back the memory of what it saved, which the user may still read."""
    for item in node.saved or ():
        if isinstance(item, saved.SavedTensor):
            item.tensor._array = np.zeros_like(item.tensor._array)
    sound(node)


@plant(
    at(saving, "save_result"),
    {"life-015d": "lifetime"},
    "the cycle that torch's SavedVariable avoids",
)
def saved_result_is_the_result(_sound: Any, result: Any, _output_nr: Any = 0) -> Any:
    """A node that needs its result saves the very tensor that refers to the node."""
    return SavedTensor(result)


@compound({"life-015c": "lifetime"}, "pytorch/pytorch#5534")
def drop_recursive(swap: Swap) -> None:
    """A graph is freed by recursion; what lies deeper than the stack is never freed."""
    lost: list[Node] = []

    def drop(node: Node, depth: int) -> None:
        edges, node.next_functions = (node.next_functions, ())
        below = {child for child, _ in edges if child is not None}
        del edges
        while below:
            child = below.pop()
            if depth == STACK:
                lost.append(child)
            elif sys.getrefcount(child) == ALONE:
                drop(child, depth + 1)

    swap(at(Node, "__del__"), lambda _sound, node: drop(node, 0))


@compound({"life-019": "graph-freed"}, "pytorch/pytorch#19769")
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

    swap.data(SavedTensor, "tensor", property(read, write))


@plant(
    at(saved, "unpack"), {"ho-009": "missing gradient", "ho-010a": "value"}, "pytorch/pytorch#58509"
)
def saved_detached_double_backward(
    sound: Any, node: Node, items: tuple[Any, ...], as_tensors: bool
) -> list[Any]:
    """Saved values come back without their histories."""
    return [number(value) for value in sound(node, items, as_tensors)]


@plant(
    at(saved, "check_version"),
    {"inp-210": "value", "inp-010": "no error"},
    "pytorch/pytorch#197887",
)
def version_not_checked(_sound: Any, *_: Any) -> Any:
    """The version of a saved value is never compared."""
    return None


@plant(
    at(saved, "check_version"),
    {"inp-014": "stale-saved-tensor", "inp-007": "stale-saved-tensor"},
    "common in engines with a dirty flag for a version",
)
def any_version_is_stale(sound: Any, node: Any, tensor: Any, now: Any, _then: Any) -> Any:
    """A saved value is refused if its memory was ever written, also before it was saved."""
    return sound(node, tensor, now, 0)


@compound(
    {"inp-012": "stale-saved-tensor"}, "the memory guard of MyGrad, which locks what a graph uses"
)
def saved_values_are_locked(swap: Swap) -> None:
    """A write to a value that some operation saved is refused at once."""
    locked: list[Any] = []

    def saving(sound: Any, self: Any, tensor: Any) -> None:
        sound(self, tensor)
        locked.append(versions.counter_of(tensor))

    def stored(sound: Any, target: Any, result: Any) -> None:
        counter = versions.counter_of(target)
        if any(counter is each for each in locked):
            raise StaleSavedTensorError("a value that was saved for backward was written")
        sound(target, result)

    swap(at(SavedTensor, "__init__"), saving)
    swap(at(inplace, "store"), stored)


@compound({"rec-018": "missing gradient"}, "pytorch/pytorch#19769")
def edges_hold_weakly(swap: Swap) -> None:
    """A node does not keep the nodes of its arguments alive, and passes over those that died."""
    slot = Node.__dict__["next_functions"]

    def read(self: Node) -> tuple[Edge, ...]:
        swap.took_effect()
        held = slot.__get__(self)
        return tuple(((n() if isinstance(n, weakref.ref) else n, number) for n, number in held))

    def write(self: Node, edges: tuple[Edge, ...]) -> None:
        inner = ((n, k, n is None or isinstance(n, AccumulateGrad)) for n, k in edges)
        slot.__set__(self, tuple(((n if strong else weakref.ref(n), k) for n, k, strong in inner)))

    swap.data(Node, "next_functions", property(read, write))


@plant(at(Node, "release"), {"rec-004": "value", "rec-006": "value"}, "pytorch/pytorch#119334")
def saved_memory_recycled(sound: Any, self: Node) -> None:
    """When a graph is freed, the memory of its saved values is put to another use."""
    for item in self.saved or ():
        if isinstance(item, SavedTensor):
            item.tensor.materialise().fill(0)
    sound(self)


@plant(
    at(Node, "release"),
    {"ret-022/before": "no error"},
    "common confusion of retain_grad with retain_graph",
)
def retaining_node_is_not_freed(sound: Any, node: Any) -> Any:
    """A node whose tensor retains its gradient keeps its saved values too."""
    return None if node.retained else sound(node)


@compound({"ret-022/after": "no error"}, "common where freed is a mark on the node")
def request_revives_the_node(swap: Swap) -> None:
    """Freeing only marks a node, and retain_grad() takes the mark away again."""

    def marked(sound: Any, node: Node) -> None:
        node.metadata["spent"] = node.saved
        sound(node)

    def revived(sound: Any, tensor: Tensor) -> None:
        sound(tensor)
        if tensor._grad_fn is not None and "spent" in tensor._grad_fn.metadata:
            tensor._grad_fn.saved = tensor._grad_fn.metadata.pop("spent")

    swap(at(Node, "release"), marked)
    swap(at(hooks, "retain"), revived)


@compound(
    {"inp-013": "stale-saved-tensor", "inp-015a": "stale-saved-tensor"}, "pytorch/pytorch#15115"
)
def product_saves_both_factors(swap: Swap) -> None:
    """A product saves both factors, also if only one requires grad."""
    swap.row("mul", saves="other self")
    swap(kernel("mul"), lambda sound, *operands: sound(*operands))  # to count


@plant(
    at(saved, "check_version"),
    {"inp-215": "value", "inp-216": "no error"},
    "common where only differentiable operands are saved as such",
)
def indices_are_not_checked(sound: Any, node: Any, tensor: Any, now: int, then: int) -> None:
    """The versions of saved indices and masks are not compared."""
    if tensor._array.dtype.kind == "f":
        sound(node, tensor, now, then)


@compound(
    {"inp-213/argument": "value", "inp-214/result": "no error"},
    "common where a check is paid for once",
)
def versions_are_compared_once(swap: Swap) -> None:
    """The versions of what a node saved are compared in the first pass through it only."""

    def unpack(sound: Any, self: Any, as_tensors: bool) -> Any:
        self.metadata["passes"] = self.metadata.get("passes", 0) + 1
        return sound(self, as_tensors)

    def check_version(sound: Any, node: Any, *rest: Any) -> None:
        if node.metadata["passes"] == 1:
            sound(node, *rest)

    swap(at(Node, "unpack"), unpack)
    swap(at(saved, "check_version"), check_version)


@compound(
    {"inp-213/result": "value", "inp-214/result": "no error"},
    "common where a check is paid for once",
)
def versions_of_results_are_compared_once(swap: Swap) -> None:
    """The versions of results that a node saved are compared in the first pass only."""

    def check_version(sound: Any, node: Any, tensor: Any, *versions: int) -> None:
        results = [i.tensor for i in node.saved if isinstance(i, saved.SavedResult)]
        checked = node.metadata.setdefault("checked", set())
        if not any(tensor is one for one in results) or id(tensor) not in checked:
            sound(node, tensor, *versions)
        checked.add(id(tensor))

    swap(at(saved, "check_version"), check_version)


@plant(
    at(gradspec_reference, "sort"),
    {"inp-239/sort": "value", "inp-240/sort": "no error"},
    "common where a result is handed out beside what is saved",
)
def found_indices_count_for_themselves(sound: Any, *arguments: Any, **keywords: Any) -> Any:
    """The indices that sort() returns share memory with those that it saved, and no version."""
    values, indices = sound(*arguments, **keywords)
    return values, Tensor(indices._array)
