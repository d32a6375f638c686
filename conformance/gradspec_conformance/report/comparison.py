"""`compared(old, new)`: what two runs of an engine say of the same clauses, where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from gradspec.rank import Level, Nature
from gradspec_conformance.execution.verdict import RAN, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping


class Turn(StrEnum):
    """What became of a clause or row from one run to the next; the gravest first."""

    WORSE = "passed, and does not any more"
    LOST = "ran, and is unsupported now"
    FAILS_AS_NEW = "was not asked, and does not pass"
    OTHERWISE = "does not pass either way, and fails otherwise now"
    BETTER = "did not pass, and does now"
    PASSES_AS_NEW = "was not asked, and passes"
    GONE = "was asked, and is in the old report alone"

    @property
    def is_regression(self) -> bool:
        """Whether something was there that is not any more."""
        return self in {Turn.WORSE, Turn.LOST, Turn.GONE}


class HeldEngine(msgspec.Struct, frozen=True):
    """Which engine was run."""

    name: str
    version: str


class Selected(msgspec.Struct, frozen=True):
    """What was asked for."""

    chapters: list[str]
    keyword: str | None


class Line(msgspec.Struct, frozen=True):
    """What a clause without rows, or a row, came to."""

    id: str
    nature: Nature
    level: Level
    verdict: Outcome
    kind: str | None
    lacking: str | None
    message: str | None


class Compared(msgspec.Struct, frozen=True):
    """What is read of a report."""

    edition: str
    engine: HeldEngine
    profile: str
    selection: Selected
    verdicts: list[Line]

    @property
    def title(self) -> str:
        """Name the engine, and its version."""
        return f"{self.engine.name} {self.engine.version}".strip()


@dataclass(frozen=True, slots=True)
class Change:
    """A clause or row of which the two runs differ; None where a report does not have it."""

    turn: Turn
    old: Line | None
    new: Line | None

    @property
    def line(self) -> Line:
        """Give the newer word on it."""
        line = self.new or self.old
        if line is None:
            raise AssertionError  # a change is of something
        return line

    @property
    def said(self) -> str:
        """Say from what to what it went."""
        return f"{came_to(self.old)} -> {came_to(self.new)}"


def came_to(line: Line | None) -> str:
    """Say in words what a clause came to."""
    if line is None:
        return "not asked"
    about = line.kind or (line.lacking if line.verdict is Outcome.UNSUPPORTED else None)
    return line.verdict.replace("_", " ") + (f" ({about})" if about else "")


def compared(old: Compared, new: Compared) -> list[Change]:
    """Find what differs: regressions first, and values before safety before conventions."""
    before, after = _by_id(old), _by_id(new)
    changes = []
    for identifier in {**before, **after}:
        one, other = before.get(identifier), after.get(identifier)
        turn = _turn(one, other)
        if turn is not None:
            changes.append(Change(turn, one, other))
    turns, natures = list(Turn), [Nature.VALUE, Nature.SAFETY, Nature.CONVENTION]
    return sorted(changes, key=lambda c: (turns.index(c.turn), natures.index(c.line.nature)))


def _by_id(report: Compared) -> Mapping[str, Line]:
    return {line.id: line for line in report.verdicts}


def _turn(old: Line | None, new: Line | None) -> Turn | None:
    if new is None:
        return Turn.GONE if old is not None and old.verdict in RAN else None
    if old is None or old.verdict is Outcome.UNSUPPORTED:
        if new.verdict is Outcome.UNSUPPORTED:
            return None
        return Turn.PASSES_AS_NEW if new.verdict is Outcome.PASSED else Turn.FAILS_AS_NEW
    if new.verdict is Outcome.UNSUPPORTED:
        return Turn.LOST
    if new.verdict is Outcome.PASSED:
        return None if old.verdict is Outcome.PASSED else Turn.BETTER
    if old.verdict is Outcome.PASSED:
        return Turn.WORSE
    same = (old.verdict, old.kind) == (new.verdict, new.kind)
    return None if same else Turn.OTHERWISE
