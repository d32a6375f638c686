"""Batches: what an operator does to many examples at once; start at `Batch`.

A batch rule is `batch(xp, batch)`, where `batch` is one run of an operator on examples.  Most rows
need none of their own: a family says in `BATCH` by which law its rows have theirs.  Where no law
gives it, the examples are taken one after the other, by `in_turn`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.operators.conjugation import conj

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.operators.row import Operator, Rule


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of an operator on tensors, the first dimension of some of which is the batch.

    `mapped` says of which; `ranks` how many dimensions one example of each has.  `again` runs the
    operator, and `other` another one in the same way: as a view, if this one gives a view.
    """

    operator: Operator
    operands: tuple[Any, ...]
    mapped: tuple[bool, ...]
    ranks: tuple[int, ...]
    params: tuple[Any, ...]
    size: int
    again: Callable[..., Any]
    other: Callable[..., Any]

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """Return the shape of one example of an operand."""
        shape = shape_of(self.operands[place])
        return shape[1:] if self.mapped[place] else shape

    def in_front(self, xp: Any, place: int) -> Any:
        """Return an operand with the batch as its first dimension."""
        x = self.operands[place]
        if self.mapped[place] or not hasattr(x, "_array"):
            return x
        return xp.expand(x, (self.size, *shape_of(x)))

    def all_in_front(self, xp: Any) -> list[Any]:
        """Return all operands with the batch as their first dimension."""
        return [self.in_front(xp, place) for place in range(len(self.operands))]

    def param(self, name: str) -> Any:
        """Return a parameter by its name."""
        return self.params[self.operator.param_names.index(name)]


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, or of a number."""
    return tuple(getattr(x, "shape", ()))


def is_of_batch(x: Any) -> bool:
    """Tell whether a value has a number for each example, so that no rule may branch on it."""
    return hasattr(getattr(x, "_array", x), "lower")


def padded(xp: Any, x: Any, rank: int, wanted: int) -> Any:
    """Return a batch of examples with so many dimensions, as broadcasting counts them."""
    if rank >= wanted:
        return x
    first, *rest = shape_of(x)
    return xp.reshape(x, (first, *(1,) * (wanted - rank), *rest))


def entrywise(xp: Any, batch: Batch) -> Any:
    """Run the operator on all at once: it works element by element, and broadcasts."""
    rank = max(batch.ranks)
    operands = [
        padded(xp, x, r, rank) if mapped else x
        for x, mapped, r in zip(batch.operands, batch.mapped, batch.ranks, strict=True)
    ]
    return batch.again(operands, *batch.params)


def stacks(xp: Any, batch: Batch) -> Any:
    """Run the operator on all at once: it takes stacks of what one example is."""
    return batch.again(batch.all_in_front(xp), *batch.params)


def on_stacks(rank: int) -> Rule:
    """Make the rule of what takes stacks of tensors of a rank, if the operands all have it."""

    def rule(xp: Any, batch: Batch) -> Any:
        alike = len({batch.shape(place)[:-rank] for place in range(len(batch.operands))}) == 1
        return (stacks if alike and min(batch.ranks) >= rank else in_turn)(xp, batch)

    return rule


DIMS: Final = frozenset({"dim", "dims", "dim0", "dim1", "dim2", "dimension"})
SIZES: Final = frozenset({"size", "self_sizes"})


def one_further(batch: Batch) -> list[Any]:
    """Return the params with each dimension one further, and the batch before each shape."""
    return [
        further(value)
        if name in DIMS
        else (batch.size, *value)
        if name in SIZES and isinstance(value, tuple | list)
        else value
        for name, value in zip(batch.operator.param_names, batch.params, strict=True)
    ]


def further(dims: Any) -> Any:
    """Return one dimension, or each of several, one further."""
    return tuple(d + 1 for d in dims) if isinstance(dims, tuple | list) else dims + 1


def shifted(xp: Any, batch: Batch) -> Any:
    """Run the operator with the dimensions that it is told one further."""
    if not max(batch.ranks) and DIMS & {*batch.operator.param_names}:
        return in_turn(xp, batch)
    return batch.again(batch.all_in_front(xp), *one_further(batch))


def along(xp: Any, batch: Batch) -> Any:
    """Run an operator that works along dimensions, with these one further.

    A number has a dimension to be told, which is that of its single element.
    """
    if max(batch.ranks):
        return shifted(xp, batch)
    alone = [xp.reshape(x, (batch.size, 1)) for x in batch.all_in_front(xp)]
    found = batch.again(alone, *one_further(batch))
    if batch.operator.several:
        return [xp.reshape(one, (batch.size,)) for one in found]
    return xp.reshape(found, (batch.size,))


def reduced(name: str) -> Rule:
    """Make the rule of what reduces all, of the operator that reduces some dimensions."""

    def rule(xp: Any, batch: Batch) -> Any:
        dims = tuple(range(1, batch.ranks[0] + 1))
        return getattr(xp, name)(batch.operands[0], dims, False)

    return rule


def flattened(name: str) -> Rule:
    """Make the rule of what reduces all, of the operator that reduces one dimension."""

    def rule(xp: Any, batch: Batch) -> Any:
        rows = xp.reshape(batch.operands[0], (batch.size, math.prod(batch.shape())))
        return getattr(xp, name)(rows, 1, False)

    return rule


def in_turn(xp: Any, batch: Batch) -> Any:
    """Run the operator on one example after the other, and stack the results."""
    parts = [
        xp.unbind(x, 0) if mapped else (x,) * batch.size
        for x, mapped in zip(batch.operands, batch.mapped, strict=True)
    ]
    found = [batch.again(list(example), *batch.params) for example in zip(*parts, strict=True)]
    if not batch.operator.several:
        return xp.stack(*found, 0)
    return [xp.stack(*column, 0) for column in zip(*found, strict=True)]


# shapes ---------------------------------------------------------------------------------
def expanded(_xp: Any, batch: Batch) -> Any:
    """Give examples the dimensions that they lack, then repeat."""
    (size,) = batch.params
    x = batch.operands[0]
    for _ in range(len(size) - batch.ranks[0]):
        x = batch.other("unsqueeze", x, 1)
    return batch.again([x], (batch.size, *size))


def spread(xp: Any, batch: Batch) -> Any:
    """Repeat each example into memory of its own."""
    (size,) = batch.params
    x = padded(xp, batch.operands[0], batch.ranks[0], len(size))
    return xp.spread(x, (batch.size, *size))


def squeezed(_xp: Any, batch: Batch) -> Any:
    """Leave out the dimensions of length one, but for the batch."""
    dims = tuple(d + 1 for d, n in enumerate(batch.shape()) if n == 1)
    return batch.other("squeeze_dims", batch.operands[0], dims)


def unsqueezed(_xp: Any, batch: Batch) -> Any:
    """Insert a dimension behind the batch."""
    return batch.again(batch.operands, batch.params[0] + 1)


def permuted(_xp: Any, batch: Batch) -> Any:
    """Reorder all dimensions but the first."""
    return batch.again(batch.operands, (0, *further(batch.params[0])))


def turned(_xp: Any, batch: Batch) -> Any:
    """Transpose each example, if it is a matrix."""
    if batch.ranks[0] == MATRIX:
        return batch.other("transpose", batch.operands[0], 1, 2)
    return batch.other("alias", batch.operands[0])


def rolled(xp: Any, batch: Batch) -> Any:
    """Move elements round in each example; without dimensions, in what is flattened."""
    shifts, dims = batch.params
    x = batch.operands[0]
    if dims:
        return batch.again([x], shifts, further(dims))
    flat = xp.reshape(x, (batch.size, math.prod(batch.shape())))
    return xp.reshape(batch.again([flat], shifts[:1], (1,)), x.shape)


def repeated(xp: Any, batch: Batch) -> Any:
    """Repeat each example."""
    (repeats,) = batch.params
    x = padded(xp, batch.operands[0], batch.ranks[0], len(repeats))
    return batch.again([x], (1, *repeats))


# products -------------------------------------------------------------------------------
MATRIX: Final = 2


def product(xp: Any, batch: Batch) -> Any:
    """Multiply matrices and vectors: one product if one factor is the same for all examples."""
    (a, b), (of_a, of_b), (rank_a, rank_b) = batch.operands, batch.mapped, batch.ranks
    return multiplied(xp, (a, of_a, rank_a), (b, of_b, rank_b))


def conjugate_product(xp: Any, batch: Batch) -> Any:
    """Multiply vectors, of which the first is conjugated."""
    (a, b), (of_a, of_b), (rank_a, rank_b) = batch.operands, batch.mapped, batch.ranks
    return multiplied(xp, (conj(xp, a), of_a, rank_a), (b, of_b, rank_b))


def multiplied(xp: Any, left: tuple[Any, bool, int], right: tuple[Any, bool, int]) -> Any:
    """Return the product of two factors: what it is, whether it is a batch, the examples' rank."""
    (a, of_a, rank_a), (b, of_b, rank_b) = left, right
    if of_a and not of_b and rank_a == 1 and rank_b <= MATRIX:  # the vectors are rows of a matrix
        return (xp.mv if rank_b == 1 else xp.mm)(a, b)
    if of_b and not of_a and rank_b == 1 and rank_a <= MATRIX:
        return xp.mv(b, a) if rank_a == 1 else xp.mm(b, xp.t(a))
    rank = max(rank_a, rank_b, MATRIX)
    if rank_a == 1:
        a = xp.unsqueeze(a, a.ndim - 1)
    if rank_b == 1:
        b = xp.unsqueeze(b, b.ndim)
    a = padded(xp, a, max(rank_a, MATRIX), rank) if of_a else a
    b = padded(xp, b, max(rank_b, MATRIX), rank) if of_b else b
    found = xp.matmul(a, b)
    if rank_b == 1:
        found = xp.select(found, found.ndim - 1, 0)
    return xp.select(found, found.ndim - 1 - (rank_b > 1), 0) if rank_a == 1 else found


