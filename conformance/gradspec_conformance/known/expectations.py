"""`Expectations.load(path)`: which clauses an engine is known to fail, in which way, and why.

A file names the edition that it was made for and holds `[[expected]]` entries: clause (an id or a
pattern such as `life-*`), verdict (default `failed`), kind, for some kinds which error_kind,
exception or signal, reason, class, and for a law the program of its smallest example.  An entry is
an assertion and not an amnesty: a clause that passes after all, fails otherwise or is never run
makes the entry wrong, and the run red.  What came after that edition is reported, and gates when
the file names a newer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from gradspec import edition
from gradspec.rank import Level
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Outcome, Verdict
from gradspec_conformance.known.file import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    NEWER = "newer than the expectations"
    NOT_RUN = "not run"

    @property
    def red(self) -> bool:
        """Whether a gate has to close."""
        return self in RED


RED: Final = frozenset(
    {Standing.UNEXPECTED_PASS, Standing.CHANGED_FAILURE, Standing.UNEXPECTED_FAILURE}
)

ENDED: Final = (Outcome.CRASHED, Outcome.TIMED_OUT)
INTOLERABLE: Final = {
    Level.MUST: (Outcome.FAILED, Outcome.ERRORED, *ENDED),
    Level.SHOULD: (Outcome.ERRORED, *ENDED),
    Level.MAY: ENDED,
}
"""Level -> what closes the gate: whoever declares what is recommended has to be able to do it."""


@dataclass(frozen=True)
class Expectations:
    """The entries of one file, in its order.

    `made_for` is the edition that it names, and `ran` how many of that edition's clauses ran when
    it was written: a capability that is no longer declared makes them fewer, and that is no pass.
    `heading` and `ending` are comments.
    """

    entries: tuple[Entry, ...] = ()
    path: Path | None = None
    ran: int | None = None
    made_for: str | None = None
    heading: str = ""
    ending: str = ""

    @classmethod
    def load(cls, path: str | Path, *, clauses: Collection[str] | None = None) -> Self:
        """Read a file; `clauses` are the ids that exist (default: the specification's).

        Raises MalformedExpectations with the line and what to mend.
        """
        place = Path(path)
        file = read(place, clauses)
        return cls(file.entries, place, file.ran, file.edition, file.heading, file.ending)

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
        if clause_id not in self._found:
            matching = [e for e in self.entries if e.speaks_of(clause_id)]
            own = (e for e in matching if not e.is_pattern)
            self._found[clause_id] = next(own, next(iter(matching), None))
        return self._found[clause_id]

    @cached_property
    def _found(self) -> dict[str, Entry | None]:
        """What was looked for: each clause is, when it is judged, reported and counted."""
        return {}

    def is_newer(self, clause_id: str) -> bool:
        """Whether a clause or row came after the edition that the file was made for."""
        return self.made_for is not None and edition.is_newer(clause_id, self.made_for)

    def standing_of(self, verdict: Verdict, level: Level) -> Standing:
        """Hold a verdict beside its entry."""
        entry = self.entry(verdict.id)
        foreseen = entry is not None and entry.foresees(verdict)
        is_newer = self.is_newer(verdict.id)
        if is_newer and not foreseen and entry is not None and entry.is_pattern:
            entry = None  # it was written of others
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
            return Standing.EXPECTED_FAILURE if foreseen else Standing.CHANGED_FAILURE
        if is_newer:
            return Standing.NEWER
        binds = verdict.outcome in INTOLERABLE[level]
        return Standing.UNEXPECTED_FAILURE if binds else Standing.DEVIATION

    def stale(self, verdicts: Iterable[Verdict]) -> list[Entry]:
        """List the entries whose clauses were selected and none of which came to be run.

        What is blocked by a failure that nobody expected may yet run when that is mended.
        """
        seen = {verdict.id: verdict for verdict in verdicts}
        used = {id(self.entry(v.id)) for v in seen.values() if v.ran or self._waits(v, seen)}
        matched = [e for e in self.entries if e.speaks_of_any(seen)]
        return [entry for entry in matched if id(entry) not in used]

    def _waits(self, verdict: Verdict, seen: Mapping[str, Verdict]) -> bool:
        """Whether it is blocked by a failure that no entry foresees."""
        below: Verdict | None = verdict
        while below is not None and below.foundation is not None:
            below = seen.get(below.foundation)
        if below is None or below is verdict or not below.ran:
            return False
        entry = self.entry(below.id)
        return entry is None or not entry.foresees(below)

    @property
    def gone(self) -> list[Entry]:
        """List the entries for what an older edition had and this one has not."""
        if self.made_for in (None, edition.EDITIONS[-1]):
            return []
        return [e for e in self.entries if not any(map(e.speaks_of, edition.names()))]

    def unexplained(self, verdicts: Iterable[Verdict]) -> list[Entry]:
        """List the entries whose clauses were selected and of which nobody said why they fail."""
        ids = [verdict.id for verdict in verdicts]
        open_ = [entry for entry in self.entries if entry.is_unexplained]
        return [entry for entry in open_ if any(map(entry.speaks_of, ids))]

    def known_program(self, clause_id: str) -> str | None:
        """Give the stored smallest example of a law's known failure, as JSON."""
        entry = self.entry(clause_id)
        return None if entry is None or entry.is_pattern else entry.program


def _is_name(name: str) -> bool:
    return name.isidentifier() and len(name) < LONGEST_NAME
