"""`Result`: what a run came to, and the exit status that says so.

Counts speak of verdicts and know nothing of expectations; the exit status knows both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec

from gradspec.edition import EDITION
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.run.selection import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.execution.execute import Effort
    from gradspec_conformance.isolation.messages import Started
    from gradspec_conformance.known.entry import Entry
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.selection import Selection


class ExitStatus(IntEnum):
    """How `gradspec run` ends."""

    AS_EXPECTED = 0
    NOT_CONFORMANT = 1
    WRONG_USAGE = 2
    INCOMPLETE = 3


Count = Annotated[int, msgspec.Meta(ge=0)]


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many clauses were selected, ran and asserted something, and each verdict's share."""

    selected: Count
    ran: Count
    asserted: Count
    passed: Count
    failed: Count
    errored: Count
    unsupported: Count
    blocked: Count
    crashed: Count
    timed_out: Count

    @classmethod
    def of(cls, judged: Iterable[Judged], selected: int) -> Counts:
        """Count verdicts."""
        verdicts = [j.verdict for j in judged]
        outcomes = Counter(v.outcome for v in verdicts)
        return cls(
            selected=selected,
            ran=sum(v.ran for v in verdicts),
            asserted=sum(v.ran and v.assertions > 0 for v in verdicts),
            **{str(outcome): outcomes[outcome] for outcome in Outcome},
        )


@dataclass(frozen=True)
class Result:
    """A run of a selection of clauses on one engine, judged, in reading order.

    `missing` were demanded and have no verdict; `complaints` say what else kept the run from
    being whole; `narrowed` is what was given with -k; `least` is how many clauses of the whole
    specification ran when the expectations were written.
    """

    spec: str
    engine: Started
    selection: Selection
    effort: Effort
    judged: tuple[Judged, ...]
    missing: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    stale: tuple[Entry, ...] = ()
    narrowed: str = ""
    least: int | None = None

    @cached_property
    def counts(self) -> Counts:
        """The verdicts, counted."""
        return Counts.of(self.judged, len(self.judged) + len(self.missing))

    @property
    def red(self) -> tuple[Judged, ...]:
        """What closes the gate, in reading order."""
        return tuple(j for j in self.judged if j.standing.red)

    @property
    def deviations(self) -> tuple[Judged, ...]:
        """Failures at level SHOULD and MAY, which are reported and do not gate."""
        return self.standing(Standing.DEVIATION)

    def standing(self, standing: Standing) -> tuple[Judged, ...]:
        """List the clauses that stand so."""
        return tuple(j for j in self.judged if j.standing is standing)

    @property
    def is_complete(self) -> bool:
        """Whether everything that the selection demands has a verdict."""
        return not self.missing and not self.complaints

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out by a profile, a chapter or -k."""
        return str(self.selection) == f"profile {FULL}" and not self.narrowed

    @property
    def shortfall(self) -> str:
        """Say that fewer clauses ran than should, or nothing."""
        if not self.is_whole or self.counts.ran >= max(self.least or 0, 1):
            return ""
        if not self.counts.ran:
            return "no clause ran: the engine declares too little for any of them"
        return (
            f"{self.counts.ran} clauses ran, and {self.least} when the expectations were written: "
            "the engine declares less than it did"
        )

    @property
    def exit_status(self) -> ExitStatus:
        """Say in a number how it ended."""
        if not self.is_complete:
            return ExitStatus.INCOMPLETE
        if self.stale or self.shortfall or any(j.gates for j in self.judged):
            return ExitStatus.NOT_CONFORMANT
        return ExitStatus.AS_EXPECTED

    @property
    def score(self) -> str:
        """Say how many clauses passed, of how many, of which claim."""
        part = f" that match -k {self.narrowed!r}" if self.narrowed else ""
        return (
            f"passed {self.counts.passed} of {self.counts.selected} clauses{part} "
            f"of {self.selection}, edition {EDITION}"
        )

    @property
    def outlook(self) -> str:
        """Say what the exit status means here."""
        match self.exit_status:
            case ExitStatus.INCOMPLETE:
                return "the run is incomplete"
            case ExitStatus.AS_EXPECTED:
                if self.counts.passed == self.counts.selected:
                    return "conformant"
                as_demanded = not self.standing(Standing.EXPECTED_FAILURE)
                return "nothing failed that is demanded" if as_demanded else "all as expected"
        expected = any(j.standing is not Standing.UNEXPECTED_FAILURE for j in self.red)
        unlike = self.stale or self.shortfall or expected
        return "not as expected" if unlike else "not conformant"
