"""What is kept detached keeps no graph."""

from __future__ import annotations

from gradspec import CONVENTION, SAFETY, Autograd, clause, expect


@clause("det-013", SAFETY, sources=["T2 §2.4.2", "notes/faq"], builds_on=("life-015a",))
def a_detached_loss_keeps_no_graph(ag: Autograd) -> None:
    """A loss that is kept detached keeps nothing of its graph alive."""
    x = ag.tensor(3.0, requires_grad=True)
    inner = x * 2.0
    loss = inner * inner
    watcher = ag.watch(inner)
    kept = loss.detach()
    ag.forget(inner, loss)

    expect(watcher).is_gone()
    expect(kept).equals(36.0)


@clause(
    "det-014",
    CONVENTION,
    sources=["notes/faq § My model reports cuda runtime error(2): out of memory"],
)
def a_sum_of_losses_keeps_their_graphs(ag: Autograd) -> None:
    """A running sum of losses that were not detached keeps all their graphs alive.

    Whoever adds up loss.detach(), or loss.item(), keeps none.
    """
    x = ag.tensor(3.0, requires_grad=True)
    first = x * 2.0
    watcher = ag.watch(first)
    total = first * first
    ag.forget(first)
    for _ in range(2):
        inner = x * 2.0
        total = total + inner * inner

    expect(watcher).is_alive()
    expect(total).equals(108.0)
