"""`meeting(told)`: which wrong values come of paths that meet, where these do not add up."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.report.blame import operator_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.run.judgement import Judged

WITNESSES: Final = frozenset({"rec-013", "rec-014/product"})
"""Programs in which nothing can be wrong but the sum of two uses: all of them have to fail."""

OPERATION: Final = re.compile(r'"act":"op:\w+","with":\{(.*?)\}(?:,"makes"|\}[,\]])')
OPERAND: Final = re.compile(r'"\$ref":(\d+)')


def meeting(told: Iterable[Judged]) -> frozenset[str]:
    """Name the failures whose programs use a tensor several times, if that alone is wrong."""
    found = frozenset(one.id for one in told if _is_wrong(one) and _uses_again(one))
    return found if found >= WITNESSES else frozenset()


def _is_wrong(one: Judged) -> bool:
    """Say whether a number is wrong that is not an operator's own."""
    verdict = one.verdict
    failed = verdict.outcome is Outcome.FAILED and verdict.kind is Kind.VALUE
    return failed and one.nature is not Nature.CONVENTION and operator_of(one) is None


def _uses_again(one: Judged) -> bool:
    operations = OPERATION.findall(one.verdict.program or "")
    uses = Counter(number for given in operations for number in OPERAND.findall(given))
    return max(uses.values(), default=0) > 1
