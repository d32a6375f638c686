"""`collected(book, lines)`: a `Result` of what generated tests printed, judged as any run is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.edition import EDITION
from gradspec.port.abilities import with_what_follows
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.loop import Unwatched, judge_all
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import Result, result_of
from gradspec_conformance.run.selection import select
from gradspec_conformance.run.session import EngineSession

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from gradspec.port.engine import Engine
    from gradspec_conformance.adapters.phrases.book import Book
    from gradspec_conformance.generating.printed import Line
    from gradspec_conformance.isolation.messages import Task

NEVER_PRINTED = "no line of its test was printed: did the run end before, or was it left out?"


def collected(
    book: Book, lines: Iterable[Line], profile: str, keyword: str, expect: Path | None = None
) -> Result:
    """Judge what was printed; raises WrongUsage where it is of another engine or edition."""
    found = {line.id: line for line in lines}
    if not found:
        raise WrongUsage("there is no line of a generated test: run it so that it prints")
    for line in found.values():
        for what, one, other in (
            ("the engine", line.engine, book.name),
            ("edition", line.edition, EDITION),
        ):
            if one != other:
                raise WrongUsage(f"{line.id} is of {what} {one}, and not of {other}")
    expectations = Expectations.none() if expect is None else Expectations.load(expect)
    selection = select(profile, (), keyword)
    session = EngineSession(book.name, host=PrintedHost(book, found))
    judges = (Judge(session, expectations, selection.profile),)
    request = Request(book.file, EVERYDAY, selection, expectations, judges)
    return result_of(request, judge_all(request, Unwatched()))


class PrintedHost:
    """Has its verdicts from what tests printed, and runs nothing."""

    def __init__(self, book: Book, found: Mapping[str, Line]) -> None:
        self._book = book
        self._found = found

    @property
    def engine(self) -> Engine | None:
        """The engine is not here."""
        return None

    def start(self) -> None:
        """Nothing has to begin."""

    def close(self) -> None:
        """Nothing has to end."""

    def describe(self) -> Started:
        """Say what the lines say, and which abilities the book implies."""
        line = next(iter(self._found.values()))
        words = with_what_follows(self._book.abilities)
        return Started(line.engine, line.version, line.platform, words)

    def run(self, task: Task, after: Sequence[Task] = ()) -> Verdict:  # noqa: ARG002 - all ran
        """Give the verdict of a test, unless what its clause builds on did not pass."""
        for foundation, outcome in task.foundations.items():
            if outcome not in (Outcome.PASSED, Outcome.UNSUPPORTED):
                message = f"builds on {foundation}, which {outcome.replace('_', ' ')}"
                return Verdict(task.clause, Outcome.BLOCKED, message=message, foundation=foundation)
        line = self._found.get(task.clause)
        if line is None:
            return Verdict(task.clause, Outcome.ERRORED, Kind.UNREADABLE, self._lost(task.clause))
        return self._refused(line) or Verdict(
            line.id,
            line.verdict,
            line.kind,
            line.message,
            line.found,
            line.expected,
            exception="an exception" if line.kind is Kind.RAISED else None,
            signal="a signal" if line.kind is Kind.SIGNAL else None,
            lacking="a test" if line.verdict is Outcome.UNSUPPORTED else None,
            assertions=line.assertions,
            duration=line.duration,
        )

    def _lost(self, clause: str) -> str:
        return f"{clause}: {NEVER_PRINTED}"

    def _refused(self, line: Line) -> Verdict | None:
        """Hold what was refused beside the kinds that were demanded, which the book tells apart."""
        for kinds, said in line.refusals:
            kind = next((e.kind for e in self._book.errors if e.says.search(said)), None)
            if line.verdict is not Outcome.PASSED or not kinds or kind in kinds.split("|"):
                continue
            wrong = Kind.UNMAPPED if kind is None else Kind.WRONG_ERROR
            message = f"refused with {said!r}, which the book takes for {kind or 'no kind'}"
            found, wanted = kind or said, kinds.replace("|", " or ")
            return Verdict(line.id, Outcome.FAILED, wrong, message, found, wanted)
        return None
