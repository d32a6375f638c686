"""`Judge.judge(case) -> Judged`: a verdict, what was expected of it, and whether a gate closes.

A failure at level MUST that no expectation foresees gates; at SHOULD and MAY it is a deviation,
which is reported, but an error at SHOULD gates too, and a crash or a hang anywhere.  A blocked
clause is counted with the failure it builds on, so it gates where that failure is no expected one,
and one of which the profile speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gradspec.rank import Level, Nature
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Verdict
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.run.selection import FULL, PROFILES, Profile
from gradspec_conformance.run.session import EngineSession, thing_named

if TYPE_CHECKING:
    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause

OF_AN_ENTRY = (Standing.EXPECTED_FAILURE, Standing.CHANGED_FAILURE)


class Judged(msgspec.Struct, frozen=True):
    """One clause, or one row of one, after its run: everything that a report says of it.

    `cause` and `reason` are those of its entry, where it failed and has one.
    """

    verdict: Verdict
    chapter: str
    name: str
    level: Level
    nature: Nature
    statement: str
    standing: Standing
    gates: bool
    cause: Cause | None = None
    reason: str | None = None

    @property
    def id(self) -> str:
        """The id of the clause or row."""
        return self.verdict.id

    @property
    def clause(self) -> str:
        """The id of the clause."""
        return self.id.partition("/")[0]


class Judge:
    """Holds the verdicts of a session beside the expectations, under a profile."""

    def __init__(
        self,
        session: EngineSession,
        expectations: Expectations,
        profile: Profile = PROFILES[FULL],
    ) -> None:
        self.session = session
        self.expectations = expectations
        self.profile = profile
        session.known = expectations.known_program

    def judge(self, case: Demand | Clause) -> Judged:
        """Run the clause or row if it was not yet run, and judge what came of it."""
        verdict = self.session.verdict(case.id)
        standing = self.expectations.standing_of(verdict, case.level)
        entry = self.expectations.entry(case.id) if standing in OF_AN_ENTRY else None
        binds = case.level is Level.MUST and not self.expectations.is_newer(case.id)
        return Judged(
            verdict=verdict,
            chapter=case.chapter,
            name=case.name,
            level=case.level,
            nature=case.nature,
            statement=case.statement,
            standing=standing,
            gates=standing.red or (binds and self._is_cut_off(verdict)),
            cause=None if entry is None else entry.cause,
            reason=None if entry is None else entry.reason,
        )

    def _is_cut_off(self, verdict: Verdict) -> bool:
        """Whether the clause is blocked by something that nobody expected and the profile holds."""
        while verdict.foundation is not None:
            foundation = thing_named(verdict.foundation)
            if foundation is None:
                return True
            verdict = self.session.verdict(foundation.id)
            standing = self.expectations.standing_of(verdict, foundation.level)
            if standing is Standing.NOT_RUN:
                continue
            held = self.profile.holds(foundation) or verdict.kind in (*INEXCUSABLE, Kind.UNREADABLE)
            return held and standing not in (Standing.EXPECTED_FAILURE, Standing.NEWER)
        return False
