"""`findings(judged)`: failures that have one cause are one finding; the gravest stand first.

One cause is one exception out of one place in the engine's code; one wrong habit, such as
gradients of the opposite sign; gradients that are cut off; one operator that is wrong; paths that
meet; one table.  A convention is a choice that is made once: where a table of conventions does
not hold, that is one finding, and no operator's fault.  What builds on a failure belongs to it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Outcome
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.blame import blamed, habits, operator_of
from gradspec_conformance.report.limits import limit
from gradspec_conformance.report.paths import meeting
from gradspec_conformance.report.sentences import raised_text, sentence, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gradspec_conformance.run.judgement import Judged

MOST: Final = 10
"""How many findings are told unless all are asked for."""

FRAME: Final = re.compile(r'File "([^"]+)", line (\d+) in (\w+)')
"""A line of the stack that Python writes when it dies."""

TOLD: Final = (Standing.DEVIATION, Standing.DISTURBED, Standing.NEWER)
"""What is told beside what closes the gate."""

STOPPED: Final = (Kind.RAISED, Kind.REFUSED)
"""Kinds of what an exception of the engine's brought about."""


class Gravity(IntEnum):
    """In which order findings are told."""

    WRONG_VALUES = 0
    MISSING_GRADIENTS = 1
    CRASHES = 2
    SAFETY = 3
    STATE = 4
    CONVENTIONS = 5
    UNMAPPED = 6
    UNEXPECTED_PASSES = 7

    @property
    def words(self) -> str:
        """What stands before the sentence of a finding."""
        return WORDS[self]


WORDS: Final = {
    Gravity.WRONG_VALUES: "wrong value",
    Gravity.MISSING_GRADIENTS: "missing gradient",
    Gravity.CRASHES: "crash",
    Gravity.SAFETY: "safety",
    Gravity.STATE: Kind.STATE,
    Gravity.CONVENTIONS: "convention",
    Gravity.UNMAPPED: "refused, unmapped",
    Gravity.UNEXPECTED_PASSES: "unexpected pass",
}


@dataclass(frozen=True)
class Finding:
    """One cause: what it is in a sentence, what fails by it, and what that blocks."""

    sentence: str
    members: tuple[Judged, ...]
    blocked: tuple[Judged, ...] = field(default=())

    @functools.cached_property
    def gravity(self) -> Gravity:
        """That of the gravest failure."""
        return min(map(gravity_of, self.members))

    @property
    def is_red(self) -> bool:
        """Whether any of it closes the gate."""
        return any(one.standing.red for one in self.members)

    @functools.cached_property
    def example(self) -> Judged:
        """The shortest program that shows it, of the gravest."""
        return min(self.members, key=_worth_showing)

    @property
    def clauses(self) -> int:
        """How many clauses fail; one with rows counts once."""
        return len({one.clause for one in self.members})

    def says(self, message: str | None) -> bool:
        """Whether the sentence has all that a message says."""
        text = None if message is None else stripped(message)
        return text is not None and "\n" not in text and text in self.sentence

    @property
    def weight(self) -> tuple[bool, Gravity, int]:
        """What sorts findings, the gravest first."""
        grave = self.is_red or self.gravity is Gravity.STATE
        return not grave, self.gravity, -len(self.members) - len(self.blocked)


def findings(judged: Sequence[Judged]) -> list[Finding]:
    """Group what is told, the gravest first; else in reading order."""
    told = [one for one in judged if one.standing.red or one.standing in TOLD]
    groups: dict[Any, list[Judged]] = defaultdict(list)
    guilty = blamed(judged, told)
    common = habits(judged, told)
    end, cut = limit(told)
    met = meeting(one for one in told if one.id not in guilty and one.id not in cut)
    for one in told:
        if one.id in cut:
            cause: tuple[Any, ...] = ("limit", end)
        elif one.id in met:
            cause = ("paths",)
        else:
            cause = _cause(one, guilty.get(one.id), common)
        groups[cause].append(one)
    blocked = _blocked(judged)
    found = [
        Finding(
            sentence(cause, members),
            tuple(members),
            tuple(b for one in members for b in blocked.get(one.id, ())),
        )
        for cause, members in groups.items()
    ]
    return sorted(found, key=lambda finding: finding.weight)


