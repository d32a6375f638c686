"""`check_engine` judges in process, and has a word for whatever an engine answers."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING

import pytest
from made_up import judged, result
from wrong_engines import (
    DeclaresValuesOnly,
    GivesAnotherObject,
    GivesAnotherShape,
    GivesAnotherType,
    GivesNaN,
    Overwrites,
    ToyEngine,
)

from gradspec import edition
from gradspec_conformance import Checked, check_engine
from gradspec_conformance.exceptions import EngineNotFound, UnknownSelection
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations, Standing

if TYPE_CHECKING:
    from pathlib import Path

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


def test_its_text_says_that_a_failure_was_not_confirmed_elsewhere(wrong: Checked) -> None:
    assert "may depend on what ran before" in str(wrong)
    assert "may depend on what ran before" not in str(Checked(result(judged())))


def test_its_short_text_is_one_line(wrong: Checked) -> None:
    assert repr(wrong).count("\n") == 0


def test_it_does_not_change(wrong: Checked) -> None:
    with pytest.raises(FrozenInstanceError):
        wrong.result = None  # type: ignore[misc, assignment]


def test_a_run_that_lacks_a_verdict_is_not_ok_and_says_which(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (kept,) = (d for d in edition.demands() if d.id == "bwd-001")
    gone = replace(kept, id="bwd-999", clause="bwd-999")
    monkeypatch.setattr(edition, "demands", lambda: (kept, gone))
    monkeypatch.setattr("gradspec_conformance.execution.register.cases", lambda *_: {})
    checked = check_engine(ToyEngine, chapters=["bwd"])

    assert checked.result.missing == ("bwd-999",)
    assert checked.verdicts["bwd-001"].outcome is Outcome.PASSED
    assert not checked.ok
    assert "1 clause has no verdict: bwd-999" in str(checked)
    assert repr(checked).endswith("the run is incomplete>")


def test_an_engine_of_which_nothing_can_be_asked_is_not_ok() -> None:
    checked = check(DeclaresValuesOnly)

    assert not checked.ok
    assert "no clause ran" in str(checked)


def test_a_stale_entry_is_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ("bwd-001", "leaf-042")
    kept = tuple(d for d in edition.demands() if d.id in wanted)
    monkeypatch.setattr(edition, "demands", lambda: kept)
    monkeypatch.setattr("gradspec_conformance.execution.register.cases", lambda *_: {})
    known = Expectations((Entry("leaf-042", "value", "known", Cause.BUG),))
    checked = check_engine(ToyEngine, expectations=known)

    assert not checked.ok
    assert (
        "leaf-042 was expected to fail; it never ran: the engine does not declare deepcopy"
        in str(checked)
    )


@pytest.mark.parametrize(
    ("engine", "name"),
    [("wrong_engines:Overwrites", "wrong_engines:Overwrites"), (Overwrites, "toy")],
)
def test_its_text_names_the_engine_as_it_was_given(engine: object, name: str) -> None:
    assert f"repeat it: gradspec run {name} --no-expect -k acc-001 --examples 3" in str(
        check(engine)
    )


def test_examples_and_seed_are_those_that_were_asked_for() -> None:
    checked = check_engine(ToyEngine, chapters=["life"], examples=3, seed=7)

    assert checked.result.effort == Effort(3, 7)


def test_expectations_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text('[[expected]]\nclause = "acc-*"\nkind = "value"\nreason = "r"\nclass = "bug"\n')
    checked = check_engine(Overwrites, profile="scalar", chapters=["acc"], expectations=file)

    assert checked.result.standing(Standing.EXPECTED_FAILURE)


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
        (GivesAnotherObject, Outcome.ERRORED, "raised"),
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
