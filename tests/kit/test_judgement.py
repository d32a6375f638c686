"""A verdict is held beside what was expected; what closes the gate also if it never ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from made_up import Session

from gradspec import CONVENTION, MUST, SHOULD, VALUE, edition
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.run.judgement import Judge, Judged
from gradspec_conformance.run.selection import PROFILES

if TYPE_CHECKING:
    from gradspec.edition import Demand
    from gradspec.rank import Nature

LOWEST, BELOW, ABOVE = "leaf-001", "bwd-001", "acc-001"
KNOWN = Expectations((Entry(BELOW, "value", "known", Cause.BUG),))
NOTHING = Expectations.none()


def demand(identifier: str = ABOVE) -> Demand:
    """Give a line of the edition."""
    (found,) = (line for line in edition.demands() if line.id == identifier)
    return found


def failed(identifier: str) -> Verdict:
    """Give the verdict of what gave another value."""
    return Verdict(identifier, Outcome.FAILED, "value")


def blocked(identifier: str, foundation: str) -> Verdict:
    """Give the verdict of what was not run because of another."""
    return Verdict(identifier, Outcome.BLOCKED, foundation=foundation)


def judge(*verdicts: Verdict, expectations: Expectations = NOTHING) -> Judged:
    """Judge the first of the verdicts."""
    case = demand(verdicts[0].id)
    return Judge(Session(*verdicts), expectations).judge(case)  # type: ignore[arg-type]


def test_a_judgement_says_what_was_demanded_and_what_came_of_it() -> None:
    verdict = failed(ABOVE)
    found, line = judge(verdict), demand()

    assert found == Judged(
        verdict=verdict,
        chapter="accumulation",
        name=line.name,
        level=MUST,
        nature=line.nature,
        statement=line.statement,
        standing=Standing.UNEXPECTED_FAILURE,
        gates=True,
    )


def test_a_row_belongs_to_its_clause() -> None:
    row = replace(demand(), id=f"{ABOVE}/transpose")
    judging = Judge(Session(Verdict(row.id, Outcome.PASSED)), NOTHING)  # type: ignore[arg-type]
    found = judging.judge(row)

    assert (found.id, found.clause) == (row.id, ABOVE)


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.UNSUPPORTED])
def test_what_passed_or_cannot_be_asked_does_not_gate(outcome: Outcome) -> None:
    assert not judge(Verdict(ABOVE, outcome)).gates


def test_a_blocked_clause_gates_where_what_blocks_it_failed() -> None:
    found = judge(blocked(ABOVE, BELOW), failed(BELOW))

    assert found.standing is Standing.NOT_RUN
    assert found.gates


def test_a_blocked_clause_gates_where_what_blocks_it_is_blocked_by_a_failure() -> None:
    assert judge(blocked(ABOVE, BELOW), blocked(BELOW, LOWEST), failed(LOWEST)).gates


def test_a_blocked_clause_does_not_gate_where_the_failure_was_expected() -> None:
    assert not judge(blocked(ABOVE, BELOW), failed(BELOW), expectations=KNOWN).gates


def test_a_blocked_clause_gates_where_the_failure_is_not_the_one_that_was_expected() -> None:
    changed = Verdict(BELOW, Outcome.FAILED, "shape")

    assert judge(blocked(ABOVE, BELOW), changed, expectations=KNOWN).gates


def test_a_blocked_clause_does_not_gate_where_the_end_of_the_chain_cannot_be_asked() -> None:
    unsupported = Verdict(LOWEST, Outcome.UNSUPPORTED)

    assert not judge(blocked(ABOVE, BELOW), blocked(BELOW, LOWEST), unsupported).gates


@pytest.mark.parametrize(
    ("kind", "nature", "gates"),
    [("value", CONVENTION, False), ("value", VALUE, True), (Kind.UNREADABLE, CONVENTION, True)],
)
def test_a_blocked_clause_gates_where_the_profile_speaks_of_what_blocks_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, nature: Nature, gates: bool
) -> None:
    foundation = replace(demand(BELOW), nature=nature)
    monkeypatch.setattr("gradspec_conformance.run.judgement.thing_named", lambda _: foundation)
    session = Session(blocked(ABOVE, BELOW), Verdict(BELOW, Outcome.FAILED, kind))
    judging = Judge(session, NOTHING, PROFILES["sound"])  # type: ignore[arg-type]

    assert judging.judge(demand()).gates is gates


def test_what_is_blocked_by_a_clause_that_is_nowhere_gates() -> None:
    assert judge(blocked(ABOVE, "zzz-999")).gates


def test_a_blocked_recommendation_does_not_gate() -> None:
    session = Session(blocked(ABOVE, BELOW), failed(BELOW))
    judging = Judge(session, NOTHING)  # type: ignore[arg-type]

    assert not judging.judge(replace(demand(), level=SHOULD)).gates


def test_a_must_that_is_blocked_by_a_deviation_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    optional = replace(demand(BELOW), level=SHOULD)
    monkeypatch.setattr("gradspec_conformance.run.judgement.thing_named", lambda _: optional)

    assert judge(blocked(ABOVE, BELOW), failed(BELOW)).gates


def test_the_programs_of_known_failures_are_tried_first() -> None:
    session = Session()
    known = Expectations((Entry(ABOVE, "value", "known", Cause.BUG, program="{...}"),))
    Judge(session, known)  # type: ignore[arg-type]

    assert session.known is not None
    assert session.known(ABOVE) == "{...}"