def weighed_product(xp: Any, batch: Batch) -> Any:
    """Add beta times the summand to alpha times a product."""
    beta, alpha = batch.params
    _, *factors = zip(batch.operands, batch.mapped, batch.ranks, strict=True)
    found = multiplied(xp, *factors)
    return plus_summand(xp, batch, found if alpha == 1 else found * alpha, beta)


def weighed_pairs(xp: Any, batch: Batch) -> Any:
    """Add beta times the summand to alpha times the products of all pairs of two vectors."""
    beta, alpha = batch.params
    _, a, b = batch.operands
    found = xp.unsqueeze(a, a.ndim) * xp.unsqueeze(b, b.ndim - 1)
    return plus_summand(xp, batch, found if alpha == 1 else found * alpha, beta)


def summed_product(xp: Any, batch: Batch) -> Any:
    """Add beta times the summand to alpha times the sum of the products of two stacks."""
    beta, alpha = batch.params
    _, *factors = zip(batch.operands, batch.mapped, batch.ranks, strict=True)
    found = multiplied(xp, *factors)
    found = xp.sum_dim(found, (found.ndim - MATRIX - 1,), False)
    return plus_summand(xp, batch, found if alpha == 1 else found * alpha, beta)


def plus_summand(xp: Any, batch: Batch, found: Any, beta: Any) -> Any:
    """Add beta times the summand; what is multiplied by zero is left out, as no number there is."""
    if True not in batch.mapped[1:]:
        found = xp.expand(found, (batch.size, *shape_of(found)))
    if beta == 0:
        return found
    x, rank = batch.operands[0], batch.ranks[0]
    if batch.mapped[0]:
        x = padded(xp, x, rank, found.ndim - 1)
    return found + (x if beta == 1 else x * beta)


