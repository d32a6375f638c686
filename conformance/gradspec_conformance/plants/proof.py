"""The proof that the kit detects: every plant on the clauses that are meant to catch it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gradspec import edition
from gradspec.writing.clause import CASES, CLAUSES
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.plants.kills import indistinguishable
from gradspec_conformance.plants.plant import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec_conformance.plants.kills import Kills
    from gradspec_conformance.plants.plant import Plant

QUICK = Effort(shrink=False)


class Fate(StrEnum):
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
    fate: Fate
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """All trials, and what is amiss in `kills.txt`.

    `unplanted` are clauses that no plant turns red, `unmeasured` plants of which `kills.txt` knows
    nothing, or not the kills that they name, `stale` lines of it about what is no more, and `alike`
    groups of plants that turn the same clauses red: one too many, or a clause too few.
    """

    trials: tuple[Trial, ...]
    unplanted: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every rule of the proof is kept."""
        killed = all(t.fate is Fate.KILLED for t in self.trials)
        amiss = self.unplanted or self.unmeasured or self.stale or self.alike
        return bool(self.trials) and killed and not amiss


def trials(plants: Iterable[Plant]) -> Iterator[Trial]:
    """Try each plant on the clauses that it names, one after the other."""
    return run_trials(
        (plant, i, kind) for plant in plants for i, kind in named_kills(plant).items()
    )


def run_trials(wanted: Iterable[tuple[Plant, str, str]]) -> Iterator[Trial]:
    """Try plants on clauses, each with the kind in which it is to fail, one after the other."""
    sound: dict[str, Verdict] = {}
    for plant, identifier, kind in wanted:
        yield _trial(plant, identifier, kind, sound)


def named_kills(plant: Plant) -> dict[str, str]:
    """Give the clauses and rows that a plant names, with the kind in which each must fail."""
    return {i: kind for named, kind in plant.kills.items() for i in meant(named)}


def meant(named: str) -> tuple[str, ...]:
    """Give the clause or row of a name, all rows of a table, or what an older id stands for."""
    if named in CLAUSES:
        return tuple(case.id for case in CLAUSES[named].cases)
    return (named,) if named in CASES else edition.resolve(named) or (named,)


def _trial(plant: Plant, identifier: str, kind: str, sound: dict[str, Verdict]) -> Trial:
    def came_to(fate: Fate, detail: str | None = None) -> Trial:
        return Trial(plant.name, identifier, kind, fate, detail)

    if identifier not in CASES:
        return came_to(Fate.VOID, "there is no such clause")
    if identifier not in sound:
        sound[identifier] = run_alone(identifier)
    if sound[identifier].outcome is not Outcome.PASSED:
        return came_to(Fate.VOID, f"the sound engine does not pass: {sound[identifier].message}")
    with plant.planted() as swap:
        verdict = run_alone(identifier)
    if not swap.ran:
        return came_to(Fate.VOID, "the fault never took effect")
    if verdict.outcome is Outcome.PASSED:
        return came_to(Fate.SURVIVED)
    if is_red(verdict) and verdict.manner == kind:
        return came_to(Fate.KILLED, verdict.message)
    return came_to(Fate.WRONG_KIND, f"{verdict.outcome} ({verdict.manner}): {verdict.message}")


def run_alone(identifier: str) -> Verdict:
    """Run one clause alone: what it builds on is tried by its own plants."""
    passed = Verdict("", Outcome.PASSED)
    return run_clause(CASES[identifier], ReferenceEngine(), QUICK, verdict_of=lambda _: passed)


def is_red(verdict: Verdict) -> bool:
    """Say whether the clause ran and did not pass."""
    return verdict.outcome in (Outcome.FAILED, Outcome.ERRORED)


def judge_proof(
    made: Iterable[Trial], plants: dict[str, Plant], kills: Kills, wanted: Iterable[str] = ()
) -> Proof:
    """Hold the trials and the measured kills against the rules; `wanted` are the clauses meant."""
    turned_red = {c for found in kills.values() for c, kind in found.items() if kind in KINDS}
    unmeasured = [
        p.name
        for p in plants.values()
        if not named_kills(p).items() <= kills.get(p.name, {}).items()
    ]
    stale = [
        f"{name} {clause}"
        for name, measured in kills.items()
        for clause in measured
        if name not in plants or clause not in CASES
    ]
    unplanted = [identifier for identifier in wanted if identifier not in turned_red]
    sweeps = frozenset(name for name, plant in plants.items() if plant.sweep)
    alike = indistinguishable(kills, sweeps)
    return Proof(tuple(made), tuple(unplanted), tuple(unmeasured), tuple(stale), alike)
