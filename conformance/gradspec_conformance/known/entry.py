"""An entry of an expectations file: one known failure, and the closed list of causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import filter as matching
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec_conformance.execution.verdict import Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from gradspec_conformance.execution.verdict import Verdict


class Cause(StrEnum):
    """Why an engine fails a clause, in a word; the file calls it `class`."""

    BUG = "bug"
    CHOICE = "choice"
    MISSING = "missing"
    UNKNOWN = "unknown"

    CONVENTION = CHOICE  # what it was called
    DESIGN = CHOICE

    @property
    def sentence(self) -> str:
        """What the word means."""
        return CAUSES[self]


CAUSES = {
    Cause.BUG: "The engine contradicts the mathematics, or its own documentation.",
    Cause.CHOICE: "The engine does it another way on purpose, and a user of it knows so.",
    Cause.MISSING: "The engine lacks a part for which the capabilities have no word.",
    Cause.UNKNOWN: "Nobody has looked into it yet.",
}
"""Cause -> what it means."""

FORMER: Final = {name.lower(): c for name, c in Cause.__members__.items() if name != c.name}
"""What a cause was called -> what it is."""

UNEXPLAINED: Final = "unexplained"
"""How the reason of an entry begins for which nobody has given one."""

EXPECTABLE = (Outcome.FAILED, Outcome.ERRORED, Outcome.CRASHED, Outcome.TIMED_OUT)
"""The verdicts that an entry may expect."""


@dataclass(frozen=True)
class Entry:
    """One known failure; `clause` is an id or a pattern, `line` where the entry begins.

    `particular` says which refusal, exception or signal is meant, where the kind leaves that open.
    `text` is how it stands in its file, and `above` the comments that somebody wrote above it.
    """

    clause: str
    kind: Kind | None
    reason: str
    cause: Cause
    verdict: Outcome = Outcome.FAILED
    particular: str | None = None
    program: str | None = None
    line: int = field(default=0, compare=False)
    text: str | None = field(default=None, compare=False)
    above: str = field(default="", compare=False)

    def speaks_of(self, identifier: str) -> bool:
        """Whether it is about a clause or row: by id, by an id that it had, or by a pattern."""
        if identifier == self.clause or identifier in edition.resolve(self.clause):
            return True
        return self._has_signs and fnmatchcase(identifier, self.clause)

    def speaks_of_any(self, identifiers: Collection[str]) -> bool:
        """Whether it is about one of these clauses and rows."""
        if any(one in identifiers for one in (self.clause, *edition.resolve(self.clause))):
            return True
        return self._has_signs and bool(matching(identifiers, self.clause))

    @property
    def is_unexplained(self) -> bool:
        """Whether nobody has said why."""
        return self.cause is Cause.UNKNOWN or self.reason.lower().startswith(UNEXPLAINED)

    @property
    def is_pattern(self) -> bool:
        """Whether it may speak of several clauses."""
        return len(edition.resolve(self.clause)) > 1 or self._has_signs

    @cached_property
    def _has_signs(self) -> bool:
        return any(sign in self.clause for sign in "*?[")

    def foresees(self, verdict: Verdict) -> bool:
        """Whether a clause failed in just this way; a crash or a hang need not say how."""
        unnamed = self.kind is None and self.verdict in (Outcome.CRASHED, Outcome.TIMED_OUT)
        manner = (self.kind, self.particular)
        same = unnamed or manner == (verdict.kind, verdict.particular)
        return verdict.outcome is self.verdict and same
