"""The JSON report keeps to its published schema, and says nothing by chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from gradspec_conformance import check_engine
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.report.json import SCHEMA_FILE, Report, schema

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = Path(__file__).with_name("wrong_engines.py")


def report() -> dict[str, Any]:
    """Report on an engine that fails some clauses and lacks what others need."""
    checked = check_engine(f"{WRONG}:Overwrites", chapters=["acc"], examples=3)
    written: dict[str, Any] = json.loads(Report.of(checked.result).to_json())
    return written


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """Make one report for all tests."""
    return report()


def test_the_published_schema_is_the_one_of_the_report() -> None:
    published = json.loads(SCHEMA_FILE.read_text("utf-8"))

    assert published == schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_a_report_keeps_to_the_schema(made: dict[str, Any]) -> None:
    Draft202012Validator(schema()).validate(made)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made.pop("edition"),
        lambda made: made.update(extra=1),
        lambda made: made["counts"].update(passed=-1),
        lambda made: made["verdicts"][0].update(verdict="skipped"),
        lambda made: made["verdicts"][0].update(program=[]),
    ],
)
def test_the_schema_is_strict(made: dict[str, Any], spoil: Callable[[dict[str, Any]], Any]) -> None:
    spoiled = json.loads(json.dumps(made))
    spoil(spoiled)

    with pytest.raises(ValidationError):
        Draft202012Validator(schema()).validate(spoiled)


def test_counts_are_those_of_the_verdicts(made: dict[str, Any]) -> None:
    verdicts = [line["verdict"] for line in made["verdicts"]]

    assert {o: made["counts"][o] for o in Outcome} == {o: verdicts.count(o) for o in Outcome}
    assert made["counts"]["selected"] == len(verdicts)


def test_a_failure_has_all_its_parts(made: dict[str, Any]) -> None:
    failed = next(line for line in made["verdicts"] if line["id"] == "acc-001")

    assert (failed["verdict"], failed["kind"]) == ("failed", "value")
    assert (failed["found"], failed["expected"]) == ("4.0", "8.0")
    assert failed["program"]["steps"]


def test_what_does_not_apply_is_null(made: dict[str, Any]) -> None:
    passed = next(line for line in made["verdicts"] if line["verdict"] == "passed")

    assert passed["kind"] is passed["message"] is passed["program"] is None


def test_two_runs_differ_in_durations_alone(made: dict[str, Any]) -> None:
    first, second = json.loads(json.dumps(made)), report()
    for line in (*first["verdicts"], *second["verdicts"]):
        del line["duration"]

    assert first == second
