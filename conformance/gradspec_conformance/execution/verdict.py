"""Verdicts: what running one clause, or one row of one, on one engine came to; a closed set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gradspec.exceptions import FailureKind

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


class Kind(StrEnum):
    """In which ways a verdict may not pass; a closed set, and the table that everybody reads.

    First what a demand found, as `FailureKind` has it; then what kept a program from its end; then
    what became of the process.  A clause that passes by itself, and failed only after others, has
    passed, and its kind says that.
    """

    VALUE = FailureKind.VALUE
    SHAPE = FailureKind.SHAPE
    DTYPE = FailureKind.DTYPE
    MISSING_GRADIENT = FailureKind.MISSING_GRADIENT
    UNEXPECTED_GRADIENT = FailureKind.UNEXPECTED_GRADIENT
    WRONG_ERROR = FailureKind.WRONG_ERROR
    UNMAPPED = FailureKind.UNMAPPED
    NO_ERROR = FailureKind.NO_ERROR
    FLAG = FailureKind.FLAG
    ORDER = FailureKind.ORDER
    ALIASING = FailureKind.ALIASING
    WARNING = FailureKind.WARNING
    STRUCTURE = FailureKind.STRUCTURE
    TEXT = FailureKind.TEXT
    LIFETIME = FailureKind.LIFETIME

    REFUSED = "refused"
    RAISED = "raised"
    BROKEN_PORT = "broken port"
    VOID = "void"
    UNREADABLE = "unreadable"
    CONSULTED = "consulted the oracle"
    TAMPERED = "changed the kit"
    STATE = "depends on what ran before"

    SIGNAL = "signal"
    EXIT = "exit"
    RESTART = "restart"
    TIMEOUT = "timeout"


PARTICULAR: Final = {
    Kind.REFUSED: "error_kind",
    Kind.RAISED: "exception",
    Kind.SIGNAL: "signal",
}
"""Kind -> the field of a verdict, and the key of an expectation, that says which one it was."""

INEXCUSABLE: Final = (Kind.CONSULTED, Kind.TAMPERED)
"""Kinds for which there is no good reason."""

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
class Said:
    """A phrase of the engine's book, how often it was used and raised, and the last error."""

    phrase: str
    times: int
    raised: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One clause, or one row of one, on one engine.

    `kind` says in which way it did not pass, and is None where the outcome says it all.  Of what
    the engine raised, `error_kind` is what its adapter takes it for, and `exception` the class in
    Python where it takes it for nothing; `signal` is the name of what ended the process.
    `lacking` is the ability that an engine would need, `foundation` the clause whose failure
    blocks this one, `disturbed_by` the clauses after which it failed though it passes by itself.
    `place` is the line of the engine's that raised; `habit` says how a result is wrong, in words
    that are the same for the same wrong habit.  `found` and `expected` are text; `program` is the
    JSON of the shortest program that shows it, and `script` the same in the engine's own words if
    its adapter knows them; `assertions` counts the demands that were checked; `duration` is in
    seconds; `said` are the phrases of the engine's book that were used.
    """

    id: str
    outcome: Outcome
    kind: Kind | None = None
    message: str | None = None
    found: str | None = None
    expected: str | None = None
    error_kind: str | None = None
    exception: str | None = None
    signal: str | None = None
    lacking: str | None = None
    foundation: str | None = None
    disturbed_by: tuple[str, ...] = ()
    place: str | None = None
    habit: str | None = None
    program: str | None = None
    script: str | None = None
    assertions: int = 0
    duration: float = 0.0
    said: tuple[Said, ...] = ()

    @property
    def particular(self) -> str | None:
        """Which refusal, exception or signal it was, where the kind leaves that open."""
        field = None if self.kind is None else PARTICULAR.get(self.kind)
        which: str | None = None if field is None else getattr(self, field)
        return which

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """The kind and what is more particular, as reports name them; nothing where it passed."""
        if self.kind is None:
            return ()
        which = ((PARTICULAR[self.kind], self.particular),) if self.particular else ()
        return (("kind", str(self.kind)), *which)

    @property
    def manner(self) -> str | None:
        """In which way it did not pass, as exactly as it is known in a word."""
        return self.particular or self.kind

    def overruled(self, kind: Kind, message: str) -> Verdict:
        """Give the verdict after all, where the engine did what spoils any other."""
        before = replace(self, error_kind=None, exception=None, signal=None, place=None, habit=None)
        return replace(before, outcome=Outcome.ERRORED, kind=kind, message=message)

    @property
    def went_wrong(self) -> bool:
        """Whether the clause's program was started, and did not come to its end as demanded."""
        return self.ran and self.outcome is not Outcome.PASSED

    @property
    def ran(self) -> bool:
        """Whether the clause's program was started."""
        return self.outcome in RAN
