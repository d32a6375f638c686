"""`findings(judged)`: failures that have one cause are one finding; the gravest stand first.

One cause is one exception out of one place in the engine's code; one wrong habit, such as
gradients of the opposite sign; one operator that is wrong; one table.  What builds on a failure
belongs to it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from gradspec import edition
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Outcome
from gradspec_conformance.known.expectations import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gradspec_conformance.run.judgement import Judged

MOST: Final = 10
"""How many findings are told unless all are asked for."""

A_HABIT: Final = 3
"""In how many operators a result has to be wrong in one way to be a habit of the engine's."""

STOPPED: Final = (Kind.RAISED, Kind.REFUSED)
"""Kinds of what an exception of the engine's brought about."""


class Gravity(IntEnum):
    """In which order findings are told."""

    WRONG_VALUES = 0
    MISSING_GRADIENTS = 1
    CRASHES = 2
    SAFETY = 3
    CONVENTIONS = 4
    UNMAPPED = 5
    UNEXPECTED_PASSES = 6

    @property
    def words(self) -> str:
        """What stands before the sentence of a finding."""
        return WORDS[self]


WORDS: Final = {
    Gravity.WRONG_VALUES: "wrong value",
    Gravity.MISSING_GRADIENTS: "missing gradient",
    Gravity.CRASHES: "crash",
    Gravity.SAFETY: "safety",
    Gravity.CONVENTIONS: "convention",
    Gravity.UNMAPPED: "refused, unmapped",
    Gravity.UNEXPECTED_PASSES: "unexpected pass",
}


@dataclass(frozen=True)
class Finding:
    """One cause: what it is in a sentence, what fails by it, and what that blocks."""

    sentence: str
    members: tuple[Judged, ...]
    blocked: tuple[Judged, ...] = field(default=())

    @functools.cached_property
    def gravity(self) -> Gravity:
        """That of the gravest failure."""
        return min(map(gravity_of, self.members))

    @property
    def is_red(self) -> bool:
        """Whether any of it closes the gate."""
        return any(one.standing.red for one in self.members)

    @functools.cached_property
    def example(self) -> Judged:
        """The shortest program that shows it, of the gravest."""
        return min(self.members, key=_worth_showing)

    @property
    def clauses(self) -> int:
        """How many clauses fail; one with rows counts once."""
        return len({one.clause for one in self.members})

    def says(self, message: str | None) -> bool:
        """Whether the sentence has all that a message says."""
        text = None if message is None else _stripped(message)
        return text is not None and "\n" not in text and text in self.sentence

    @property
    def weight(self) -> tuple[bool, Gravity, int]:
        """What sorts findings, the gravest first."""
        return not self.is_red, self.gravity, -len(self.members) - len(self.blocked)


def findings(judged: Sequence[Judged]) -> list[Finding]:
    """Group what closes the gate or deviates, the gravest first; else in reading order."""
    told = [one for one in judged if one.standing.red or one.standing is Standing.DEVIATION]
    groups: dict[Any, list[Judged]] = defaultdict(list)
    blamed = _blamed(judged, told)
    habits = _habits(told, blamed)
    for one in told:
        groups[_cause(one, blamed.get(one.id), habits)].append(one)
    blocked = _blocked(judged)
    found = [
        Finding(
            _sentence(cause, members),
            tuple(members),
            tuple(b for one in members for b in blocked.get(one.id, ())),
        )
        for cause, members in groups.items()
    ]
    return sorted(found, key=lambda finding: finding.weight)


def summary(judged: Sequence[Judged]) -> Iterator[str]:
    """Give a line for each of the gravest findings, and one that counts the others."""
    found = findings(judged)
    for number, one in enumerate(found[:MOST], 1):
        count, example = len(one.members), one.example.id
        where = example if count == 1 else f"{count} failures, such as {example}"
        yield f"{number}. {one.gravity.words}: {one.sentence} ({where})"
    if len(found) > MOST:
        yield f"and {len(found) - MOST} more findings"


