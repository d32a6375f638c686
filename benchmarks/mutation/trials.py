"""What a mutant turns red: a process of its own runs its clauses until one fails by value."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
from collections import defaultdict
from enum import StrEnum
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from gradspec.writing.clause import CASES
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.proof import run_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from mutation.changes import Mutant

FORK: Final = multiprocessing.get_context("fork")

PATIENCE: Final = 10.0
"""Seconds of processor time that a clause may take."""

MEMORY: Final = 4 << 30


class Fate(StrEnum):
    """What became of a mutant."""

    VALUE = "killed by value"
    CRASH = "killed by a crash alone"
    UNFIT = "runs in no clause"
    SURVIVED = "survived"
    UNREACHED = "reached by no clause"


def clauses_through(files: Iterable[Path]) -> Mapping[CodeType, Sequence[str]]:
    """Run every clause on the sound engine, and note which code of the files it comes through."""
    watched = {str(path) for path in files}
    found: dict[CodeType, list[str]] = defaultdict(list)
    for identifier in sorted(CASES, key=lambda i: not i.startswith("op-")):
        met: set[CodeType] = set()

        def note(frame: FrameType, event: str, _: Any, met: set[CodeType] = met) -> None:
            if event == "call" and frame.f_code.co_filename in watched:
                met.add(frame.f_code)

        sys.setprofile(note)
        try:
            run_alone(identifier)
        finally:
            sys.setprofile(None)
        for code in met:
            found[code].append(identifier)
    return found


def fates(
    mutants: Sequence[Mutant], through: Mapping[CodeType, Sequence[str]], processes: int
) -> Iterator[tuple[int, Fate, str]]:
    """Give for each mutant, as it is done, its number, its fate, and the clause that told."""
    _inherited.update(mutants=mutants, through=through)
    with FORK.Pool(processes, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(_fate, range(len(mutants)))


_inherited: dict[str, Any] = {}
"""What forked children take over, since it cannot be sent to them."""


def _fate(number: int) -> tuple[int, Fate, str]:
    mutant, through = _inherited["mutants"][number], _inherited["through"]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    signal.signal(signal.SIGVTALRM, _ended)
    changed = list(_differing(mutant))
    wanted = dict.fromkeys(i for old, _ in changed for i in through.get(old, ()))
    if not wanted:
        return number, Fate.UNREACHED, ""
    _put(changed)
    crashed, passed = "", False
    for identifier in wanted:
        outcome = _outcome(identifier)
        if outcome is Outcome.FAILED:
            return number, Fate.VALUE, identifier
        passed = passed or outcome is Outcome.PASSED
        if outcome is not Outcome.PASSED:
            crashed = crashed or identifier
    if crashed and not passed:
        return number, Fate.UNFIT, crashed
    return number, Fate.CRASH if crashed else Fate.SURVIVED, crashed


def _outcome(identifier: str) -> Outcome:
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        return run_alone(identifier).outcome
    except BaseException:  # noqa: BLE001 - whatever a faulty engine raises
        return Outcome.CRASHED
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _ended(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _differing(mutant: Mutant) -> Iterator[tuple[CodeType, CodeType]]:
    """Give the code of each function that changed, and what it became."""
    path = str(mutant.path)
    sound = compile(mutant.path.read_text(encoding="utf-8"), path, "exec")
    yield from _pairs(sound, mutant.code())


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    if len(inner[0]) == len(inner[1]):
        for one, other in zip(*inner, strict=True):
            if one != other:
                yield one, other
                yield from _pairs(one, other)


def _put(changed: Sequence[tuple[CodeType, CodeType]]) -> None:
    """Change the functions where they are, whoever holds them."""
    became = dict(changed)
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            new = became.get(one.__code__)
            if new is not None and new.co_freevars == one.__code__.co_freevars:
                one.__code__ = new