def summary(judged: Sequence[Judged]) -> Iterator[str]:
    """Give a line for each of the gravest findings, and one that counts the others."""
    found = findings(judged)
    for number, one in enumerate(found[:MOST], 1):
        count, example = len(one.members), one.example.id
        where = example if count == 1 else f"{count} failures, such as {example}"
        yield f"{number}. {one.gravity.words}: {one.sentence} ({where})"
    if len(found) > MOST:
        yield f"and {len(found) - MOST} more findings"


def gravity_of(one: Judged) -> Gravity:
    """Say how grave a failure is."""
    verdict = one.verdict
    if one.standing is Standing.UNEXPECTED_PASS:
        return Gravity.UNEXPECTED_PASSES
    if one.standing is Standing.DISTURBED:
        return Gravity.STATE
    if verdict.kind in INEXCUSABLE:
        return Gravity.WRONG_VALUES
    if verdict.kind is Kind.UNMAPPED:
        return Gravity.UNMAPPED
    if verdict.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        return Gravity.CRASHES
    if one.nature is not Nature.VALUE:
        return Gravity.SAFETY if one.nature is Nature.SAFETY else Gravity.CONVENTIONS
    if verdict.outcome is not Outcome.FAILED:
        return Gravity.CRASHES
    missing = verdict.kind is Kind.MISSING_GRADIENT
    return Gravity.MISSING_GRADIENTS if missing else Gravity.WRONG_VALUES


def _worth_showing(one: Judged) -> tuple[bool, Gravity, int]:
    shown = one.verdict.script or one.verdict.program
    return not one.standing.red, gravity_of(one), len(shown) if shown else 10**9


# causes -------------------------------------------------------------------------------
def _cause(one: Judged, operator: str | None, common: Mapping[str, bool]) -> tuple[Any, ...]:
    """Name the cause, so that what has one cause gives one name."""
    verdict, grave = one.verdict, gravity_of(one)
    if grave is Gravity.UNEXPECTED_PASSES:
        return ("passes",)
    if grave is Gravity.STATE:
        return ("state",)
    if verdict.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        return ("ended", verdict.outcome, verdict.manner, _crash_site(verdict.message or ""))
    if verdict.kind is Kind.UNMAPPED:
        return ("unmapped", verdict.found, verdict.expected)
    if verdict.kind in STOPPED:
        return ("raised", verdict.manner, verdict.place, _pattern(one))
    if verdict.outcome is Outcome.ERRORED:
        return ("told", verdict.kind, re.sub(r"\d+", "#", raised_text(one)))
    is_row, habit = operator_of(one) is not None, verdict.habit or ""
    if is_row and one.nature is Nature.CONVENTION:
        return ("clause", one.clause, verdict.kind)
    if habit in common and (is_row or operator is not None):
        return ("habit", habit, not common[habit])
    if operator is not None:
        return ("operator", operator)
    if habit and not is_row:
        return ("habit", habit, False)
    return ("clause", one.clause, verdict.kind)


def _crash_site(message: str) -> str:
    """Find the innermost line of the engine's, and not of Python's own, in the stack of a crash."""
    for path, line, function in FRAME.findall(message):
        if "/lib/python" not in path or "/site-packages/" in path:
            _, installed, file = path.rpartition("/site-packages/")
            return f"{file if installed else Path(path).name}:{line}, in {function}"
    return ""


def _pattern(one: Judged) -> str:
    """Say what an exception says, up to its numbers, where no line of the engine's raised it."""
    place = one.verdict.place
    if place is not None and ", in " in place:
        return ""
    return re.sub(r"\d+", "#", raised_text(one))


# what is cut off ----------------------------------------------------------------------
def _blocked(judged: Iterable[Judged]) -> Mapping[str, list[Judged]]:
    """List what builds, directly or not, on each clause or row that does not hold."""
    by_id = {one.id: one for one in judged}
    found: dict[str, list[Judged]] = defaultdict(list)
    for one in by_id.values():
        below = one
        while below.verdict.foundation in by_id:
            below = by_id[below.verdict.foundation]
        if below is not one:
            found[below.id].append(one)
    return found
