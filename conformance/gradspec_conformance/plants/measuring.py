"""Measure what a plant turns red, in processes of their own: a faulty engine may die or never end.

A child is forked for each plant.  It runs the clauses that reach the fault one after the other and
tells each that turned red; where it dies, or a clause takes too much of the processor's time, that
clause is red by a crash, and another child goes on behind it.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gradspec_conformance.plants.plant import KINDS
from gradspec_conformance.plants.proof import is_red, run_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from gradspec_conformance.plants.plant import Plant

CRASH: Final = "crash"
"""How a clause is red that failed by Python's own error, or that never came to an end."""

PATIENCE: Final = 3.0
"""Seconds of processor time that a clause may take; on the sound engine none takes one."""

MEMORY: Final = 4 << 30
"""Bytes that a faulty engine may take."""


class OutOfTimeError(BaseException):
    """A clause took too long; an engine must not catch it."""


def measured(
    plants: Sequence[Plant], reached: Mapping[str, Sequence[str]], side_by_side: int = 1
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield for each plant, in order, which clauses it turns red, and in which way."""
    with ThreadPoolExecutor(side_by_side) as pool:
        yield from pool.map(lambda p: (p.name, _turned_red(p, reached[p.name])), plants)


def _turned_red(plant: Plant, clauses: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    left = list(clauses)
    while left:
        told = _child(plant, left)
        found |= {clause: kind for clause, kind in told if kind}
        left = left[len(told) :]
        if left:
            found[left.pop(0)] = CRASH
    return found


def _child(plant: Plant, clauses: Sequence[str]) -> list[tuple[str, str]]:
    """Run the clauses in a forked process; give what it told before it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _serve(plant, clauses, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as lines:
        told = [tuple(json.loads(line)) for line in lines if line.endswith(b"\n")]
    os.waitpid(child, 0)
    return told


def _serve(plant: Plant, clauses: Sequence[str], writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    with plant.planted(), _patience():
        for clause in clauses:
            os.write(writing, json.dumps([clause, _kind_of(clause)]).encode() + b"\n")


def _kind_of(clause: str) -> str:
    """Run a clause; give the kind of its failure, or nothing where it did not fail."""
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        verdict = run_alone(clause)
    except BaseException:  # noqa: BLE001 - whatever a faulty engine raises
        return CRASH
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if not is_red(verdict):
        return ""
    return verdict.kind if verdict.kind in KINDS else CRASH


@contextmanager
def _patience() -> Iterator[None]:
    def ended(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, ended)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)
