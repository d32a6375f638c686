"""`shortfall(...)`: why fewer clauses ran than did when the expectations were written.

What a failure blocks, what has no verdict and what is no longer declared are told apart; what a
clause that is newer than the expectations blocks is no shortfall.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.expectations import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gradspec_conformance.known.expectations import Expectations
    from gradspec_conformance.run.judgement import Judged

MOST_NAMED: Final = 5
FALLEN: Final = {
    Outcome.FAILED: "failed",
    Outcome.ERRORED: "is in error",
    Outcome.CRASHED: "crashed",
    Outcome.TIMED_OUT: "timed out",
}


def shortfall(
    judged: Iterable[Judged], known: Expectations, least: int, missing: int = 0
) -> str | None:
    """Say why fewer of what was known then ran than `least`; None if as many did."""
    by_id = {one.id: one for one in judged}
    of_then = [one for one in by_id.values() if not known.is_newer(one.id)]
    ran = sum(one.verdict.ran for one in of_then)
    roots = Counter(root for one in of_then if (root := root_of(one, by_id)) is not None)
    newer = [root for root in roots if by_id[root].standing is Standing.NEWER]
    lost = least - ran - sum(roots.pop(root) for root in newer)
    if lost <= 0:
        return None
    reasons = [_fell(by_id[root], count) for root, count in roots.most_common(MOST_NAMED)]
    others = roots.total() - sum(count for _, count in roots.most_common(MOST_NAMED))
    reasons += [f"others that failed blocked {others}"] if others else []
    reasons += [f"{missing} {'has' if missing == 1 else 'have'} no verdict"] if missing else []
    rest = lost - roots.total() - missing
    if rest > 0:
        reasons.append(f"the engine declares less than it did, which leaves out {rest}")
    clauses = "clause" if ran == 1 else "clauses"
    numbers = f"{ran} {clauses} ran, and {least} when the expectations were written"
    return f"{numbers}: {', '.join(reasons)}"


def root_of(judged: Judged, by_id: Mapping[str, Judged]) -> str | None:
    """Find the failure that blocks a clause, where it is none that was expected."""
    found: Judged | None = judged
    while found is not None and found.verdict.foundation is not None:
        found = by_id.get(found.verdict.foundation)
    if found is None or found is judged or not found.verdict.ran:
        return None
    return None if found.standing is Standing.EXPECTED_FAILURE else found.id


def _fell(judged: Judged, count: int) -> str:
    return f"{judged.id} {FALLEN.get(judged.verdict.outcome, 'did not hold')} and blocked {count}"
