"""`EngineHost`: an engine loaded in this process, torch fenced off, and clauses run on it.

The worker holds one; so do `check_engine` and the debugger, which want the engine at hand.
"""

from __future__ import annotations

import platform
import sys
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gradspec.exceptions import Diverged, text_of
from gradspec.port.engine import Subject
from gradspec.program.storing import from_json
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineBroken
from gradspec_conformance.execution import register
from gradspec_conformance.execution.execute import judge_program, run_clause
from gradspec_conformance.execution.verdict import Kind, Outcome, Said, Verdict
from gradspec_conformance.isolation.fence import oracle_fence
from gradspec_conformance.isolation.messages import Found, Started, Task
from gradspec_conformance.isolation.printed import Printed
from gradspec_conformance.isolation.seal import Seal
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec.port.engine import Engine
    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause
    from gradspec_conformance.adapters.phrases.uses import Uses
    from gradspec_conformance.engines.smoke import Finding
    from gradspec_conformance.execution.effort import Effort

LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 4_000
LONGEST_SCRIPT: Final = 40_000
"""How many characters of an engine's texts are passed on."""


class EngineHost:
    """Runs clauses on an engine, given by name or as an object; raises EngineError."""

    def __init__(self, engine: str | Engine, effort: Effort) -> None:
        self._effort = effort
        self._open = ExitStack()
        self._seal = Seal()
        spec = engine if isinstance(engine, str) else f"{type(engine).__module__}:{engine.name}"
        with ExitStack() as opening:
            self._fence = opening.enter_context(oracle_fence(spec))
            try:
                self.engine = load_engine(engine) if isinstance(engine, str) else engine
            except Exception as error:  # what was replaced may be why, whatever is blamed
                self._look(spec, error)
                raise
            self._look(spec)
            self._open = opening.pop_all()
        self.subject = Subject.of(self.engine)
        self._fence.look()
        self._fence.tripped = None  # an import that was refused while loading did no harm

    def _look(self, spec: str, then: Exception | None = None) -> None:
        changed = self._seal.mend()
        if changed is None:
            return
        message = f"{spec} replaced {changed} while it was loaded: leave it as it was"
        if then is not None:
            message += f"; then: {plain_text(text_of(then), LONGEST_NAME)}"
        raise EngineBroken(message) from None

    def start(self) -> None:
        """Do nothing: an engine in this process is there from the beginning."""

    def describe(self) -> Started:
        """Say which engine this is, and where it runs."""
        python = f"{platform.python_implementation()} {platform.python_version()}"
        return Started(
            name=plain_text(self.subject.name, LONGEST_NAME),
            version=plain_text(self.subject.version, LONGEST_NAME),
            platform=f"{python}, {sys.platform} {platform.machine()}",
            abilities=self.subject.abilities,
            phrases=self._uses.names if self._uses is not None else (),
        )

    def run(self, task: Task, after: Sequence[Task] = ()) -> Verdict:
        """Run one clause after some; an engine that asks the interpreter to end costs just it."""
        for earlier in after:
            self.run(earlier)
        clause = register.case(task.clause)
        if clause is None:
            message = register.why_not(task.clause)
            return Verdict(task.clause, Outcome.ERRORED, Kind.UNREADABLE, message)
        try:
            verdict = run_clause(
                clause,
                self.subject,
                self._effort,
                verdict_of=lambda identifier: Verdict(identifier, task.foundations[identifier]),
                known=_example(clause, task.known),
            )
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit, and what engines make of it
            raised = type(error).__name__
            message = f"the engine raised {raised}({text_of(error)})"
            verdict = Verdict(task.clause, Outcome.CRASHED, Kind.EXIT, message)
            if not isinstance(error, SystemExit):
                verdict = replace(verdict, kind=Kind.RAISED, exception=raised)
        judged = readable(self._seal.judged(self._fence.judged(verdict)))
        return replace(judged, said=self._said())

    @property
    def _uses(self) -> Uses | None:
        """The phrases of a book that is read here."""
        return getattr(self.engine, "uses", None)

    def _said(self) -> tuple[Said, ...]:
        """Tell which phrases of a book were used since this was asked."""
        if self._uses is None:
            return ()
        return tuple(
            Said(phrase, times, raised, plain_text(error, LONGEST_NAME))
            for phrase, times, raised, error in self._uses.taken()
        )

    def smoke(self) -> Iterator[Found]:
        """Check the adapter; whether torch and the kit were left alone is one check more."""
        from gradspec_conformance.engines.fault import Party  # noqa: PLC0415 - only if asked for
        from gradspec_conformance.engines.smoke import trials  # noqa: PLC0415 - only if asked for

        printed = Printed()
        with redirect_stdout(printed):
            for name, tried in trials(self.engine):
                yield Found(name, begins=True)
                yield _told(tried())
        if printed.lines:
            first = plain_text(printed.first, LONGEST_NAME)
            said = f"{printed.lines} lines, the first {first!r}; a run leaves them out"
            yield Found("something is printed", note=said)
        changed = self._seal.mend()
        if changed is not None:
            said = f"{changed} was replaced"
            yield Found("the kit is left alone", said, "nothing", "leave it", Party.EITHER)
        self._fence.look()
        if self._fence.tripped:
            remedy = "the engine has to find its own answers"
            said = self._fence.tripped
            yield Found("the oracle is left alone", said, "nothing", remedy, Party.EITHER)
        yield Found(None)

    def close(self) -> None:
        """Take the fence down."""
        self._open.close()


def _told(finding: Finding) -> Found:
    """Make plain Unicode of a finding."""

    def plain(text: str | None) -> str | None:
        return None if text is None else plain_text(text, LONGEST_TEXT)

    return Found(
        finding.check,
        plain(finding.found),
        plain(finding.expected),
        plain(finding.remedy),
        finding.whose,
        plain(finding.where),
        tuple(plain_text(text, LONGEST_NAME) for text in finding.trace),
    )


def _example(clause: Clause, stored: str | None) -> Program | None:
    """Read a law's known failure; one that fails on the reference engine shows nothing."""
    if stored is None or not clause.is_law:
        return None
    from gradspec_conformance.adapters.reference import ReferenceEngine  # noqa: PLC0415 - takes time

    program = from_json(stored)
    try:
        verdict = judge_program(clause, ReferenceEngine(), program)
    except Diverged:
        return None
    return program if verdict.outcome is Outcome.PASSED else None


def readable(verdict: Verdict) -> Verdict:
    """Make plain Unicode of the texts that came from an engine."""
    if verdict.outcome is Outcome.PASSED:  # none did
        return verdict

    def said(text: str | None, longest: int = LONGEST_TEXT) -> str | None:
        return None if text is None else plain_text(text, longest)

    return replace(
        verdict,
        message=said(verdict.message),
        found=said(verdict.found),
        expected=said(verdict.expected),
        error_kind=said(verdict.error_kind, LONGEST_NAME),
        exception=said(verdict.exception, LONGEST_NAME),
        script=said(verdict.script, LONGEST_SCRIPT),
    )
