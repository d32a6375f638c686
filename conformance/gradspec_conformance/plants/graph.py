"""Faults in what callers see of the graph: names, edges, saved values, nodes by themselves."""

from __future__ import annotations

import weakref
from weakref import WeakKeyDictionary

import numpy as np

import gradspec_reference
from gradspec_conformance.plants.places import FOR_ROOTS, at, reading
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_conformance.plants.recording.edges import twin_of
from gradspec_reference.engine import calling, edges, modes, saved
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Node, accumulator
from gradspec_reference.engine.raw import RawSaved
from gradspec_reference.engine.tensor import Tensor

LATER_READERS = "where what is shown is made when it is asked for"
EDGES = reading("next_functions", Node)
METADATA = reading("metadata", Node)
EXPECTED = reading("_input_metadata", Node)
GET_EDGE = at(edges, "get_gradient_edge")
SHOWN = at(saved, "shown")
FIND = at(saved, "find")
CALL = at(calling, "call")
HOOKS_ON_ONE = at(RawSaved, "register_hooks")


# nodes ------------------------------------------------------------------------------------


@plant(reading("grad_fn"), "aliasing: gi-009", LATER_READERS)
def a_node_for_each_reader(sound, tensor):
    """Each reading of grad_fn makes another node."""
    made = sound(tensor)
    return None if made is None else twin_of(made)


@plant(METADATA, "structure: gi-012", LATER_READERS)
def notes_are_copied(sound, node):
    """The metadata that is read is a copy."""
    return dict(sound(node))


@plant(METADATA, "structure: gi-204", "a dict among the attributes of a class", memory=dict)
def notes_belong_to_the_class(notes, _sound, node):
    """All nodes of one operation have the same metadata."""
    return notes.setdefault(type(node), {})


@plant(at(Node, "_sequence_nr"), "structure: gi-026", "the queue's order shown as it is")
def sequence_counts_down(sound, node):
    """A node that was recorded later has a smaller number."""
    return -sound(node)


@plant(EXPECTED, "structure: gi-030/several_results", "where nodes had one output once")
def expects_for_the_first_output(sound, node):
    """A node tells of its first output only."""
    return sound(node)[:1]


@plant(EXPECTED, "structure: gi-030/a_reduction gi-030/a_cast", "gradients are the operand's")
def expects_what_the_leaf_has(sound, node):
    """A node tells what the gradient behind it will be."""
    ends = [end for end, _ in node.next_functions if end is not None]
    return [found for end in ends for found in sound(end)] or sound(node)


@compound("no error: gi-017/the_class_of_all_nodes gi-017/the_class_of_a_node", TEACHING)
def nodes_are_anybodys(swap):
    """A node can be made by its class: it has no operands."""

    @swap.into(at(Node, "__init__"))
    def made(sound, self, edges=(), saved=(), params=(), outputs=(((), None),), freeable=False):
        sound(self, edges, saved, params, outputs, freeable)


# names ------------------------------------------------------------------------------------


@plant(at(Node, "name"), "text: gi-002/sin gi-024", "engines with one class of nodes")
def nodes_have_no_names(_sound, _node):
    """All nodes have the same name."""
    return "Backward"


@plant(
    at(Node, "name"),
    "text: gi-003/sum_over_an_axis gi-003/pow_of_two_tensors",
    "names made of the operation alone",
)
def forms_share_a_name(sound, node):
    """The number in a name does not tell an operation's forms apart."""
    return sound(node).rstrip("0123456789") + "0"


@plant(at(Node, "name"), "text: gi-025/two_vectors gi-025/two_batches", "JAX's one dot_general")
def products_share_a_name(sound, node):
    """All matrix products are called matmul."""
    name = sound(node)
    kinds = ("DotBackward0", "MvBackward0", "MmBackward0", "BmmBackward0")
    return "MatmulBackward0" if name in kinds else name


@plant(at(AccumulateGrad, "name"), "text: gi-008", TEACHING)
def leaves_are_called_leaf(_sound, _node):
    """The node of a leaf is called for what it is, and not for what it does."""
    return "Leaf"


