"""`runs(paths)`: the reports of several engines, as much of them as a matrix shows."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from gradspec.rank import Level, Nature
from gradspec_conformance.exceptions import UnfitReport
from gradspec_conformance.execution.verdict import RAN, Kind, Outcome, of_rows
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.report.junit import UNPRINTABLE
from gradspec_conformance.report.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Engine(msgspec.Struct, frozen=True):
    """Which engine was run."""

    spec: str
    name: str
    version: str
    platform: str


class Rung(msgspec.Struct, frozen=True):
    """How far up the ladder it stands."""

    reached: list[str]
    rungs: list[object]
    correct: bool


class Line(msgspec.Struct, frozen=True):
    """What a clause without rows, or a row, came to."""

    id: str
    clause: str
    chapter: str
    level: Level
    nature: Nature
    verdict: Outcome
    kind: Kind | None
    cause: Cause | None
    reason: str | None
    message: str | None
    found: str | None
    expected: str | None
    script: str | None


class Run(msgspec.Struct, frozen=True, dict=True):
    """One report; `title` tells it apart from the others."""

    edition: str
    engine: Engine
    profile: str
    ladder: Rung | None
    missing: list[str]
    verdicts: list[Line]
    title: str = ""

    @cached_property
    def clauses(self) -> Mapping[str, Sequence[Line]]:
        """Give the rows of each clause."""
        found: dict[str, list[Line]] = {}
        for line in self.verdicts:
            found.setdefault(line.clause, []).append(line)
        return found

    @cached_property
    def rows(self) -> Mapping[str, Line]:
        """Give each line by its id."""
        return {line.id: line for line in self.verdicts}


class Share(msgspec.Struct, frozen=True):
    """How many passed, of how many that ran, of how many there are."""

    passed: int
    ran: int
    total: int

    @property
    def mark(self) -> str:
        """Say in a word what it comes to."""
        if not self.ran:
            return "unsupported"
        return "passed" if self.passed == self.ran else "failed" if not self.passed else "partly"


def runs(paths: Sequence[Path]) -> list[Run]:
    """Read reports of one edition, and give each a title of its own; raises UnfitReport."""
    found = [(path, read(path, Run)) for path in paths]
    edition = found[0][1].edition
    for path, run in found:
        if run.edition != edition:
            said = f"it is of edition {run.edition}, and the first report of {edition}"
            raise UnfitReport(path, said)
    named = [_named(run) for _, run in found]
    titles = Counter(named)
    return [
        msgspec.structs.replace(run, title=name if titles[name] == 1 else f"{name} ({path.stem})")
        for (path, run), name in zip(found, named, strict=True)
    ]


def _named(run: Run) -> str:
    return printable(f"{run.engine.name} {run.engine.version}".strip()) or run.engine.spec


def share(groups: Sequence[Sequence[Line]]) -> Share:
    """Count clauses, each by its rows."""
    came_to = [of_rows(line.verdict for line in rows) for rows in groups if rows]
    return Share(
        passed=sum(outcome is Outcome.PASSED for outcome in came_to),
        ran=sum(outcome in RAN for outcome in came_to),
        total=len(came_to),
    )


def printable(text: str) -> str:
    """Take out what neither HTML nor Markdown can hold."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
