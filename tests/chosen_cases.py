"""What a test of the kit tries: by night everything, by day some rows of each table.

What is asked of all of them is asked a chapter at a time, since pytest takes longer for a test than
most clauses take.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

import pytest

from gradspec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.writing.clause import Clause

BY_NIGHT: Final = "GRADSPEC_EVERY_ROW"
"""The variable that asks for everything."""

ROWS: Final = 3
"""How many rows of a table are tried by day: `gradspec run` tries them all, on each engine."""

CALLS_ARE_ITS_OWN: Final = {
    *("func-033", "func-034", "func-039a", "func-039b", "func-039c"),
    *("func-040", "func-041", "func-041a"),
    *("chk-019", "chk-019a", "chk-019b"),
}
"""How often a transform calls a function or asks setup_context is the engine's own affair.

torch linearizes by a second call, asks setup_context once for each level of transforms, or not
at all where there is a rule of batches, and checks complex results twice, a part at a time.
"""

Row = TypeVar("Row")


def chosen(rows: Sequence[Row], most: int = ROWS) -> tuple[Row, ...]:
    """Give the rows that are tried: by day so many, from the first to the last."""
    if BY_NIGHT in os.environ or len(rows) <= most:
        return tuple(rows)
    return tuple(rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most))


SOME: Final[dict[str, Clause]] = {
    case.id: case for clause in CLAUSES.values() for case in chosen(clause.cases)
}

A_CHAPTER: Final = pytest.mark.parametrize(
    "chapter", dict.fromkeys(case.chapter for case in SOME.values())
)


def some_of(chapter: str) -> tuple[Clause, ...]:
    """Give what is tried of a chapter."""
    return tuple(case for case in SOME.values() if case.chapter == chapter)
