"""The cases that a test of the kit runs: by night every one, by day some rows of each table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gradspec import CLAUSES

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause

BY_NIGHT: Final = "GRADSPEC_EVERY_ROW"
"""The variable that asks for every row."""

ROWS: Final = 8
"""How many rows of a table are tried by day, from its first to its last."""


def chosen(clause: Clause) -> tuple[Clause, ...]:
    """Give the rows of a table that are tried, or the clause itself where it has none."""
    cases = clause.cases
    if BY_NIGHT in os.environ or len(cases) <= ROWS:
        return cases
    return tuple(cases[round(i * (len(cases) - 1) / (ROWS - 1))] for i in range(ROWS))


SOME: Final[dict[str, Clause]] = {
    case.id: case for clause in CLAUSES.values() for case in chosen(clause)
}
