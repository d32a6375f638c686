"""`demands()`: every clause of this edition, from a list that is kept beside the chapters.

The list is what a claim of conformance is measured by: a clause that vanishes, or a chapter that
no longer imports, makes a run incomplete and not smaller.  It also says what each clause needs of
an engine, as traced when it was written: `gradspec edition --write` writes it again.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gradspec.writing.level import Level

EDITION: Final = "torch-2.13/1"
"""The oracle that decides, and the number of this edition under it."""

MANIFEST: Final = Path(__file__).with_name("edition.txt")

HEADING: Final = f"""\
# The clauses of edition {EDITION}: id, chapter, level, what it needs.
# Written by `gradspec edition --write`.
"""


class MalformedEditionError(Exception):
    """The list is not as it was written; the message names the line."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One clause of the edition, as much as it takes to know which profiles it is in."""

    id: str
    chapter: str
    level: Level
    needs: frozenset[str]

    @classmethod
    def read(cls, line: str) -> Demand:
        """Read a line of the list; raises ValueError."""
        identifier, chapter, level, *needs = line.split()
        return cls(identifier, chapter, Level(level), frozenset(needs))

    def __str__(self) -> str:
        return " ".join([f"{self.id:9}", self.chapter, self.level, *sorted(self.needs)])


@functools.cache
def demands(manifest: Path = MANIFEST) -> tuple[Demand, ...]:
    """Read the list, in reading order; raises MalformedEditionError."""
    found = []
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(Demand.read(line))
            except ValueError as error:
                raise MalformedEditionError(f"{manifest.name}, line {number}: {error}") from None
    return tuple(found)


def needs(clause_id: str) -> frozenset[str]:
    """Give what a clause of the edition needs of an engine; nothing for any other."""
    return _needs().get(clause_id, frozenset())


@functools.cache
def _needs() -> dict[str, frozenset[str]]:
    return {demand.id: demand.needs for demand in demands()}
