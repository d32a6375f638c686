"""Nodes: what a result says of the operation that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, MAY, SHOULD, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

GRAPH: Final = "docs autograd § Autograd graph"


@clause("gi-001", CONVENTION, unseen="constants", sources=[GRAPH, "T1 §2.1.2", "T4 §7.2"])
def what_was_recorded_has_a_node(ag: Autograd) -> None:
    """The grad_fn of a recorded result is a node; a leaf, and what was not recorded, has None."""
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)

    expect((x * c).grad_fn).is_present()
    expect(x.grad_fn).has_structure(None)
    expect((c * c).grad_fn).has_structure(None)


@clause("gi-009", CONVENTION, level=SHOULD, sources=["observed"])
def a_node_is_the_same_whenever_it_is_read(ag: Autograd) -> None:
    """Reading grad_fn again gives the same node, which is where a consumer's edge leads too."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    ((behind, _),) = ag.exp(y).grad_fn.next_functions

    expect(y.grad_fn).is_same_object_as(y.grad_fn)
    expect(behind).is_same_object_as(y.grad_fn)


@clause("gi-012", CONVENTION, sources=["torch.autograd.graph.Node.metadata docstring"])
def a_node_takes_notes(ag: Autograd) -> None:
    """The metadata of a node is a dict, empty at first; what a caller writes there is found again
    whenever the node is read.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x

    expect(y.grad_fn.metadata).has_structure({})
    y.grad_fn.set_metadata("layer", 1)
    expect(y.grad_fn.metadata).has_structure({"layer": 1})


@clause("gi-204", CONVENTION, level=SHOULD, sources=["observed"])
def notes_on_one_node_are_not_on_another(ag: Autograd) -> None:
    """What is written in the metadata of a node is not in that of another node of its kind."""
    x = ag.tensor(2.0, requires_grad=True)
    y, z = x * x, x * x
    y.grad_fn.set_metadata("layer", 1)

    expect(z.grad_fn.metadata).has_structure({})


@clause("gi-026", CONVENTION, level=MAY, sources=["torch.autograd.graph.Node._sequence_nr"])
def nodes_are_numbered_as_they_are_recorded(ag: Autograd) -> None:
    """A node has a larger sequence number than the nodes that its thread recorded before."""
    x = ag.tensor(2.0, requires_grad=True)
    first = x * x
    second = x * x
    third = first * second

    expect(second.grad_fn.sequence_nr()).exceeds(first.grad_fn.sequence_nr())
    expect(third.grad_fn.sequence_nr()).exceeds(second.grad_fn.sequence_nr())


def _of_a_sum(x: Any) -> Any:
    return x.sum(0)


def _of_a_split(x: Any) -> Any:
    return x.split(2, 1)[0]


@clause(
    "gi-030",
    CONVENTION,
    level=SHOULD,
    sources=["torch.autograd source, _calculate_shape", "observed"],
    over={
        "an_entrywise_operation": (lambda x: x * 2.0, [((2, 3), "float32")]),
        "a_reduction": (_of_a_sum, [((3,), "float32")]),
        "several_results": (_of_a_split, [((2, 2), "float32"), ((2, 1), "float32")]),
        "a_cast": (lambda x: x.double(), [((2, 3), "float64")]),
    },
)
def a_node_says_what_gradients_it_expects(
    ag: Autograd, row: tuple[Callable[[Any], Any], list[Any]]
) -> None:
    """A node tells for each of its outputs the shape and data type of the gradient that it
    expects there ({name}).
    """
    operation, expected = row
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype="float32", requires_grad=True)

    expect(operation(x).grad_fn.input_metadata).has_structure(expected)


@clause(
    "gi-017",
    CONVENTION,
    sources=["torch.autograd.graph.Node source"],
    over={
        "the_class_of_all_nodes": lambda ag, _: ag.new_node(),
        "the_class_of_a_node": lambda ag, y: ag.new_node(y.grad_fn),
    },
)
def nobody_makes_a_node_by_hand(ag: Autograd, make: Callable[[Autograd, Any], Any]) -> None:
    """{name} cannot be instantiated.

    A node without an operation would have no derivative.  Remedy: record an operation, or write a
    custom function.
    """
    y = ag.tensor(2.0, requires_grad=True) * 3.0

    with ag.refuses("node-by-hand"):
        make(ag, y)
