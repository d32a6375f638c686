"""What fails only after others is told with those, and with no more of them than it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.confirmation import COPY, HANG, PROCESS, Confirmation
from gradspec_conformance.isolation.messages import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

TASK = Task("zzz-001")
BEFORE = [Task(f"aaa-{n:03}") for n in range(100)]
WRONG = Verdict("zzz-001", Outcome.FAILED, Kind.VALUE, "the gradient is not 2", "1.0", "2.0")
RIGHT = Verdict("zzz-001", Outcome.PASSED, assertions=3)


class Place:
    """Where a clause goes wrong after all of these have run, and counts what was run."""

    def __init__(self, *guilty: int) -> None:
        self.guilty = {BEFORE[number].clause for number in guilty}
        self.processes = self.clauses = 0

    def after(self, earlier: Sequence[Task], _task: Task) -> Verdict:
        """Run it."""
        self.processes += 1
        self.clauses += len(earlier)
        disturbed = self.guilty <= {task.clause for task in earlier}
        return WRONG if disturbed else RIGHT


@pytest.mark.parametrize("guilty", [(99,), (0,), (42,), (97, 98), (0, 99), (3, 50, 77)])
def test_the_fewest_clauses_that_disturb_another_are_found(guilty: tuple[int, ...]) -> None:
    place = Place(*guilty)
    verdict = Confirmation(place.after).of(TASK, WRONG, BEFORE)

    assert verdict.disturbed_by == tuple(BEFORE[number].clause for number in guilty)
    assert (verdict.outcome, verdict.kind, verdict.assertions) == (Outcome.PASSED, Kind.STATE, 3)
    assert (verdict.found, verdict.expected) == ("1.0", "2.0")
    assert place.clauses < 1500


def test_whoever_ran_just_before_is_found_at_once() -> None:
    place = Place(99)
    Confirmation(place.after).of(TASK, WRONG, BEFORE)

    assert (place.processes, place.clauses) == (2, 1)


def test_whoever_disturbed_one_clause_is_found_at_once_for_the_next() -> None:
    place = Place(3)
    confirm = Confirmation(place.after)
    confirm.of(TASK, WRONG, BEFORE)
    place.processes = place.clauses = 0

    assert confirm.of(TASK, WRONG, BEFORE[:50]).disturbed_by == ("aaa-003",)
    assert (place.processes, place.clauses) == (2, 1)


def test_a_suspect_that_has_not_run_is_not_suspected() -> None:
    place = Place(3)
    confirm = Confirmation(place.after)
    confirm.of(TASK, WRONG, BEFORE)
    place.guilty = {"aaa-050"}

    assert confirm.of(TASK, WRONG, BEFORE[40:]).disturbed_by == ("aaa-050",)


@pytest.mark.parametrize(("price", "most"), [(COPY, 200), (PROCESS, 40), (HANG, 6)])
def test_a_search_costs_no_more_than_it_may(price: int, most: int) -> None:
    place = Place(*range(0, 100, 7))
    wrong = Verdict("zzz-001", Outcome.TIMED_OUT, Kind.TIMEOUT) if price == HANG else WRONG
    verdict = Confirmation(place.after, price).of(TASK, wrong, BEFORE)

    assert verdict.kind is Kind.STATE
    assert place.guilty <= set(verdict.disturbed_by)
    assert place.processes <= most


def test_all_searches_together_cost_no_more_than_they_may() -> None:
    place = Place()
    confirm = Confirmation(place.after, _left=500)
    for number in range(50):
        place.guilty = {BEFORE[number].clause}
        found = confirm.of(TASK, WRONG, BEFORE)

        assert set(found.disturbed_by) >= place.guilty
    assert place.clauses < 500 + 50 * 250  # with nothing left it is looked at twice at most
