"""`check_engine(engine)`: hold an engine to the specification in this process.

For notebooks and for other test runners: `assert check_engine(MyEngine()).ok`.  A crash of the
engine ends this process, and a hang hangs it; `gradspec run` survives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.execution.effort import DEFAULT_EXAMPLES, Effort
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.report.causes import MOST, findings
from gradspec_conformance.report.findings import counted, set_out
from gradspec_conformance.report.ladder import ladder_lines
from gradspec_conformance.report.whole import complaints, notes
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.loop import Unwatched, judge_all
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import Counts, ExitStatus, Result, result_of
from gradspec_conformance.run.selection import FULL, select
from gradspec_conformance.run.session import EngineSession

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gradspec.port.engine import Engine
    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.run.judgement import Judged

WIDTH: Final = 100
"""How wide the text of a result is."""
UNCONFIRMED: Final = (
    "What failed here may depend on what ran before: all clauses run in this process. "
    "`gradspec run module:attr` confirms each failure in one that has run nothing else."
)


@dataclass(frozen=True)
class Checked:
    """What became of the clauses; its text says it to a person."""

    result: Result

    @property
    def ok(self) -> bool:
        """Whether all is as demanded, or as expected."""
        return self.result.exit_status is ExitStatus.AS_EXPECTED

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Id of a clause or row -> verdict, in reading order."""
        return {judged.id: judged.verdict for judged in self.result.judged}

    @property
    def counts(self) -> Counts:
        """How many clauses were selected, ran, passed and so on."""
        return self.result.counts

    @property
    def failures(self) -> tuple[Judged, ...]:
        """What is not as demanded or expected, in reading order."""
        return self.result.red

    def __repr__(self) -> str:
        return f"<{self.result.score}: {self.result.outlook}>"

    def __str__(self) -> str:
        result = self.result
        found = findings(result.judged)
        told = ["\n".join(set_out(n, one, result)) for n, one in enumerate(found[:MOST], 1)]
        if found[MOST:]:
            told.append(f"{counted(found[MOST:])} not shown: `failures` has them")
        doubt = [UNCONFIRMED] if result.red else []
        ending = [*ladder_lines(result, WIDTH), f"{result.score}: {result.outlook}"]
        whole = [*complaints(result), *notes(result)]
        return "\n\n".join([*told, *whole, *doubt, "\n".join(ending)])


def check_engine(
    engine: str | Engine | type[Any],
    *,
    profile: str = FULL,
    chapters: Iterable[str] = (),
    examples: int = DEFAULT_EXAMPLES,
    seed: int | None = None,
    expectations: Expectations | str | Path | None = None,
) -> Checked:
    """Run the clauses of a profile on an engine: an object, a class, or what `gradspec run` takes.

    `expectations` is a file of expected failures; by default every clause is expected to pass.
    Raises EngineError, UnknownSelection and MalformedExpectations, each with a sentence.
    """
    if not isinstance(expectations, Expectations):
        expectations = Expectations.load(expectations) if expectations else Expectations.none()
    subject = engine() if isinstance(engine, type) else engine
    effort = Effort(examples, seed)
    with EngineSession(subject, effort, in_process=True) as session:
        spec = engine if isinstance(engine, str) else session.description.name
        selection = select(profile, chapters)
        judges = (Judge(session, expectations, selection.profile),)
        request = Request(spec, effort, selection, expectations, judges)
        return Checked(result_of(request, judge_all(request, Unwatched())))
