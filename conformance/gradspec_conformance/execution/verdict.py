"""Verdicts: what running one clause on one engine came to; a closed set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The closed set of verdicts."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


RAN = frozenset(
    {Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.CRASHED, Outcome.TIMED_OUT}
)
"""The verdicts of clauses whose program was started."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One clause on one engine.

    `kind` says in which way a clause failed, or what was lacking; `found` and `expected` are
    text; `program` is the JSON of the shortest program that shows it, and `script` the same in the
    engine's own words if its adapter knows them; `assertions` counts the demands that were
    checked; `duration` is in seconds.
    """

    id: str
    outcome: Outcome
    kind: str = ""
    message: str = ""
    found: str = ""
    expected: str = ""
    program: str = ""
    script: str = ""
    assertions: int = 0
    duration: float = 0.0

    @property
    def ran(self) -> bool:
        """Whether the clause's program was started."""
        return self.outcome in RAN
