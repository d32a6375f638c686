"""Batches: what an operator does to one example, it does to each under vmap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec import VALUE, clause, expect
from gradspec.catalogue.facets import batches
from gradspec.catalogue.operator import replaced
from gradspec.chapters.operators.calling import (
    cotangent,
    determined,
    perform,
    results,
)

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.facets.batches import Batch

SOURCES = ["torch.vmap docstring", "chain rule"]


@clause("op-401", VALUE, sources=SOURCES, over=batches.TOGETHER)
def a_batch_of_all_operands_is_a_loop(ag: Autograd, batch: Batch) -> None:
    """Mapped over all of its operands, {name} has the value and the derivative of a loop."""
    agrees_with_the_loop(ag, batch)


@clause("op-402", VALUE, sources=SOURCES, over=batches.ALONE)
def a_batch_of_one_operand_is_a_loop(ag: Autograd, batch: Batch) -> None:
    """Mapped over one operand, in its last dimension, {name} has the results of a loop.

    The number counts the operands.  What is the same for all examples receives the sum of what it
    receives of each.
    """
    agrees_with_the_loop(ag, batch)


@clause("op-361", VALUE, sources=SOURCES, over=batches.OTHER_WAYS)
def a_batch_of_a_call_with_options_is_a_loop(ag: Autograd, batch: Batch) -> None:
    """Mapped over its operands, the call {name} has the value and the derivative of a loop."""
    agrees_with_the_loop(ag, batch)


def agrees_with_the_loop(ag: Autograd, batch: Batch) -> None:
    """Demand the value of the formula for each example, and its derivative."""
    call, first = batch.call, batch.examples[0].sample
    part, one = next((p, v) for p, v in results(call, first) if v.dtype.kind == "f")

    def applied(*points: Any) -> Any:
        result = perform(ag, call, replaced(first, points, ag.tensor))
        return result if part is None else result[part]

    values = [
        value
        for example in batch.examples
        for number, value in results(call, example.sample)
        if number == part
    ]
    weights = np.stack([cotangent(ag, one) for _ in batch.examples])
    mapped = ag.func.vmap(applied, in_dims=batch.in_dims)
    found, gradients = ag.vjp(mapped, batch.points(), weights)
    expect(found).is_close(np.stack(values))
    pulled = [
        example.pulled_back(weight, part)
        for example, weight in zip(batch.examples, weights, strict=True)
    ]
    wanted = batch.joined([list(each.gradients) for each in pulled])
    scale = sum(each.scale for each in pulled)
    for gradient, expected in zip(gradients, wanted, strict=True):
        told, meant = determined(call, gradient, expected)
        expect(told).is_close(meant, scale=scale)
