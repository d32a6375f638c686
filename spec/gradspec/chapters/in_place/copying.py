"""Copying: which operations give a copy.

What these operations give cannot be shown by strides over the old memory, or torch decided that
it should not be: `flip` could be a view with a negative stride, which torch does not have, and
`cat` of one tensor could be that tensor.  A write to the result leaves the argument alone, and
may be made without a thought for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

VIEWS = "docs tensor_view § Tensor Views"


@clause("inp-042p", VALUE, unseen="views", sources=[VIEWS])
def clone_gives_a_copy(ag: Autograd) -> None:
    """Clone gives a copy."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.clone()

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values)


@clause("inp-042q", VALUE, unseen="views", sources=[VIEWS])
def a_list_of_indices_gives_a_copy(ag: Autograd) -> None:
    """Indexing with a list of indices gives a copy."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x[[1, 1]]

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values[[1, 1]])


@clause("inp-042r", VALUE, unseen="views", sources=[VIEWS])
def cat_gives_a_copy(ag: Autograd) -> None:
    """Cat gives a copy, even of a single tensor."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = ag.cat([x])

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values)


@clause("inp-042s", VALUE, unseen="views", sources=[VIEWS])
def flip_gives_a_copy(ag: Autograd) -> None:
    """Flip gives a copy."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.flip((0,))

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values[::-1])


@clause("inp-042t", VALUE, unseen="views", sources=[VIEWS])
def roll_gives_a_copy(ag: Autograd) -> None:
    """Roll gives a copy."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.roll(1, 0)

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values[::-1])


@clause("inp-042u", VALUE, unseen="views", sources=[VIEWS])
def repeat_gives_a_copy(ag: Autograd) -> None:
    """Repeat gives a copy, even if it repeats once."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.repeat(1, 1)

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values)


@clause("inp-042v", VALUE, unseen="views", sources=[VIEWS])
def tril_gives_a_copy(ag: Autograd) -> None:
    """Tril gives a copy."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.tril()

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(np.tril(values))


@clause("inp-042w", VALUE, unseen="views", sources=[VIEWS])
def reshape_copies_if_it_must(ag: Autograd) -> None:
    """Reshape gives a copy if no view has the shape, as of a transposed matrix made flat."""
    values = np.arange(6.0).reshape(2, 3)
    x = ag.tensor(values)
    y = x.t().reshape((6,))

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(values.T.ravel())
