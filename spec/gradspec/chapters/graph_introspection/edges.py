"""Edges: the way from a result to the leaves, one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec import CONVENTION, SHOULD, Autograd, clause, expect
from gradspec.drawing.expressions import SCALARS, expressions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.drawing.expressions import Expression

NEXT: Final = "torch.autograd.graph.Node.next_functions"


@clause("gi-004", CONVENTION, unseen="constants", sources=[NEXT, "T1 §2.1.2", "introyt tutorial"])
def there_is_an_edge_for_each_argument(ag: Autograd) -> None:
    """next_functions lists a node and an output number for each argument that could require grad,
    in the order of the arguments; for one that does not, None stands in the node's place.
    """
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    y, z = x * x, x * x
    (to_z, at_z), (to_y, at_y) = (z * y).grad_fn.next_functions
    (to_c, _), (to_x, _) = (c * x).grad_fn.next_functions

    expect(to_z).is_same_object_as(z.grad_fn)
    expect(to_y).is_same_object_as(y.grad_fn)
    expect([at_z, at_y]).has_structure([0, 0])
    expect(to_c).has_structure(None)
    expect(to_x).is_present()


@clause("gi-010", CONVENTION, level=SHOULD, sources=["observed"])
def a_tensor_used_twice_has_two_edges(ag: Autograd) -> None:
    """A tensor that is both arguments of one operation has two edges, which lead to one node."""
    y = ag.tensor(2.0, requires_grad=True) * 3.0
    first, second = (y * y).grad_fn.next_functions

    expect(first[0]).is_same_object_as(y.grad_fn)
    expect(second[0]).is_same_object_as(y.grad_fn)


@clause(
    "gi-011",
    CONVENTION,
    sources=["torch.autograd.graph.GradientEdge docstring"],
    over={
        "split": lambda _, x: x.split(1),
        "unbind": lambda _, x: x.unbind(),
        "chunk": lambda _, x: x.chunk(3),
    },
)
def an_edge_carries_the_number_of_the_output(
    ag: Autograd, parts: Callable[[Autograd, Any], Any]
) -> None:
    """An edge that leads to a node of several outputs, here that of {name}, carries the number of
    the output that was used.
    """
    first, second, third = parts(ag, ag.tensor([1.0, 2.0, 3.0], requires_grad=True))
    edges = (third * first * second).grad_fn.next_functions
    (product, _), (to_second, of_second) = edges
    (to_third, of_third), (_, of_first) = product.next_functions

    expect(to_second).is_same_object_as(to_third)
    expect([of_first, of_second, of_third]).has_structure([0, 1, 2])


@clause("gi-006", CONVENTION, sources=["T1 §2.1.2", "observed"])
def a_leaf_has_one_node_in_all_graphs(ag: Autograd) -> None:
    """All uses of a leaf, in whatever graphs, have edges to one and the same node."""
    x = ag.tensor(2.0, requires_grad=True)
    ((of_a_sine, _),) = ag.sin(x).grad_fn.next_functions
    ((of_a_cosine, _),) = ag.cos(x).grad_fn.next_functions

    expect(of_a_cosine).is_same_object_as(of_a_sine)


@clause("gi-007", CONVENTION, level=SHOULD, sources=["observed"])
def the_way_ends_at_a_leaf(ag: Autograd) -> None:
    """Nothing lies behind the node of a leaf, and its variable is the leaf."""
    x = ag.tensor(2.0, requires_grad=True)
    ((end, _),) = ag.exp(x).grad_fn.next_functions

    expect(end.graph_size()).equals(1)
    expect(end.variable).is_same_object_as(x)


@clause("gi-005", CONVENTION, sources=["T1 §2.1.2"], builds_on=("rec-003",))
def the_sine_of_a_dot_product_can_be_followed(ag: Autograd) -> None:
    """The edges of sin(dot(x, y)) lead to the node of the dot product, and from there to the node
    of x and that of y.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.tensor([3.0, 4.0], requires_grad=True)
    z = ag.sin(ag.dot(x, y))
    ((product, _),) = z.grad_fn.next_functions
    (to_x, _), (to_y, _) = product.next_functions

    expect(product.name()).contains("Dot")
    expect(to_x.variable).is_same_object_as(x)
    expect(to_y.variable).is_same_object_as(y)


@clause("gi-024", CONVENTION, sources=["introyt tutorial"], builds_on=("rec-003",))
def a_chain_is_walked_from_its_end(ag: Autograd) -> None:
    """The first edges of d = 2 sin(a) + 1 lead from the sum to the product, to the sine and to the
    leaf.
    """
    a = ag.tensor(0.5, requires_grad=True)
    total = (ag.sin(a) * 2.0 + 1.0).grad_fn
    product, sine, leaf = chain_below(total, 3)

    expect(total.name()).contains("Add")
    expect(product.name()).contains("Mul")
    expect(sine.name()).contains("Sin")
    expect(leaf.variable).is_same_object_as(a)


def chain_below(node: Any, length: int) -> list[Any]:
    """List the nodes along the first edges."""
    chain: list[Any] = []
    for _ in range(length):
        node = node.next_functions[0][0]
        chain.append(node)
    return chain


@clause("gi-027", CONVENTION, sources=["T2 §2.1", "T4 §7.4", "T5 § 计算图"], builds_on=("rec-003",))
def names_and_edges_make_a_picture(ag: Autograd) -> None:
    """The graph of y = (x + w) * 2 can be drawn from names and edges alone: a product, which leads
    to a sum, which leads to x and to w; four nodes in all.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    product = ((x + w) * 2.0).grad_fn
    total = product.next_functions[0][0]
    (to_x, _), (to_w, _) = total.next_functions

    expect(product.name()).contains("Mul")
    expect(total.name()).contains("Add")
    expect(to_x.variable).is_same_object_as(x)
    expect(to_w.variable).is_same_object_as(w)
    expect(product.graph_size()).equals(4)


@clause(
    "gi-203",
    CONVENTION,
    sources=["T2 §2.1", "observed"],
    given={"case": expressions(shapes=SCALARS, unary=("neg", "sin"))},
)
def the_graph_has_what_the_result_depends_on(ag: Autograd, case: Expression) -> None:
    """For every program of sums, products and sines the graph of the result has a node for each
    operation and each leaf that the result depends on, each once, and no others.
    """
    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    result = case.evaluate(ag, leaves)

    expect(result.grad_fn.graph_size()).equals(len(case.reached()))
