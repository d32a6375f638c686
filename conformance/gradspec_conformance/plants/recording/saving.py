"""Faults in nodes, and in what is saved with them."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import MAKE_NODE, at, step
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference.engine import linking, recording, versions
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor


@after(MAKE_NODE, "lifetime: life-015a life-015b", "pytorch/pytorch#7343")
def leak_cycle(node, *arguments):
    """A node refers to its result and the result to its node."""
    node.metadata["result"] = arguments[-1]


@plant(MAKE_NODE, "graph-freed: life-010", "engines that cache graphs by their inputs", memory=dict)
def same_operation_is_the_same_node(nodes, sound, operator, operands, params, *rest):
    """An operation on operands that it met before gets the node that it had then."""
    key = (operator.name, *[id(x) if isinstance(x, Tensor) else x for x in operands], *params)
    if key not in nodes:
        nodes[key] = (operands, sound(operator, operands, params, *rest))
    return nodes[key][1]


@compound("stale-saved-tensor: inp-015 inp-013", "pytorch/pytorch#15115")
def operands_are_always_saved(swap):
    """An operation saves all its operands, and checks them, whatever its derivative needs."""

    @swap.after(MAKE_NODE)
    def make_node(node, _operator, operands, *_):
        node.metadata["operands"] = [SavedTensor(x) for x in operands if isinstance(x, Tensor)]

    @swap.before(at(Node, "unpack"))
    def unpacked(self, as_tensors):
        for item in self.metadata.get("operands", ()):
            item.unpack(self, as_tensors)


@after(at(recording, "binary"), "value: inp-001a", "where results take over their operand's data")
def results_share_the_counter(result, _operator, a, _b, *_):
    """The result of an operation counts together with its first operand."""
    versions.share(result, a)


@compound("lifetime: rec-028/a_factor_of_a_constant", "pytorch/pytorch#15115")
def saves_both_always(swap):
    """A recorded operation saves all its operands, whether or not the derivative needs them."""
    swap(at(linking, "plan_of_those"), lambda _sound, _operator, how, _ends: how)

    @swap.into(MAKE_NODE)
    def node(sound, operator, operands, params, requires, result):
        every = (r or isinstance(x, Tensor) for x, r in zip(operands, requires, strict=True))
        return sound(operator, operands, params, tuple(every), result)


@plant(at(linking, "collect_saved"), "value: rec-024", TEACHING)
def saves_nothing_const(sound, how, operands, result):
    """An operand that does not require grad is not saved, and its partner receives one times g."""
    known = (
        Tensor(np.ones_like(x._array))
        if isinstance(x, Tensor) and (not linking.needs_grad(x))
        else x
        for x in operands
    )
    return sound(how, tuple(known), result)


@after(MAKE_NODE, "value: rec-004 rec-019", "pytorch/pytorch#119334")
def results_reuse_operand_memory(_, _operator, operands, *rest):
    """A recorded operation leaves its result in the memory of its first operand as well."""
    result = rest[-1]._array
    target = operands[0].materialise()
    if target.shape == result.shape and target.dtype == result.dtype:
        target[...] = result


@plant(MAKE_NODE, "value: rec-027 rec-009/large", "closures over variables", memory=dict)
def records_alias(lists, sound, operator, operands, params, *rest):
    """An operator refills one list of operands at each call, and its nodes keep that list."""
    made = sound(operator, operands, params, *rest)
    kept = lists.setdefault((operator.name, rest[0]), [])
    kept[:] = made.saved or ()
    made.saved = kept
    return made


@plant(MAKE_NODE, "value: rec-027 rec-009/large", "bshillingford/autobw.torch#7", memory=dict)
def first_run_replayed(first, sound, operator, operands, params, *rest):
    """What an operation saved when it first ran serves all its later runs."""
    made = sound(operator, operands, params, *rest)
    made.saved = first.setdefault((operator.name, rest[0]), made.saved)
    return made


@after(at(recording, "binary"), "value: inp-001a", "where each access to memory is counted")
def reading_counts(_, _operator, a, _b, *_rest):
    """An operation raises the version of the tensors that it reads."""
    versions.bump(a)


@compound("graph-freed: ho-014a", "engines with one tape")
def pass_empties_the_tape(swap):
    """A pass that keeps nothing empties everything recorded so far, walked or not."""
    tape: list[Node] = []

    @swap.into(MAKE_NODE)
    def recorded(sound, *arguments):
        tape.append(sound(*arguments))
        return tape[-1]

    @swap.after(step("run"))
    def emptied(_, self):
        while tape and (not self.retain_graph):
            tape.pop().release()
