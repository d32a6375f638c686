"""`check_engine` judges in process, and has a word for whatever an engine answers."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from wrong_engines import (
    GivesAnotherObject,
    GivesAnotherShape,
    GivesAnotherType,
    GivesNaN,
    Overwrites,
    ToyEngine,
)

from gradspec_conformance import Checked, check_engine
from gradspec_conformance.exceptions import EngineNotFound, UnknownSelection
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations

ADDS = "acc-001"


def check(engine: object) -> Checked:
    """Check one chapter."""
    return check_engine(engine, profile="scalar", chapters=["acc"], examples=3)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def wrong() -> Checked:
    """An engine that overwrites, checked once for all tests."""
    return check(Overwrites())


def test_an_engine_is_an_object_a_class_or_a_name() -> None:
    name = "wrong_engines:ToyEngine"

    assert check(ToyEngine).counts == check(ToyEngine()).counts == check(name).counts


def test_a_wrong_engine_is_not_ok(wrong: Checked) -> None:
    assert not wrong.ok
    assert wrong.verdicts[ADDS].outcome is Outcome.FAILED
    assert ADDS in [failure.id for failure in wrong.failures]


def test_its_text_explains_each_failure_and_ends_with_the_score(wrong: Checked) -> None:
    text = str(wrong)

    assert "failed (value): another value" in text
    assert text.splitlines()[-1].startswith(f"passed {wrong.counts.passed} of")


def test_its_short_text_is_one_line(wrong: Checked) -> None:
    assert repr(wrong).count("\n") == 0


def test_it_does_not_change(wrong: Checked) -> None:
    with pytest.raises(FrozenInstanceError):
        wrong.result = None  # type: ignore[misc, assignment]


def test_expected_failures_are_ok(wrong: Checked) -> None:
    known = [
        Entry(failure.id, failure.verdict.kind, "known", Cause.BUG, failure.verdict.outcome)
        for failure in wrong.failures
    ]
    checked = check_engine(
        Overwrites(),
        profile="scalar",
        chapters=["acc"],
        examples=3,
        expectations=Expectations(tuple(known)),
    )

    assert checked.ok


@pytest.mark.parametrize(
    ("engine", "outcome", "kind"),
    [
        (GivesNaN, Outcome.FAILED, "value"),
        (GivesAnotherShape, Outcome.FAILED, "shape"),
        (GivesAnotherType, Outcome.ERRORED, "broken port"),
        (GivesAnotherObject, Outcome.ERRORED, "AttributeError"),
    ],
)
def test_a_strange_answer_has_a_verdict(engine: type, outcome: Outcome, kind: str) -> None:
    verdict = check_engine(engine, chapters=["bwd"]).verdicts["bwd-001"]

    assert (verdict.outcome, verdict.kind) == (outcome, kind)


def test_what_does_not_exist_is_told() -> None:
    with pytest.raises(EngineNotFound):
        check("nothing_of_the_kind")
    with pytest.raises(UnknownSelection):
        check_engine(ToyEngine, profile="nothing of the kind")
