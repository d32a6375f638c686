"""The table of operators: rows that never change, of which another may take the place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gradspec_reference as engine
from gradspec_reference.engine.recording import tensors
from gradspec_reference.operators import OPERATORS, Operator, arrays
from gradspec_reference.operators.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _table_restored() -> Iterator[None]:
    before = dict(OPERATORS)
    yield
    for name, row in before.items():
        OPERATORS[name] = row


def replaced(name: str, **changes: Any) -> Operator:
    row = dataclasses.replace(OPERATORS[name], **changes)
    OPERATORS[name] = row
    return row


def slope_of(function: Any, at: float) -> float:
    x = engine.tensor(at, requires_grad=True)
    function(x).backward()
    assert x.grad is not None
    return float(x.grad)


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        OPERATORS["exp"].kernel = np.sin  # type: ignore[misc]


def test_the_rules_of_a_row_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OPERATORS["exp"].vjp["self"] = np.sin  # type: ignore[index]


def test_making_a_row_enters_it_nowhere() -> None:
    before = dict(OPERATORS)
    Operator("made_for_a_test", kernel=np.exp)

    assert before == OPERATORS


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows are called 'exp'"):
        Table([Operator("exp", kernel=np.exp), Operator("exp", kernel=np.exp2)])


def test_what_a_rule_needs_can_be_saved() -> None:
    for name, row in OPERATORS.items():
        known = {"result", "all_indices"}
        known |= {shown for o in row.operand_names for shown in (o, f"{o}_shape")}
        assert set(row.saved_names) <= known, name


def test_rules_belong_to_operands_and_needs_to_rules() -> None:
    for name, row in OPERATORS.items():
        assert set(row.vjp) <= set(row.operands.split()), name
        assert isinstance(row.saves, str) or set(row.saves) <= set(row.vjp), name


@pytest.mark.usefixtures("_table_restored")
def test_a_rule_is_looked_up_when_it_is_called() -> None:
    replaced("sin", vjp={"self": lambda _xp, g, _x: g * 7})

    assert slope_of(engine.sin, 0.5) == 7.0


@pytest.mark.usefixtures("_table_restored")
def test_a_replaced_rule_leaves_nothing_behind() -> None:
    sound = OPERATORS["sin"]
    replaced("sin", vjp={"self": lambda _xp, g, _x: g * 7})
    slope_of(engine.sin, 0.5)
    OPERATORS["sin"] = sound

    assert slope_of(engine.sin, 0.0) == 1.0


@pytest.mark.usefixtures("_table_restored")
def test_what_is_saved_follows_the_row() -> None:
    x = engine.tensor(2.0, requires_grad=True)
    y = engine.tensor(3.0)
    kept = (x * y).grad_fn.saved
    replaced("mul", saves="other self")
    kept_by_the_other = (x * y).grad_fn.saved

    assert [each is None for each in kept] == [False, True]
    assert [each is None for each in kept_by_the_other] == [False, False]


@pytest.mark.usefixtures("_table_restored")
@pytest.mark.parametrize("create_graph", [False, True])
def test_rules_use_the_kernel_that_is_in_the_table(create_graph: bool) -> None:
    replaced("cos", kernel=lambda x: x * 0 + 11)
    x = engine.tensor(0.5, requires_grad=True)
    (slope,) = engine.autograd.grad(engine.sin(x), x, create_graph=create_graph)

    assert float(slope) == 11.0


def test_both_kinds_of_functions_have_every_row() -> None:
    assert set(vars(arrays)) == set(vars(tensors)) == set(OPERATORS)


# where nothing is, and where powers have no end ----------------------------------------
@pytest.mark.parametrize("name", ["scatter", "scatter_add", "sum", "mean", "prod"])
def test_of_nothing_scattered_a_second_derivative_can_be_asked(name: str) -> None:
    z = engine.zeros(0, 3, requires_grad=True)
    if name.startswith("scatter"):
        made = getattr(z, name)(0, z.long(), z)
    else:
        made = z.scatter_reduce(0, z.long(), z, name)
    (gradient,) = engine.autograd.grad(made.sum(), z, create_graph=True)

    assert gradient.shape == (0, 3)


def test_what_no_index_reaches_receives_zeros() -> None:
    source = engine.ones(2, 3, requires_grad=True)
    made = engine.ones(2, 3).scatter_add(0, engine.zeros(0, 3, dtype=engine.int64), source)
    (gradient,) = engine.autograd.grad(made.sum(), source, create_graph=True)

    assert gradient.tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("order", "norms", "slopes"),
    [
        (float("inf"), [3.0, 2.0], [-1.0, 0.0, -1.0, 0.0]),
        (-float("inf"), [1.0, 0.5], [0.0, 1.0, 0.0, 1.0]),
    ],
)
def test_a_pool_of_infinite_order_takes_the_largest_size_or_the_smallest(
    order: float, norms: list[float], slopes: list[float]
) -> None:
    x = engine.tensor([[[-3.0, 1.0, -2.0, 0.5]]], requires_grad=True)
    pooled = engine.nn.functional.lp_pool1d(x, order, 2)
    pooled.sum().backward()

    assert pooled.tolist() == [[norms]]
    assert x.grad.tolist() == [[slopes]]
