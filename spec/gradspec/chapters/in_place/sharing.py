"""Sharing: which operations give views.

A view is a tensor that shows the memory of another one.  An operation can give a view if its
result is the same numbers in another arrangement: a region, a reordering of dimensions, a
repetition by stride zero.  Whether it does is part of its meaning as soon as tensors are written,
since a write to a view reaches its base and a write to a copy does not.  The lists of
this section and the next are conventions with consequences.

A view that was recorded knows its base.  An alias that `detach` made shares the memory and does
not know it: it is meant to stand outside the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, SHOULD, clause, expect
from gradspec.chapters.in_place.rows import OVERLAPPING, PIECES, WRITABLE, Shown

if TYPE_CHECKING:
    from gradspec import Autograd

VIEWS = "docs tensor_view § Tensor Views"


@clause(
    "inp-041",
    CONVENTION,
    level=SHOULD,
    unseen="views",
    sources=["observed (Tensor._base, Tensor._is_view)"],
)
def a_view_knows_its_base(ag: Autograd) -> None:
    """A recorded view names its base, and a view of a view names the first tensor of the chain."""
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    row = x[0]
    tail = row[1:]

    expect(row.is_view).is_true()
    expect(row.base).is_same_object_as(x)
    expect(tail.base).is_same_object_as(x)
    expect(x.is_view).is_false()
    expect(x.base).is_none()


@clause(
    "inp-043",
    CONVENTION,
    unseen="views",
    sources=["torch.Tensor.detach docstring", "observed"],
    stands_for=("det-002",),
)
def detach_gives_an_alias_that_is_no_view(ag: Autograd) -> None:
    """Detach shares the memory of its argument, and its result is not tracked as a view of it."""
    x = ag.tensor(3.0, requires_grad=True)
    alias = x.detach()

    expect(alias).shares_memory_with(x)
    expect(alias.is_view).is_false()
    expect(alias.base).is_none()


@clause("inp-251", CONVENTION, level=SHOULD, sources=["torch.flatten docstring"])
def flattening_what_is_flat_gives_it_back(ag: Autograd) -> None:
    """Flatten of a tensor with one dimension is that tensor, not a view of it."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1.0

    expect(ag.flatten(h)).is_same_object_as(h)


@clause(
    "inp-042",
    CONVENTION,
    unseen="views",
    sources=[VIEWS],
    over=WRITABLE | OVERLAPPING | PIECES,
    stands_for={
        "inp-042a": "select",
        "inp-042b": "narrow",
        "inp-042c": "t",
        "inp-042d": "transpose",
        "inp-042e": "permute",
        "inp-042f": "movedim",
        "inp-042g": "view",
        "inp-042h": "expand",
        "inp-042i": "unsqueeze",
        "inp-042j": "squeeze",
        "inp-042k": "diagonal",
        "inp-042l": "unfold",
        "inp-042m": "split",
        "inp-042n": "chunk",
        "inp-042o": "unbind",
    },
)
def some_operations_show_the_same_memory(ag: Autograd, view: Shown) -> None:
    """The result of {name} is a view, which shows elements of its argument where they lie."""
    x = ag.tensor(view.values)
    y = view.of(ag, x)

    expect(y).shares_memory_with(x)
    expect(y).equals(view.on_array(view.values))
