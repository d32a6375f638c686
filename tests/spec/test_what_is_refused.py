"""What the tables of refusals ask, and of which operators."""

from __future__ import annotations

from typing import Any

import pytest

from gradspec.catalogue.facets.asking import calls_of
from gradspec.catalogue.operators import OPERATORS
from gradspec.chapters.operators import refusals

TABLES = {"UNFIT": refusals.UNFIT, "BEHIND": refusals.BEHIND, "FRACTIONS": refusals.FRACTIONS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_formula_of_a_call_that_is_wrong_has_no_value(table: Any) -> None:
    assert len(table) > 10
    for wrong in table.values():
        assert all(not refusals.has_value(call, sample) for call, sample in wrong)


def test_every_operator_with_an_array_of_indices_is_asked_for_one_behind_the_end() -> None:
    indexed = {
        operator.name
        for operator in OPERATORS.values()
        for call in calls_of(operator)
        if not operator.inplace
        for name in ("index", "indices")
        if refusals.counts(call.sample().get(name))
    }

    assert indexed == indexed & set(refusals.BEHIND)
    assert len(indexed) > 10
