"""`campaign(...)`: blocks of seeds in processes of their own; what is finished is never lost.

Each block that is finished is a line of JSON.  A process that is killed, or that an engine crashes,
costs the block that it was at: that is done again without the program that ended it, which is
told.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.fuzz.scheduling import scheduled
from gradspec_conformance.fuzz.work import Block, work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

SIZE: Final = 50
"""How many programs a block has."""

FIELDS: Final = frozenset(
    ("oracle", "subject", "first", "count", "least", "most", "sound", "differences", "causes")
)
"""What a kept line has."""

BEGINS: Final = '{"oracle"'
CUT_OFF: Final[dict[str, Any]] = {}

GIVEN_UP: Final = 5
"""How many programs of one block may end a process."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign does."""

    oracle: str
    subject: str
    first: int
    programs: int
    least: int
    most: int
    seconds: float | None = None
    size: int = SIZE
    sound: bool = False

    def blocks(self) -> Iterator[Block]:
        """Part the seeds into blocks."""
        end = self.first + self.programs
        for first in range(self.first, end, self.size):
            count = min(self.size, end - first)
            lengths = (self.least, self.most)
            yield Block(self.oracle, self.subject, first, count, *lengths, self.sound)


def finished(kept: Path | None) -> list[dict[str, Any]]:
    """Read the blocks that an earlier run finished; a line that was cut off is none.

    Raises WrongUsage if the file is not one that a campaign has kept.
    """
    if kept is None or not kept.exists():
        return []
    done = []
    for line in kept.read_text("utf-8", errors="replace").splitlines():
        try:
            block = json.loads(line)
        except (ValueError, RecursionError):
            block = CUT_OFF if line.startswith(BEGINS) else None
        if not (isinstance(block, dict) and (block is CUT_OFF or block.keys() >= FIELDS)):
            raise WrongUsage(f"--keep {kept} is no file of a campaign: name one, or a new one")
        done.append(block)
    return [block for block in done if block is not CUT_OFF]


def _keep(block: dict[str, Any], kept: Path) -> None:
    """Write a block down, on a line of its own even after one that was cut off."""
    with kept.open("ab+") as lines:
        if lines.seek(0, os.SEEK_END):
            lines.seek(-1, os.SEEK_END)
            if lines.read() != b"\n":
                lines.write(b"\n")
        lines.write(json.dumps(block).encode() + b"\n")


def is_of(block: dict[str, Any], plan: Plan) -> bool:
    """Say whether a finished block is one of this campaign."""
    own = ("oracle", "subject", "least", "most", "sound")
    return all(block[name] == getattr(plan, name) for name in own)


def campaign(
    plan: Plan, processes: int, kept: Path | None = None, dask: str | None = None
) -> Iterator[dict[str, Any]]:
    """Give what each block found, as it is finished; those of an earlier run first.

    `dask` is the address of a scheduler that does them, or `local`.
    """
    done = {(b["first"], b["count"]): b for b in finished(kept) if is_of(b, plan)}
    wanted = list(plan.blocks())
    yield from (done[b.first, b.count] for b in wanted if (b.first, b.count) in done)
    left = [block for block in wanted if (block.first, block.count) not in done]
    if dask is not None:
        found = scheduled(left, dask)
    elif processes < 1:
        found = _alone(left, plan)
    else:
        found = _Workers(left, processes, plan).run()
    for block in found:
        if kept is not None:
            _keep(block, kept)
        yield block


def _alone(blocks: Iterable[Block], plan: Plan) -> Iterator[dict[str, Any]]:
    """Work in this process."""
    until = _until(plan)
    for block in blocks:
        if time.monotonic() > until:
            return
        yield work(block)


def _until(plan: Plan) -> float:
    return float("inf") if plan.seconds is None else time.monotonic() + plan.seconds


class _Worker:
    """One process, the block that it is at, and the seed."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.here, there = context.Pipe()
        self.seed = context.Value("q", -1, lock=False)
        self.block: Block | None = None
        self.process = context.Process(target=_serve, args=(there, self.seed), daemon=True)
        self.process.start()
        there.close()

    def give(self, block: Block) -> None:
        self.block = block
        self.here.send(block)

    def end(self) -> None:
        self.here.close()
        self.process.terminate()
        self.process.join()


def _serve(there: Connection, seed: Any) -> None:
    """Do the blocks that are given, until nobody is there any more."""

    def at(number: int) -> None:
        seed.value = number

    while True:
        try:
            block = there.recv()
        except (EOFError, KeyboardInterrupt):
            return
        there.send(work(block, at))


class _Workers:
    def __init__(self, blocks: Iterable[Block], count: int, plan: Plan) -> None:
        self._waiting = deque(blocks)
        self._count = min(count, len(self._waiting))
        self._until = _until(plan)

    def run(self) -> Iterator[dict[str, Any]]:
        workers = [_Worker() for _ in range(self._count)]
        try:
            for worker in workers:
                worker.give(self._waiting.popleft())
            while any(worker.block for worker in workers):
                ready = wait([worker.here for worker in workers if worker.block])
                for place, worker in enumerate(workers):
                    if worker.here in ready:
                        yield from self._received(workers, place)
        finally:
            for worker in workers:
                worker.end()

    def _received(self, workers: list[_Worker], place: int) -> Iterator[dict[str, Any]]:
        worker = workers[place]
        try:
            yield worker.here.recv()
            worker.block = None
        except (EOFError, ConnectionError):
            yield from self._ended(worker)
            worker.end()
            worker = workers[place] = _Worker()
        if self._waiting and time.monotonic() < self._until:
            worker.give(self._waiting.popleft())

    def _ended(self, worker: _Worker) -> Iterator[dict[str, Any]]:
        """Do a block again, without the program at which its process ended."""
        block, worker.block = worker.block, None
        if block is None:
            return
        without = (*block.without, worker.seed.value)
        if len(without) > GIVEN_UP or worker.seed.value < block.first:
            yield asdict(block) | {"given_up": True, **NOTHING}
        else:
            self._waiting.appendleft(replace(block, without=without))


NOTHING: Final[dict[str, Any]] = {
    "tried": {},
    "succeeded": {},
    "stated": {},
    "differences": 0,
    "causes": [],
    "seconds": 0.0,
}
"""What a block found that could not be done."""
