"""Hooks that a leaf calls when its grad is up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import CONVENTION, Autograd, clause, expect

if TYPE_CHECKING:
    from gradspec import Tensor

DOCSTRING = "torch.Tensor.register_post_accumulate_grad_hook docstring"


@clause("hook-026", CONVENTION, sources=[DOCSTRING, "pytorch#187268"], builds_on=("acc-001",))
def it_is_given_the_leaf(ag: Autograd) -> None:
    """A hook after accumulation is called with the leaf itself, and finds what the pass added in
    the leaf's grad.

    It is not given the gradient, as other hooks are: pytorch#187268 was a misunderstanding of it.
    """
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def look(leaf: Tensor) -> None:
        seen.note(ag.same_object(leaf, x))
        seen.note(leaf.grad * 1.0)

    x.register_post_accumulate_grad_hook(look)
    (x * 3.0).backward()
    (x * 4.0).backward()

    expect(seen).happened_in_order([True, 3.0, True, 7.0])


@clause("hook-028", CONVENTION, sources=[DOCSTRING])
def it_may_update_the_leaf(ag: Autograd) -> None:
    """A hook after accumulation may write into the leaf, since grad mode is off inside it."""
    x = ag.tensor(2.0, requires_grad=True)

    def step(leaf: Tensor) -> None:
        leaf.sub_(leaf.grad * 0.5)

    x.register_post_accumulate_grad_hook(step)
    (x * 3.0).backward()

    expect(x).equals(0.5)
    expect(x.is_leaf).is_true()


@clause("hook-029", CONVENTION, sources=["optimizer step in backward tutorial"])
def it_may_clear_the_gradient(ag: Autograd) -> None:
    """A hook after accumulation may set the leaf's grad to None, and the next pass begins anew.

    Used right away, a gradient need not wait in memory for those of all other leaves.
    """
    x = ag.tensor(2.0, requires_grad=True)
    seen = ag.notes()

    def use(leaf: Tensor) -> None:
        seen.note(leaf.grad * 1.0)
        leaf.grad = None

    x.register_post_accumulate_grad_hook(use)
    (x * 3.0).backward()
    (x * 4.0).backward()

    expect(seen).happened_in_order([3.0, 4.0])
    expect(x.grad).is_none_or_zero()


@clause("hook-031", CONVENTION, sources=["optimizer step in backward tutorial"])
def a_step_can_be_taken_in_the_pass(ag: Autograd) -> None:
    """A step for each parameter in its post-accumulate hook comes to what the usual loop comes to.

    The hook clears the gradient too, so that no two of them need exist at once.
    """
    first, second = (ag.tensor(start, requires_grad=True) for start in (2.0, 3.0))
    for p in (first, second):
        optimizer = ag.SGD([p], lr=0.25, momentum=0.5)

        def move(_leaf: Tensor, optimizer: Any = optimizer) -> None:
            optimizer.step()
            optimizer.zero_grad()

        p.register_post_accumulate_grad_hook(move)

    for _ in range(2):
        (first * 2.0 + second * second).backward()

    expect(first).equals(0.75)
    expect(second).equals(0.0)
