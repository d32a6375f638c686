"""Hooks and gradients that are differentiated themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, VALUE, Autograd, clause, expect
from gradspec.chapters.hooks.kinds import KINDS

if TYPE_CHECKING:
    from gradspec.chapters.hooks.kinds import Registering

DOCSTRING = "torch.Tensor.register_hook docstring"


@clause(
    "hook-013",
    CONVENTION,
    sources=["torch.Tensor.register_post_accumulate_grad_hook docstring"],
    over=KINDS,
)
def hooks_are_not_recorded(ag: Autograd, register: Registering) -> None:
    """A hook {name} runs with grad mode off, and with create_graph=True with grad mode on."""
    x = ag.tensor(2.0, requires_grad=True)
    y = -x
    z = y * 3.0
    modes = ag.notes()
    register(ag, x, y, lambda: modes.note(ag.is_grad_enabled()))
    z.backward(retain_graph=True)
    z.backward(create_graph=True)

    expect(modes).happened_in_order([False, True])


@clause("hook-014", VALUE, sources=[DOCSTRING, "observed"])
def what_a_hook_makes_is_differentiated(ag: Autograd) -> None:
    """With create_graph=True what a hook returns is a part of the graph of the gradient.

    The gradient of h^3 is 3 h^2, the hook makes 9 h^4 of it, and its derivative is 36 h^3.
    """
    x = ag.tensor(2.0, requires_grad=True)
    h = x * 1.0
    handle = h.register_hook(lambda gradient: gradient * gradient)
    (first,) = ag.grad(h * h * h, [x], create_graph=True)
    handle.remove()
    (second,) = ag.grad(first, [x])

    expect(first).equals(144.0)
    expect(second).equals(288.0)


@clause("hook-050", CONVENTION, sources=[DOCSTRING])
def hooks_run_in_the_second_pass_too(ag: Autograd) -> None:
    """A hook on a tensor is called in the pass over a gradient too, if that pass computes one of
    the same tensor.
    """
    x = ag.tensor(3.0, requires_grad=True)
    h = x * 1.0
    seen = ag.notes()
    h.register_hook(lambda gradient: seen.note(gradient * 1.0))
    (first,) = ag.grad(h * h * h, [x], create_graph=True)
    ag.grad(first, [x])

    expect(seen).happened_in_order([27.0, 18.0])
