"""`RunContext`: what one run is about: the engine, how hard, which clauses, what is expected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from gradspec_conformance.execution.execute import DEFAULT_EXAMPLES, Effort
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.known.file import MalformedExpectations
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.selection import FULL, Selection, UnknownSelection, select
from gradspec_conformance.run.session import DEFAULT_TIMEOUT, EngineSession

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


class WrongUsage(Exception):
    """What was asked for does not make sense; the message says why."""


@dataclass(frozen=True)
class RunContext:
    """One run, checked but for the engine, which nobody has waited for."""

    engine: str
    effort: Effort
    selection: Selection
    expectations: Expectations
    session: EngineSession
    timeout: float = DEFAULT_TIMEOUT

    @classmethod
    def of(cls, options: Namespace) -> Self:
        """Make it from pytest's options; raises WrongUsage."""
        return cls.make(
            options.gradspec_engine,
            profile=options.gradspec_profile,
            chapters=options.gradspec_chapter,
            expect=options.gradspec_expect,
            no_expect=options.gradspec_no_expect,
            seed=options.gradspec_seed,
            examples=options.gradspec_examples,
            timeout=options.gradspec_timeout,
            in_process=bool(getattr(options, "usepdb", False) or getattr(options, "trace", False)),
        )

    @classmethod
    def make(
        cls,
        engine: str,
        *,
        profile: str = FULL,
        chapters: Sequence[str] = (),
        expect: str | None = None,
        no_expect: bool = False,
        seed: int | None = None,
        examples: int | None = None,
        timeout: float | None = None,
        in_process: bool = False,
    ) -> Self:
        """Check everything that can be checked, but the engine; raises WrongUsage."""
        if examples is not None and examples < 1:
            raise WrongUsage(f"--examples is {examples}; a law needs at least one")
        if timeout is not None and timeout <= 0:
            raise WrongUsage(f"--timeout is {timeout:g}; a clause needs more than no time")
        if expect and no_expect:
            raise WrongUsage("--expect and --no-expect contradict each other; give one of them")
        try:
            selection = select(profile, chapters)
        except UnknownSelection as error:
            raise WrongUsage(str(error)) from None
        effort = Effort(examples or DEFAULT_EXAMPLES, seed)
        limit = timeout or DEFAULT_TIMEOUT
        try:
            expectations = _expectations(engine, expect, no_expect=no_expect)
        except MalformedExpectations as error:
            raise WrongUsage(str(error)) from None
        session = EngineSession(engine, effort, limit, in_process=in_process)
        return cls(engine, effort, selection, expectations, session, limit)

    @cached_property
    def judge(self) -> Judge:
        """The judge of this run."""
        return Judge(self.session, self.expectations)

    def close(self) -> None:
        """Let the engine go."""
        self.session.close()


def _expectations(engine: str, expect: str | None, *, no_expect: bool) -> Expectations:
    path = None if no_expect else expect or Expectations.for_engine(engine)
    return Expectations.none() if path is None else Expectations.load(path)
