"""`Judge.judge(clause) -> Judged`: a verdict, what was expected of it, and whether a gate closes.

A failure at level MUST that no expectation foresees gates; at SHOULD and MAY it is a deviation,
which is reported.  A blocked clause is counted with the failure it builds on, so it gates where
that failure is no expected one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gradspec.writing.clause import CLAUSES, Level
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.known.expectations import Expectations, Standing

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause
    from gradspec_conformance.run.session import EngineSession


class Judged(msgspec.Struct, frozen=True):
    """One clause after its run: everything that a report says of it."""

    verdict: Verdict
    chapter: str
    name: str
    level: Level
    statement: str
    standing: Standing
    gates: bool

    @property
    def id(self) -> str:
        """The clause's id."""
        return self.verdict.id


class Judge:
    """Holds the verdicts of a session beside the expectations."""

    def __init__(self, session: EngineSession, expectations: Expectations) -> None:
        self.session = session
        self.expectations = expectations
        session.known = expectations.known_program

    def judge(self, clause: Clause) -> Judged:
        """Run the clause if it was not yet run, and judge what came of it."""
        verdict = self.session.verdict(clause.id)
        standing = self.expectations.judge(verdict, clause.level)
        return Judged(
            verdict=verdict,
            chapter=clause.chapter,
            name=clause.name,
            level=clause.level,
            statement=clause.statement,
            standing=standing,
            gates=standing.red or (clause.level is Level.MUST and self._is_cut_off(verdict)),
        )

    def _is_cut_off(self, verdict: Verdict) -> bool:
        """Whether the clause is blocked by something that nobody expected."""
        while verdict.outcome is Outcome.BLOCKED:
            foundation = verdict.kind
            verdict = self.session.verdict(foundation)
            if foundation not in CLAUSES:
                return True
            standing = self.expectations.judge(verdict, CLAUSES[foundation].level)
            if standing is not Standing.NOT_RUN:
                return standing is not Standing.EXPECTED_FAILURE
        return False
