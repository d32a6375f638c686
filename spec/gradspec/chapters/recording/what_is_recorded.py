"""What is recorded, and what is not.

Whether an operation is recorded is decided when it is performed.  Unless recording is switched off
as a whole, its arguments decide: one that requires grad is enough, and then the result requires
grad too.  In this way the wish spreads from the leaves to everything computed from them, and to
nothing else.  Numbers, data and masks stay constants, and so do results that have no derivative
because they are not continuous quantities: an index, a comparison.
"""

from __future__ import annotations

from typing import Any

from gradspec import VALUE, Autograd, Tensor, clause, expect


@clause("rec-004", VALUE, sources=["T1 §2.1.1"])
def recording_does_not_change_what_is_computed(ag: Autograd) -> None:
    """A function has the same value whether or not its argument requires grad.

    Neither the recording nor the backward pass afterwards may touch a value.  An engine that
    reuses the memory of a value for its gradient passes until somebody looks.
    """

    def f(x: Tensor) -> Any:
        return x * x * x - 2.0 / x

    x = ag.tensor(4.0, requires_grad=True)
    recorded = f(x)
    recorded.backward()

    expect(f(ag.tensor(4.0))).equals(63.5)
    expect(recorded).equals(63.5)
    expect(x).equals(4.0)


@clause(
    "rec-001",
    VALUE,
    sources=[
        "notes/autograd § requires_grad",
        "T1 §2.1.1",
        "T4 §7.2",
        "leaf/non-leaf tutorial § requires_grad",
    ],
)
def one_argument_that_requires_grad_is_enough(ag: Autograd) -> None:
    """A result that has a derivative requires grad if at least one of its tensor arguments does."""
    x = ag.tensor(3.0, requires_grad=True)
    c = ag.tensor(2.0)

    for result in (-x, x * 2.0, x * x, x * c, c * x, c * c + x):
        expect(result.requires_grad).is_true()
    expect(c.requires_grad).is_false()


@clause("rec-001a", VALUE, sources=["notes/autograd § requires_grad"], builds_on=("rec-001",))
def nothing_is_recorded_while_grad_mode_is_off(ag: Autograd) -> None:
    """What is computed while grad mode is off does not require grad, whatever its arguments.

    A view, which computes nothing, reports the flag of its base all the same, as in leaf-052.
    """
    x = ag.tensor(3.0, requires_grad=True)
    with ag.no_grad():
        off = x * x
    on = x * x

    expect(off.requires_grad).is_false()
    expect(on.requires_grad).is_true()


@clause("rec-002", VALUE, sources=["notes/autograd § requires_grad"])
def constants_make_constants(ag: Autograd) -> None:
    """A result none of whose tensor arguments requires grad does not require grad."""
    c = ag.tensor(3.0)
    d = ag.tensor(2.0)

    for result in (-c, c * 2.0, c * d, c * d - c):
        expect(result.requires_grad).is_false()


@clause("rec-002a", VALUE, sources=["notes/autograd § requires_grad"])
def an_operation_on_constants_leaves_no_node(ag: Autograd) -> None:
    """A result none of whose tensor arguments requires grad has no grad_fn."""
    c = ag.tensor(3.0)

    expect((c * c).grad_fn).has_structure(None)


@clause("rec-016", VALUE, sources=["notes/autograd § requires_grad"])
def numbers_and_tensors_that_do_not_require_grad_are_constants(ag: Autograd) -> None:
    """A number, or a tensor that does not require grad, enters an operation as a constant.

    Its value takes part; no gradient is ever delivered to it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (c * x + 5.0 * x - 1.0).backward()

    expect(x.grad).equals(8.0)
    expect(c.grad).is_none()


@clause(
    "rec-003",
    VALUE,
    sources=[
        "notes/autograd § How autograd encodes the history",
        "T1 §2.1.1",
        "T2 §2.1",
        "T5 § 计算图",
    ],
)
def the_graph_is_built_while_the_operations_run(ag: Autograd) -> None:
    """A result has a grad_fn of its own at once, with an edge to those of its arguments."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * 3.0
    maker_of_y = y.grad_fn
    maker_of_z = z.grad_fn

    expect(maker_of_z).is_another_object_than(maker_of_y)
    expect(maker_of_z.next_functions[0][0]).is_same_object_as(maker_of_y)


@clause(
    "rec-005",
    VALUE,
    sources=["notes/autograd § How autograd encodes the history", "T2 §2.1", "T5 § 计算图"],
    builds_on=("rec-003",),
)
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


