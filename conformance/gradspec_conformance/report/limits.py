"""`limit(told)`: the number at which an engine cuts gradients off, and what fails by it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.report.blame import A_HABIT, operator_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.run.judgement import Judged

    Pair = tuple[float, float]

NUMBER: Final = re.compile(r"nan|-?(?:inf|\d+(?:\.\d*)?(?:e[-+]?\d+)?)")

SLACK: Final = 1e-6
"""By how much rounding may make a number larger."""

PASSES: Final = frozenset({"tape", "grad", "vjp"})
"""Words of what gives gradients."""


def limit(told: Iterable[Judged]) -> tuple[float | None, frozenset[str]]:
    """Find the limit that gradients through several operators keep to, and what is wrong by it.

    Cotangents are drawn at random, so that no three operators come to one number by chance.
    """
    wrong = {one: pairs for one in told if (pairs := _wrong_gradient(one))}
    ends = {one: end for one, pairs in wrong.items() if (end := _end(pairs)) is not None}
    seen: dict[float, set[str]] = defaultdict(set)
    for one, end in ends.items():
        operator = operator_of(one)
        seen[end] |= set() if operator is None else {operator}
    end = max(seen, key=lambda number: len(seen[number]), default=0.0)
    if len(seen[end]) < A_HABIT:
        return None, frozenset()
    at_end = {one.id for one in ends if ends[one] == end}
    below = {
        one.id
        for one, pairs in wrong.items()
        if operator_of(one) in seen[end] and _are_smaller(pairs, end)
    }
    return end, frozenset(at_end | below)


def _wrong_gradient(one: Judged) -> list[Pair]:
    """Pair what was found with what was expected where a gradient has a wrong value."""
    verdict = one.verdict
    failed = verdict.outcome is Outcome.FAILED and verdict.kind is Kind.VALUE
    if not failed or not PASSES & edition.needs(one.id):
        return []
    found, expected = _numbers(verdict.found), _numbers(verdict.expected)
    if len(found) != len(expected) or not all(map(math.isfinite, found)):
        return []
    return list(zip(found, expected, strict=True))


def _end(pairs: list[Pair]) -> float | None:
    """Give the largest number that was found, if wherever it stands a larger one is expected."""
    end = max(abs(found) for found, _ in pairs)
    wanted = [
        expected * math.copysign(1.0, found) for found, expected in pairs if abs(found) == end
    ]
    return end if 0.0 < end <= min(wanted) and end < max(wanted) else None


def _are_smaller(pairs: list[Pair], end: float) -> bool:
    """Say whether each number is of the sign that it should be, and within the limit or smaller."""
    return all(
        abs(found) <= end and 0.0 <= found * math.copysign(1.0, expected) <= abs(expected) + SLACK
        for found, expected in pairs
    )


def _numbers(text: str | None) -> list[float]:
    """Read the numbers of a text, whatever its brackets."""
    return [float(number) for number in NUMBER.findall(text or "")]
