"""Whole loops: what training comes to."""

from __future__ import annotations

import numpy as np

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE, Autograd, Tensor, clause, expect


@clause(
    "loop-009",
    VALUE,
    sources=["T1 §2.3", "T3 homework 3", "torch.optim docs"],
)
def a_loop_lowers_a_convex_loss(ag: Autograd) -> None:
    """The loop of clearing, loss, pass and step lowers a convex loss towards its minimum.

    With a rate of 1/4 each step goes half of the way to the minimum of (w - 2)².
    """
    w = ag.tensor(5.0, requires_grad=True)
    optimizer = ag.SGD([w], lr=0.25)

    for left in (9.0, 2.25, 0.5625, 0.140625):
        optimizer.zero_grad()
        loss = (w - 2.0) * (w - 2.0)
        expect(loss).equals(left)
        loss.backward()
        optimizer.step()

    expect(w).equals(2.1875)


@clause("loop-019", VALUE, sources=["T3 §7.7", "T3 homework 5"])
def attention_learns(ag: Autograd) -> None:
    """A layer of attention trains: each weight gets a gradient of its shape, and the loss falls."""
    x, wanted = ag.tensor(ag.random(4, 3)), ag.tensor(ag.random(4, 3))
    weights = [ag.tensor(ag.random(3, 3) / 3.0, requires_grad=True) for _ in range(3)]
    optimizer = ag.SGD(weights, lr=0.125)

    def loss() -> Tensor:
        query, key, value = (x @ w for w in weights)
        shares = ag.softmax(query @ key.transpose(0, 1), dim=1)
        rest: Tensor = shares @ value - wanted
        total: Tensor = (rest * rest).sum()
        return total

    before = loss().item()
    for _ in range(4):
        optimizer.zero_grad()
        loss().backward()
        for w in weights:
            expect(w.grad).has_shape(3, 3)
        optimizer.step()

    expect(before).exceeds(loss().item())


@clause(
    "loop-018",
    SAFETY,
    sources=["torch.inference_mode docstring", "T1 §2.4", "T3 §7.6"],
    over={name: name for name in ("no_grad", "inference_mode")},
)
def evaluation_changes_no_gradient(ag: Autograd, mode: str) -> None:
    """Evaluation under {name} between steps leaves the next step's gradients as they are."""
    p = ag.tensor(3.0, requires_grad=True)
    optimizer = ag.SGD([p], lr=0.25)
    (p * p).backward()
    optimizer.step()
    optimizer.zero_grad()

    with getattr(ag, mode)():
        expect(p * p).equals(2.25)
    (p * p).backward()

    expect(p.grad).equals(3.0)


@clause(
    "loop-021",
    SAFETY,
    level=SHOULD,
    sources=["notes/faq", "T1 §2.4.2"],
    builds_on=("life-015a",),
)
def a_total_of_numbers_keeps_no_graph(ag: Autograd) -> None:
    """A running total of losses as plain numbers keeps no iteration's graph alive.

    A total of the losses themselves keeps them all.
    """
    p = ag.tensor(3.0, requires_grad=True)
    inner = p * 2.0
    watcher = ag.watch(inner)
    loss = inner * inner
    total = 1.0 + loss.item()
    ag.forget(inner, loss)

    expect(watcher).is_gone()
    expect(p * total).equals(111.0)


@clause("loop-024", CONVENTION, sources=["notes/faq", "torch.Tensor.detach docstring"])
def truncated_backpropagation_ends_at_the_segment(ag: Autograd) -> None:
    """Where the carried state is detached between segments, a pass ends at the segment's beginning.

    The state is h ← h w from 1; of the last segment, h w w, only its own uses of w count.
    """
    w = ag.tensor(0.5, requires_grad=True)
    h = ag.tensor(1.0)

    for _ in range(2):
        h = h.detach() * w * w
    h.backward()

    expect(w.grad).equals(0.25)


@clause(
    "loop-205",
    VALUE,
    sources=["notes/faq", "torch.Tensor.detach docstring"],
)
def a_whole_sequence_counts_all_uses(ag: Autograd) -> None:
    """Backpropagation through a whole sequence counts the uses of a weight in all its steps."""
    w = ag.tensor(0.5, requires_grad=True)
    h = ag.tensor(1.0)
    for _ in range(4):
        h = h * w

    h.backward()

    expect(w.grad).equals(4 * 0.5**3)


@clause("loop-206", VALUE, sources=["torch.optim docs"])
def a_regression_comes_to_its_least_squares(ag: Autograd) -> None:
    """Descent on the squares of a linear model goes the way that linear algebra says.

    With x'x = A the rest of the weights after n steps is (1 - 2 lr A)ⁿ times that at the start.
    """
    x = ag.random(4, 2)
    truth = ag.random(2)
    w = ag.tensor(np.zeros(2), requires_grad=True)
    optimizer = ag.SGD([w], lr=0.03125)
    for _ in range(5):
        optimizer.zero_grad()
        rest = ag.tensor(x) @ w - ag.tensor(x @ truth)
        (rest * rest).sum().backward()
        optimizer.step()

    once = np.eye(2) - 0.0625 * x.T @ x
    expect(w).is_close(truth - np.linalg.matrix_power(once, 5) @ truth, scale=32.0)
