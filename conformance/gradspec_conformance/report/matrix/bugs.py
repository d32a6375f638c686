"""`bugs(run)`: what an engine is known to do wrong, by reason, as its report shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gradspec import edition
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.entry import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_conformance.report.matrix.runs import Line, Run

SILENT = frozenset(
    {Kind.VALUE, Kind.SHAPE, Kind.MISSING_GRADIENT, Kind.UNEXPECTED_GRADIENT, Kind.ALIASING}
)
"""Kinds of failure that leave something wrong of which nobody is told."""


class Gravity(StrEnum):
    """How bad a bug is; the worst first."""

    SILENT = "wrong, and nobody is told"
    STOPS = "stops with an error"
    OTHERWISE = "not as documented"


@dataclass(frozen=True, slots=True)
class Bug:
    """One reason, the clauses and rows that fail for it, and the one that shows it best."""

    reason: str
    gravity: Gravity
    lines: tuple[Line, ...]

    @property
    def shown(self) -> Line:
        """Give the gravest line with the shortest program."""
        return min(self.lines, key=lambda one: (_order(one), len(one.script or " " * 10_000)))

    @property
    def statement(self) -> str:
        """Say what is demanded."""
        demand = edition.demand(self.shown.id)
        return "" if demand is None else demand.statement


def bugs(run: Run) -> Sequence[Bug]:
    """Group what is expected to fail as a bug by its reason, the gravest first."""
    groups: dict[str, list[Line]] = {}
    for line in run.verdicts:
        if line.cause is Cause.BUG and line.verdict is not Outcome.PASSED:
            groups.setdefault(line.reason or "", []).append(line)
    found = [
        Bug(reason, min(map(gravity, lines), key=list(Gravity).index), tuple(lines))
        for reason, lines in groups.items()
    ]
    return sorted(found, key=lambda bug: (_order(bug.shown), -len(bug.lines)))


def gravity(line: Line) -> Gravity:
    """Say how bad a failure is."""
    if line.nature is Nature.CONVENTION:
        return Gravity.OTHERWISE
    if line.verdict is Outcome.FAILED and line.kind in SILENT:
        return Gravity.SILENT
    return Gravity.STOPS


def _order(line: Line) -> int:
    return list(Gravity).index(gravity(line))
