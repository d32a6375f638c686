"""How fast random programs are, and how many of them find a planted fault.

    python benchmarks/random_programs.py [PROGRAMS] [PLANTS] [SEED]

Needs torch, which is the oracle.  Prints programs a second on one core, and for a sample of the
plants that are no sweep: how many programs it took to find each, and how long the smallest program
is.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import random
import sys
import time

import numpy as np

from gradspec.port.engine import Subject
from gradspec_conformance import plants
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.fuzz.causes import acts_of
from gradspec_conformance.fuzz.generating import Generator
from gradspec_conformance.fuzz.lockstep import difference
from gradspec_conformance.fuzz.shrinking import shrunk
from gradspec_conformance.fuzz.stated import stated
from gradspec_conformance.plants.plant import PLANTS, Plant

MOST = 150
"""After how many programs a plant counts as not found."""


def pace(source: Generator, programs: int) -> None:
    """Print programs a second, and what they consist of."""
    source.program(0)
    started, steps = time.process_time(), 0
    for seed in range(programs):
        steps += sum(source.program(seed).tried.values())
    taken = time.process_time() - started
    print(f"{programs / taken:.0f} programs and {steps / taken:.0f} steps a second of a core")


def found_after(source: Generator, plant: Plant, first: int) -> tuple[int, int, float] | None:
    """Give the number of programs until one finds a fault, and the length of the smallest."""
    for count, seed in enumerate(range(first, first + MOST), 1):
        with plant.planted():
            drawn = source.program(seed)
        if drawn.difference is None or stated(drawn.difference, source.engines):
            continue
        sound = difference(drawn.steps, source.oracle, source.subject)
        if sound is not None:
            continue  # a difference without the fault
        started = time.perf_counter()
        with plant.planted():
            if difference(drawn.steps, source.oracle, source.subject) is None:
                continue  # a fault that remembers: it does not show again
            small, _ = shrunk(drawn.steps, drawn.difference, source.oracle, source.subject)
        length = sum(act != "log" for act in acts_of(small))
        return count, length, time.perf_counter() - started
    return None


def main() -> None:
    """Measure."""
    programs, count, seed = (
        int(a) for a in (*sys.argv[1:], *("300", "40", "1")[len(sys.argv) - 1 :])
    )
    source = Generator(
        *(Subject.of(load_engine(name)) for name in ("torch", "reference")), least=5, most=20
    )
    pace(source, programs)
    plants.load()
    own = sorted(plant.name for plant in PLANTS.values() if not plant.sweep)
    sample = random.Random(seed).sample(own, count)  # noqa: S311 - a sample
    first, counts, lengths, seconds, missed = 10_000, [], [], [], []
    for name in sample:
        met = found_after(source, PLANTS[name], first)
        first += MOST
        if met is None:
            missed.append(name)
        else:
            counts.append(met[0])
            lengths.append(met[1])
            seconds.append(met[2])
        print(name, met, flush=True)
    print(f"{len(counts)} of {count} plants found within {MOST} programs")
    for what, values in (("programs", counts), ("steps", lengths), ("seconds", seconds)):
        print(f"{what}: median {np.median(values):.2g}, 95 % {np.percentile(values, 95):.3g}")
    print("not found:", *missed)


if __name__ == "__main__":
    main()
