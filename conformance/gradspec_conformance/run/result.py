"""`Result`: what a run came to, and the exit status that says so.

Counts speak of verdicts and know nothing of expectations; the exit status knows both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec

from gradspec.edition import EDITION
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome, of_rows
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.run.shortfall import shortfall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec_conformance.execution.effort import Effort
    from gradspec_conformance.isolation.messages import Started
    from gradspec_conformance.known.entry import Entry
    from gradspec_conformance.run.judgement import Judged
    from gradspec_conformance.run.ladder import Ladder
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
    being whole; `known` is what was expected, and `least` how many of the whole specification ran
    when that was written; `choices` are the ids of known failures that are no fault; `strict`
    closes the gate where an expected failure is unexplained.
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
    known: Expectations = field(default_factory=Expectations.none)
    strict: bool = False
    choices: frozenset[str] = frozenset()

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

    @cached_property
    def ladder(self) -> Ladder | None:
        """How far the engine came; a part of the specification is no ladder."""
        if self.selection.chapters or self.selection.is_narrowed:
            return None
        from gradspec_conformance.run.ladder import climbed  # noqa: PLC0415 - takes time

        ladder = climbed(self.judged, self.choices)
        return ladder if ladder.steps else None

    @property
    def is_correct(self) -> bool:
        """Whether the run is whole and nothing about values and safety that ran is a fault."""
        return self.is_complete and self.ladder is not None and self.ladder.is_correct

    @property
    def red(self) -> tuple[Judged, ...]:
        """What closes the gate, in reading order."""
        return tuple(j for j in self.judged if j.standing.red)

    @property
    def deviations(self) -> tuple[Judged, ...]:
        """Failures at level SHOULD and MAY, and of newer clauses: reported, and no gate."""
        gentle = (Standing.DEVIATION, Standing.NEWER)
        return tuple(j for j in self.judged if j.standing in gentle)

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
        if not self.judged:
            return None  # what is missing says why
        if not self.rows.ran and not self.gates:
            return "no clause ran: each is unsupported, or builds on what does not hold"
        if not self.selection.is_whole or not self.least:
            return None
        return shortfall(self.judged, self.known, self.least, len(self.missing))

    @cached_property
    def newer(self) -> tuple[Judged, ...]:
        """What came after the edition for which the expectations were made, in reading order."""
        return tuple(judged for judged in self.judged if self.known.is_newer(judged.id))

    @cached_property
    def unexplained(self) -> tuple[Entry, ...]:
        """The entries of which nobody has said why, as far as they were selected."""
        return tuple(self.known.unexplained(judged.verdict for judged in self.judged))

    @property
    def causes(self) -> dict[Cause, int]:
        """Count the expected failures by their class."""
        expected = Counter(j.cause for j in self.standing(Standing.EXPECTED_FAILURE))
        return {cause: expected[cause] for cause in Cause if expected[cause]}

    @property
    def exit_status(self) -> ExitStatus:
        """Say in a number how it ended."""
        if self.interrupted:
            return ExitStatus.INTERRUPTED
        if not self.is_complete:
            return ExitStatus.INCOMPLETE
        if self.stale or self.shortfall or self.gates or (self.strict and self.unexplained):
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
        if self.stale or self.shortfall or expected or (self.strict and self.unexplained):
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
        known=request.expectations,
        strict=request.strict,
        choices=frozenset(_choices(judged, request.expectations)),
    )


def _choices(judged: Iterable[Judged], expectations: Expectations) -> Iterator[str]:
    from gradspec_conformance.run.ladder import is_choice  # noqa: PLC0415 - takes time

    for one in judged:
        expected = one.standing is Standing.EXPECTED_FAILURE
        if expected and is_choice(one.verdict, expectations.entry(one.id)):
            yield one.id
