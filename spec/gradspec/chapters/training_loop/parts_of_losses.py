"""Parts of losses: several tasks, and batches in pieces."""

from __future__ import annotations

import numpy as np

from gradspec import CONVENTION, VALUE, Autograd, Tensor, clause, expect


@clause("loop-020", VALUE, sources=["T1 §2.5"])
def losses_are_weighted_by_the_cotangent(ag: Autograd) -> None:
    """One pass over two losses, with weights as their gradient, is one over their weighted sum."""
    p = ag.tensor(2.0, requires_grad=True)
    losses = ag.stack([p * p, p * p * p])

    losses.backward(ag.tensor([1.0, 0.5]))

    expect(p.grad).equals(10.0)


@clause(
    "loop-016",
    CONVENTION,
    sources=["T1 learning objectives", "notes/amp_examples § Gradient accumulation"],
    builds_on=("acc-001", "loop-001"),
)
def small_batches_make_the_step_of_the_large_one(ag: Autograd) -> None:
    """A step after passes over the parts of a batch is the step of their summed loss."""
    x, wanted = ag.random(4, 2), ag.random(4)
    start = ag.random(2)
    w = ag.tensor(start, requires_grad=True)
    optimizer = ag.SGD([w], lr=0.125)

    def loss(rows: slice) -> Tensor:
        rest = ag.tensor(x[rows]) @ w - ag.tensor(wanted[rows])
        total: Tensor = (rest * rest).sum()
        return total

    for rows in (slice(0, 1), slice(1, 4)):
        loss(rows).backward()
    optimizer.step()

    gradient = 2.0 * x.T @ (x @ start - wanted)
    expect(w).is_close(start - 0.125 * gradient, scale=float(16 * np.abs(x).sum()))
