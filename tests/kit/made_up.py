"""Verdicts, judgements and results that no engine has brought about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec import MUST, VALUE, Clause
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.run.judgement import Judged
from gradspec_conformance.run.result import Result
from gradspec_conformance.run.selection import Selection, select

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.rank import Level, Nature

ENGINE = Started("toy", "1", "CPython 3", frozenset({"values", "tape"}))


class Session:
    """Gives the verdicts that it was made of, and notes what it was asked."""

    known: Callable[[str], str] | None = None

    def __init__(self, *verdicts: Verdict) -> None:
        self._found = {verdict.id: verdict for verdict in verdicts}
        self.asked: list[str] = []

    def verdict(self, identifier: str) -> Verdict:
        """Give the verdict."""
        self.asked.append(identifier)
        return self._found[identifier]


def clause(body: Callable[..., None], **parts: Any) -> Clause:
    """Make a clause that stands in no chapter."""
    whole: dict[str, Any] = {
        "id": "zzz-001",
        "section": "zzz",
        "name": body.__name__,
        "nature": VALUE,
        "level": MUST,
        "statement": "It holds.",
        "commentary": "",
        "unseen": frozenset(),
        "sources": ("observed",),
        "builds_on": (),
        "body": body,
    }
    return Clause(**(whole | parts))


def judged(
    identifier: str = "acc-001",
    outcome: Outcome = Outcome.PASSED,
    standing: Standing | None = None,
    *,
    level: Level = MUST,
    nature: Nature = VALUE,
    gates: bool | None = None,
    **parts: Any,
) -> Judged:
    """Make a judgement; nothing was expected unless a standing is given."""
    verdict = Verdict(identifier, outcome, **parts)
    stands = standing or Expectations.none().standing_of(verdict, level)
    return Judged(
        verdict=verdict,
        chapter="accumulation",
        name="it_adds",
        level=level,
        nature=nature,
        statement="A backward pass adds.",
        standing=stands,
        gates=stands.red if gates is None else gates,
    )


def result(*found: Judged, selection: Selection | None = None, **parts: Any) -> Result:
    """Make the result of a run."""
    whole: dict[str, Any] = {"spec": "mine:Engine", "engine": ENGINE, "effort": EVERYDAY}
    return Result(selection=selection or select(), judged=found, **(whole | parts))