def copied(xp: Any, batch: Batch) -> Any:
    """Store one value, or one for each example, in each."""
    x = batch.in_front(xp, 0)
    source = batch.operands[1]
    if batch.mapped[1]:
        source = padded(xp, source, batch.ranks[1], batch.ranks[0])
    return batch.again([x, source])


def diagonal_sum(xp: Any, batch: Batch) -> Any:
    """Add up the diagonal of each example."""
    return xp.sum_dim(xp.diagonal(batch.operands[0], 0, 1, 2), (1,), False)


def losses(xp: Any, batch: Batch) -> Any:
    """Compute the losses of all, and reduce those of each example."""
    reduction, *rest = batch.params
    rank = max(batch.ranks)
    operands = [
        padded(xp, x, r, rank) if mapped else x
        for x, mapped, r in zip(batch.operands, batch.mapped, batch.ranks, strict=True)
    ]
    found = batch.again(operands, "none", *rest)
    if reduction == "none":
        return found
    dims = tuple(range(1, rank + 1))
    return (xp.sum_dim if reduction == "sum" else xp.mean_dim)(found, dims, False)


# indices --------------------------------------------------------------------------------
def keyed(xp: Any, batch: Batch) -> Any:
    """Read or write behind the batch, if that leaves the dimensions where they are."""
    key = batch.param("key")
    key = key if isinstance(key, tuple) else (key,)
    named = [place for place, part in enumerate(key) if hasattr(part, "dtype")]
    others = [place for place, part in enumerate(key) if type(part) is int] if named else []
    places = sorted((*named, *others))
    if places and places[-1] - places[0] >= len(places):
        return in_turn(xp, batch)
    params = [
        (slice(None), *key) if value is batch.param("key") else value
        for value in one_further(batch)
    ]
    return batch.again(batch.all_in_front(xp), *params)


def indexed(xp: Any, batch: Batch) -> Any:
    """Read at indices that are the same for all examples."""
    (key,) = batch.params
    places = [place for place, part in enumerate(key) if part is None]
    if any(batch.mapped[1:]) or places[-1] - places[0] >= len(places):
        return in_turn(xp, batch)
    return batch.again(batch.operands, (slice(None), *key))


def selected(xp: Any, batch: Batch) -> Any:
    """Read slices that are the same for all examples."""
    if batch.mapped[1] or not batch.ranks[0]:
        return in_turn(xp, batch)
    return batch.again(batch.operands, *one_further(batch))


def looked_up(xp: Any, batch: Batch) -> Any:
    """Read rows of one table for all examples."""
    return in_turn(xp, batch) if batch.mapped[0] else batch.again(batch.operands, *batch.params)


def padded_inside(_xp: Any, batch: Batch) -> Any:
    """Put nothing before and after the batch."""
    widths, *rest = batch.params
    return batch.again(batch.operands, ((0, 0), *widths), *rest)


def shown_region(_xp: Any, batch: Batch) -> Any:
    """Show the same region of each example, one after the other in memory as the examples are."""
    size, stride, offset, geometry = batch.params
    x = batch.operands[0]
    step = x.stride(0)
    shape, steps, shown, shown_steps, start = geometry
    whole = (
        (batch.size, *shape),
        (step, *steps),
        (batch.size, *shown),
        (step, *shown_steps),
        start,
    )
    return batch.again([x], (batch.size, *size), (step, *stride), offset, whole)
