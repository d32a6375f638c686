"""`facets()`: the clauses that ask something of every operator, and of each one by which rows.

A facet is a clause of the chapter on operators over a table whose rows are named for operators, or
for calls and kinks of theirs.  Whoever adds such a clause adds a column to the grid.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.catalogue.operators import CALLS, KINKS, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradspec.edition import Demand

CHAPTER: Final = "operators"


@dataclass(frozen=True, slots=True)
class Facet:
    """A clause over the catalogue; `rows` has what it demands of each operator that it asks."""

    id: str
    statement: str
    rows: Mapping[str, tuple[Demand, ...]]


@functools.cache
def facets() -> tuple[Facet, ...]:
    """Give every facet of the edition, in reading order."""
    tables: dict[str, list[Demand]] = {}
    for demand in edition.demands():
        if demand.chapter == CHAPTER and demand.row:
            tables.setdefault(demand.clause, []).append(demand)
    return tuple(
        Facet(clause, rows[0].clause_statement, _by_operator(rows))
        for clause, rows in tables.items()
        if all(operator_of(demand.row) for demand in rows)
    )


def operator_of(name: str) -> str | None:
    """Find the operator that a row is about: it is named so, or begins with one of its calls."""
    while name:
        if name in OPERATORS:
            return name
        if name in CALLS or name in KINKS:
            return (CALLS.get(name) or KINKS[name][0]).operator.name
        name = name.rpartition("_")[0]
    return None


def _by_operator(rows: list[Demand]) -> dict[str, tuple[Demand, ...]]:
    asked: dict[str, tuple[Demand, ...]] = {}
    for demand in rows:
        operator = operator_of(demand.row) or ""
        asked[operator] = (*asked.get(operator, ()), demand)
    return asked
