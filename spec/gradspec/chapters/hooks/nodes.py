"""Hooks on nodes, which see an operation of the backward pass from both sides."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

AFTER = "torch.autograd.graph.Node.register_hook docstring"
BEFORE = "torch.autograd.graph.Node.register_prehook docstring"


@clause("hook-032", VALUE, sources=[AFTER])
def a_hook_after_a_node_sees_both_sides(ag: Autograd) -> None:
    """A hook after a node is given the gradients that the node made for its inputs, and those of
    its outputs that it made them of.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    seen = ag.notes()

    def look(made: Any, given: Any) -> None:
        for gradient in (*made, *given):
            seen.note(gradient * 1.0)

    y.grad_fn.register_hook(look)
    (y * 3.0).backward()

    expect(seen).happened_in_order([15.0, 6.0, 3.0])


@clause("hook-207", CONVENTION, unseen="constants", sources=["observed"], builds_on=("hook-032",))
def a_constant_has_a_place_among_the_gradients(ag: Autograd) -> None:
    """To a hook after a node an input that does not require grad is shown by None, in its place."""
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(5.0) * x
    seen = ag.notes()

    def look(made: Any, _given: Any) -> None:
        for gradient in made:
            seen.note(gradient)

    y.grad_fn.register_hook(look)
    y.backward()

    expect(seen).happened_in_order([None, 5.0])


@clause("hook-033", VALUE, sources=[AFTER])
def a_hook_after_a_node_replaces_what_it_made(ag: Autograd) -> None:
    """The tuple that a hook after a node returns takes the place of the gradients for the node's
    inputs.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    y.grad_fn.register_hook(lambda made, _given: (made[0] * 10.0, made[1] * 100.0))
    (y * 3.0).backward()

    expect(x.grad).equals(150.0)
    expect(w.grad).equals(600.0)


@clause("hook-034", VALUE, sources=[BEFORE])
def a_hook_before_a_node_replaces_what_it_is_given(ag: Autograd) -> None:
    """A hook before a node is given the gradients of the node's outputs, and the tuple that it
    returns takes their place.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    y.grad_fn.register_prehook(lambda given: (given[0] * 10.0,))
    (y * 3.0).backward()

    expect(x.grad).equals(150.0)
    expect(w.grad).equals(60.0)


@clause("hook-208", CONVENTION, sources=["observed"])
def a_hook_between_may_pass_nothing_on(ag: Autograd) -> None:
    """Where a hook after a node returns None in the place of a gradient, nothing arrives there."""
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(5.0, requires_grad=True)
    y = x * w
    y.grad_fn.register_hook(lambda made, _given: (None, made[1]))
    y.backward()

    expect(x.grad).is_none_or_zero()
    expect(w.grad).equals(2.0)


@clause("hook-048", CONVENTION, level=MAY, sources=["observed"])
def a_hook_on_the_node_of_a_leaf_lives_with_that_node(ag: Autograd) -> None:
    """A hook on the node by which a leaf ends a graph is called in later graphs too, as long as
    somebody holds that node.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    ((node, _),) = y.grad_fn.next_functions
    calls = ag.notes()
    node.register_hook(lambda _made, _given: calls.note("called"))
    y.backward()
    (x * 3.0).backward()

    expect(calls).happened_in_order(["called", "called"])
    expect(node.name()).contains("AccumulateGrad")
