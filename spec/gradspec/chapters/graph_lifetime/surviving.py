"""Surviving: what a backward pass does not touch, and what does not touch the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import SAFETY, Autograd, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable


def _through_products(ag: Autograd) -> list[tuple[Any, Any]]:
    x = ag.tensor(3.0, requires_grad=True)
    inner = x * x
    root = inner * inner
    root.backward()
    return [(x, 3.0), (inner, 9.0), (root, 81.0)]


def _from_views_of_a_leaf(ag: Autograd) -> list[tuple[Any, Any]]:
    x = ag.tensor([3.0, 5.0], requires_grad=True)
    root = x + 1
    for _ in range(2):
        root.backward(x.view(2))
    return [(x, [3.0, 5.0]), (root, [4.0, 6.0])]


@clause(
    "life-017",
    SAFETY,
    sources=["torch.autograd.backward docstring"],
    over={
        "a_pass_through_products": _through_products,
        "passes_that_start_from_views_of_a_leaf": _from_views_of_a_leaf,
    },
)
def values_remain_readable(ag: Autograd, run: Callable[[Autograd], list[tuple[Any, Any]]]) -> None:
    """After {name} the values of leaves, intermediates and the root are what they were.

    Only what the graph saved for itself is gone.  An engine that frees a saved value's memory,
    rather than its own reference to it, takes the value away from the user too; one that makes the
    cotangent a leaf's gradient adds to whatever the cotangent shows.
    """
    for tensor, value in run(ag):
        expect(tensor).equals(value)


@clause("life-019", SAFETY, sources=["observed"])
def graph_needs_no_names(ag: Autograd) -> None:
    """Deleting the names of a leaf and of intermediates does not break the graph that uses them.

    A graph owns what its derivatives need, here the square's operand and x, and it owns the way
    to w, which leads through a sum that needs nothing.
    """
    x = ag.tensor(2.0, requires_grad=True)
    w = ag.tensor(3.0, requires_grad=True)
    inner = x * w
    shifted = inner + 1
    root = shifted * shifted
    ag.forget(x, inner, shifted)
    root.backward()

    expect(w.grad).equals(28.0)


@clause("life-205", SAFETY, unseen="frees_graph", sources=["torch.autograd.grad docstring"])
def the_answer_to_a_query_is_released(ag: Autograd) -> None:
    """The answer to a query is released with its last name."""
    x = ag.tensor(3.0, requires_grad=True)
    y = x * x
    (found,) = ag.grad(y, [x])

    expect(found).equals(6.0)

    watcher = ag.watch(found)
    ag.forget(found)

    expect(watcher).is_gone()
