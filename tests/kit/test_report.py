"""The JSON report keeps to its published schema, and says nothing by chance."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from made_up import judged, result

from gradspec_conformance import check_engine
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.report.json import SCHEMA_FILE, Report, kit_version, schema
from gradspec_conformance.run.selection import select

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

    assert {o: made["rows"][o] for o in Outcome} == {o: verdicts.count(o) for o in Outcome}
    assert made["rows"]["selected"] == len(verdicts)
    clauses = {line["id"].partition("/")[0] for line in made["verdicts"]}
    assert made["counts"]["selected"] == len(clauses) < len(verdicts)


def test_a_failure_has_all_its_parts(made: dict[str, Any]) -> None:
    failed = next(line for line in made["verdicts"] if line["id"] == "acc-001")

    assert (failed["verdict"], failed["kind"]) == ("failed", "value")
    assert (failed["found"], failed["expected"]) == ("4.0", "8.0")
    assert failed["program"]["steps"]


def test_a_report_groups_failures_by_their_cause() -> None:
    habit = "a gradient has the opposite sign"
    found = result(
        judged("acc-001", Outcome.FAILED, kind="value", habit=habit),
        judged("acc-002", Outcome.FAILED, kind="value", habit=habit, script="x"),
        judged("acc-003", Outcome.BLOCKED, foundation="acc-002"),
    )

    assert json.loads(Report.of(found).to_json())["findings"] == [
        {
            "gravity": "wrong value",
            "sentence": "A gradient has the opposite sign.",
            "example": "acc-002",
            "ids": ["acc-001", "acc-002"],
            "blocks": ["acc-003"],
        }
    ]


def test_a_report_says_what_is_idle_and_what_would_be_gained(made: dict[str, Any]) -> None:
    assert set(made["declared"]) == {"never_exercised", "needed_by_none", "gains"}
    assert all(gain["clauses"] <= gain["rows"] for gain in made["declared"]["gains"])
    assert made["declared"]["gains"]


def test_each_verdict_stands_on_a_line() -> None:
    text = Report.of(result(judged("acc-001", message='"verdicts": []'))).to_json()
    (line,) = [line for line in text.splitlines() if '"acc-001"' in line]

    assert json.loads(text)["verdicts"] == [json.loads(line)]


def test_what_does_not_apply_is_null(made: dict[str, Any]) -> None:
    passed = next(line for line in made["verdicts"] if line["verdict"] == "passed")

    assert passed["kind"] is passed["message"] is passed["program"] is None


def test_two_runs_differ_in_durations_alone(made: dict[str, Any]) -> None:
    first, second = json.loads(json.dumps(made)), report()
    for line in (*first["verdicts"], *second["verdicts"]):
        del line["duration"]

    assert first == second


def test_a_kit_that_is_not_installed_has_a_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    before = kit_version()
    monkeypatch.setattr("gradspec_conformance.report.json.version", missing)

    assert before != kit_version() == "unknown"


def test_a_line_says_all_that_is_known_and_null_for_the_rest() -> None:
    known = {
        "kind": "value",
        "error_kind": "graph-freed",
        "exception": "ValueError",
        "signal": "SIGSEGV",
        "lacking": "tape",
        "foundation": "bwd-001",
        "disturbed_by": ["bwd-002"],
        "place": "engine.py:3, in pull",
        "habit": "a gradient has the opposite sign",
        "message": "another value",
        "found": "4.0",
        "expected": "8.0",
        "script": "print(x)",
    }
    row = judged("inp-042/t", Outcome.FAILED, assertions=3, duration=0.12345678, **known)
    line = json.loads(Report.of(result(row)).to_json())["verdicts"][0]

    assert line == known | {
        "id": "inp-042/t",
        "clause": "inp-042",
        "chapter": "accumulation",
        "name": "it_adds",
        "level": "must",
        "nature": "value",
        "verdict": "failed",
        "standing": "unexpected failure",
        "cause": None,
        "reason": None,
        "program": None,
        "assertions": 3,
        "duration": 0.123457,
    }


def test_a_report_says_what_was_asked_for_and_what_was_lacking() -> None:
    found = result(
        judged("inp-042/t"),
        judged("inp-042/view", Outcome.UNSUPPORTED),
        selection=select("tape", ["inp"], "inp-042"),
        effort=Effort(3, 7),
        missing=("inp-043",),
        complaints=("it broke",),
        stale=(Entry("inp-044", "value", "known", Cause.BUG),),
    )
    written = json.loads(Report.of(found).to_json())

    assert written["schema"] == "gradspec-report/5"
    assert written["kit"] == {"name": "gradspec", "version": kit_version()}
    assert written["engine"] == {
        "spec": "mine:Engine",
        "name": "toy",
        "version": "1",
        "platform": "CPython 3",
        "abilities": ["tape", "values"],
    }
    assert written["profile"] == "tape"
    assert written["selection"] == {
        "chapters": ["in_place"],
        "keyword": "inp-042",
        "examples": 3,
        "seed": 7,
    }
    assert (written["counts"]["selected"], written["rows"]["selected"]) == (2, 3)
    assert {nature: counts["selected"] for nature, counts in written["natures"].items()} == {
        "value": 1,
        "safety": 0,
        "convention": 0,
    }
    assert written["missing"] == ["inp-043"]
    assert written["complaints"] == ["it broke"]
    assert written["stale"] == ["inp-044"]
    assert written["exit_status"] == 3


def test_a_report_says_how_far_up_the_ladder_the_engine_stands() -> None:
    found = [
        judged("bwd-001"),
        judged("op-201/relu", Outcome.ERRORED, kind="raised", exception="KeyError"),
        judged("rec-013", Outcome.FAILED, kind="value"),
        judged("vjp-005", Outcome.UNSUPPORTED, lacking="arrays"),
    ]
    made = json.loads(Report.of(result(*found, choices=frozenset({"op-201/relu"}))).to_json())
    Draft202012Validator(schema()).validate(made)
    ladder = made["ladder"]
    scalars, paths, arrays = ladder["rungs"]

    assert (ladder["reached"], ladder["next"]) == (["scalars"], "paths that meet")
    assert ladder["correct"] is False
    assert (scalars["passed"], scalars["choices"], scalars["left"]) == (1, ["op-201/relu"], [])
    assert paths["left"] == ["rec-013"]
    assert (arrays["not_asked"], arrays["lacking"]) == (1, {"arrays": 1})


@pytest.mark.parametrize(("missing", "correct"), [((), True), (("bwd-002",), False)])
def test_a_report_calls_an_engine_correct_if_the_run_is_whole(
    missing: tuple[str, ...], *, correct: bool
) -> None:
    made = Report.of(result(judged("bwd-001"), missing=missing))

    assert made.ladder is not None
    assert made.ladder.correct is correct


def test_a_report_on_a_part_has_no_ladder() -> None:
    part = result(judged("bwd-001"), selection=select(wanted=["backward"]))

    assert Report.of(part).ladder is None
