"""Every operator that takes complex numbers, or makes them: its value, and its derivative.

What is asked of real operands is asked here of both parts.  The derivative is that of the formula,
which nobody wrote down: see `gradspec.catalogue.wirtinger`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.operator import variables
from gradspec.catalogue.wirtinger import (
    HOLOMORPHIC,
    OF_PARTS,
    complex_sample,
    pulled_back,
    pushed_forward,
)
from gradspec.chapters.complex_numbers.calling import (
    cotangent,
    hermitian,
    hermitian_by_parts,
    of_parts,
    parts_of,
)
from gradspec.chapters.operators.calling import function, on_constants, results

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

NOTES: Final = "notes/autograd § Autograd for Complex Numbers"
WIRTINGER: Final = "notes/autograd § How does PyTorch compute the conjugate Wirtinger derivative?"
CHECK: Final = "notes/gradcheck § Notations and background information"
EVERY: Final = HOLOMORPHIC | OF_PARTS
OTHERS: Final = {name: c for name, c in OF_PARTS.items() if c.operator.of_parts is not None}
"""Operators of real numbers that are no holomorphic function of complex ones."""


@clause("cplx-201", VALUE, sources=["mathematics"], over=HOLOMORPHIC | OTHERS)
def the_value_at_complex_numbers(ag: Autograd, call: Call) -> None:
    """Of complex numbers {name} gives what its formula gives."""
    sample = complex_sample(call)
    found = on_constants(ag, call, sample)

    for part, value in results(call, sample):
        expect(found if part is None else found[part]).is_close(value)


def demand_gradients(ag: Autograd, call: Call) -> None:
    """Demand, of complex operands, the gradients of a weighed result."""
    sample = complex_sample(call)
    for part, value in results(call, sample):
        weights = cotangent(ag, value)
        _, found = ag.vjp(function(ag, call, sample, part), list(variables(sample)), weights)
        wanted = pulled_back(call, sample, weights, part)
        for gradient, one in zip(found, wanted.gradients, strict=True):
            expect(hermitian(call, gradient)).is_close(hermitian(call, one), scale=wanted.scale)


@clause("cplx-004", CONVENTION, sources=[WIRTINGER], over=HOLOMORPHIC)
def the_derivative_is_conjugated(ag: Autograd, call: Call) -> None:
    """Of complex numbers {name} makes of a cotangent g times the conjugate of its derivative."""
    demand_gradients(ag, call)


@clause("cplx-202", CONVENTION, sources=[WIRTINGER], over=OF_PARTS)
def the_gradient_is_that_by_both_parts(ag: Autograd, call: Call) -> None:
    """For a cotangent w of its result y the gradient of {name} by a complex operand is that of
    Re(conj(w) y) by the real part, plus i times that by the imaginary part.
    """
    demand_gradients(ag, call)


def demand_real_gradients(ag: Autograd, call: Call) -> None:
    """Demand the gradients of a real number by the parts of the operands."""
    sample = complex_sample(call)
    points = list(variables(sample))
    for part, value in results(call, sample):
        weights = cotangent(ag, value)
        through = of_parts(ag, call, sample, weights, part)
        _, found = ag.vjp(through, parts_of(points), np.ones(np.shape(value)))
        wanted = pulled_back(call, sample, weights, part)
        told = hermitian_by_parts(call, list(found))
        meant = hermitian_by_parts(call, parts_of(wanted.gradients))
        for gradient, one in zip(told, meant, strict=True):
            expect(gradient).is_close(one, scale=wanted.scale)


@clause("cplx-009", VALUE, sources=[NOTES], over=HOLOMORPHIC)
def a_real_function_through_complex_numbers(ag: Autograd, call: Call) -> None:
    """A real number that is made of the parts of {name}, of complex numbers made of real ones, has
    the gradients of the real function.
    """
    demand_real_gradients(ag, call)


@clause("cplx-203", VALUE, sources=[NOTES], over=OF_PARTS)
def a_real_function_through_parts(ag: Autograd, call: Call) -> None:
    """A real number that is made of what {name} gives of complex numbers, made of real ones, has
    the gradients of the real function.
    """
    demand_real_gradients(ag, call)


@clause("cplx-019", VALUE, sources=[CHECK], over=EVERY)
def a_complex_tangent(ag: Autograd, call: Call) -> None:
    """Where the operands of {name} move by complex tangents, so does its result, by the derivative
    of its formula.
    """
    sample = complex_sample(call)
    points = list(variables(sample))
    tangents = [hermitian(call, cotangent(ag, point)) for point in points]
    with ag.dual_level():
        duals = [
            ag.make_dual(ag.tensor(p), ag.tensor(t)) for p, t in zip(points, tangents, strict=True)
        ]
        found = function(ag, call, sample)(*duals)
        for part, _ in results(call, sample):
            wanted = pushed_forward(call, sample, tangents, part)
            one = found if part is None else found[part]
            expect(ag.tangent(one)).is_close(wanted.tangent, scale=wanted.scale)
