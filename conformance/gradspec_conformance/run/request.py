"""`Request`: what one run is about: the engine, how hard, which clauses, what is expected."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from gradspec import edition
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.execution.effort import DEFAULT_EXAMPLES, Effort
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.selection import FULL, Selection, select
from gradspec_conformance.run.session import DEFAULT_TIMEOUT, EngineSession
from gradspec_conformance.run.verdicts import Verdicts

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Mapping, Sequence

    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause

AUTO: Final = ("auto", "logical")
MOST_PROCESSES: Final = 64
LONGEST: Final = 86_400.0
"""Seconds, a day: more than that is no limit."""


def check_timeout(seconds: float | None) -> None:
    """Refuse a limit that is none, or that nothing can keep; raises WrongUsage."""
    if seconds is not None and not 0 < seconds <= LONGEST:
        message = f"--timeout is {seconds:g}; give more than 0 and at most {LONGEST:g} seconds"
        raise WrongUsage(message)


@dataclass(frozen=True)
class Request:
    """One run, checked but for the engine, which nobody has waited for.

    There is a judge for each process; they share what they find.
    """

    engine: str
    effort: Effort
    selection: Selection
    expectations: Expectations
    judges: tuple[Judge, ...]
    strict: bool = False

    @classmethod
    def of(cls, options: Namespace) -> Self:
        """Make it from pytest's options; raises WrongUsage."""
        return cls.make(
            options.gradspec_engine,
            profile=options.gradspec_profile,
            chapters=options.gradspec_chapter,
            keyword=options.keyword,
            expect=options.gradspec_expect,
            no_expect=options.gradspec_no_expect,
            strict=options.gradspec_strict,
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
        keyword: str = "",
        only: Collection[str] | None = None,
        expect: str | Sequence[str] | None = None,
        no_expect: bool = False,
        strict: bool = False,
        seed: int | None = None,
        examples: int | None = None,
        timeout: float | None = None,
        processes: str = "1",
        after: Sequence[str] = (),
        in_process: bool = False,
    ) -> Self:
        """Check everything that can be checked, but the engine; raises WrongUsage."""
        if examples is not None and examples < 1:
            raise WrongUsage(f"--examples is {examples}; a law needs at least one")
        if seed is not None and seed < 0:
            raise WrongUsage(f"--seed is {seed}; give 0 or more")
        check_timeout(timeout)
        file = _only(expect)
        if file and no_expect:
            raise WrongUsage("--expect and --no-expect contradict each other; give one of them")
        count = _processes(processes)
        selection = select(profile, chapters, keyword, only)
        effort = Effort(examples or DEFAULT_EXAMPLES, seed)
        path = None if no_expect else file or Expectations.for_engine(engine)
        expectations = Expectations.none() if path is None else Expectations.load(path)
        limit, shared = timeout or DEFAULT_TIMEOUT, Verdicts()
        before = [identifier for name in after for identifier in _ids_of(name)]
        judges = tuple(
            Judge(
                EngineSession(
                    engine, effort, limit, in_process=in_process, verdicts=shared, after=before
                ),
                expectations,
                selection.profile,
            )
            for _ in range(count)
        )
        return cls(engine, effort, selection, expectations, judges, strict)

    @property
    def session(self) -> EngineSession:
        """The session of the first process."""
        return self.judges[0].session

    def start(self) -> None:
        """Begin to load the engine in every process, without waiting."""
        for judge in self.judges:
            judge.session.start()

    def close(self) -> None:
        """Let the engine go; several processes end side by side."""
        first, *others = self.judges
        with ThreadPoolExecutor(len(self.judges)) as pool:
            ending = [pool.submit(judge.session.close) for judge in others]
            first.session.close()  # here: an engine in this process is let go where it was loaded
        for ended in ending:
            ended.result()

    @cached_property
    def cases(self) -> Mapping[str, Demand | Clause]:
        """What was asked for, in reading order.

        Where nothing was written since the edition's list was, that list says what there is and no
        chapter is imported; otherwise chapters are, and what the list does not have yet is found
        too.
        """
        found: dict[str, Demand | Clause] = {d.id: d for d in self.selection.demanded()}
        if not (found and edition.is_up_to_date()):
            from gradspec_conformance.execution import register  # noqa: PLC0415 - takes time

            here = register.cases(self.selection.chapters)
            found |= {i: c for i, c in here.items() if i not in found and self.selection.holds(c)}
        return found


def _only(expect: str | Sequence[str] | None) -> str | None:
    """Give the one file of expectations, or none; raises WrongUsage."""
    files = [expect] if isinstance(expect, str) else list(expect or ())
    if len(files) > 1:
        names = " and ".join(files)
        raise WrongUsage(f"--expect names {names}; an engine has one list, so put them together")
    if files == [""]:
        raise WrongUsage("--expect names no file; leave it out, or give one")
    return files[0] if files else None


def _ids_of(name: str) -> tuple[str, ...]:
    """Read which clause or row is meant, in one that has rows all of them; raises WrongUsage."""
    ids = tuple(edition.resolve(name))
    if not ids:
        hint = did_you_mean(name, sorted(edition.names())) or "; see `gradspec list`."
        raise WrongUsage(f"--after {name!r} is no clause{hint}")
    return ids


def _processes(word: str) -> int:
    """Read how many processes are meant; raises WrongUsage."""
    if word in AUTO:
        return os.cpu_count() or 1
    if not (word.isascii() and word.isdigit() and len(word) <= len(str(MOST_PROCESSES))):
        raise WrongUsage(f"-n is {word[:40]!r}; give 1 to {MOST_PROCESSES} processes, or auto")
    if not 1 <= int(word) <= MOST_PROCESSES:
        raise WrongUsage(f"-n is {word}; give 1 to {MOST_PROCESSES} processes, or auto")
    return int(word)
