"""What a run came to, in counts, in a sentence and in an exit status."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from made_up import ENGINE, judged, result

from gradspec import CONVENTION, SAFETY, SHOULD, VALUE
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.report.whole import faults
from gradspec_conformance.run.loop import Measured
from gradspec_conformance.run.result import Counts, ExitStatus, Result, result_of
from gradspec_conformance.run.selection import select

PASSED = judged("acc-001", assertions=2)
FAILED = judged("acc-002", Outcome.FAILED, kind="value", assertions=1)
KNOWN = judged("acc-002", Outcome.FAILED, Standing.EXPECTED_FAILURE, kind="value")
CHANGED = judged("acc-002", Outcome.FAILED, Standing.CHANGED_FAILURE, kind="shape")
TOO_GOOD = judged("acc-002", Outcome.PASSED, Standing.UNEXPECTED_PASS)
DEVIATES = judged("acc-003", Outcome.FAILED, level=SHOULD)
UNSUPPORTED = judged("acc-004", Outcome.UNSUPPORTED, lacking="tape")
CUT_OFF = judged("acc-005", Outcome.BLOCKED, foundation="bwd-001", gates=True)
KNOWN_BELOW = judged("acc-005", Outcome.BLOCKED, foundation="bwd-001")
STALE = Entry("acc-009", "value", "known", Cause.BUG, line=7)


# exit status --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "status", "outlook"),
    [
        (result(PASSED), ExitStatus.AS_EXPECTED, "conformant"),
        (result(PASSED, UNSUPPORTED), ExitStatus.AS_EXPECTED, "nothing failed that is demanded"),
        (result(PASSED, DEVIATES), ExitStatus.AS_EXPECTED, "nothing failed that is demanded"),
        (result(PASSED, KNOWN), ExitStatus.AS_EXPECTED, "all as expected"),
        (result(PASSED, FAILED), ExitStatus.NOT_CONFORMANT, "not conformant"),
        (
            result(PASSED, judged("acc-002", Outcome.FAILED, nature=CONVENTION)),
            ExitStatus.NOT_CONFORMANT,
            "not conformant, by conventions alone, which --profile sound leaves out",
        ),
        (
            result(PASSED, judged(kind=Kind.STATE)),
            ExitStatus.AS_EXPECTED,
            "nothing failed by itself, 1 after others",
        ),
        (result(PASSED, CUT_OFF), ExitStatus.NOT_CONFORMANT, "not conformant"),
        (result(CUT_OFF), ExitStatus.NOT_CONFORMANT, "not conformant"),
        (result(CUT_OFF, complaints=("no",)), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(KNOWN_BELOW), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(PASSED, CHANGED), ExitStatus.NOT_CONFORMANT, "not as expected"),
        (result(PASSED, TOO_GOOD), ExitStatus.NOT_CONFORMANT, "not as expected"),
        (result(PASSED, FAILED, CHANGED), ExitStatus.NOT_CONFORMANT, "not as expected"),
        (result(PASSED, stale=(STALE,)), ExitStatus.NOT_CONFORMANT, "not as expected"),
        (result(PASSED, least=2), ExitStatus.NOT_CONFORMANT, "not as expected"),
        (result(PASSED, missing=("acc-007",)), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(PASSED, complaints=("no",)), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(FAILED, complaints=("no",)), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(UNSUPPORTED), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(), ExitStatus.INCOMPLETE, "the run is incomplete"),
        (result(PASSED, interrupted=True), ExitStatus.INTERRUPTED, "the run is incomplete"),
        (result(interrupted=True), ExitStatus.INTERRUPTED, "the run is incomplete"),
    ],
)
def test_a_run_ends_with(found: Result, status: ExitStatus, outlook: str) -> None:
    assert (found.exit_status, found.outlook) == (status, outlook)


def test_exit_statuses_are_those_of_the_handbook() -> None:
    assert {status.name: int(status) for status in ExitStatus} == {
        "AS_EXPECTED": 0,
        "NOT_CONFORMANT": 1,
        "WRONG_USAGE": 2,
        "INCOMPLETE": 3,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize("part", [select("tape"), select("full", ["acc"]), select(keyword="acc")])
def test_a_part_may_run_less_than_the_whole_did(part: Any) -> None:
    assert result(PASSED, least=2, selection=part).shortfall is None


@pytest.mark.parametrize("least", [None, 0, 1])
def test_what_runs_as_much_as_before_falls_short_of_nothing(least: int | None) -> None:
    assert result(PASSED, UNSUPPORTED, least=least).shortfall is None


def test_what_fell_short_is_told_in_numbers() -> None:
    found = result(PASSED, UNSUPPORTED, least=2).shortfall

    assert found is not None
    assert found == (
        "1 clause ran, and 2 when the expectations were written: "
        "the engine declares less than it did, which leaves out 1"
    )


BELOW = judged("bwd-001", Outcome.FAILED, kind="value")
ABOVE = [
    judged(f"acc-00{n}", Outcome.BLOCKED, gates=True, foundation=on)
    for n, on in ((1, "bwd-001"), (2, "acc-001"), (3, "bwd-001"))
]


def test_what_a_failure_blocked_is_not_said_to_be_no_longer_declared() -> None:
    found = result(BELOW, *ABOVE, least=4).shortfall

    assert found == (
        "1 clause ran, and 4 when the expectations were written: bwd-001 failed and blocked 3"
    )


def test_what_has_no_verdict_is_not_said_to_be_no_longer_declared() -> None:
    found = result(BELOW, *ABOVE, missing=("acc-004",), least=7).shortfall

    assert found is not None
    assert found.endswith(
        ": bwd-001 failed and blocked 3, 1 has no verdict, "
        "the engine declares less than it did, which leaves out 2"
    )


def test_what_a_known_failure_blocks_was_blocked_before() -> None:
    known = judged("bwd-001", Outcome.FAILED, Standing.EXPECTED_FAILURE, kind="value")

    assert result(known, *ABOVE, least=1).shortfall is None
    assert "declares less" in str(result(known, *ABOVE, least=4).shortfall)


def test_what_a_newer_clause_blocks_is_no_shortfall() -> None:
    newer = judged("bwd-001", Outcome.FAILED, Standing.NEWER, kind="value")

    assert result(newer, *ABOVE, judged("acc-009"), least=5).shortfall is None


def test_unexplained_entries_are_red_where_that_is_asked_for() -> None:
    entry = Entry("acc-002", Kind.VALUE, "unexplained: say why", Cause.BUG, line=4)
    known = Expectations((entry, replace(entry, clause="acc-009")))
    expected = judged("acc-002", Outcome.FAILED, Standing.EXPECTED_FAILURE)
    lax = result(PASSED, expected, known=known)
    strict = replace(lax, strict=True)

    assert lax.exit_status is ExitStatus.AS_EXPECTED
    assert lax.unexplained == (entry,)
    assert (strict.exit_status, strict.outlook) == (ExitStatus.NOT_CONFORMANT, "not as expected")
    assert [fault.name for fault in faults(strict)] == ["acc-002 is explained"]


def test_a_selection_of_which_nothing_ran_says_so() -> None:
    found = result(UNSUPPORTED, selection=select(keyword="acc-004")).shortfall

    assert found == "no clause ran: each is unsupported, or builds on what does not hold"


# lists --------------------------------------------------------------------------------
def test_what_is_red_stands_in_reading_order() -> None:
    found = result(FAILED, PASSED, DEVIATES, CUT_OFF, TOO_GOOD)

    assert found.red == (FAILED, TOO_GOOD)
    assert found.deviations == (DEVIATES,)


# counts -------------------------------------------------------------------------------
def test_each_verdict_is_counted_once() -> None:
    found = result(PASSED, FAILED, UNSUPPORTED, CUT_OFF, missing=("acc-007",))

    assert found.rows == found.counts
    assert found.counts == Counts(
        selected=5,
        ran=2,
        asserted=2,
        passed=1,
        failed=1,
        errored=0,
        unsupported=1,
        blocked=1,
        crashed=0,
        timed_out=0,
    )


@pytest.mark.parametrize(
    ("outcome", "ran"),
    [(o, o not in (Outcome.UNSUPPORTED, Outcome.BLOCKED)) for o in Outcome],
)
def test_what_was_started_ran(outcome: Outcome, ran: bool) -> None:
    assert judged(outcome=outcome).verdict.ran is ran
    assert result(judged(outcome=outcome)).counts.ran == ran


def test_what_ran_and_demanded_nothing_has_not_asserted() -> None:
    empty = judged(outcome=Outcome.ERRORED)
    planned = judged("acc-002", Outcome.UNSUPPORTED, assertions=3)

    assert result(empty, planned).counts.asserted == 0


def test_a_clause_with_rows_counts_once_and_came_to_the_worst_of_them() -> None:
    rows = [
        judged("inp-042/t", assertions=1),
        judged("inp-042/view", Outcome.UNSUPPORTED),
        judged("inp-043/t", assertions=1),
        judged("inp-043/view", Outcome.FAILED),
    ]
    found = result(*rows)

    assert (found.counts.selected, found.counts.passed, found.counts.failed) == (2, 1, 1)
    assert (found.rows.selected, found.rows.passed, found.rows.failed) == (4, 2, 1)
    assert (found.counts.ran, found.counts.asserted) == (2, 2)


def test_missing_rows_are_one_clause_and_none_if_another_row_was_seen() -> None:
    lost = ("inp-042/t", "inp-042/view", "inp-043/t")
    found = result(judged("inp-043/view"), missing=lost)

    assert (found.counts.selected, found.rows.selected) == (2, 4)


def test_natures_are_counted_apart() -> None:
    found = result(judged(), judged("acc-002", Outcome.FAILED, nature=SAFETY), missing=("a-1",))
    counted = {n: found.of_nature(n) for n in (VALUE, SAFETY, CONVENTION)}

    assert {n: (c.selected, c.passed) for n, c in counted.items()} == {
        VALUE: (1, 1),
        SAFETY: (1, 0),
        CONVENTION: (0, 0),
    }


# the score ----------------------------------------------------------------------------
def test_a_score_says_of_which_claim_it_is() -> None:
    found = result(PASSED, FAILED, selection=select("tape", ["acc"]))
    narrowed = result(PASSED, selection=select(keyword="acc-001"))

    assert found.score.startswith(
        "passed 1 of 2 clauses of profile tape, chapter accumulation, edition torch"
    )
    assert narrowed.score.startswith("passed 1 of 1 clauses that match -k 'acc-001' of profile")


def test_a_score_tells_rows_where_there_are_any() -> None:
    rows = [judged("inp-042/t"), judged("inp-042/view", Outcome.FAILED)]

    assert result(*rows).score.startswith("passed 0 of 1 clauses (1 of 2 rows) of profile full")


# from what was measured ---------------------------------------------------------------
def test_what_was_measured_is_held_beside_what_was_asked_for() -> None:
    entries = (Entry("acc-004", "value", "known", Cause.BUG),)
    request: Any = SimpleNamespace(
        engine="mine:Engine",
        session=SimpleNamespace(description=ENGINE),
        selection=select(),
        effort=EVERYDAY,
        expectations=Expectations(entries, ran=9),
        strict=True,
        cases=dict.fromkeys(["acc-001", "acc-002", "acc-004", "acc-007"]),
    )
    found = {j.id: j for j in (UNSUPPORTED, PASSED, FAILED, judged("acc-099"))}
    made = result_of(request, Measured(found, ["twice", "once", "twice"], interrupted=True))

    assert made == Result(
        spec="mine:Engine",
        engine=ENGINE,
        selection=request.selection,
        effort=EVERYDAY,
        judged=(PASSED, FAILED, UNSUPPORTED),
        missing=("acc-007",),
        complaints=("twice", "once"),
        stale=entries,
        least=9,
        interrupted=True,
        known=request.expectations,
        strict=True,
    )