def gravity_of(one: Judged) -> Gravity:
    """Say how grave a failure is."""
    verdict = one.verdict
    if one.standing is Standing.UNEXPECTED_PASS:
        return Gravity.UNEXPECTED_PASSES
    if verdict.kind in INEXCUSABLE:
        return Gravity.WRONG_VALUES
    if verdict.kind is Kind.UNMAPPED:
        return Gravity.UNMAPPED
    if verdict.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        return Gravity.CRASHES
    if one.nature is not Nature.VALUE:
        return Gravity.SAFETY if one.nature is Nature.SAFETY else Gravity.CONVENTIONS
    if verdict.outcome is not Outcome.FAILED:
        return Gravity.CRASHES
    missing = verdict.kind is Kind.MISSING_GRADIENT
    return Gravity.MISSING_GRADIENTS if missing else Gravity.WRONG_VALUES


def _worth_showing(one: Judged) -> tuple[bool, Gravity, int]:
    shown = one.verdict.script or one.verdict.program
    return not one.standing.red, gravity_of(one), len(shown) if shown else 10**9


# causes -------------------------------------------------------------------------------
def _cause(one: Judged, operator: str | None, habits: frozenset[str]) -> tuple[Any, ...]:
    """Name the cause, so that what has one cause gives one name."""
    verdict, grave = one.verdict, gravity_of(one)
    if grave is Gravity.UNEXPECTED_PASSES:
        return ("passes",)
    if verdict.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        return ("ended", verdict.outcome, verdict.manner)
    if verdict.kind is Kind.UNMAPPED:
        return ("unmapped", verdict.found, verdict.expected)
    if verdict.kind in STOPPED:
        return ("raised", verdict.manner, verdict.place, _pattern(one))
    if verdict.habit is not None and (operator is None or verdict.habit in habits):
        return ("habit", verdict.habit)
    if operator is not None:
        return ("operator", operator)
    return ("clause", one.clause, verdict.kind)


def _habits(told: Iterable[Judged], blamed: Mapping[str, str]) -> frozenset[str]:
    """Find the ways to be wrong that several operators share."""
    seen: dict[str, set[str]] = defaultdict(set)
    for one in told:
        operator, habit = blamed.get(one.id) or _operator(one), one.verdict.habit
        if operator is not None and habit is not None:
            seen[habit].add(operator)
    return frozenset(habit for habit, operators in seen.items() if len(operators) >= A_HABIT)


def _blamed(judged: Iterable[Judged], told: Sequence[Judged]) -> Mapping[str, str]:
    """Say for which failures an operator is to blame: id -> operator.

    A row of a table is for its operator, unless the table fails in more of its operators than the
    operator in its tables.  A program that needs one of these operators fails by it.
    """
    ran = _Grid.of(one for one in judged if one.verdict.ran)
    wrong = _Grid.of(one for one in told if one.verdict.outcome is Outcome.FAILED)
    blamed = {}
    for one in told:
        operator = _operator(one)
        if operator is None or one.verdict.outcome is not Outcome.FAILED:
            continue
        of_operator = len(wrong.clauses[operator]) / len(ran.clauses[operator])
        of_table = len(wrong.operators[one.clause]) / len(ran.operators[one.clause])
        if len(wrong.operators[one.clause]) < A_HABIT or of_operator >= of_table:
            blamed[one.id] = operator
    guilty = set(blamed.values())
    for one in told:
        if one.verdict.outcome is Outcome.FAILED and _operator(one) is None:
            used = guilty & _used(one)
            if len(used) == 1:
                blamed[one.id] = used.pop()
    return blamed


@dataclass(frozen=True)
class _Grid:
    """Which operators there are in each table, and in which tables each operator is."""

    operators: Mapping[str, set[str]]
    clauses: Mapping[str, set[str]]

    @classmethod
    def of(cls, rows: Iterable[Judged]) -> _Grid:
        grid = cls(defaultdict(set), defaultdict(set))
        for one in rows:
            operator = _operator(one)
            if operator is not None:
                grid.operators[one.clause].add(operator)
                grid.clauses[operator].add(one.clause)
        return grid


