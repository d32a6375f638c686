"""What an engine declares beside what it was asked: what is idle, and what more would be of use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from gradspec import edition
from gradspec.port.abilities import FOLLOWING, WORDS, with_what_follows
from gradspec.port.engine import working_dtype
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.run.result import Result

MOST_GAINFUL: Final = 3


class Gain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many more clauses, and rows of them, would run if an engine declared one word more."""

    word: str
    clauses: int
    rows: int

    def __str__(self) -> str:
        rows = f" ({self.rows} rows)" if self.rows != self.clauses else ""
        return f"`{self.word}` would run {self.clauses} more clauses{rows}".replace(
            " 1 more clauses", " 1 more clause"
        )


def unexercised(result: Result) -> tuple[list[str], list[str]]:
    """List what the engine declares and no clause that ran needs.

    First what clauses need that were asked for and did not run; then, where everything was asked
    for, what no clause is about.
    """
    abilities = result.engine.abilities
    always = {f"dtype:{working_dtype(abilities).name}", "reset"}
    declared = [word for word in WORDS if word in abilities and word not in always]
    asked = _needed(judged.id for judged in result.judged)
    ran = _needed(judged.id for judged in result.judged if judged.verdict.ran)
    not_run = [word for word in declared if word in asked - ran]
    is_whole = result.selection.is_whole
    return not_run, [word for word in declared if word not in asked] if is_whole else []


def gains(result: Result) -> list[Gain]:
    """List the words that would each let more run, the most gainful first."""
    abilities = result.engine.abilities
    gained: dict[str, list[str]] = defaultdict(list)
    for judged in result.judged:
        if judged.verdict.outcome is not Outcome.UNSUPPORTED:
            continue
        needs = edition.needs(judged.id)
        lacking = needs - abilities - FOLLOWING
        if len(lacking) == 1 and needs <= with_what_follows(abilities | lacking):
            gained[next(iter(lacking))].append(judged.id)
    found = [
        Gain(word, len({row.partition("/")[0] for row in rows}), len(rows))
        for word, rows in gained.items()
    ]
    return sorted(found, key=lambda gain: (-gain.clauses, -gain.rows, gain.word))


def _needed(identifiers: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(edition.needs, identifiers))
