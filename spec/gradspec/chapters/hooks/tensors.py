"""What a hook on a tensor is given, and what becomes of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, MUST, SHOULD, VALUE, Autograd, clause, expect, informative

if TYPE_CHECKING:
    from gradspec import Tensor

TENSORS: dict[str, tuple[Any, float]] = {
    "a_leaf": (lambda x: x, 1.0),
    "an_intermediate": (lambda x: x * 3.0, 3.0),
}
"""A tensor that is x times a number, and that number."""

DOCSTRING = "torch.Tensor.register_hook docstring"


@clause("hook-001", VALUE, sources=[DOCSTRING], over=TENSORS)
def a_hook_is_given_the_gradient(ag: Autograd, row: Any) -> None:
    """A hook on {name} is called with the gradient of that tensor."""
    made_of, factor = row
    x = ag.tensor(2.0, requires_grad=True)
    h = made_of(x)
    seen = ag.notes()
    h.register_hook(lambda gradient: seen.note(gradient * 1.0))
    (h * h).backward()

    expect(seen).happened_in_order([2.0 * factor * 2.0])


@clause("hook-006", VALUE, sources=["notes/autograd § Backward Hooks execution"], over=TENSORS)
def a_hook_is_given_the_whole_gradient_once(ag: Autograd, row: Any) -> None:
    """A hook on {name} that is used several times is called once in a pass, with the sum of what
    all uses contribute.
    """
    made_of, _ = row
    h = made_of(ag.tensor(2.0, requires_grad=True))
    seen = ag.notes()
    h.register_hook(lambda gradient: seen.note(gradient * 1.0))
    (h * 2.0 + h * 5.0).backward()

    expect(seen).happened_in_order([7.0])


@clause("hook-002", VALUE, sources=[DOCSTRING], over=TENSORS)
def what_a_hook_returns_is_the_gradient(ag: Autograd, row: Any) -> None:
    """The tensor that a hook on {name} returns takes the place of the gradient, for what the leaf
    accumulates and for everything in between.
    """
    made_of, factor = row
    x = ag.tensor(2.0, requires_grad=True)
    h = made_of(x)
    h.register_hook(lambda gradient: gradient * 10.0)
    (h * 7.0).backward()

    expect(x.grad).equals(70.0 * factor)


@clause("hook-003", VALUE, sources=[DOCSTRING], over=TENSORS)
def a_hook_that_returns_nothing_only_looks(ag: Autograd, row: Any) -> None:
    """A hook on {name} that returns None leaves the gradient as it is."""
    made_of, factor = row
    x = ag.tensor(2.0, requires_grad=True)
    h = made_of(x)
    h.register_hook(lambda _: None)
    (h * 7.0).backward()

    expect(x.grad).equals(7.0 * factor)


MENDING: dict[str, tuple[Any, Any]] = {
    "scales": (lambda g: g * 0.25, lambda g: g * 0.25),
    "turns": (lambda g: -g, lambda g: -g),
    "clips": (lambda g: g.clamp(-1.0, 1.0), lambda g: np.clip(g, -1.0, 1.0)),
}


@clause("hook-049", VALUE, sources=["notes/extending § When not to use"], over=MENDING)
def a_hook_mends_a_gradient(ag: Autograd, row: Any) -> None:
    """A hook that {name} the gradient of an intermediate does so for all that it is made of.

    A hook is enough for it: no function with a derivative of its own need be written.
    """
    hook, formula = row
    factors, weights = np.array([3.0, 0.5, -2.0]), np.array([5.0, -0.75, -7.0])
    x = ag.tensor([1.0, 2.0, 4.0], requires_grad=True)
    y = x * ag.tensor(factors)
    y.register_hook(hook)
    y.backward(ag.tensor(weights))

    expect(x.grad).equals(formula(weights) * factors)


@clause("hook-008", CONVENTION, sources=[DOCSTRING])
def a_hook_may_come_late(ag: Autograd) -> None:
    """A hook that is put on a tensor after the tensor was used is called by the next pass."""
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    z = y * 3.0
    seen = ag.notes()
    y.register_hook(lambda gradient: seen.note(gradient * 1.0))
    z.backward()

    expect(seen).happened_in_order([3.0])


@clause("hook-022", CONVENTION, level=SHOULD, sources=[DOCSTRING])
def a_hook_that_writes_is_not_noticed(ag: Autograd) -> None:
    """A hook that writes into the gradient that it is given changes the gradient.

    torch asks hooks to return a new tensor instead, and does not check.
    """
    x = ag.tensor(2.0, requires_grad=True)

    def double(gradient: Tensor) -> None:
        gradient.mul_(2.0)

    x.register_hook(double)
    (x * 7.0).backward()

    expect(x.grad).equals(14.0)


@clause(
    "hook-017",
    CONVENTION,
    sources=["notes/autograd § Behavior of Tensor hooks when Tensor is modified in-place"],
)
def a_hook_lives_with_the_graph(ag: Autograd) -> None:
    """A hook on an intermediate is called although its tensor was dropped: it lives with the graph.

    The program has no use for the tensor any more, and the pass still goes through its place.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    y.register_hook(lambda gradient: gradient * 10.0)
    z = y * 7.0
    ag.forget(y)
    z.backward()

    expect(x.grad).equals(210.0)


informative(
    "hook-019",
    "Any object that can be called serves as a hook; one that cannot be is noticed when it is due.",
    level=MUST,
    sources=["torch.Tensor.register_hook docstring", "observed"],
    reason="The kit hands an engine a function of its own, which records what the clause's does.",
)