@plant(at(Node, "__repr__"), "text: gi-029", "an object without a __repr__")
def a_node_is_printed_as_a_node(_sound, node):
    """A printed node shows where it is, and not what."""
    return f"<Node object at {hex(id(node))}>"


# edges ------------------------------------------------------------------------------------


@plant(EDGES, "aliasing: gi-004 gi-005", "operands taken from a stack")
def next_functions_order(sound, node):
    """The edges are listed from the last operand to the first."""
    return sound(node)[::-1]


@plant(EDGES, "structure: gi-011/split gi-011/unbind", "engines whose edges are nodes")
def edges_show_no_number(sound, node):
    """Every edge is shown to lead to a first output."""
    return tuple((end, 0) for end, _ in sound(node))


@plant(
    EDGES,
    "value: gi-007",
    "teaching engines: making a tensor is an operation",
    memory=WeakKeyDictionary,
)
def the_way_goes_on_behind_a_leaf(makings, sound, node):
    """Behind the node of a leaf stands one for its making."""
    if not isinstance(node, AccumulateGrad):
        return sound(node)
    return ((makings.setdefault(node, Node((), (), (), (((), None),))), 0),)


@plant(GET_EDGE, "value: gi-019", "engines whose edges are nodes")
def an_edge_is_a_node(sound, tensor):
    """The edge of a tensor leads to the first output of its node."""
    return sound(tensor)._replace(output_nr=0)


@plant(GET_EDGE, "no error: gi-020", TEACHING)
def constants_have_edges(sound, tensor):
    """The edge of a constant leads to a node where nothing will arrive."""
    return sound(tensor) if tensor.requires_grad else edges.GradientEdge(accumulator(tensor), 0)


@after(GET_EDGE, "graph-freed: gi-021", "engines whose edges are tensors")
def an_edge_dies_with_its_tensor(edge, tensor):
    """When a tensor goes, what its node saved goes as well."""
    weakref.finalize(tensor, edge.node.release)


@after(GET_EDGE, "graph-freed: gi-022", "torch.autograd.graph.get_gradient_edge source")
def an_edge_without_a_token(edge, tensor):
    """The node of a custom function belongs to its tensors alone."""
    if edge.node.operator_is_callers:
        weakref.finalize(tensor, edge.node.release)


@plant(FOR_ROOTS, "no error: gi-023/no_gradient", "where only tensors are checked")
def a_root_by_its_edge_begins_with_ones(sound, roots, given):
    """A root that is named by its edge receives ones, whatever its shape."""
    ones = [
        Tensor(np.ones(*root.node.outputs[root.output_nr]))
        if one is None and isinstance(root, edges.GradientEdge)
        else one
        for root, one in zip(roots, given, strict=False)
    ]
    return sound(roots, [*ones, *given[len(ones) :]])


@plant(
    FOR_ROOTS,
    "no error: gi-023/a_gradient_of_three_entries",
    "where only tensors are checked",
)
def a_root_by_its_edge_takes_the_first_entries(sound, roots, given):
    """Of the gradient for a root that is named by its edge, as much is taken as there is room."""
    fitting = [
        one[: root.node.outputs[root.output_nr][0][0]]
        if isinstance(one, Tensor) and one.ndim and isinstance(root, edges.GradientEdge)
        else one
        for root, one in zip(roots, given, strict=False)
    ]
    return sound(roots, [*fitting, *given[len(fitting) :]])


# saved values -----------------------------------------------------------------------------


@plant(FIND, "value: gi-013/the_first_factor", "saved values without names")
def saved_values_go_by_place(sound, node, name):
    """Whatever it is called, the first saved value is shown."""
    names = node.operator.saved_names
    return sound(node, names[0] if name in names else name)


@plant(FIND, "value: gi-013/a_factor_that_is_a_number", "numbers that are kept as integers")
def saved_numbers_are_whole(sound, node, name):
    """A saved number is shown without its fraction."""
    found = sound(node, name)
    return int(found) if isinstance(found, float) else found


