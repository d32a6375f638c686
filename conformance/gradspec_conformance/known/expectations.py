"""`Expectations.load(path)`: which clauses an engine is known to fail, in which way, and why.

A file holds `[[expected]]` entries: clause (an id or a pattern such as `life-*`), verdict
(default `failed`), kind, for some kinds which error_kind, exception or signal, reason, class, and
for a law the program of its smallest example.  An entry is an assertion and not an amnesty: a
clause that passes after all, fails otherwise or is never run makes the entry wrong, and the run
red.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from gradspec.rank import Level
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Outcome, Verdict
from gradspec_conformance.known.file import read_entries, read_ran

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gradspec_conformance.known.entry import Entry

KIT: Final = Path(__file__).parent.parent
LONGEST_NAME: Final = 100
PLACES: Final = (
    KIT / "expectations",  # in an installed package
    KIT.parent / "expectations",  # in a checkout
)


class Standing(StrEnum):
    """A verdict beside what was expected of it; a closed set.

    What is disturbed passes by itself, and failed after others: that is told, and gates nothing,
    since others run before it in another order, selection or number of processes.
    """

    AS_DEMANDED = "as demanded"
    EXPECTED_FAILURE = "expected failure"
    UNEXPECTED_PASS = "unexpected pass"  # noqa: S105 - no password
    CHANGED_FAILURE = "changed failure"
    UNEXPECTED_FAILURE = "unexpected failure"
    DEVIATION = "deviation"
    DISTURBED = "disturbed"
    NOT_RUN = "not run"

    @property
    def red(self) -> bool:
        """Whether a gate has to close."""
        return self in RED


RED: Final = frozenset(
    {Standing.UNEXPECTED_PASS, Standing.CHANGED_FAILURE, Standing.UNEXPECTED_FAILURE}
)


@dataclass(frozen=True, slots=True)
class Expectations:
    """The entries of one file, in its order.

    `ran` is how many clauses of the whole specification ran when it was written: a capability
    that is no longer declared makes them fewer, and that is no pass.
    """

    entries: tuple[Entry, ...] = ()
    path: Path | None = None
    ran: int | None = None

    @classmethod
    def load(cls, path: str | Path, *, clauses: Collection[str] | None = None) -> Self:
        """Read a file; `clauses` are the ids that exist (default: the specification's).

        Raises MalformedExpectations with the line and what to mend.
        """
        file = Path(path)
        return cls(tuple(read_entries(file, clauses)), file, read_ran(file))

    @classmethod
    def none(cls) -> Self:
        """Expect every clause to pass."""
        return cls()

    @staticmethod
    def for_engine(name: str) -> Path | None:
        """Find the file that ships for an engine of this kit."""
        files = (place / f"{name}.toml" for place in PLACES if _is_name(name))
        return next((file for file in files if file.is_file()), None)

    def entry(self, clause_id: str) -> Entry | None:
        """Find the entry of a clause: its own, or else the first pattern that matches."""
        matching = [e for e in self.entries if e.speaks_of(clause_id)]
        return next((e for e in matching if not e.is_pattern), next(iter(matching), None))

    def standing_of(self, verdict: Verdict, level: Level) -> Standing:
        """Hold a verdict beside its entry."""
        entry = self.entry(verdict.id)
        match verdict.outcome:
            case Outcome.UNSUPPORTED | Outcome.BLOCKED:
                return Standing.NOT_RUN
            case Outcome.PASSED:
                if entry is not None:
                    return Standing.UNEXPECTED_PASS
                state = verdict.kind is Kind.STATE
                return Standing.DISTURBED if state else Standing.AS_DEMANDED
        if verdict.kind in INEXCUSABLE:
            return Standing.UNEXPECTED_FAILURE  # no reason makes that right
        if entry is not None:
            foreseen = entry.foresees(verdict)
            return Standing.EXPECTED_FAILURE if foreseen else Standing.CHANGED_FAILURE
        return Standing.UNEXPECTED_FAILURE if level is Level.MUST else Standing.DEVIATION

    def stale(self, verdicts: Iterable[Verdict]) -> list[Entry]:
        """List the entries whose clauses were selected and none of which came to be run."""
        seen = list(verdicts)
        used = {id(self.entry(v.id)) for v in seen if v.ran}
        matched = [e for e in self.entries if any(e.speaks_of(v.id) for v in seen)]
        return [entry for entry in matched if id(entry) not in used]

    def known_program(self, clause_id: str) -> str | None:
        """Give the stored smallest example of a law's known failure, as JSON."""
        entry = self.entry(clause_id)
        return None if entry is None or entry.is_pattern else entry.program


def _is_name(name: str) -> bool:
    return name.isidentifier() and len(name) < LONGEST_NAME
