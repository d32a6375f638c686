"""The proof that the kit detects: every plant on every clause that it claims to turn red."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gradspec.chapters import CHAPTERS
from gradspec.edition import resolve
from gradspec.writing.clause import CASES
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.plants.plant import PLANTS, Plant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

QUICK = Effort(shrink=False)


class Finding(StrEnum):
    """What one plant on one clause came to."""

    KILLED = "killed"
    SURVIVED = "survived"
    WRONG_KIND = "wrong kind"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Trial:
    """One plant on one clause."""

    plant: str
    clause: str
    expected: str
    finding: Finding
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """All trials, the clauses that no plant kills, the plants their own chapter does not catch."""

    trials: tuple[Trial, ...]
    unplanted: tuple[str, ...]
    strays: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every rule of the proof is kept."""
        killed = all(t.finding is Finding.KILLED for t in self.trials)
        return bool(self.trials) and killed and not self.unplanted and not self.strays


def trials(plants: Iterable[Plant], clauses: frozenset[str] | None = None) -> Iterator[Trial]:
    """Try each plant on the clauses that it names (of those given), one after the other."""
    sound: dict[str, Verdict] = {}
    for plant in plants:
        for name, kind in plant.kills.items():
            for identifier in resolve(name) or (name,):
                if clauses is None or identifier in clauses:
                    yield _trial(plant, identifier, kind, sound)


def _trial(plant: Plant, identifier: str, kind: str, sound: dict[str, Verdict]) -> Trial:
    if identifier not in CASES:
        return Trial(plant.name, identifier, kind, Finding.VOID, "there is no such clause")
    if identifier not in sound:
        sound[identifier] = _run(identifier)
    if sound[identifier].outcome is not Outcome.PASSED:
        detail = f"the sound engine does not pass: {sound[identifier].message}"
        return Trial(plant.name, identifier, kind, Finding.VOID, detail)
    with plant.planted() as swap:
        verdict = _run(identifier)
    if not swap.ran:
        return Trial(plant.name, identifier, kind, Finding.VOID, "the fault never took effect")
    if verdict.outcome is Outcome.PASSED:
        return Trial(plant.name, identifier, kind, Finding.SURVIVED)
    refused = verdict.outcome in (Outcome.FAILED, Outcome.ERRORED)
    if refused and verdict.kind == kind:
        return Trial(plant.name, identifier, kind, Finding.KILLED, verdict.message)
    detail = f"{verdict.outcome} ({verdict.kind}): {verdict.message}"
    return Trial(plant.name, identifier, kind, Finding.WRONG_KIND, detail)


def _run(identifier: str) -> Verdict:
    """Run one clause alone: what it builds on is tried by its own plants."""
    passed = Verdict("", Outcome.PASSED)
    return run_clause(CASES[identifier], ReferenceEngine(), QUICK, verdict_of=lambda _: passed)


def judge(made: Iterable[Trial], chapters: frozenset[str] | None = None) -> Proof:
    """Hold the trials against the rules; `chapters` limits which clauses and plants must count."""
    kept = tuple(made)
    wanted = chapters if chapters is not None else frozenset(c.name for c in CHAPTERS)
    killed = {t.clause for t in kept if t.finding is Finding.KILLED}
    unplanted = tuple(i for i, c in CASES.items() if c.chapter in wanted and i not in killed)
    caught: dict[str, set[str]] = {}
    for trial in kept:
        if trial.finding is Finding.KILLED:
            caught.setdefault(trial.plant, set()).add(CASES[trial.clause].chapter)
    strays = tuple(
        p.name
        for p in PLANTS.values()
        if p.chapter in wanted and p.chapter not in caught.get(p.name, set())
    )
    return Proof(kept, unplanted, strays)
