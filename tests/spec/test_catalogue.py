"""Each formula of the catalogue is held to mpmath, in forty digits, and so is each derivative."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import operator_definitions
import pytest
from chosen_cases import chosen
from complex_definitions import OF_COMPLEX
from operator_definitions import exact

from gradspec import edition
from gradspec.catalogue import in_place, wirtinger
from gradspec.catalogue.curvature import curvature
from gradspec.catalogue.domain import Symmetric
from gradspec.catalogue.operator import (
    ANALYTIC_BY_PARTS,
    BY_PARTS,
    CONSTANT,
    DIFFERENTIABLE,
    REFUSED,
    UNDETERMINED,
    Call,
    Kink,
    map_arrays,
    replaced,
    variables,
)
from gradspec.catalogue.operators import CALLS, KINKS, OPERATORS, writes_truth
from gradspec.catalogue.slopes import pulled_back
from gradspec.catalogue.wirtinger import HOLOMORPHIC, OF_PARTS
from gradspec.chapters.complex_numbers.orders import BENT
from gradspec.chapters.operators.second_order import BENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

mp.mp.dps = 40
STEP = mp.mpf(10) ** -12


GIVEN = {
    *("new_tensor", "tensor_from", "Variable", "setitem"),
    *("zeros", "ones", "full", "arange", "linspace", "eye"),
    *("zeros_like", "ones_like", "full_like"),
}
"""What is no function of numbers, or puts them where it is told to."""


def definition(call: Call) -> Callable[..., Any] | None:
    operator = call.operator
    if operator.of_parts is not None and operator.smoothness is ANALYTIC_BY_PARTS:
        return OF_COMPLEX[operator.name]
    own = operator_definitions.definition(operator)
    return own or operator_definitions.definition(OPERATORS[operator.form_of or operator.name])


def by_day_two_of_each(calls: Iterable[Call]) -> list[Call]:
    """Give calls that have a definition: by day the first and the last of each operator."""
    defined = [c for c in calls if definition(c) and c.operator.smoothness is not UNDETERMINED]
    groups = itertools.groupby(defined, key=lambda call: call.operator.name)
    return [call for _, group in groups for call in chosen(list(group), 2)]


DEFINED = by_day_two_of_each(CALLS.values())


def exactly(sample: Any) -> Any:
    return map_arrays(sample, lambda a: exact(a) if a.dtype.kind in "fc" else a)


def defined(call: Call, sample: Any) -> tuple[Any, ...]:
    """Compute the definition; arguments are given as the formula gets them."""
    names = call.operator.signature.names
    first = list(itertools.takewhile(sample.__contains__, names))
    rest = {n: sample[n] for n in names if n in sample and n not in first}
    function = definition(call)
    assert function is not None
    result = function(*(sample[n] for n in first), **rest)
    return result if isinstance(result, tuple) else (result,)


def as_numbers(array: Any) -> Any:
    return np.vectorize(complex, otypes=[complex])(array)


def test_every_operator_has_a_definition_or_no_numbers() -> None:
    without = {c.operator.name for c in CALLS.values() if not definition(c)}
    without -= {n for n, o in OPERATORS.items() if o.smoothness is UNDETERMINED}

    assert without == GIVEN


@pytest.mark.parametrize("call", DEFINED, ids=lambda c: c.name)
def test_a_formula_computes_what_the_definition_says(call: Call) -> None:
    sample = call.sample()
    value = call.value(sample)
    found = value if isinstance(value, tuple) else (value,)

    for one, wanted in zip(found, defined(call, exactly(sample)), strict=True):
        assert np.shape(one) == np.shape(wanted)
        np.testing.assert_allclose(as_numbers(one), as_numbers(wanted), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    "call",
    [c for c in DEFINED if c.operator.smoothness in (*DIFFERENTIABLE, REFUSED)],
    ids=lambda c: c.name,
)
def test_a_derivative_is_that_of_the_definition(call: Call) -> None:
    """By central differences in forty digits, which are exact in fifteen."""
    sample = call.sample()
    points = [exact(v) for v in variables(sample)]
    part = 0 if call.gives_several else None
    value = call.value(sample)
    shape = np.shape(value if part is None else value[part])
    weights = np.random.default_rng(5).uniform(0.5, 1.5, shape)
    gradients = pulled_back(call, sample, weights, part).gradients

    for number, gradient in enumerate(gradients):
        steps = number == 0 and call.operator.smoothness is REFUSED
        for entry in np.ndindex(*gradient.shape):
            if steps and points[0][entry] == 0:
                continue  # it jumps
            sides = []
            for step in (STEP, -STEP):
                moved = [p.copy() for p in points]
                moved[number][entry] += step
                numbers = replaced(sample, moved, lambda constant: constant)
                sides.append(defined(call, numbers)[0])
            if steps and any(np.shape(side) != shape for side in sides):
                continue  # entries that were equal are so no more
            slope = float(np.sum((sides[0] - sides[1]) * weights) / (2 * STEP))
            assert gradient[entry] == pytest.approx(slope, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("call", by_day_two_of_each(BENDING.values()), ids=lambda c: c.name)
def test_a_second_derivative_is_that_of_the_definition(call: Call) -> None:
    """By a mixed difference in forty digits, which is exact in sixteen."""
    sample = call.sample()
    random = np.random.default_rng(5)
    points = list(variables(sample))
    value = call.value(sample)
    results = [np.asarray(one) for one in (value if call.gives_several else (value,))]
    weights, *lines = (
        [random.uniform(0.5, 1.5, np.shape(array)) for array in arrays]
        for arrays in ([r for r in results if r.dtype.kind == "f"], [1.0, *points], [1.0, *points])
    )

    def product(along: int, across: int) -> Any:
        factor, *moved = (
            np.asarray(exact(np.asarray(p)) + STEP * along * one + STEP * across * other, object)
            for p, one, other in zip([1.0, *points], *lines, strict=True)
        )
        found = defined(call, replaced(sample, moved, lambda constant: constant))
        return factor * sum(np.sum(w * f) for w, f in zip(weights, found, strict=False))

    corners = product(1, 1) - product(1, -1) - product(-1, 1) + product(-1, -1)
    wanted = float(corners / (4 * STEP * STEP))
    found = curvature(call, sample, weights, (lines[0], lines[1]))
    assert found.value == pytest.approx(wanted, rel=1e-9, abs=1e-11 * found.scale + 1e-15)


# complex numbers ----------------------------------------------------------------------
@pytest.mark.parametrize(
    "call", by_day_two_of_each((HOLOMORPHIC | OF_PARTS).values()), ids=lambda c: c.name
)
def test_a_formula_of_complex_numbers_computes_what_the_definition_says(call: Call) -> None:
    sample = wirtinger.complex_sample(call)
    value = call.value(sample)
    found = value if isinstance(value, tuple) else (value,)

    for one, wanted in zip(found, defined(call, exactly(sample)), strict=True):
        assert np.shape(one) == np.shape(wanted)
        np.testing.assert_allclose(as_numbers(one), as_numbers(wanted), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    "call", by_day_two_of_each((HOLOMORPHIC | OF_PARTS).values()), ids=lambda c: c.name
)
def test_a_gradient_of_complex_numbers_is_that_of_the_definition_by_both_parts(call: Call) -> None:
    """By central differences in forty digits, in either part, of Re(conj(w) y)."""
    sample = wirtinger.complex_sample(call)
    points = [exact(v) for v in variables(sample)]
    part = 0 if call.gives_several else None
    value = call.value(sample)
    random, shape = np.random.default_rng(5), np.shape(value if part is None else value[part])
    weights = random.uniform(0.5, 1.5, shape)
    if np.iscomplexobj(value if part is None else value[part]):
        weights = weights + 1j * random.uniform(0.5, 1.5, shape)
    pulled = wirtinger.pulled_back(call, sample, weights, part)

    for number, gradient in enumerate(pulled.gradients):
        for entry in np.ndindex(*gradient.shape):
            slopes = []
            for step in (STEP, STEP * mp.j) if np.iscomplexobj(gradient) else (STEP,):
                sides = []
                for way in (step, -step):
                    moved = [p.copy() for p in points]
                    moved[number][entry] += way
                    numbers = replaced(sample, moved, lambda constant: constant)
                    sides.append(defined(call, numbers)[0])
                change = np.sum(np.conj(weights) * (sides[0] - sides[1]))
                slopes.append(float(mp.re(change)) / float(2 * STEP))
            wanted = complex(*slopes)
            assert abs(gradient[entry] - wanted) <= 1e-12 * max(1.0, pulled.scale)


@pytest.mark.parametrize("call", chosen(list(BENT.values()), 40), ids=lambda c: c.name)
def test_a_second_derivative_of_complex_numbers_is_that_of_the_definition(call: Call) -> None:
    """By a second difference in forty digits, which is exact in sixteen."""
    points = [exact(v) for v in variables(wirtinger.complex_sample(call))]
    bent = wirtinger.bend(call)

    def at(step: Any) -> Any:
        ways = zip(points, map(exact, bent.ways), strict=True)
        moved = [np.asarray(p + step * w, object) for p, w in ways]
        sample = replaced(wirtinger.complex_sample(call), moved, lambda constant: constant)
        return defined(call, sample)[0]

    wanted = as_numbers((at(STEP) - 2 * at(mp.mpf(0)) + at(-STEP)) / STEP**2)
    np.testing.assert_allclose(bent.second, wanted, rtol=1e-9, atol=1e-13 * bent.scale)


# samples ------------------------------------------------------------------------------
def test_a_sample_is_the_same_in_every_run_and_exact_in_few_bits() -> None:
    for name, call in CALLS.items():
        arrays: list[list[Any]] = [[], []]
        for drawn in arrays:
            map_arrays(call.sample(), drawn.append)

        for one, again in zip(*arrays, strict=True):
            np.testing.assert_array_equal(one, again, name)
            if one.dtype.kind == "f":
                np.testing.assert_array_equal(one, one.astype(np.float16), name)


def test_an_operand_is_not_symmetric() -> None:
    for name, call in CALLS.items():
        meant = any(isinstance(getattr(v, "domain", None), Symmetric) for v in call.given.values())
        meant = meant or "singular" in name
        for array in () if meant else variables(call.sample()):
            square = array.ndim == 2 and array.shape[0] == array.shape[1]
            assert not (square and np.array_equal(array, array.T)), name


@pytest.mark.parametrize("kink", [kink for _, kink in KINKS.values()], ids=list(KINKS))
def test_what_torch_chose_at_a_kink_is_between_the_slopes(kink: Kink) -> None:
    if kink.between is not None and kink.choice is not None:
        low, high = kink.between

        for choice in kink.choice if isinstance(kink.choice, tuple) else (kink.choice,):
            assert np.all(low <= choice)
            assert np.all(choice <= high)


# clauses ------------------------------------------------------------------------------
def test_every_operator_has_a_formula_and_a_call() -> None:
    called = {call.operator.name for call in CALLS.values()}

    assert {n for n, o in OPERATORS.items() if n not in called or o.formula is None} == set()


def test_every_operator_is_in_a_clause() -> None:
    used = {word for demand in edition.demands() for word in demand.needs}

    assert {name for name in OPERATORS if f"op:{name}" not in used} == set()


OF_DERIVATIVES = ("op-001", "op-203", "op-206", "op-209")


def test_every_call_is_a_row_for_its_value_and_one_for_its_derivative() -> None:
    rows_of = {
        clause: {d.row for d in edition.demands() if d.clause == clause}
        for clause in ("op-201", "op-202", "op-208", *OF_DERIVATIVES, "op-285", "cplx-202")
    }
    values = rows_of["op-201"] | rows_of["op-202"] | rows_of["op-208"]
    derivatives = set().union(*(rows_of[clause] for clause in OF_DERIVATIVES))
    undetermined = {n for n, c in CALLS.items() if c.operator.smoothness is UNDETERMINED}
    of_truth = {n for n, c in CALLS.items() if writes_truth(c.operator)}
    without_rule = {n for n, c in CALLS.items() if c.operator in in_place.REFUSED_IN_PLACE}

    of_complex = {n for n, c in CALLS.items() if c.operator.smoothness in BY_PARTS}

    assert values == set(CALLS)
    assert set(CALLS) - derivatives == (
        undetermined | of_truth | without_rule | of_complex | {"resize_"}
    )
    assert of_complex <= rows_of["cplx-202"]
    assert rows_of["op-285"] == {CALLS[n].operator.name for n in of_truth}
    assert all(CALLS[n].operator.smoothness is CONSTANT for n in rows_of["op-206"])
