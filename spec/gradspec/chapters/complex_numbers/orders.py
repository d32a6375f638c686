"""Derivatives of derivatives, through complex numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.operator import ANALYTIC, variables
from gradspec.catalogue.wirtinger import HOLOMORPHIC, bend, complex_sample
from gradspec.chapters.complex_numbers.calling import cotangent, drawn, of_parts, parts_of

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

CHECK: Final = "torch.autograd.gradgradcheck docstring"

BENT: Final = {
    name: call
    for name, call in HOLOMORPHIC.items()
    if call.operator.smoothness is ANALYTIC or len(list(variables(call.sample()))) > 1
}
"""What need not be a linear function of its operands together."""


@clause("cplx-016", VALUE, sources=[CHECK], over=BENT)
def a_second_derivative_through_complex_numbers(ag: Autograd, call: Call) -> None:
    """Along a line a real number that is made of the parts of {name} has the second derivative of
    the real function.

    All operands move at once, by complex numbers.
    """
    sample = complex_sample(call)
    points = parts_of(list(variables(sample)))
    bent = bend(call)
    ways = parts_of(bent.ways)
    weights = cotangent(ag, bent.value)
    through = of_parts(ag, call, sample, weights, bent.part)

    def along(t: Any) -> Any:
        moved = (ag.tensor(p) + t * ag.tensor(w) for p, w in zip(points, ways, strict=True))
        return through(*moved).sum()

    def slope(t: Any) -> Any:
        return ag.vjp(along, [t])[1][0]

    _, (found,) = ag.vjp(slope, [0.0])
    expect(found).is_close(
        np.real(np.conj(weights) * bent.second).sum(), scale=bent.scale * np.abs(weights).sum()
    )


@clause("cplx-016a", CONVENTION, sources=[CHECK])
def the_gradient_of_a_complex_gradient(ag: Autograd) -> None:
    """The gradient g of z^3 for a cotangent w is differentiable again: for the cotangent v of it, z
    is given the conjugate of 6z, times the conjugate of v, times w.
    """
    at, w, v = drawn(ag, 2), drawn(ag, 2), drawn(ag, 2)

    def gradient(z: Any) -> Any:
        return ag.vjp(lambda z: z * z * z, [z], w)[1][0]

    _, (second,) = ag.vjp(gradient, [at], v)

    expect(second).is_close(np.conj(6.0 * at * v) * w, scale=100.0)
