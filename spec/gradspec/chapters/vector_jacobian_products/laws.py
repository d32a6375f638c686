"""The laws: the product of calculus on any graph, and linear in the cotangent."""

from __future__ import annotations

from typing import Any

from gradspec import VALUE, Autograd, clause, expect
from gradspec.drawing.expressions import (
    Expression,
    expressions,
    expressions_with_a_second_cotangent,
)


@clause(
    "vjp-001b",
    VALUE,
    sources=["torch.Tensor.backward docstring", "the chain rule"],
    given={"case": expressions()},
)
def every_program_has_the_product_of_calculus(ag: Autograd, case: Expression) -> None:
    """For every program of arithmetic and smooth functions on arrays that broadcast against each
    other, and every cotangent, each leaf is given the vector-Jacobian product of calculus, in the
    leaf's own shape.
    """
    _, products = ag.vjp(lambda *leaves: case.evaluate(ag, leaves), case.leaves, case.cotangent)

    for product, expected in zip(products, case.gradients(), strict=True):
        expect(product).is_close(expected, scale=case.scale)


@clause(
    "vjp-010",
    VALUE,
    sources=["definition of the vector-Jacobian product", "T1 §2.1.5.1"],
    given={"drawn": expressions_with_a_second_cotangent(unary=("sin",))},
)
def the_product_is_linear_in_the_cotangent(
    ag: Autograd, drawn: tuple[Expression, Any, float, float]
) -> None:
    """The product is linear in the cotangent: for av + bw it is a times the product for v plus b
    times the product for w.
    """
    case, w, a, b = drawn
    v = case.cotangent
    for_v, for_w = case.gradients(v), case.gradients(w)
    combined = [a * one + b * other for one, other in zip(for_v, for_w, strict=True)]
    scale = case.scale * (1.0 + abs(a) + abs(b))
    for cotangent, expected in ((v, for_v), (w, for_w), (a * v + b * w, combined)):
        _, products = ag.vjp(lambda *leaves: case.evaluate(ag, leaves), case.leaves, cotangent)

        for product, wanted in zip(products, expected, strict=True):
            expect(product).is_close(wanted, scale=scale)
