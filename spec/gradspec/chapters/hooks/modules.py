"""Hooks on modules, which see the gradients of what goes in and of what comes out."""

from __future__ import annotations

from typing import Any

from gradspec import SHOULD, VALUE, Autograd, clause, expect

DOCSTRING = "torch.nn.Module.register_full_backward_hook docstring"
NOTES = "notes/autograd § Special hooks"


@clause("hook-046", VALUE, level=SHOULD, sources=[NOTES, DOCSTRING])
def a_hook_of_a_module_sees_both_sides(ag: Autograd) -> None:
    """A full backward hook of a module is given the gradients of the module's arguments, and those
    of its results.

    They are those of x and of w x + b, whatever nodes are in between.
    """
    x = ag.tensor([[1.0, 1.0]], requires_grad=True)
    module = ag.Linear(ag.tensor([[2.0, 3.0]]), ag.tensor([1.0]))
    seen = ag.notes()

    def look(of_arguments: Any, of_results: Any) -> None:
        for gradient in (*of_arguments, *of_results):
            seen.note(gradient.sum())

    module.register_full_backward_hook(look)
    (module(x) * 4.0).sum().backward()

    expect(seen).happened_in_order([20.0, 4.0])


@clause("hook-215", VALUE, level=SHOULD, sources=[DOCSTRING], builds_on=("hook-046",))
def a_hook_of_a_module_replaces_what_goes_on(ag: Autograd) -> None:
    """The tuple that a full backward hook of a module returns takes the place of the gradients of
    the module's arguments, and leaves those of its parameters alone.
    """
    x = ag.tensor([[1.0, -1.0]], requires_grad=True)
    module = ag.Linear(ag.tensor([[2.0, 3.0]]), ag.tensor([1.0]))

    module.register_full_backward_hook(lambda made, _given: (made[0] * 10.0,))
    (module(x) * 4.0).sum().backward()

    weight, bias = module.parameters()
    expect(x.grad).equals([[80.0, 120.0]])
    expect(weight.grad).equals([[4.0, -4.0]])
    expect(bias.grad).equals([4.0])