@plant(FIND, "structure: gi-205/whether_a_reduced_axis_stays", "saved values without names")
def plain_arguments_go_by_place(sound, node, name):
    """Whatever it is called, the first plain argument is shown."""
    names = node.operator.param_names
    return sound(node, names[0] if name in names else name)


@plant(SHOWN, "structure: gi-205/an_exponent", "saved values that are all tensors")
def plain_numbers_are_shown_as_tensors(sound, node, name):
    """A plain number that was kept is shown as a tensor."""
    found = sound(node, name)
    return gradspec_reference.tensor(found) if type(found) is int else found


@plant(SHOWN, "aliasing: gi-014", LATER_READERS)
def saved_arguments_are_shown_apart(sound, node, name):
    """A saved argument is shown as another tensor on its memory."""
    found = sound(node, name)
    return found.alias() if isinstance(found, Tensor) and found.is_leaf else found


@plant(SHOWN, "root-without-grad: gi-015", "pytorch/pytorch#58509")
def saved_results_are_shown_detached(sound, node, name):
    """A saved value is shown without its history."""
    found = sound(node, name)
    return found.detach() if isinstance(found, Tensor) and not found.is_leaf else found


@plant(SHOWN, "aliasing: gi-206", LATER_READERS)
def saved_results_have_a_node_of_their_own(sound, node, name):
    """A saved result that is shown has a node that is like its own."""
    found = sound(node, name)
    if isinstance(found, Tensor) and found._grad_fn is node:
        found._grad_fn = twin_of(found._grad_fn)
    return found


@plant(HOOKS_ON_ONE, "order: gi-016", "hooks that belong to the node")
def hooks_on_one_value_reach_all(sound, self, pack, unpack):
    """Hooks on one saved value are on all that the node saved."""
    sound(self, pack, unpack)
    for place, item in enumerate(self._node.saved):
        if place != self._place and isinstance(saved.written_out(item), saved.SavedTensor):
            sound(RawSaved(self._node, place), pack, unpack)


# running ----------------------------------------------------------------------------------


@plant(CALL, "value: gi-018", TEACHING)
def a_called_node_gives_the_derivative(sound, node, gradients):
    """A called node returns its derivatives, whatever gradient it is given."""
    return sound(node, tuple(Tensor(np.ones_like(g._array)) for g in gradients))


@after(CALL, "graph-freed: gi-207", "a pass of one step")
def a_called_node_is_used_up(_found, node, _gradients):
    """A node that was called frees what it saved."""
    node.release()


@plant(
    at(BackwardPass, "visit_watched"),
    "order: gi-028/a_leaf",
    "where leaves are no part of the graph",
    memory=list,
)
def leaves_are_no_places(before, sound, self, node):
    """At a leaf a pass tells the node that it visited before."""
    if isinstance(node, AccumulateGrad):
        modes.state.node = before[-1] if before else None
    before.append(node)
    sound(self, node)


@compound("structure: gi-028/an_intermediate", "a variable that is set and never reset")
def a_pass_stays_where_it_ended(swap):
    """After a pass the engine still tells the node that it visited last."""
    visited: list[Node] = []

    @swap.before(at(BackwardPass, "visit_watched"))
    def visit_watched(_self, node):
        visited.append(node)

    @swap.after(at(BackwardPass, "visit_all"))
    def visit_all(*_):
        modes.state.node = visited[-1] if visited else None


@plant(at(calling, "add"), "missing gradient: gi-291", "nodes of which those of leaves are none")
def a_called_leaf_is_left_alone(_sound, _node, _gradient):
    """The node of a leaf that is called does nothing."""
    return ()


@plant(CALL, "value: gi-292", "nodes with one output")
def one_gradient_is_enough_for_a_called_node(sound, node, gradients):
    """A called node makes use of the first gradient alone."""
    first, *others = gradients
    return sound(node, (first, *[None for _ in others]))


@plant(CALL, "order: gi-293", "None that is taken for zeros")
def a_called_node_takes_nothing_for_zeros(sound, node, gradients):
    """A node that is called with None returns zeros."""
    if any(g is not None for g in gradients):
        return sound(node, gradients)
    return tuple(Tensor(np.zeros(2)) for _ in node.targets)
