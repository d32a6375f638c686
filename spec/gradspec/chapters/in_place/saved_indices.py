"""Saved indices: an index is a value too.

Reading at indices sends the gradient back to where was read, so the index is needed again, and so
is the mask of a choice.  No derivative is taken by them, which is why they are easily forgotten
when saved values are checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import CONVENTION, SAFETY, clause, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec import Autograd
    from gradspec.program.objects import Tensor

SAVED = "notes/autograd § Saved tensors"


@dataclass(frozen=True, slots=True)
class Indexed:
    """An operation on [1, 2, 3] that needs an index or a mask again when it is differentiated."""

    index: list[Any]
    apply: Callable[[Autograd, Tensor, Tensor], Tensor]
    shape: tuple[int, ...]
    gradient: Callable[[Any], Any]


def _assign(ag: Autograd, h: Tensor, index: Tensor) -> Tensor:
    h[index] = ag.tensor([5.0, 6.0])
    return h


PAIR, MASK = [2, 1], [True, False, True]
INDEXED = {
    "getitem": Indexed(PAIR, lambda _, h, i: h[i], (2,), lambda v: [0.0, v[1], v[0]]),
    "index_select": Indexed(
        PAIR, lambda ag, h, i: ag.index_select(h, 0, i), (2,), lambda v: [0.0, v[1], v[0]]
    ),
    "gather": Indexed(PAIR, lambda ag, h, i: ag.gather(h, 0, i), (2,), lambda v: [0.0, v[1], v[0]]),
    "setitem": Indexed(PAIR, _assign, (3,), lambda v: [v[0], 0.0, 0.0]),
    "masked_fill": Indexed(
        MASK, lambda ag, h, m: ag.masked_fill(h, m, 9.0), (3,), lambda v: [0.0, v[1], 0.0]
    ),
    "where": Indexed(
        MASK, lambda ag, h, m: ag.where(m, h, ag.tensor(9.0)), (3,), lambda v: [v[0], 0.0, v[2]]
    ),
}


@clause("inp-215", SAFETY, sources=[SAVED, "chain rule"], over=INDEXED)
def an_overwritten_index_is_not_taken_for_the_old_one(ag: Autograd, indexed: Indexed) -> None:
    """If the index or the mask of {name} is overwritten, the write or the pass is refused, or the
    gradient is right.
    """
    v = ag.random(*indexed.shape)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = ag.tensor(indexed.index)
    y = indexed.apply(ag, x * 1.0, index)
    with ag.attempt() as backward:
        index.zero_()
        y.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(indexed.gradient(v))


@clause("inp-216", CONVENTION, sources=[SAVED], over=INDEXED)
def a_saved_index_that_was_written_is_an_error(ag: Autograd, indexed: Indexed) -> None:
    """If the index or the mask of {name} was written since, the pass is refused.

    Remedy: index with a clone(), or write to the index after the pass.
    """
    v = ag.random(*indexed.shape)
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = ag.tensor(indexed.index)
    y = indexed.apply(ag, x * 1.0, index)
    index.zero_()

    with ag.refuses("stale-saved-tensor"):
        y.backward(ag.tensor(v))


FOUND: dict[str, tuple[Callable[[Autograd, Tensor], Any], tuple[int, ...], list[int]]] = {
    "sort": (lambda ag, h: ag.sort(h), (3,), [1, 2, 0]),
    "topk": (lambda ag, h: ag.topk(h, 2), (2,), [0, 2]),
    "max": (lambda ag, h: ag.max(h, 0), (), [0]),
    "min": (lambda ag, h: ag.min(h, 0), (), [1]),
    "median": (lambda ag, h: ag.median(h, 0), (), [2]),
}
"""An operation on [3, 1, 2] that returns values and indices: their shape, and the indices."""


@clause("inp-239", SAFETY, sources=[SAVED, "chain rule"], over=FOUND)
def an_overwritten_result_is_not_taken_for_the_index_that_was_found(
    ag: Autograd, found: tuple[Callable[[Autograd, Tensor], Any], tuple[int, ...], list[int]]
) -> None:
    """If the indices that {name} returned are overwritten, the write or the pass is refused, or the
    gradient is right.
    """
    apply, shape, places = found
    v = ag.random(*shape)
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = apply(ag, x)
    with ag.attempt() as backward:
        indices.zero_()
        values.backward(ag.tensor(v))

    with backward.granted():
        expect(x.grad).is_close(np.bincount(places, np.ravel(v), 3))


@clause("inp-240", CONVENTION, sources=[SAVED], over=FOUND)
def a_returned_index_that_was_written_is_an_error(
    ag: Autograd, found: tuple[Callable[[Autograd, Tensor], Any], tuple[int, ...], list[int]]
) -> None:
    """If the indices that {name} returned were written since, the pass is refused.

    Remedy: write to a clone() of the indices, or after the pass.
    """
    apply, shape, _ = found
    v = ag.random(*shape)
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = apply(ag, x)
    indices.zero_()

    with ag.refuses("stale-saved-tensor"):
        values.backward(ag.tensor(v))
