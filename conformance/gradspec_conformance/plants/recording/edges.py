"""Faults in the edges from a node to those of its operands."""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

from gradspec_conformance.plants.places import MAKE_NODE, REBASE, at
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference.engine import linking, node, recording
from gradspec_reference.engine.node import AccumulateGrad, Node


@plant(at(node, "accumulator"), "order: acc-017a acc-017", "pytorch/pytorch#105293")
def accumulator_per_use(_sound, leaf):
    """Each use of a leaf delivers to it on its own."""
    return AccumulateGrad(leaf)


@plant(
    at(node, "accumulator"),
    "missing gradient: bwd-044",
    "tinygrad/tinygrad#9597",
    memory=WeakValueDictionary,
)
def topo_visited_by_value(known, sound, leaf):
    """Leaves of equal value are taken for one, which is given what each should get."""
    value = (leaf._array.shape, leaf._array.tobytes())
    met = known.get(value)
    if met is None:
        met = known[value] = sound(leaf)
    return met


@plant(at(linking, "collect_edges"), "value: bwd-001c op-222/mul", "sony/nnabla#532")
def edge_dedup(sound, operands, requires):
    """A tensor that is twice an operand of one operation is counted once."""
    edges = sound(operands, requires)
    return tuple(
        (node.NO_EDGE if edge in edges[:place] else edge for place, edge in enumerate(edges))
    )


@plant(at(node, "gradient_edge"), "aliasing: rec-003 rec-005", "teaching engines: nodes are values")
def edges_copy_nodes(sound, tensor):
    """An edge leads to a copy of the argument's node."""
    target, number = sound(tensor)
    if isinstance(target, AccumulateGrad):
        return (AccumulateGrad(target.variable), number)
    return (None if target is None else twin_of(target), number)


@plant(at(node, "gradient_edge"), "structure: rec-022; value: rec-022a", "pytorch/pytorch#11751")
def outputs_share_a_slot(sound, tensor):
    """The gradients of all outputs of a node arrive at its first."""
    return (sound(tensor)[0], 0)


@after(at(recording, "several"), "aliasing: rec-022", TEACHING)
def node_per_output(results, _operator, _source, *_, **_named):
    """An operation with several results makes a node for each of them."""
    for result in results:
        if result._grad_fn is not None:
            result._grad_fn = twin_of(result._grad_fn)


@plant(at(node, "gradient_edge"), "missing gradient: leaf-004 leaf-202", TEACHING)
def edges_skip_leaves(sound, tensor):
    """Results are recorded, but the edge to a leaf is left out, so nothing arrives there."""
    return node.NO_EDGE if tensor.is_leaf else sound(tensor)


def twin_of(made: Node) -> Node:
    """Return another node that is like this one."""
    parts = (made.next_functions, made.saved, made.params, made.outputs)
    return type(made)(*parts, made.freeable)


@after(at(node, "accumulator"), "lifetime: inp-205", "where the accumulator is stored")
def leaf_owns_its_accumulator(made, leaf):
    """A leaf owns the node that adds to its gradient, and the node owns the leaf."""
    leaf.leaf_state().accumulator = lambda: made


@compound("value: inp-217", "where a node refers to tensors, not to nodes")
def edges_follow_the_tensor(swap):
    """Operations that used a tensor before a write send its gradient to the node of the write."""
    users: list[tuple[Any, Any]] = []

    @swap.after(MAKE_NODE)
    def make_node(node, _operator, operands, *_):
        users.append((node, operands))

    @swap.after(REBASE)
    def rebased(_, tensor, node):
        for user, operands in users:
            edges = zip(operands, user.next_functions, strict=True)
            user.lead_to(tuple([(node, 0) if one is tensor else edge for one, edge in edges]))
