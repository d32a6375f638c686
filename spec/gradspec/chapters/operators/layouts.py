"""Layouts: operands whose entries do not follow each other in memory, and what their bases receive.

An engine that keeps strides can read the numbers of an operand in the wrong order, or write its
gradient in that.  An engine without strides has copied them, which comes to the same.  Where one
entry of the base was read several times, it receives the sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import VALUE, clause, expect
from gradspec.catalogue.facets import layouts
from gradspec.catalogue.operator import replaced
from gradspec.chapters.operators.calling import (
    cotangent,
    determined,
    is_of_symmetric,
    perform,
    results,
)

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.facets.layouts import Laid, Way
    from gradspec.catalogue.operator import Call

SOURCES = ["notes/tensor_view", "chain rule"]


@clause("op-234", VALUE, sources=SOURCES, over=layouts.table(layouts.transposed))
def columns_are_read_as_rows(ag: Autograd, call: Call) -> None:
    """Of transposed operands {name} has the value and the derivative of its formula."""
    agrees_when_laid(ag, call, layouts.transposed)


@clause("op-235", VALUE, sources=SOURCES, over=layouts.table(layouts.stepped))
def entries_that_a_step_leaves_out_receive_zero(ag: Autograd, call: Call) -> None:
    """Of operands sliced with a step {name} has the value and the derivative of its formula."""
    agrees_when_laid(ag, call, layouts.stepped)


@clause("op-236", VALUE, sources=SOURCES, over=layouts.table(layouts.turned))
def entries_are_read_from_the_last_to_the_first(ag: Autograd, call: Call) -> None:
    """Of flipped operands {name} has the value and the derivative of its formula."""
    agrees_when_laid(ag, call, layouts.turned)


@clause("op-237", VALUE, sources=SOURCES, over=layouts.table(layouts.expanded))
def an_expanded_base_receives_a_sum(ag: Autograd, call: Call) -> None:
    """Of expanded operands {name} has the value and the derivative of its formula."""
    agrees_when_laid(ag, call, layouts.expanded)


@clause("op-238", VALUE, sources=SOURCES, over=layouts.table(layouts.overlapping))
def windows_that_overlap_add_up(ag: Autograd, call: Call) -> None:
    """Of windows that overlap {name} has the value and the derivative of its formula."""
    agrees_when_laid(ag, call, layouts.overlapping)


def on_bases(ag: Autograd, laid: Laid, bases: Any) -> Any:
    """Call the operator on what is read from bases; in place, it writes into the base of a result.

    What is read twice may not be written, so that of a form in place the other operands are.
    """
    call, sample = laid.asked.call, laid.asked.sample
    if call.operator.inplace:
        bases = [bases[0] * 1.0, *bases[1:]]
    return perform(ag, call, replaced(sample, laid.read(bases), ag.tensor))


def agrees_when_laid(ag: Autograd, call: Call, way: Way) -> None:
    """Demand the value of the formula, and for the bases its derivative."""
    laid = layouts.laid(call, way)
    sample = laid.asked.sample
    for part, value in results(call, sample):
        if value.dtype.kind == "f":

            def applied(*bases: Any, which: int | None = part) -> Any:
                result = on_bases(ag, laid, bases)
                return result if which is None else result[which]

            weights = cotangent(ag, value)
            found, gradients = ag.vjp(applied, laid.bases, weights)
            expected = laid.pulled_back(weights, part)
            expect(found).is_close(value)
            told = zip(laid.layouts, gradients, expected.gradients, strict=True)
            for layout, gradient, wanted in told:
                if is_of_symmetric(call):  # of which only the operand is, and not its base
                    read = layout.reading(gradient), layout.read(wanted)
                    gradient, wanted = determined(call, *read)  # noqa: PLW2901
                expect(gradient).is_close(wanted, scale=expected.scale)
