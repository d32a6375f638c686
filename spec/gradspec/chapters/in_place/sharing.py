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

import numpy as np

from gradspec import CONVENTION, SHOULD, VALUE, clause, expect

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


@clause("inp-043", VALUE, unseen="views", sources=["torch.Tensor.detach docstring", "observed"])
def detach_gives_an_alias_that_is_no_view(ag: Autograd) -> None:
    """Detach shares the memory of its argument, and its result is not tracked as a view of it."""
    x = ag.tensor(3.0, requires_grad=True)
    alias = x.detach()

    expect(alias).shares_memory_with(x)
    expect(alias.is_view).is_false()
    expect(alias.base).is_none()


@clause("inp-042", VALUE, unseen="views", sources=[VIEWS])
def a_slice_is_a_view(ag: Autograd) -> None:
    """Indexing with slices gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x[:, 1:]

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 1:])


@clause("inp-042a", VALUE, unseen="views", sources=[VIEWS])
def select_gives_a_view(ag: Autograd) -> None:
    """Select gives a view of one index of a dimension."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.select(1, 2)

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 2])


@clause("inp-042b", VALUE, unseen="views", sources=[VIEWS])
def narrow_gives_a_view(ag: Autograd) -> None:
    """Narrow gives a view of a range of a dimension."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.narrow(1, 1, 2)

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 1:])


@clause("inp-042c", VALUE, unseen="views", sources=[VIEWS])
def t_gives_a_view(ag: Autograd) -> None:
    """T gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.t()

    expect(y).shares_memory_with(x)
    expect(y).equals(values.T)


@clause("inp-042d", VALUE, unseen="views", sources=[VIEWS])
def transpose_gives_a_view(ag: Autograd) -> None:
    """Transpose gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.transpose(0, 1)

    expect(y).shares_memory_with(x)
    expect(y).equals(values.T)


@clause("inp-042e", VALUE, unseen="views", sources=[VIEWS])
def permute_gives_a_view(ag: Autograd) -> None:
    """Permute gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.permute((1, 0))

    expect(y).shares_memory_with(x)
    expect(y).equals(values.T)


@clause("inp-042f", VALUE, unseen="views", sources=[VIEWS])
def movedim_gives_a_view(ag: Autograd) -> None:
    """Movedim gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.movedim(0, 1)

    expect(y).shares_memory_with(x)
    expect(y).equals(values.T)


@clause("inp-042g", VALUE, unseen="views", sources=[VIEWS])
def view_gives_a_view(ag: Autograd) -> None:
    """View gives a view of another shape."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.view(3, 2)

    expect(y).shares_memory_with(x)
    expect(y).equals(values.reshape(3, 2))


@clause("inp-042h", VALUE, unseen="views", sources=[VIEWS])
def expand_gives_a_view(ag: Autograd) -> None:
    """Expand gives a view in which one address has several indices."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.expand(4, 2, 3)

    expect(y).shares_memory_with(x)
    expect(y).equals(np.stack([values] * 4))


@clause("inp-042i", VALUE, unseen="views", sources=[VIEWS])
def unsqueeze_gives_a_view(ag: Autograd) -> None:
    """Unsqueeze gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.unsqueeze(1)

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, None])


@clause("inp-042j", VALUE, unseen="views", sources=[VIEWS])
def squeeze_gives_a_view(ag: Autograd) -> None:
    """Squeeze gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x[:1].squeeze(0)

    expect(y).shares_memory_with(x)
    expect(y).equals(values[0])


@clause("inp-042k", VALUE, unseen="views", sources=[VIEWS])
def diagonal_gives_a_view(ag: Autograd) -> None:
    """Diagonal gives a view."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.diagonal()

    expect(y).shares_memory_with(x)
    expect(y).equals([0.0, 4.0])


@clause("inp-042l", VALUE, unseen="views", sources=[VIEWS])
def unfold_gives_a_view(ag: Autograd) -> None:
    """Unfold gives a view of overlapping windows."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.unfold(1, 2, 1)

    expect(y).shares_memory_with(x)
    expect(y).equals([[[0.0, 1.0], [1.0, 2.0]], [[3.0, 4.0], [4.0, 5.0]]])


@clause("inp-042m", VALUE, unseen="views", sources=[VIEWS])
def split_gives_views(ag: Autograd) -> None:
    """Split gives views, the last of which may be smaller."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.split(2, 1)[1]

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 2:])


@clause("inp-042n", VALUE, unseen="views", sources=[VIEWS])
def chunk_gives_views(ag: Autograd) -> None:
    """Chunk gives views."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.chunk(2, 1)[1]

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 2:])


@clause("inp-042o", VALUE, unseen="views", sources=[VIEWS])
def unbind_gives_views(ag: Autograd) -> None:
    """Unbind gives a view for each index of a dimension."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.unbind(1)[2]

    expect(y).shares_memory_with(x)
    expect(y).equals(values[:, 2])
