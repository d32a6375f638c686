"""Copying: which operations give a copy.

What these operations give cannot be shown by strides over the old memory, or torch decided that
it should not be: `flip` could be a view with a negative stride, which torch does not have, and
`cat` of one tensor could be that tensor.  A write to the result leaves the argument alone, and
may be made without a thought for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import CONVENTION, clause, expect
from gradspec.chapters.in_place.rows import COPIES, Shown

if TYPE_CHECKING:
    from gradspec import Autograd


@clause(
    "inp-042p",
    CONVENTION,
    unseen="views",
    sources=["docs tensor_view § Tensor Views"],
    over=COPIES,
    stands_for={
        "inp-042q": "list",
        "inp-042r": "cat",
        "inp-042s": "flip",
        "inp-042t": "roll",
        "inp-042u": "repeat",
        "inp-042v": "tril",
        "inp-042w": "reshape",
    },
)
def some_operations_copy(ag: Autograd, copy: Shown) -> None:
    """The result of {name} has memory of its own.

    Indexing with a list copies, cat even of a single tensor, repeat even once, and reshape where no
    view has the shape, as of a transposed matrix made flat.
    """
    x = ag.tensor(copy.values)
    y = copy.of(ag, x)

    expect(y).has_its_own_memory_apart_from(x)
    expect(y).equals(copy.on_array(copy.values))
