"""What the book typesets is held to the numbers of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sympy", reason="pip install 'gradspec[book]' to typeset derivatives")

import sympy

from gradspec.catalogue.operator import DIFFERENTIABLE
from gradspec.catalogue.operators import CALLS, OPERATORS
from gradspec.catalogue.slopes import jacobians, times
from gradspec_conformance.book import mathematics, pictures, products

OF_NUMBERS = [
    name
    for name, operator in OPERATORS.items()
    if operator.smoothness in DIFFERENTIABLE
    and not operator.form_of
    and mathematics.expression(operator) is not None
]


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_a_typeset_derivative_has_the_slopes_of_the_catalogue(name: str) -> None:
    operator, call = OPERATORS[name], CALLS[name]
    sample = call.sample()
    given = {**operator.signature.defaults, **sample}
    names = [*operator.signature.names]
    told = mathematics.typeset(operator)
    assert told is not None

    for derivative, jacobian in zip(told.derivatives, jacobians(call, sample), strict=True):
        symbols = [mathematics.symbol(each) for each in names]
        slope = sympy.lambdify(symbols, derivative.expression, modules=["scipy", "numpy"])
        by = np.ndim(sample[derivative.by])
        expected = jacobian.sum(axis=tuple(range(by)))
        got = np.broadcast_to(slope(*[given[each] for each in names]), expected.shape)
        np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-12)


def test_operators_that_every_book_on_calculus_has_are_typeset() -> None:
    for name in ("exp", "log", "sin", "tanh", "sigmoid", "relu", "mul", "div", "pow", "atan2"):
        assert name in OF_NUMBERS


class _Transposing(np.ndarray[Any, Any]):
    """An array whose `.T` is that of each of its matrices."""

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's
        return np.swapaxes(self, -1, -2) if self.ndim > 1 else self


@pytest.mark.parametrize("name", products.PRODUCTS)
def test_a_typeset_product_is_that_with_the_jacobian(name: str) -> None:
    call = CALLS[name]
    sample = call.sample()
    y = np.asarray(call.value(sample))
    g = np.random.default_rng(5).normal(size=y.shape)
    expected = times(g, jacobians(call, sample)).gradients
    dim: Any = sample.get("dim")
    if dim is not None and y.ndim < sample["x"].ndim:
        y, g = np.expand_dims(y, dim), np.expand_dims(g, dim)
    names = {key: np.asarray(v).view(_Transposing) for key, v in {**sample, "g": g, "y": y}.items()}
    words = {
        "inv": lambda a: np.linalg.inv(a).view(_Transposing),
        "ones": np.ones_like,
        "size": np.size,
        "exp": np.exp,
        "outer": np.outer,
        "sum": lambda a: np.sum(a, axis=dim, keepdims=True),
    }

    for (_, text), gradient in zip(products.PRODUCTS[name].items(), expected, strict=True):
        np.testing.assert_allclose(eval(text, words | names), gradient, rtol=1e-9)  # noqa: S307 - ours


@pytest.mark.parametrize("name", ["relu", "abs", "relu6", "leaky_relu", "hardtanh"])
def test_a_plot_marks_each_kink_with_what_torch_gives(name: str) -> None:
    found = pictures.plot(OPERATORS[name])
    assert found is not None
    assert found.bends
    assert found.svg.count('class="choice"') == len(found.bends)
    for bend in found.bends:
        assert f"torch gives {bend.choice:g}." in bend.said


def test_cases_stand_behind_a_brace() -> None:
    told = mathematics.typeset(OPERATORS["relu"])
    assert told is not None
    assert "<mtext>otherwise</mtext>" in told.derivatives[0].math
    assert "True" not in told.derivatives[0].math
