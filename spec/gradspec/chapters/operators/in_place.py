"""In-place forms: the same value, the same derivative, in the memory of the first operand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec import VALUE, clause, expect
from gradspec.catalogue.operator import DIFFERENTIABLE, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import cotangent, function, on_constants

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

WRITING: Final = {name: call for name, call in CALLS.items() if call.operator.inplace}
RECORDED: Final = {n: c for n, c in WRITING.items() if c.operator.smoothness in DIFFERENTIABLE}

WITH_AUTOGRAD = "notes/autograd § In-place operations with autograd"


@clause("op-208", VALUE, sources=["torch docstrings"], over=WRITING)
def a_write_leaves_the_value_of_the_formula(ag: Autograd, call: Call) -> None:
    """After {name} what was written holds the value of the formula."""
    sample = call.sample()

    expect(on_constants(ag, call, sample)).is_close(call.value(sample))


@clause("op-209", VALUE, sources=[WITH_AUTOGRAD], over=RECORDED)
def a_write_has_the_derivative_of_the_formula(ag: Autograd, call: Call) -> None:
    """Through a tensor that {name} wrote, the derivative is that of the formula, entry by entry."""
    sample = call.sample()
    weights = cotangent(ag, call.value(sample))
    _, found = ag.vjp(function(ag, call, sample), list(variables(sample)), weights)
    expected = pulled_back(call, sample, weights)

    for gradient, wanted in zip(found, expected.gradients, strict=True):
        expect(gradient).is_close(wanted, scale=expected.scale)
