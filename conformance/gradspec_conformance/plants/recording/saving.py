"""Faults in nodes, and in what is saved with them."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import recording, versions
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap
    from gradspec_reference.operators import Operator


@plant(
    at(recording, "make_node"),
    {"life-015a": "lifetime", "life-015b": "lifetime"},
    "pytorch/pytorch#7343",
)
def leak_cycle(sound: Any, *arguments: Any) -> Any:
    """A node refers to its result and the result to its node."""
    node = sound(*arguments)
    node.metadata["result"] = arguments[-1]
    return node


@compound({"life-010": "graph-freed"}, "common in engines that cache graphs by their inputs")
def same_operation_is_the_same_node(swap: Swap) -> None:
    """An operation on operands that it met before gets the node that it had then."""
    nodes: dict[Any, tuple[Any, Node]] = {}

    def make_node(sound: Any, operator: Any, operands: Any, params: Any, *rest: Any) -> Node:
        key = (operator.name, *[id(x) if isinstance(x, Tensor) else x for x in operands], *params)
        if key not in nodes:
            nodes[key] = (operands, sound(operator, operands, params, *rest))
        return nodes[key][1]

    swap(at(recording, "make_node"), make_node)


@compound(
    {"inp-015": "stale-saved-tensor", "inp-013": "stale-saved-tensor"}, "pytorch/pytorch#15115"
)
def operands_are_always_saved(swap: Swap) -> None:
    """An operation saves all its operands, and checks them, whatever its derivative needs."""

    def make_node(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
        node = sound(operator, operands, *rest)
        node.metadata["operands"] = [SavedTensor(x) for x in operands if isinstance(x, Tensor)]
        return node

    def unpacked(sound: Any, self: Any, as_tensors: bool) -> Any:
        for item in self.metadata.get("operands", ()):
            item.unpack(self, as_tensors)
        return sound(self, as_tensors)

    swap(at(recording, "make_node"), make_node)
    swap(at(Node, "unpack"), unpacked)


@plant(
    at(recording, "binary"),
    {"inp-001a": "value"},
    "common where results take over their operand's data",
)
def results_share_the_counter(sound: Any, operator: Any, a: Any, b: Any, *params: Any) -> Any:
    """The result of an operation counts together with its first operand."""
    result = sound(operator, a, b, *params)
    versions.share(result, a)
    return result


@plant(
    at(recording, "make_node"),
    {"rec-028/a_factor_of_a_constant": "lifetime"},
    "pytorch/pytorch#15115",
)
def saves_both_always(
    sound: Any, operator: Operator, operands: Any, params: Any, requires: Any, result: Any
) -> Any:
    """A recorded operation saves all its operands, whether or not the derivative needs them."""
    every = (r or isinstance(x, Tensor) for x, r in zip(operands, requires, strict=True))
    return sound(operator, operands, params, tuple(every), result)


@plant(
    at(recording, "collect_saved"),
    {"rec-024": "value"},
    "common in teaching engines",
)
def saves_nothing_const(
    sound: Any, sources: Any, operands: tuple[Any, ...], result: Tensor | None
) -> Any:
    """An operand that does not require grad is not saved, and its partner receives one times g."""
    known = (
        Tensor(np.ones_like(x._array))
        if isinstance(x, Tensor) and (not recording.needs_grad(x))
        else x
        for x in operands
    )
    return sound(sources, tuple(known), result)


@plant(
    at(recording, "make_node"), {"rec-004": "value", "rec-019": "value"}, "pytorch/pytorch#119334"
)
def results_reuse_operand_memory(sound: Any, operator: Operator, operands: Any, *rest: Any) -> Any:
    """A recorded operation leaves its result in the memory of its first operand as well."""
    made = sound(operator, operands, *rest)
    result = rest[-1]._array
    target = operands[0].materialise()
    if target.shape == result.shape and target.dtype == result.dtype:
        target[...] = result
    return made


@compound(
    {"rec-027": "value", "rec-009/large": "value"},
    "common in teaching engines: closures that look up their variables when called",
)
def records_alias(swap: Swap) -> None:
    """An operator refills one list of operands at each call, and its nodes keep that list."""
    lists: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}

    def aliasing(sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any) -> Any:
        made = sound(operator, operands, params, *rest)
        kept = lists.setdefault((operator.name, rest[0]), [])
        kept[:] = made.saved or ()
        made.saved = kept
        return made

    swap(at(recording, "make_node"), aliasing)


@compound({"rec-027": "value", "rec-009/large": "value"}, "bshillingford/autobw.torch#7")
def first_run_replayed(swap: Swap) -> None:
    """What an operation saved when it first ran serves all its later runs."""
    first: dict[tuple[str, tuple[bool, ...]], Any] = {}

    def replaying(sound: Any, operator: Operator, operands: Any, params: Any, *rest: Any) -> Any:
        made = sound(operator, operands, params, *rest)
        made.saved = first.setdefault((operator.name, rest[0]), made.saved)
        return made

    swap(at(recording, "make_node"), replaying)


@plant(
    at(recording, "binary"), {"inp-001a": "value"}, "common where each access to memory is counted"
)
def reading_counts(sound: Any, operator: Any, a: Any, b: Any, *params: Any) -> Any:
    """An operation raises the version of the tensors that it reads."""
    result = sound(operator, a, b, *params)
    versions.bump(a)
    return result


@compound({"ho-014a": "graph-freed"}, "common in engines with one tape")
def pass_empties_the_tape(swap: Swap) -> None:
    """A pass that keeps nothing empties everything recorded so far, walked or not."""
    tape: list[Node] = []

    def recorded(sound: Any, *arguments: Any) -> Node:
        tape.append(sound(*arguments))
        return tape[-1]

    def emptied(sound: Any, self: BackwardPass) -> None:
        sound(self)
        while tape and (not self.retain_graph):
            tape.pop().release()

    swap(at(recording, "make_node"), recorded)
    swap(at(BackwardPass, "run"), emptied)
