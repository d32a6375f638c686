"""Measure what a plant turns red, in processes of their own: a faulty engine may die or never end.

A child is forked for each plant.  It runs the clauses that reach the fault one after the other and
tells what each came to; where it dies, or a clause takes too much of the processor's time, that
clause is red by a crash, and another child goes on behind it.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.exceptions import OutOfTimeError
from gradspec_conformance.plants.kills import CRASH
from gradspec_conformance.plants.plant import KINDS
from gradspec_conformance.plants.proof import is_red, run_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection
    from types import FrameType

    from gradspec_conformance.plants.plant import Plant

PATIENCE: Final = 15.0
"""Seconds of processor time that a clause may take; the sound engine needs a tenth at most."""

MEMORY: Final = 4 << 30
"""Bytes that a faulty engine may take."""

FORK: Final = multiprocessing.get_context("fork")


@dataclass
class Measurement:
    """One plant under way: the clauses still to be run, and those that turned red."""

    plant: Plant
    left: deque[str]
    found: dict[str, str] = field(default_factory=dict)

    def begin(self) -> Connection:
        """Fork a child that runs what is left."""
        here, there = FORK.Pipe(duplex=False)
        FORK.Process(target=_serve, args=(self.plant, tuple(self.left), there), daemon=True).start()
        there.close()
        return here

    def note(self, kind: str | None) -> None:
        """Note what the next clause came to."""
        clause = self.left.popleft()
        if kind is not None:
            self.found[clause] = kind


def measured(
    plants: Iterable[Plant], reached: Mapping[str, Sequence[str]], side_by_side: int = 1
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield for each plant, as it is done, which clauses it turns red and in which way."""
    waiting = deque(Measurement(plant, deque(reached[plant.name])) for plant in plants)
    under_way: dict[Any, Measurement] = {}
    while waiting or under_way:
        while waiting and len(under_way) < side_by_side:
            one = waiting.popleft()
            under_way[one.begin()] = one
        pipe: Any
        for pipe in connection.wait(list(under_way)):
            one = under_way[pipe]
            try:
                one.note(pipe.recv())
            except EOFError:
                del under_way[pipe]
                if one.left:
                    one.note(CRASH)
                    under_way[one.begin()] = one
                else:
                    yield one.plant.name, one.found


def _serve(plant: Plant, clauses: Sequence[str], there: Connection) -> None:
    """Run the clauses on the faulty engine, in a child; what it prints is nobody's concern."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    signal.signal(signal.SIGVTALRM, _ended)
    for clause in clauses:
        with plant.planted():  # anew: a fault may have a memory of its own
            kind = _kind_of(clause)
        there.send(kind)
    there.close()
    os._exit(0)


def _ended(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTimeError


def _kind_of(clause: str) -> str | None:
    """Run a clause; give the kind of its failure, or None where it did not fail."""
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        verdict = run_alone(clause)
    except BaseException:  # noqa: BLE001 - whatever a faulty engine raises
        return CRASH
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if not is_red(verdict):
        return None
    return verdict.manner if verdict.manner in KINDS else CRASH
