"""What engines made of each clause in stored runs: `gradspec book DIR --report REPORT.json`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gradspec.edition import EDITION
from gradspec_conformance.exceptions import UnfitReport
from gradspec_conformance.execution.verdict import RAN, Outcome
from gradspec_conformance.report.matrix.runs import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gradspec_conformance.report.matrix.runs import Line, Run


@dataclass(frozen=True, slots=True)
class Made:
    """What an engine made of a clause, or of some of its rows; `because` is why it did not pass."""

    engine: str
    date: str
    mark: str
    said: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dated:
    """A run, and the day on which its report was written."""

    run: Run
    date: str

    def of(self, clause: str, rows: set[str] | None = None) -> Made | None:
        """Say what became of a clause, or of these rows of it; None if it was not asked."""
        lines = [
            line for line in self.run.clauses.get(clause, ()) if rows is None or line.id in rows
        ]
        return _made(self.run.title, self.date, lines) if lines else None


def read(paths: Sequence[Path]) -> list[Dated]:
    """Read reports of this edition; raises UnfitReport."""
    if not paths:
        return []
    found = runs(paths)
    for path, run in zip(paths, found, strict=True):
        if run.edition != EDITION:
            said = f"it is of edition {run.edition}, and the book of {EDITION}"
            raise UnfitReport(path, said)
    return [Dated(run, _day(path)) for path, run in zip(paths, found, strict=True)]


def made(dated: Iterable[Dated], clause: str, rows: set[str] | None = None) -> tuple[Made, ...]:
    """Say what each engine that was asked made of a clause."""
    found = (one.of(clause, rows) for one in dated)
    return tuple(each for each in found if each is not None)


def _day(path: Path) -> str:
    return f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%-d %B %Y}"


def _made(engine: str, date: str, lines: list[Line]) -> Made:
    count = Counter(line.verdict for line in lines)
    ran = sum(count[outcome] for outcome in RAN)
    passed = count[Outcome.PASSED]
    because = dict.fromkeys(
        line.reason or line.message or ""
        for line in lines
        if line.verdict in RAN and line.verdict is not Outcome.PASSED
    )
    mark = "unsupported" if not ran else "passed" if passed == ran else "failed"
    said = mark
    if len(lines) > 1:
        said = f"{passed} of {ran} rows passed" if ran else mark
        left = len(lines) - ran
        if ran and left:
            said += f", {left} not asked"
    return Made(engine, date, mark, said, tuple(text for text in because if text)[:3])
