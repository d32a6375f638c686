"""`gradspec compare`: what changed from one run to the next, and whether anything is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from made_up import judged, result

from gradspec import CONVENTION
from gradspec_conformance.cli.compare import command
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.report.json import Report

if TYPE_CHECKING:
    from pathlib import Path

GOOD = judged()
BAD = judged(outcome=Outcome.FAILED, kind="value")
CRASHES = judged(outcome=Outcome.CRASHED, kind="signal")
LACKS = judged(outcome=Outcome.UNSUPPORTED, lacking="views")


def report(path: Path, *found: Any, version: str = "1", **parts: Any) -> str:
    """Write the report of a version of the toy."""
    engine = Started("toy", version, "CPython 3", frozenset({"values"}))
    path.write_text(Report.of(result(*found, engine=engine, **parts)).to_json())
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "status", "told"),
    [
        ([GOOD], [BAD], 1, "1 passed, and does not any more"),
        ([GOOD], [LACKS], 1, "1 ran, and is unsupported now"),
        ([BAD], [LACKS], 1, "1 ran, and is unsupported now"),
        ([BAD], [], 1, "1 was asked, and is in the old report alone"),
        ([BAD], [GOOD], 0, "1 did not pass, and does now"),
        ([BAD], [CRASHES], 0, "1 does not pass either way, and fails otherwise now"),
        ([LACKS], [GOOD], 0, "1 was not asked, and passes"),
        ([], [GOOD], 0, "1 was not asked, and passes"),
        ([LACKS], [BAD], 0, "1 was not asked, and does not pass"),
        ([GOOD], [GOOD], 0, "0 changes"),
        ([LACKS], [LACKS], 0, "0 changes"),
        ([LACKS], [], 0, "0 changes"),
    ],
)
def test_each_turn_is_told_and_only_a_loss_closes_the_gate(
    tmp_path: Path, old: list[Any], new: list[Any], status: int, told: str
) -> None:
    files = [report(tmp_path / "old.json", *old), report(tmp_path / "new.json", *new)]
    run = CliRunner().invoke(command, files)

    assert run.exit_code == status
    assert told in run.output


def test_a_change_says_from_what_to_what_and_what_the_clause_demands(tmp_path: Path) -> None:
    files = [
        report(tmp_path / "old.json", GOOD),
        report(tmp_path / "new.json", BAD, version="2"),
    ]
    said = CliRunner().invoke(command, files).output

    assert said.startswith("toy 1 -> toy 2\n")
    assert "acc-001 [value] passed -> failed (value)" in said
    assert "A backward pass adds to the gradient that a leaf already has" in said


def test_wrong_values_come_before_conventions(tmp_path: Path) -> None:
    def of(outcome: Outcome, **parts: Any) -> list[Any]:
        return [
            judged("acc-020", outcome, nature=CONVENTION, **parts),
            judged("bwd-001", outcome, **parts),
        ]

    files = [
        report(tmp_path / "old.json", *of(Outcome.PASSED)),
        report(tmp_path / "new.json", *of(Outcome.FAILED, kind="value")),
    ]
    said = CliRunner().invoke(command, files).output

    assert said.index("bwd-001") < said.index("acc-020")


def test_what_else_may_be_behind_it_is_told(tmp_path: Path) -> None:
    old, new = report(tmp_path / "old.json", GOOD), report(tmp_path / "new.json", GOOD)
    (tmp_path / "new.json").write_text(
        (tmp_path / "new.json").read_text().replace("torch-2.13/1", "torch-2.13/2")
    )

    assert "the edition differs: torch-2.13/1 -> torch-2.13/2" in (
        CliRunner().invoke(command, [old, new]).output
    )


def test_ten_of_a_kind_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    names = [f"zzz-{n:03}" for n in range(12)]
    files = [
        report(tmp_path / "old.json", *(judged(name) for name in names)),
        report(tmp_path / "new.json", *(judged(n, Outcome.FAILED, kind="value") for n in names)),
    ]
    short = CliRunner().invoke(command, files).output
    whole = CliRunner().invoke(command, [*files, "--all"]).output

    assert "and 2 more: --all shows them" in short
    assert "zzz-011" not in short
    assert "zzz-011" in whole


def test_machines_get_the_same_as_json(tmp_path: Path) -> None:
    files = [report(tmp_path / "old.json", GOOD), report(tmp_path / "new.json", BAD, version="2")]
    run = CliRunner().invoke(command, [*files, "--json"])
    told = json.loads(run.output)

    assert run.exit_code == 1
    assert told["new"]["version"] == "2"
    (change,) = told["changes"]
    assert (change["id"], change["turn"], change["regression"]) == ("acc-001", "worse", True)
    assert (change["old"], change["new"]) == ("passed", "failed")


def test_what_is_no_report_is_told(tmp_path: Path) -> None:
    run = CliRunner().invoke(command, [report(tmp_path / "old.json", GOOD), "nowhere.json"])

    assert run.exit_code == 2
    assert "nowhere.json: there is no such file" in run.output
