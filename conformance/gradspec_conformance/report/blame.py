"""Which failures an operator is to blame for, and which ways to be wrong are habits."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec_conformance.execution.habit import NO_GRADIENT, UNSUMMED
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gradspec_conformance.run.judgement import Judged

DERIVATIVES: Final = "op-001"
"""The table of what each operator's derivative is."""

A_HABIT: Final = 3
"""In how many operators a result has to be wrong in one way to be a habit of the engine's."""


def habits(judged: Iterable[Judged], told: Iterable[Judged]) -> Mapping[str, bool]:
    """Find the ways to be wrong that several operators share, and which are not theirs alone.

    Such are what most operators do, gradients that are missing, and sums that are forgotten.
    """
    ran = {operator_of(one) for one in judged if one.verdict.ran}
    seen: dict[str, set[str]] = defaultdict(set)
    for one in told:
        operator, habit = operator_of(one), one.verdict.habit
        if operator is not None and habit is not None:
            seen[habit].add(operator)
    most = len(ran - {None}) / 2
    return {
        habit: habit in (NO_GRADIENT, UNSUMMED) or len(operators) > most
        for habit, operators in seen.items()
        if len(operators) >= A_HABIT or habit == UNSUMMED
    }


def blamed(judged: Sequence[Judged], told: Sequence[Judged]) -> Mapping[str, str]:
    """Say for which failures an operator is to blame: id -> operator.

    A row of a table is for its operator, unless the table fails in more of its operators than the
    operator in its tables.  A program that needs one of these operators fails by it, unless the
    operator is right where nothing is broadcast and nothing else is special.
    """
    ran = _Grid.of(one for one in judged if one.verdict.ran)
    wrong = _Grid.of(one for one in told if one.verdict.outcome is Outcome.FAILED)
    guilty = {}
    for one in told:
        operator = operator_of(one)
        if operator is None or one.verdict.outcome is not Outcome.FAILED:
            continue
        of_operator = len(wrong.clauses[operator]) / len(ran.clauses[operator])
        of_table = len(wrong.operators[one.clause]) / len(ran.operators[one.clause])
        if len(wrong.operators[one.clause]) < A_HABIT or of_operator >= of_table:
            guilty[one.id] = operator
    operators = set(guilty.values()) - _right_in_plain(judged, guilty)
    for one in told:
        if one.verdict.outcome is Outcome.FAILED and one.id not in guilty:
            used = operators & (_used(one) if operator_of(one) is None else {operator_of(one)})
            if len(used) == 1:
                guilty[one.id] = used.pop()
    return guilty


def _right_in_plain(judged: Iterable[Judged], guilty: Mapping[str, str]) -> set[str]:
    """Name the operators of which only special rows fail: a broadcast, a kink, a call."""
    plain = {
        operator
        for one in judged
        if one.verdict.outcome is Outcome.PASSED
        and one.clause == DERIVATIVES
        and (operator := operator_of(one)) is not None
        and one.id == f"{DERIVATIVES}/{operator}"
    }
    return plain & set(guilty.values())


@dataclass(frozen=True)
class _Grid:
    """Which operators there are in each table, and in which tables each operator is."""

    operators: Mapping[str, set[str]]
    clauses: Mapping[str, set[str]]

    @classmethod
    def of(cls, rows: Iterable[Judged]) -> _Grid:
        grid = cls(defaultdict(set), defaultdict(set))
        for one in rows:
            operator = operator_of(one)
            if operator is not None:
                grid.operators[one.clause].add(operator)
                grid.clauses[operator].add(one.clause)
        return grid


def _used(one: Judged) -> set[str]:
    """Name the operators that a program uses."""
    return {name.rstrip("_") for name in re.findall(r'"act":"op:(\w+)"', one.verdict.program or "")}


def operator_of(one: Judged) -> str | None:
    """Name the operator that a row is about; in place it is the same one."""
    demand = edition.demand(one.id)
    if demand is None or not demand.row:
        return None
    words = (word.removeprefix("op:") for word in demand.needs if word.startswith("op:"))
    names = [w for w in words if demand.row == w or demand.row.startswith(f"{w}_")]
    return max(names, key=len).rstrip("_") if names else None
