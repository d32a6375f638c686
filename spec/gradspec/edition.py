"""`demands()`: every clause of this edition, from a list that is kept beside the chapters.

The list is what a claim of conformance is measured by: a clause that vanishes, or a chapter that
no longer imports, makes a run incomplete and not smaller.  After a change of the chapters,
`python -m gradspec.edition --write` writes it again.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gradspec import chapters
from gradspec.writing.clause import CLAUSES, Clause, Level

EDITION: Final = "torch-2.13/1"
"""The oracle that decides, and the number of this edition under it."""

MANIFEST: Final = Path(__file__).with_name("edition.txt")

HEADING: Final = f"""\
# The clauses of edition {EDITION}: id, chapter, level, what it needs.
# Written by `python -m gradspec.edition --write`.
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
    def of(cls, clause: Clause) -> Demand:
        """Take from a clause what the list keeps."""
        return cls(clause.id, clause.chapter, clause.level, clause.needs)

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


def declared() -> tuple[Demand, ...]:
    """List what the chapters declare now, in reading order."""
    chapters.load()
    order = [chapter.name for chapter in chapters.CHAPTERS]
    found = [Demand.of(clause) for clause in CLAUSES.values()]
    return tuple(sorted(found, key=lambda demand: order.index(demand.chapter)))


def written() -> str:
    """Give the list's text as the chapters would have it."""
    return HEADING + "".join(f"{demand}\n" for demand in declared())


def main() -> int:
    """Say whether the list is up to date, or write it."""
    text = written()
    if "--write" in sys.argv[1:]:
        MANIFEST.write_text(text, "utf-8")
    elif not MANIFEST.exists() or MANIFEST.read_text("utf-8") != text:
        sys.stderr.write("edition.txt is not what the chapters say: run with --write\n")
        return 1
    sys.stdout.write(f"{EDITION}: {len(declared())} clauses\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
