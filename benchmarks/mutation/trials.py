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

import numpy as np
from mutation.changes import BESIDE, compiled_with
from mutation.own_tests import tests_fail

from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.plants.proof import run_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from mutation.changes import Mutant, Where

FORK: Final = multiprocessing.get_context("fork")

PATIENCE: Final = 5.0
"""Seconds of processor time that a clause may take."""

MEMORY: Final = 4 << 30

ENOUGH: Final = 25
"""Clauses that may crash before a mutant is given up that never ran to an end."""


FORGIVING: Final = (
    "op-100",
    "op-222",
    "op-244",
    "op-246",
    "op-275",
    "op-277",
    "op-278",
    "op-300",
    "op-301",
    "op-305",
    "inp-210",
    "inp-229",
)
"""Clauses that pass if the engine refuses, and take a crash for that: they tell only if red."""


class Fate(StrEnum):
    """What became of a mutant."""

    VALUE = "killed by value"
    CRASH = "crashes, and is seen by no value"
    UNFIT = "crashes wherever it differs"
    SURVIVED = "survived"
    ALIKE = "differs in no clause"
    UNREACHED = "reached by no clause"
    TESTED = "noticed by a test of the reference engine alone"


UNSEEN: Final = (Fate.CRASH, Fate.SURVIVED, Fate.ALIKE, Fate.UNREACHED)
"""What no clause told by a value, though it was run to an end, or run by none."""


def rows_through(
    mutants: Sequence[Mutant], clauses: Iterable[str]
) -> Mapping[Where, Sequence[str]]:
    """Run clauses on the sound engine, and note which come to the expression of each mutant.

    They are noted before it is evaluated: a refusal has no value.  What the sound engine does not
    pass tells nothing, and is left out.
    """
    found: dict[Where, list[str]] = defaultdict(list)
    with noting(mutants) as met:
        for identifier in clauses:
            met.clear()
            if run_alone(identifier).outcome is Outcome.PASSED:
                for where in met:
                    found[where].append(identifier)
    return {where: list(in_turn(rows)) for where, rows in found.items()}


@contextmanager
def noting(mutants: Sequence[Mutant]) -> Iterator[set[Where]]:
    """Give a set that the expressions of mutants enter as they are come to, in a block."""
    expressions = list({mutant.where: mutant for mutant in mutants}.items())
    told: dict[ast.Module, dict[Where, ast.expr]] = defaultdict(dict)
    for place, (where, mutant) in enumerate(expressions):
        noted = ast.Call(ast.Name(BESIDE, ast.Load()), [ast.Constant(place)], [])
        both = ast.Tuple([noted, mutant.sound], ast.Load())
        told[mutant.tree][where] = ast.Subscript(both, ast.Constant(1), ast.Load())
    changed = [
        pair
        for tree, path in {m.tree: m.path for m in mutants}.items()
        for pair in _differing(path, compiled_with(told[tree], tree, path))
    ]
    met: set[Where] = set()
    with _in_place_of(changed, _functions(), lambda place: met.add(expressions[place][0])):
        yield met


def in_turn(rows: Iterable[str]) -> Iterator[str]:
    """Take a row of each table, then another of each."""
    tables: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        tables[row.partition("/")[0]].append(row)
    rounds = itertools.zip_longest(*tables.values())
    return (row for each in rounds for row in each if row is not None)


def fates(
    mutants: Sequence[Mutant],
    through: Mapping[Where, Sequence[str]],
    processes: int,
    limit: int,
    tests: Mapping[Where, Sequence[str]],
) -> Iterator[tuple[int, Fate, str]]:
    """Give for each mutant, as it is done, its number, its fate, and the clause that told.

    Each runs no more than `limit` of the clauses that come through it, and of the tests if these
    did not tell.
    """
    held = _functions()
    _inherited.update(mutants=mutants, through=through, limit=limit, held=held, tests=tests)
    gc.freeze()
    with FORK.Pool(processes, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(_fate, range(len(mutants)))


_inherited: dict[str, Any] = {}
"""What forked children take over, since it cannot be sent to them."""


def _fate(number: int) -> tuple[int, Fate, str]:
    mutant = _inherited["mutants"][number]
    wanted = _inherited["through"].get(mutant.where, ())[: _inherited["limit"]]
    tests = _inherited["tests"].get(mutant.where, ())[: _inherited["limit"]]
    if not (wanted or tests):
        return number, Fate.UNREACHED, ""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    signal.signal(signal.SIGVTALRM, _ended)
    changed = list(_differing(mutant.path, mutant.code()))
    differing: list[bool] = []

    def compared(became: Any, was: Any) -> Any:
        differing.append(not _same(became, was))
        return became

    with _in_place_of(changed, _inherited["held"], compared):
        fate, told = _of_clauses(mutant, wanted, differing)
        if fate in UNSEEN and tests and tests_fail(tests):
            fate = Fate.TESTED
    return number, fate, told


def _of_clauses(mutant: Mutant, wanted: Sequence[str], differing: list[bool]) -> tuple[Fate, str]:
    """Run clauses until one tells, and give what a mutant came to there."""
    if not wanted:
        return Fate.UNREACHED, ""
    crashed = passed = alike = ""
    for tried, identifier in enumerate(wanted):
        differing.clear()
        outcome = _outcome(identifier)
        if outcome is Outcome.FAILED:
            return Fate.VALUE, identifier
        if outcome is not Outcome.PASSED:
            crashed = crashed or identifier
        elif any(differing) and not identifier.startswith(FORGIVING):
            passed = passed or identifier
        elif differing or not mutant.is_compared:
            alike = alike or identifier
        if tried > ENOUGH and not (passed or alike):
            break
    if passed:
        return Fate.CRASH if crashed else Fate.SURVIVED, f"{crashed} {passed}".strip()
    return Fate.UNFIT if crashed else Fate.ALIKE, crashed or alike


def _same(one: Any, other: Any) -> bool:
    """Whether two values are certainly alike; of tensors that is not asked."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray | np.generic):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return alike and one.tobytes() == other.tobytes()
    return isinstance(one, bool | int | float | str | slice) and bool(one == other)


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


def _functions() -> Mapping[CodeType, list[FunctionType]]:
    """Give all functions there are, by their code."""
    found: dict[CodeType, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found[one.__code__].append(one)
    return found


@contextmanager
def _in_place_of(
    changed: Sequence[tuple[CodeType, CodeType]],
    functions: Mapping[CodeType, list[FunctionType]],
    beside: Callable[..., Any],
) -> Iterator[None]:
    """Change functions where they are, whoever holds them, for a while."""
    put = [
        (function, code, new)
        for code, new in dict(changed).items()
        if new.co_freevars == code.co_freevars
        for function in functions.get(code, ())
    ]
    for function, _, new in put:
        function.__globals__[BESIDE] = beside
        function.__code__ = new
    try:
        yield
    finally:
        for function, code, _ in put:
            function.__code__ = code
