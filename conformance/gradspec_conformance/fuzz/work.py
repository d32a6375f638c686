"""`work(block)`: the programs of a range of seeds, and what was found in them, as plain data.

A block depends on nothing but what stands in it, so any scheduler may run it, anywhere, again.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec import edition
from gradspec.port.engine import Subject
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.execution import register
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.fuzz.causes import SEEDS, acts_of, cause_of
from gradspec_conformance.fuzz.comparing import nature_of
from gradspec_conformance.fuzz.generating import Generator
from gradspec_conformance.fuzz.judge import verdict
from gradspec_conformance.fuzz.scripts import as_clause, demanding, in_gradspec, in_own_words
from gradspec_conformance.fuzz.shrinking import shrunk
from gradspec_conformance.fuzz.stated import known, stated
from gradspec_conformance.fuzz.storing import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference
    from gradspec_conformance.fuzz.generating import Drawn

ENOUGH: Final = 3
"""How many programs that differ in one way are shortened in a block."""

CANDIDATES: Final = 12
"""How many clauses are tried for the one that a difference breaks."""


@dataclass(frozen=True, slots=True)
class Block:
    """Which programs, of which engines; `without` are seeds that ended a process."""

    oracle: str
    subject: str
    first: int
    count: int
    least: int
    most: int
    sound: bool = False
    without: tuple[int, ...] = ()

    @property
    def seeds(self) -> range:
        """The seeds of the block."""
        return range(self.first, self.first + self.count)


@functools.lru_cache(maxsize=4)
def generator(
    oracle: str, subject: str, least: int, most: int, *, sound: bool = False
) -> Generator:
    """Load two engines, once in each process."""
    engines = (Subject.of(load_engine(name)) for name in (oracle, subject))
    return Generator(*engines, least=least, most=most, sound=sound)


def work(block: Block, at: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Draw and compare the programs of a block; `at` is told each seed before its program."""
    engines = (block.oracle, block.subject)
    source = generator(*engines, block.least, block.most, sound=block.sound)
    started, found = time.perf_counter(), _Findings(source, block)
    for seed in block.seeds:
        if seed in block.without:
            continue
        if at is not None:
            at(seed)
        found.add(source.program(seed))
    return asdict(block) | found.told() | {"seconds": time.perf_counter() - started}


class _Findings:
    """What is found in a block."""

    def __init__(self, source: Generator, block: Block) -> None:
        self._source, self._block = source, block
        self._tried: Counter[str] = Counter()
        self._succeeded: Counter[str] = Counter()
        self._stated: Counter[str] = Counter()
        self._kinds: Counter[tuple[str, ...]] = Counter()
        self._latest: dict[tuple[str, ...], dict[str, Any]] = {}
        self._causes: dict[tuple[str, ...], dict[str, Any]] = {}

    def add(self, drawn: Drawn) -> None:
        self._tried.update(drawn.tried)
        self._succeeded.update(drawn.succeeded)
        if drawn.difference is None:
            return
        reason = stated(drawn.difference, self._source.engines)
        if reason:
            self._stated[reason] += 1
        else:
            self._differs(drawn, drawn.difference)

    def _differs(self, drawn: Drawn, difference: Difference) -> None:
        kind = (difference.act, difference.observable, *difference.words)
        self._kinds[kind] += 1
        if self._kinds[kind] > ENOUGH:
            self._latest[kind]["count"] += 1
            return
        source = self._source
        engines = (source.oracle, source.subject)
        steps, smaller = shrunk(drawn.steps, difference, *engines, sound=source.sound)
        reason = stated(smaller, source.engines) or known(steps, smaller, source.engines)
        if reason:
            self._stated[reason] += 1
            self._kinds[kind] -= 1
            return
        key = cause_of(smaller, steps)
        before = self._causes.get(key)
        if before is None or len(written(steps)) < len(before["steps"]):
            count, seeds = (before["count"], before["seeds"]) if before else (0, [])
            self._causes[key] = {
                "key": list(key),
                "nature": str(nature_of(smaller)),
                "count": count,
                "seeds": seeds,
                "steps": written(steps),
                "told": self._told(steps, smaller),
            }
        cause = self._latest[kind] = self._causes[key]
        cause["count"] += 1
        cause["seeds"] = [*cause["seeds"], drawn.seed][:SEEDS]

    def _told(self, steps: list[Step], difference: Difference) -> dict[str, Any]:
        program = demanding(steps, difference)
        oracle, subject = self._source.oracle, self._source.subject
        broken = broken_by(steps, subject)
        sentence = f"After {difference.act}, {difference.observable} is {difference.words[0]}."
        return {
            "expected": str(getattr(difference.expected, "error", difference.expected))[:600],
            "found": str(getattr(difference.found, "error", difference.found))[:600],
            "notation": in_gradspec(program, self._block.subject),
            "oracle": in_own_words(program, oracle.engine),
            "subject": in_own_words(program, subject.engine),
            "judged": verdict(steps, difference, oracle),
            "clause": broken,
            "stub": "" if broken else as_clause(program, sentence, str(nature_of(difference))),
        }

    def told(self) -> dict[str, Any]:
        return {
            "tried": dict(self._tried),
            "succeeded": dict(self._succeeded),
            "stated": dict(self._stated),
            "differences": sum(self._kinds.values()),
            "causes": list(self._causes.values()),
        }


def broken_by(steps: list[Step], subject: Subject) -> str:
    """Find a clause that the subject fails, of those about what a program does; "" if none."""
    acts = frozenset(acts_of(steps))
    about = [
        (len(demand.needs & acts), -len(demand.needs), demand.id)
        for demand in edition.demands()
        if demand.needs & acts and demand.needs <= subject.abilities
    ]
    for _, _, name in sorted(about, reverse=True)[:CANDIDATES]:
        clause = register.case(name)
        if clause is None or clause.is_law:
            continue
        if run_clause(clause, subject).outcome in (Outcome.FAILED, Outcome.ERRORED):
            return name
    return ""
