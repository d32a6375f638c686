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
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome, of_rows
from gradspec_conformance.known.expectations import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.execution.effort import Effort
    from gradspec_conformance.isolation.messages import Started
    from gradspec_conformance.known.entry import Entry
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.loop import Measured
    from gradspec_conformance.run.request import Request
    from gradspec_conformance.run.selection import Selection


class ExitStatus(IntEnum):
    """How `gradspec run` ends."""

    AS_EXPECTED = 0
    NOT_CONFORMANT = 1
    WRONG_USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


Count = Annotated[int, msgspec.Meta(ge=0)]


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many clauses, or rows, were selected, ran and asserted something, and came to what."""

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
    def of_rows(cls, judged: Iterable[Judged], missing: int) -> Counts:
        """Count each row by itself, and each clause that has none."""
        return cls._of([[j] for j in judged], missing)

    @classmethod
    def of_clauses(cls, judged: Iterable[Judged], missing: int) -> Counts:
        """Count clauses; one with rows came to what its rows came to."""
        return cls._of(by_clause(judged).values(), missing)

    @classmethod
    def _of(cls, groups: Iterable[list[Judged]], missing: int) -> Counts:
        together = list(groups)
        outcomes = Counter(of_rows(j.verdict.outcome for j in group) for group in together)
        return cls(
            selected=len(together) + missing,
            ran=sum(any(j.verdict.ran for j in group) for group in together),
            asserted=sum(any(_asserted(j) for j in group) for group in together),
            **{str(outcome): outcomes[outcome] for outcome in Outcome},
        )


def by_clause(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Put the rows of each clause together."""
    clauses: dict[str, list[Judged]] = {}
    for one in judged:
        clauses.setdefault(one.clause, []).append(one)
    return clauses


def _asserted(judged: Judged) -> bool:
    return judged.verdict.ran and judged.verdict.assertions > 0


@dataclass(frozen=True)
class Result:
    """A run of a selection on one engine, judged, in reading order.

    `missing` were demanded and have no verdict; `complaints` say what else kept the run from
    being whole; `least` is how many of the whole specification ran when the expectations were
    written.
    """

    spec: str
    engine: Started
    selection: Selection
    effort: Effort
    judged: tuple[Judged, ...]
    missing: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    stale: tuple[Entry, ...] = ()
    least: int | None = None
    interrupted: bool = False

    @cached_property
    def counts(self) -> Counts:
        """The clauses, counted."""
        seen = {judged.clause for judged in self.judged}
        lost = {identifier.partition("/")[0] for identifier in self.missing}
        return Counts.of_clauses(self.judged, len(lost - seen))

    @cached_property
    def rows(self) -> Counts:
        """The rows, counted; a clause without rows counts as one."""
        return Counts.of_rows(self.judged, len(self.missing))

    def of_nature(self, nature: Nature) -> Counts:
        """Count the clauses of a nature that have a verdict."""
        return Counts.of_clauses((j for j in self.judged if j.nature is nature), 0)

    @property
    def red(self) -> tuple[Judged, ...]:
        """What closes the gate, in reading order."""
        return tuple(j for j in self.judged if j.standing.red)

    @property
    def deviations(self) -> tuple[Judged, ...]:
        """Failures at level SHOULD and MAY, which are reported and do not gate."""
        return self.standing(Standing.DEVIATION)

    @property
    def disturbed(self) -> tuple[Judged, ...]:
        """What passes by itself and failed after others, in reading order."""
        return self.standing(Standing.DISTURBED)

    def standing(self, standing: Standing) -> tuple[Judged, ...]:
        """List what stands so."""
        return tuple(j for j in self.judged if j.standing is standing)

    @property
    def gates(self) -> bool:
        """Whether a judgement closes the gate, be it for what the clause builds on."""
        return any(judged.gates for judged in self.judged)

    @property
    def is_complete(self) -> bool:
        """Whether everything that the selection demands has a verdict, and one says something."""
        whole = not self.missing and not self.complaints
        return whole and (self.rows.ran > 0 or self.gates)

    @property
    def shortfall(self) -> str | None:
        """Say that fewer ran than should, if that is so."""
        if not self.rows.ran and not self.gates:
            return "no clause ran: each is unsupported, or builds on what is known to fail"
        if not self.selection.is_whole or self.rows.ran >= (self.least or 0):
            return None
        return (
            f"{self.rows.ran} clauses ran, and {self.least} when the expectations were written: "
            "the engine declares less than it did"
        )

    @property
    def exit_status(self) -> ExitStatus:
        """Say in a number how it ended."""
        if self.interrupted:
            return ExitStatus.INTERRUPTED
        if not self.is_complete:
            return ExitStatus.INCOMPLETE
        if self.stale or self.shortfall or self.gates:
            return ExitStatus.NOT_CONFORMANT
        return ExitStatus.AS_EXPECTED

    @property
    def score(self) -> str:
        """Say how many clauses passed, of how many, of which claim."""
        keyword = self.selection.keyword
        part = f" that match -k {keyword.text!r}" if keyword is not None else ""
        has_rows = self.rows.selected != self.counts.selected
        rows = f" ({self.rows.passed} of {self.rows.selected} rows)" if has_rows else ""
        return (
            f"passed {self.counts.passed} of {self.counts.selected} clauses{rows}{part} "
            f"of {self.selection}, edition {EDITION}"
        )

    @property
    def outlook(self) -> str:
        """Say what the exit status means here."""
        match self.exit_status:
            case ExitStatus.INTERRUPTED | ExitStatus.INCOMPLETE:
                return "the run is incomplete"
            case ExitStatus.AS_EXPECTED:
                if self.disturbed:
                    return f"nothing failed by itself, {len(self.disturbed)} after others"
                if self.rows.passed == self.rows.selected:
                    return "conformant"
                as_demanded = not self.standing(Standing.EXPECTED_FAILURE)
                return "nothing failed that is demanded" if as_demanded else "all as expected"
        expected = any(j.standing is not Standing.UNEXPECTED_FAILURE for j in self.red)
        unlike = self.stale or self.shortfall or expected
        if unlike:
            return "not as expected"
        if {judged.nature for judged in self.judged if judged.gates} == {Nature.CONVENTION}:
            return "not conformant, by conventions alone, which --profile sound leaves out"
        return "not conformant"


def result_of(request: Request, measured: Measured) -> Result:
    """Hold what was measured beside what was asked for, in reading order."""
    judged = [measured.judged[i] for i in request.cases if i in measured.judged]
    return Result(
        spec=request.engine,
        engine=request.session.description,
        selection=request.selection,
        effort=request.effort,
        judged=tuple(judged),
        missing=tuple(i for i in request.cases if i not in measured.judged),
        complaints=tuple(dict.fromkeys(measured.complaints)),
        stale=tuple(request.expectations.stale(j.verdict for j in judged)),
        least=request.expectations.ran,
        interrupted=measured.interrupted,
    )
