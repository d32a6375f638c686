"""The graph: nodes, and the edges between them.

Each recorded operation is a node.  It has an edge for each of its arguments, which leads to the
node of the operation that made it, or to the node that stands for a leaf.  An engine may keep its
record in another form; what matters is that each result has its gradient, and each run a record.
"""

from __future__ import annotations

from typing import Any, Final

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect

HISTORY: Final = "notes/autograd § How autograd encodes the history"


@clause("rec-003", CONVENTION, sources=[HISTORY, "T1 §2.1.1", "T2 §2.1", "T5 § 计算图"])
def the_graph_is_built_while_the_operations_run(ag: Autograd) -> None:
    """A result has a grad_fn of its own at once, with an edge to those of its arguments."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * 3.0
    maker_of_y = y.grad_fn
    maker_of_z = z.grad_fn

    expect(maker_of_z).is_another_object_than(maker_of_y)
    expect(maker_of_z.next_functions[0][0]).is_same_object_as(maker_of_y)


@clause("rec-005", CONVENTION, sources=[HISTORY, "T2 §2.1", "T5 § 计算图"], builds_on=("rec-003",))
def the_edges_lead_from_the_result_to_the_leaves(ag: Autograd) -> None:
    """Edges point from a result to its arguments; all that reach one leaf end at one node.

    In y = (x + w) * x two paths lead to x and one to w, so there are four nodes and not five: a
    graph, where the formula as it is written down is a tree.
    """
    x = ag.tensor(3.0, requires_grad=True)
    w = ag.tensor(1.0, requires_grad=True)
    total = x + w
    y = total * x
    (to_total, _), (to_x, _) = y.grad_fn.next_functions
    (inner_to_x, _), (inner_to_w, _) = total.grad_fn.next_functions

    expect(to_total).is_same_object_as(total.grad_fn)
    expect(inner_to_x).is_same_object_as(to_x)
    expect(inner_to_w).is_another_object_than(to_x)


@clause("rec-016a", CONVENTION, unseen="constants", sources=["notes/autograd § requires_grad"])
def the_edge_to_a_constant_leads_nowhere(ag: Autograd) -> None:
    """The edge that stands for an argument that does not require grad leads to no node."""
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (to_c, _), (to_x, _) = (c * x).grad_fn.next_functions

    expect(to_c).has_structure(None)
    expect(to_x).is_present()


@clause("rec-029", VALUE, sources=["notes/autograd § Multithreaded Autograd"])
def another_thread_goes_on_with_the_graph(ag: Autograd) -> None:
    """What another thread computes from a recorded result is recorded into the same graph."""
    x = ag.tensor(2.0, requires_grad=True)
    square = x * x
    ag.func.thread(lambda: square * 3.0)().backward()

    expect(x.grad).equals(12.0)


@clause("rec-022", CONVENTION, sources=[HISTORY])
def several_outputs_share_one_node(ag: Autograd) -> None:
    """An operation with several differentiable results is one node, with a number for each."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second, third = x.split(1)
    edges = (third * first).grad_fn.next_functions

    expect(second.grad_fn).is_same_object_as(first.grad_fn)
    expect([first.output_nr, second.output_nr, third.output_nr]).has_structure([0, 1, 2])
    expect([number for _, number in edges]).has_structure([2, 0])


@clause("rec-022a", VALUE, sources=[HISTORY, "chain rule"])
def each_output_of_one_node_has_its_own_gradient(ag: Autograd) -> None:
    """The gradients of several results of one operation are kept apart; an unused one is zero."""

    def f(x: Tensor) -> Any:
        first, _, third = x.split(1)
        return first * first * third

    v = ag.random(1)
    _, (gradient,) = ag.vjp(f, [[3.0, 7.0, 5.0]], v)

    expect(gradient).is_close([30.0 * v[0], 0.0, 9.0 * v[0]])


@clause("rec-006", VALUE, sources=[HISTORY, "T1 §2.1.4", "basics autograd tutorial"])
def every_run_builds_a_graph_of_its_own(ag: Autograd) -> None:
    """Two runs of the same code can be differentiated independently, and in either order.

    A pass over the one neither uses up nor alters the other.
    """
    x = ag.tensor(2.0, requires_grad=True)
    first, second = (x * x * factor for factor in (1.0, 10.0))

    second.backward()
    expect(x.grad).equals(40.0)
    x.grad = None
    first.backward()
    expect(x.grad).equals(4.0)