@clause("rec-016a", VALUE, sources=["notes/autograd § requires_grad"], builds_on=("rec-003",))
def the_edge_to_a_constant_leads_nowhere(ag: Autograd) -> None:
    """The edge that stands for an argument that does not require grad leads to no node."""
    x = ag.tensor(2.0, requires_grad=True)
    c = ag.tensor(3.0)
    (to_c, _), (to_x, _) = (c * x).grad_fn.next_functions

    expect(to_c).has_structure(None)
    expect(to_x).is_present()


@clause("rec-022", VALUE, sources=["notes/autograd § How autograd encodes the history"])
def several_outputs_share_one_node(ag: Autograd) -> None:
    """An operation with several differentiable results is one node, with a number for each."""
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, second, third = x.split(1)
    edges = (third * first).grad_fn.next_functions

    expect(second.grad_fn).is_same_object_as(first.grad_fn)
    expect([first.output_nr, second.output_nr, third.output_nr]).has_structure([0, 1, 2])
    expect([number for _, number in edges]).has_structure([2, 0])


@clause(
    "rec-022a", VALUE, sources=["notes/autograd § How autograd encodes the history", "chain rule"]
)
def each_output_of_one_node_has_its_own_gradient(ag: Autograd) -> None:
    """The gradients of several results of one operation are kept apart; an unused one is zero."""

    def f(x: Tensor) -> Any:
        first, _, third = x.split(1)
        return first * first * third

    v = ag.random(1)
    _, (gradient,) = ag.vjp(f, [[3.0, 7.0, 5.0]], v)

    expect(gradient).is_close([30.0 * v[0], 0.0, 9.0 * v[0]])


@clause(
    "rec-006",
    VALUE,
    sources=[
        "notes/autograd § How autograd encodes the history",
        "T1 §2.1.4",
        "basics autograd tutorial",
    ],
)
def every_run_builds_a_graph_of_its_own(ag: Autograd) -> None:
    """Two runs of the same code can be differentiated independently, and in either order.

    A pass over the one neither uses up nor alters the other.
    """
    x = ag.tensor(2.0, requires_grad=True)
    first, second = (x * x * factor for factor in (1.0, 10.0))

    second.backward()
    expect(x.grad).equals(40.0)
    first.backward()
    expect(x.grad).equals(44.0)


@clause("rec-011", VALUE, sources=["T3 §4"])
def a_comparison_gives_a_truth_value_without_gradient(ag: Autograd) -> None:
    """A comparison of a tensor that requires grad gives a boolean that does not.

    tinygrad#3037: an engine that recorded comparisons like any operation crashed in backward,
    as it had no derivative for them.
    """
    x = ag.tensor(2.0, requires_grad=True)
    answer = x > 1.0

    expect(answer).has_dtype("bool")
    expect(answer).equals(True)
    expect(answer.requires_grad).is_false()


@clause(
    "rec-021",
    VALUE,
    sources=[
        "notes/extending § How to use",
        "notes/autograd § Gradients for non-differentiable functions",
    ],
)
def an_index_has_no_gradient(ag: Autograd) -> None:
    """The position of the largest entry of a tensor that requires grad does not require grad."""
    x = ag.tensor([1.0, 3.0, 2.0], requires_grad=True)
    place = x.argmax()

    expect(place).equals(1)
    expect(place.requires_grad).is_false()


@clause(
    "rec-021a",
    VALUE,
    sources=[
        "notes/extending § How to use",
        "notes/autograd § Gradients for non-differentiable functions",
    ],
)
def of_several_results_only_the_continuous_ones_require_grad(ag: Autograd) -> None:
    """Of the two results of a sort the values require grad and the indices do not."""
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = x.sort()

    expect(indices).equals([1, 2, 0])
    expect(values.requires_grad).is_true()
    expect(indices.requires_grad).is_false()


@clause("rec-021b", VALUE, sources=["notes/autograd § Gradients for non-differentiable functions"])
def a_result_without_gradient_is_a_constant_further_on(ag: Autograd) -> None:
    """A result that has no derivative is a constant for the operations that use it.

    pytorch#726: the engine counted the path through such a result among those that it had to wait
    for, and raised when no gradient came along it.
    """
    for point, slope in ((0.5, 0.0), (2.0, 4.0)):
        _, (gradient,) = ag.vjp(lambda x: x * x * (x > 1.0), [point])
        expect(gradient).equals(slope)
