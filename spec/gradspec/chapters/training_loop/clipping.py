"""Clipping: gradients made smaller between the pass and the step."""

from __future__ import annotations

from typing import Final

import numpy as np

from gradspec import CONVENTION, Autograd, clause, expect

NORMS: Final = {"one": 1.0, "two": 2.0, "three": 3.0}
SMALL: Final = 1e-6
"""What torch adds to the norm before it divides by it."""


@clause("loop-015", CONVENTION, sources=["torch.nn.utils.clip_grad_norm_ docstring"], over=NORMS)
def gradients_are_scaled_together(ag: Autograd, order: float) -> None:
    """Clipping by the {name}-norm scales all gradients by one factor, and returns the norm before.

    Then their common norm is the one that was allowed, but for what keeps the division safe.
    """
    given = [ag.random(2), 4.0 * ag.random(3)]
    leaves = [ag.tensor(np.zeros(n), requires_grad=True) for n in (2, 3)]
    for leaf, gradient in zip(leaves, given, strict=True):
        leaf.grad = ag.tensor(gradient)

    norm = ag.clip_grad_norm_(leaves, 2.0, norm_type=order)

    total = float((np.abs(np.concatenate(given)) ** order).sum() ** (1 / order))
    expect(norm).is_close(total, ulps=64)
    for leaf, gradient in zip(leaves, given, strict=True):
        expect(leaf.grad).is_close(gradient * 2.0 / (total + SMALL), ulps=64)


@clause("loop-202", CONVENTION, sources=["torch.nn.utils.clip_grad_norm_ docstring"])
def small_gradients_are_not_made_larger(ag: Autograd) -> None:
    """Clipping by a norm that is not exceeded leaves gradients as they are."""
    p = ag.tensor([0.0, 0.0], requires_grad=True)
    p.grad = ag.tensor([3.0, -4.0])

    expect(ag.clip_grad_norm_([p], 8.0)).equals(5.0)

    expect(p.grad).equals([3.0, -4.0])


@clause("loop-203", CONVENTION, sources=["torch.nn.utils.clip_grad_value_ docstring"])
def entries_are_brought_between_bounds(ag: Autograd) -> None:
    """Clipping by value brings each entry of a gradient between minus the bound and the bound."""
    p = ag.tensor([0.0, 0.0, 0.0], requires_grad=True)
    p.grad = ag.tensor([3.0, -4.0, 0.25])

    ag.clip_grad_value_([p], 0.5)

    expect(p.grad).equals([0.5, -0.5, 0.25])
