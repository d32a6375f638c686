"""The laws are only as strong as the graphs they are tried on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from gradspec.drawing.expressions import SCALARS, Expression, Operation, expressions

SAMPLE = 400
steady = settings(
    max_examples=SAMPLE,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def drawn(**options: object) -> list[Expression]:
    """Draw a sample of expressions, the same in every run."""
    found: list[Expression] = []

    @steady
    @given(expressions(**options).make())
    def draw(expression: Expression) -> None:
        found.append(expression)

    draw()
    return found


@pytest.fixture(scope="module")
def sample() -> list[Expression]:
    return drawn()


def test_diamonds_are_common(sample: list[Expression]) -> None:
    share = sum(e.has_a_diamond for e in sample) / len(sample)

    assert share > 0.3


def test_reuse_is_common(sample: list[Expression]) -> None:
    share = sum(e.reuses_a_value for e in sample) / len(sample)

    assert share > 0.6


def test_broadcasting_is_common(sample: list[Expression]) -> None:
    share = sum(e.broadcasts for e in sample) / len(sample)

    assert share > 0.3


def test_every_leaf_is_used(sample: list[Expression]) -> None:
    for expression in sample:
        used = {i for operation in expression.operations for i in operation.operands}

        assert used >= set(range(len(expression.leaves)))


def test_values_stay_small_enough_to_compare(sample: list[Expression]) -> None:
    largest = max(float(np.max(np.abs(e.value()), initial=0.0)) for e in sample)

    assert largest <= 64.0


def test_scalar_expressions_have_scalars_only() -> None:
    shapes = {leaf.shape for e in drawn(shapes=SCALARS) for leaf in e.leaves}

    assert shapes == {()}


def test_the_closed_form_agrees_with_a_derivative_done_by_hand() -> None:
    x, y = np.array([0.5, -1.25]), np.array(2.0)
    product_then_sine = (Operation("mul", (0, 1)), Operation("sin", (2,)))
    expression = Expression((x, y), product_then_sine, np.array([3.0, -0.5]), 1.0)

    by_x, by_y = expression.gradients()

    np.testing.assert_allclose(by_x, expression.cotangent * np.cos(x * y) * y, rtol=1e-15)
    np.testing.assert_allclose(by_y, np.sum(expression.cotangent * np.cos(x * y) * x), rtol=1e-15)


def test_a_chain_has_no_diamond_and_a_square_of_an_intermediate_has_one() -> None:
    leaf, cotangent = (np.array(1.0),), np.array(1.0)
    chain = Expression(leaf, (Operation("sin", (0,)), Operation("neg", (1,))), cotangent, 1.0)
    diamond = Expression(leaf, (Operation("sin", (0,)), Operation("mul", (1, 1))), cotangent, 1.0)

    assert not chain.has_a_diamond
    assert diamond.has_a_diamond


def test_what_uses_a_constant_does_not_vary_with_it() -> None:
    x = np.array([0.5, -1.25])
    square_times_leaf = (Operation("mul", (0, 0)), Operation("mul", (1, 0)))
    expression = Expression((x,), square_times_leaf, np.array([3.0, -0.5]), 1.0)

    assert np.allclose(expression.gradient(0), expression.cotangent * 3.0 * x * x)
    assert np.allclose(expression.gradient(0, constant=(1,)), expression.cotangent * x * x)
    assert np.allclose(expression.gradient(1), expression.cotangent * x)


def test_values_that_are_computed_alike_are_not_computed_once() -> None:
    x, y = np.array(0.5), np.array(2.0)
    alike = (Operation("add", (0, 1)), Operation("add", (1, 0)), Operation("sub", (2, 3)))
    expression = Expression((x, y), alike, np.array(1.0), 1.0)

    assert expression.once == [0, 1, 4]


def test_a_value_depends_on_its_operands_and_on_theirs() -> None:
    x, y = np.array(0.5), np.array(2.0)
    steps = (Operation("sin", (0,)), Operation("mul", (1, 1)), Operation("neg", (2,)))
    expression = Expression((x, y), steps, np.array(1.0), 1.0)

    assert expression.below(4) == {0, 2, 4}
    assert expression.below(3) == {1, 3}
