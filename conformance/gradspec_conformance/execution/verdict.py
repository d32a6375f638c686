"""Verdicts: what running one clause, or one row of one, on one engine came to; a closed set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Outcome(StrEnum):
    """The closed set of verdicts."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"


CONSULTED: Final = "consulted the oracle"
TAMPERED: Final = "changed the kit"
INEXCUSABLE: Final = (CONSULTED, TAMPERED)
"""Kinds of failures for which there is no good reason."""

UNREADABLE: Final = "unreadable"
"""The kind of a verdict about a clause whose chapter does not import."""

RAN = frozenset(
    {Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.CRASHED, Outcome.TIMED_OUT}
)
"""The verdicts of clauses whose program was started."""

WEIGHT = (
    *(Outcome.FAILED, Outcome.ERRORED, Outcome.CRASHED, Outcome.TIMED_OUT),
    *(Outcome.PASSED, Outcome.BLOCKED, Outcome.UNSUPPORTED),
)
"""What a clause came to is the first of these that one of its rows came to."""


def of_rows(outcomes: Iterable[Outcome]) -> Outcome:
    """Say what a clause came to: failed if a row failed, passed if all rows that ran passed."""
    return min(outcomes, key=WEIGHT.index)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One clause, or one row of one, on one engine.

    `kind` says in which way it failed: a `FailureKind`, the kind of an error, or the name of a
    signal.  `lacking` is the ability that an engine would need, `foundation` the clause whose
    failure blocks this one.  `found` and `expected` are text; `program` is the JSON of the
    shortest program that shows it, and `script` the same in the engine's own words if its adapter
    knows them; `assertions` counts the demands that were checked; `duration` is in seconds.
    """

    id: str
    outcome: Outcome
    kind: str = ""
    message: str = ""
    found: str = ""
    expected: str = ""
    lacking: str = ""
    foundation: str = ""
    program: str = ""
    script: str = ""
    assertions: int = 0
    duration: float = 0.0

    @property
    def ran(self) -> bool:
        """Whether the clause's program was started."""
        return self.outcome in RAN