def _used(one: Judged) -> set[str]:
    """Name the operators that a program uses."""
    return {name.rstrip("_") for name in re.findall(r'"act":"op:(\w+)"', one.verdict.program or "")}


def _operator(one: Judged) -> str | None:
    """Name the operator that a row is about; in place it is the same one."""
    demand = edition.demand(one.id)
    if demand is None or not demand.row:
        return None
    words = (word.removeprefix("op:") for word in demand.needs if word.startswith("op:"))
    names = [w for w in words if demand.row == w or demand.row.startswith(f"{w}_")]
    return max(names, key=len).rstrip("_") if names else None


def _pattern(one: Judged) -> str:
    """Say what an exception says, up to its numbers, where no line of the engine's raised it."""
    place = one.verdict.place
    if place is not None and ", in " in place:
        return ""
    return re.sub(r"\d+", "#", _text(one))


def _stripped(message: str) -> str:
    """Give what an exception says, without the act that it came out of, and without its place."""
    _, raised, text = message.partition(" raised ")
    return re.sub(r" \(in \S+, [^()]*\)$", "", text if raised else message)


def _text(one: Judged) -> str:
    return _stripped((one.verdict.message or "").split("\n")[0])


def _act(one: Judged) -> str:
    """Name the act that an exception came out of."""
    act, raised, _ = (one.verdict.message or "").partition(" raised ")
    return act if raised and " " not in act else ""


# sentences ----------------------------------------------------------------------------
def _sentence(cause: tuple[Any, ...], members: list[Judged]) -> str:
    """Say in a sentence that can stand alone what is wrong."""
    first, alone = members[0], len(members) == 1
    match cause:
        case ("passes",) if alone:
            return f"{first.id} was expected to fail, and passes."
        case ("passes",):
            return f"{len(members)} clauses were expected to fail, and pass."
        case ("raised", *_):
            return _raised(members)
        case ("unmapped", error, kind):
            return f"a refusal with {error} is not mapped, where one as {kind} is expected."
        case _ if alone:
            return f"not so: {first.statement}"
        case ("ended", Outcome.TIMED_OUT, _):
            return f"{len(members)} programs do not come to their end in time."
        case ("ended", _, manner):
            return f"The engine's process ends ({manner}) in {len(members)} programs."
        case ("habit", habit):
            return f"{habit[0].upper()}{habit[1:]}{_where(members)}."
        case ("operator", operator):
            ways = {one.verdict.habit for one in members}
            way = ways.pop() if len(ways) == 1 else None
            return f"`{operator}` is wrong{f': {way}' if way else ''}."
    rest = len(members) - 1
    return f"not so: {first.statement} Nor in {rest} more {'row' if rest == 1 else 'rows'}."


def _raised(members: list[Judged]) -> str:
    first = members[0]
    acts = {_act(one) for one in members}
    act = acts.pop() if len(acts) == 1 else ""
    said = f"`{act}` raises {_text(first)}" if act else _text(first)
    return f"{said}, at {first.verdict.place}." if first.verdict.place else f"{said}."


def _where(members: list[Judged]) -> str:
    """Name the operators that a habit shows in."""
    named = [f"`{name}`" for name in dict.fromkeys(map(_operator, members)) if name]
    if not named:
        return ""
    more = f" and {len(named) - A_HABIT} more" if len(named) > A_HABIT else ""
    return f" ({', '.join(named[:A_HABIT])}{more})"


# what is cut off ----------------------------------------------------------------------
def _blocked(judged: Iterable[Judged]) -> Mapping[str, list[Judged]]:
    """List what builds, directly or not, on each clause or row that does not hold."""
    by_id = {one.id: one for one in judged}
    found: dict[str, list[Judged]] = defaultdict(list)
    for one in by_id.values():
        below = one
        while below.verdict.foundation in by_id:
            below = by_id[below.verdict.foundation]
        if below is not one:
            found[below.id].append(one)
    return found
