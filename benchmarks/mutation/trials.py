"""What a mutant turns red: a process of its own runs its clauses until one fails by value."""

from __future__ import annotations

import ast
import gc
import itertools
import multiprocessing
import os
import resource
import signal
import sys
from collections import defaultdict
from contextlib import contextmanager
from enum import StrEnum
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final

from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.proof import run_alone

from mutation.changes import compiled_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from mutation.changes import Mutant, Where

FORK: Final = multiprocessing.get_context("fork")

PATIENCE: Final = 5.0
"""Seconds of processor time that a clause may take."""

MEMORY: Final = 4 << 30

PASSING_BY: Final = "_passing_by"
"""What a sound expression calls to say that it was evaluated; a global of its module."""


class Fate(StrEnum):
    """What became of a mutant."""

    VALUE = "killed by value"
    CRASH = "killed by a crash alone"
    UNFIT = "runs in no clause"
    SURVIVED = "survived"
    UNREACHED = "reached by no clause"


def rows_through(
    mutants: Sequence[Mutant], clauses: Iterable[str]
) -> Mapping[Where, Sequence[str]]:
    """Run clauses on the sound engine, and note which evaluate the expression of each mutant.

    What the sound engine does not pass tells nothing, and is left out.
    """
    expressions = {mutant.where: mutant for mutant in mutants}
    met: set[int] = set()

    def passing_by(place: int, value: Any) -> Any:
        met.add(place)
        return value

    told: dict[ast.Module, dict[Where, ast.expr]] = defaultdict(dict)
    for place, (where, mutant) in enumerate(expressions.items()):
        said = [ast.Constant(place), mutant.sound]
        told[mutant.tree][where] = ast.Call(ast.Name(PASSING_BY, ast.Load()), said, [])
    changed = [
        pair
        for tree, path in {m.tree: m.path for m in mutants}.items()
        for pair in _differing(path, compiled_with(told[tree], tree, path))
    ]
    found: dict[Where, list[str]] = defaultdict(list)
    with _in_place_of(changed, _functions()) as put:
        for function in put:
            function.__globals__[PASSING_BY] = passing_by
        for identifier in clauses:
            met.clear()
            if run_alone(identifier).outcome is Outcome.PASSED:
                for place in met:
                    found[tuple(expressions)[place]].append(identifier)
    return {where: list(_in_turn(rows)) for where, rows in found.items()}


def _in_turn(rows: Iterable[str]) -> Iterator[str]:
    """Take a row of each table, then another of each."""
    tables: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        tables[row.partition("/")[0]].append(row)
    rounds = itertools.zip_longest(*tables.values())
    return (row for each in rounds for row in each if row is not None)


def fates(
    mutants: Sequence[Mutant], through: Mapping[Where, Sequence[str]], processes: int, limit: int
) -> Iterator[tuple[int, Fate, str]]:
    """Give for each mutant, as it is done, its number, its fate, and the clause that told.

    Each runs no more than `limit` of the clauses that come through it.
    """
    _inherited.update(mutants=mutants, through=through, limit=limit, held=_functions())
    gc.freeze()
    with FORK.Pool(processes, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(_fate, range(len(mutants)))


_inherited: dict[str, Any] = {}
"""What forked children take over, since it cannot be sent to them."""


def _fate(number: int) -> tuple[int, Fate, str]:
    mutant = _inherited["mutants"][number]
    wanted = _inherited["through"].get(mutant.where, ())[: _inherited["limit"]]
    if not wanted:
        return number, Fate.UNREACHED, ""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    signal.signal(signal.SIGVTALRM, _ended)
    crashed = passed = ""
    changed = list(_differing(mutant.path, mutant.code()))
    with _in_place_of(changed, _inherited["held"]):
        for identifier in wanted:
            outcome = _outcome(identifier)
            if outcome is Outcome.FAILED:
                return number, Fate.VALUE, identifier
            if outcome is Outcome.PASSED:
                passed = passed or identifier
            else:
                crashed = crashed or identifier
    if not crashed:
        return number, Fate.SURVIVED, passed
    return number, Fate.CRASH if passed else Fate.UNFIT, crashed


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


def _differing(path: Path, changed: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Give the code of each function that changed, and what it became."""
    yield from _pairs(compile(path.read_text(encoding="utf-8"), str(path), "exec"), changed)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    if len(inner[0]) == len(inner[1]):  # else these are made anew when the outer one is called
        for one, other in zip(*inner, strict=True):
            if one != other:
                yield one, other
                yield from _pairs(one, other)


def _functions() -> list[FunctionType]:
    return [one for one in gc.get_objects() if isinstance(one, FunctionType)]


@contextmanager
def _in_place_of(
    changed: Sequence[tuple[CodeType, CodeType]], functions: Iterable[FunctionType]
) -> Iterator[list[FunctionType]]:
    """Change functions where they are, whoever holds them, for a while."""
    became = dict(changed)
    put = [
        (function, function.__code__)
        for function in functions
        if (new := became.get(function.__code__)) is not None
        and new.co_freevars == function.__code__.co_freevars
    ]
    for function, code in put:
        function.__code__ = became[code]
    try:
        yield [function for function, _ in put]
    finally:
        for function, code in put:
            function.__code__ = code
