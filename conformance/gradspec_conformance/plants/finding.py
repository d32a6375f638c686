"""`finding(...)`: how many programs it takes to find a planted fault of the reference engine.

An oracle and the faulty engine go through programs until they differ where the sound engine does
not.  What is never found lacks an observable, or an act, and is named.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance import plants
from gradspec_conformance.fuzz.lockstep import difference
from gradspec_conformance.fuzz.stated import stated
from gradspec_conformance.plants.plant import PLANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec_conformance.fuzz.generating import Generator
    from gradspec_conformance.plants.plant import Plant

STRIDE: Final = 100_000
"""How far the seeds of one plant lie from those of the next."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How many programs it took, None if none of them showed the fault; and what first differed."""

    plant: str
    is_sweep: bool
    programs: int | None
    tried: int
    observable: str = ""

    def data(self) -> dict[str, Any]:
        """Give it as data of JSON."""
        return {
            "plant": self.plant,
            "sweep": self.is_sweep,
            "found after": self.programs,
            "tried": self.tried,
            "observable": self.observable,
        }


def sample(count: int, seed: int, *, sweeps: bool = True) -> list[Plant]:
    """Draw plants; without `sweeps` only those that are faults of their own."""
    plants.load()
    those = [plant for _, plant in sorted(PLANTS.items()) if sweeps or not plant.sweep]
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    return chance.sample(those, min(count, len(those)))


def finding(
    source: Generator, those: Iterable[Plant], programs: int, seed: int = 0
) -> Iterator[Finding]:
    """Say for each plant how many programs it takes; `source` draws for the reference engine."""
    for number, plant in enumerate(those):
        first = seed + number * STRIDE
        yield _found(source, plant, range(first, first + programs))


def _found(source: Generator, plant: Plant, seeds: range) -> Finding:
    for count, seed in enumerate(seeds, 1):
        with plant.planted():
            drawn = source.program(seed)
        found = drawn.difference
        if found is None or stated(found, source.engines):
            continue
        if difference(drawn.steps, source.oracle, source.subject) is None:  # the sound engine
            return Finding(plant.name, plant.sweep, count, count, found.observable)
    return Finding(plant.name, plant.sweep, None, len(seeds))
