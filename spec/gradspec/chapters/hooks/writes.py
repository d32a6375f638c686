"""Hooks on views, and on tensors that are written in place."""

from __future__ import annotations

from typing import Any

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect

NOTE = "notes/autograd § Behavior of Tensor hooks when Tensor is modified in-place"

WAYS: dict[str, Any] = {
    "is_written": lambda y: y.mul_(5.0),
    "is_written_through_a_view": lambda y: y[...].mul_(5.0),
}


@clause("hook-018", CONVENTION, sources=[NOTE, "pytorch#79996"], over=WAYS)
def a_hook_belongs_to_a_value(ag: Autograd, write: Any) -> None:
    """When a tensor {name}, hooks from before see the gradient of the old value, and hooks from
    after it that of the new value.

    The gradient of y = 5x is 2 where it is multiplied by 2, and that of the old value 10.
    """
    x = ag.tensor([2.0], requires_grad=True)
    y = x * 1.0
    seen = ag.notes()
    y.register_hook(lambda gradient: seen.note(gradient * 1.0))
    write(y)
    y.register_hook(lambda gradient: seen.note(gradient * 100.0))
    (y * 2.0).backward(ag.tensor([1.0]))

    expect(seen).happened_in_order([[200.0], [10.0]])


@clause("hook-209", CONVENTION, sources=["observed"])
def a_hook_on_a_node_belongs_to_the_operation(ag: Autograd) -> None:
    """A hook on a node stays with its operation when the result of that is written in place."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = ag.notes()

    def look(given: Any) -> None:
        seen.note(given[0] * 1.0)

    y.grad_fn.register_prehook(look)
    y.mul_(5.0)
    y.backward()

    expect(seen).happened_in_order([5.0])


@clause("hook-270", CONVENTION, level=MAY, sources=["observed"])
def a_tensor_that_is_cut_off_keeps_its_hooks(ag: Autograd) -> None:
    """A tensor that detach_() cuts off keeps its hooks, which see its gradient when it has been
    made to require grad again.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = ag.notes()
    y.register_hook(lambda gradient: seen.note(gradient * 1.0))
    y.detach_()
    y.requires_grad_()
    (y * 5.0).backward()

    expect(seen).happened_in_order([5.0])


OF_A_LEAF: dict[str, Any] = {
    "on_a_tensor": lambda x, act: x.register_hook(lambda _: act()),
    "after_accumulation": lambda x, act: x.register_post_accumulate_grad_hook(lambda _: act()),
}


@clause("hook-210", CONVENTION, sources=["observed"], over=OF_A_LEAF)
def a_leaf_keeps_its_hooks(ag: Autograd, register: Any) -> None:
    """A hook {name} stays with a leaf that is written in no_grad, as by a step of training."""
    x = ag.tensor(2.0, requires_grad=True)
    calls = ag.notes()
    register(x, lambda: calls.note("called"))
    with ag.no_grad():
        x.mul_(3.0)
    (x * x).backward()

    expect(calls).happened_in_order(["called"])


@clause("hook-024", VALUE, sources=["torch.Tensor.register_hook docstring"])
def a_hook_on_a_view_reaches_the_base(ag: Autograd) -> None:
    """A hook on a view sees the gradient of the view, and what it returns flows on to the base."""
    x = ag.tensor([2.0, 5.0, 7.0], requires_grad=True)
    view = x[1:3]
    seen = ag.notes()

    def look(gradient: Any) -> Any:
        seen.note(gradient * 1.0)
        return gradient * 10.0

    view.register_hook(look)
    view.backward(ag.tensor([3.0, -0.5]))

    expect(seen).happened_in_order([[3.0, -0.5]])
    expect(x.grad).equals([0.0, 30.0, -5.0])
