"""`gradspec badge`: the rung that an engine has reached, as a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from made_up import judged, result

from gradspec import CONVENTION
from gradspec_conformance.cli.badge import command
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.report.badge import CORRECT, FLAWED, NONE, Reported, badge
from gradspec_conformance.report.json import SCHEMA, Report
from gradspec_conformance.run.selection import select

BAD = judged("rec-013", Outcome.FAILED, kind="value")


def reported(*found: Any, **parts: Any) -> Reported:
    """Make what a badge needs of a run."""
    return Reported.of(Report.of(result(*found, **parts)))


def write_report(path: Path, *found: Any, **parts: Any) -> str:
    """Write a report, as `gradspec run --json` does."""
    path.write_text(Report.of(result(*found, **parts)).to_json())
    return str(path)


@pytest.mark.parametrize(
    ("found", "message", "colour"),
    [
        ([judged("bwd-001")], "scalars (1 of 9)", CORRECT),
        ([judged("bwd-001"), BAD], "scalars (1 of 9)", FLAWED),
        ([judged("bwd-001", Outcome.FAILED, kind="value")], "no rung yet", NONE),
        (
            [judged("bwd-001"), judged("acc-001", Outcome.FAILED, nature=CONVENTION)],
            "scalars (1 of 9)",
            CORRECT,
        ),
    ],
)
def test_a_badge_says_which_rung_was_reached_and_in_a_colour_whether_all_is_right(
    found: list[Any], message: str, colour: str
) -> None:
    drawn = badge(reported(*found))

    assert f">{message}<" in drawn
    assert colour in drawn


def test_a_badge_tells_its_title_to_who_cannot_see_it() -> None:
    picture = ET.fromstring(badge(reported(judged("bwd-001"))))  # noqa: S314 - our own

    assert picture.attrib["aria-label"] == (
        "toy 1: rungs reached: scalars; correct as far as it goes (torch-2.13/1)"
    )


def test_a_name_cannot_break_the_picture() -> None:
    engine = Started('<a & "b">\x1b', "$1", "CPython 3", frozenset())
    picture = ET.fromstring(badge(reported(judged("bwd-001"), engine=engine)))  # noqa: S314

    assert picture.attrib["aria-label"].startswith('<a & "b">\N{REPLACEMENT CHARACTER} $1: ')


def test_a_report_is_drawn_as_its_run_is(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", judged("bwd-001"))
    run = CliRunner().invoke(command, [report])

    assert (run.exit_code, run.output) == (0, badge(reported(judged("bwd-001"))))


def test_a_badge_is_written_and_what_it_says_is_told(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", judged("bwd-001"))
    run = CliRunner().invoke(command, [report, "--write", str(tmp_path / "badge.svg")])

    assert run.exit_code == 0
    assert "badge.svg: toy 1: rungs reached: scalars; correct as far as it goes" in run.output
    assert (tmp_path / "badge.svg").read_text() == badge(reported(judged("bwd-001")))


def test_an_engine_is_run(tmp_path: Path) -> None:
    drawn = tmp_path / "badge.svg"
    run = CliRunner().invoke(command, ["micrograd", "--write", str(drawn)])

    assert run.exit_code == 0
    assert "micrograd 0.1.0: rungs reached: none yet" in run.output
    assert ">no rung yet<" in drawn.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is no JSON"),
        ("[1, 2", "it is no JSON"),
        ("\x00", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it is no report of gradspec's"),
        ('{"schema": 7}', "it is no report of gradspec's"),
        ('{"schema": "gradspec-report/1"}', "it is a gradspec-report/1, and this version reads"),
        (f'{{"schema": "{SCHEMA}"}}', f"it does not keep to {SCHEMA}"),
    ],
)
def test_what_is_no_report_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)
    run = CliRunner().invoke(command, [str(file)])

    assert run.exit_code == 2
    assert told in run.output
    assert "gradspec run ENGINE --json FILE" in run.output


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"selection": select(wanted=["backward"])}, "about a part of the specification"),
        ({"selection": select("core")}, "about profile core"),
        ({"missing": ("bwd-002",)}, "the run is incomplete"),
        ({"complaints": ("it stopped",)}, "the run is incomplete"),
    ],
    ids=["chapter", "profile", "missing", "complaint"],
)
def test_a_report_on_a_part_is_not_drawn(tmp_path: Path, parts: Any, told: str) -> None:
    run = CliRunner().invoke(
        command, [write_report(tmp_path / "report.json", judged("bwd-001"), **parts)]
    )

    assert run.exit_code == 2
    assert told in run.output


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["nowhere.json"], 2, "there is no such file"),
        (["/dev/zero.json"], 2, "there is no such file"),
        (["nowhere:Engine"], 3, "nowhere"),
        (["micrograd", "-n", "0"], 2, "-n is 0"),
        (["micrograd", "--write", "no/where/badge.svg"], 2, "cannot be written"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], status: int, told: str) -> None:
    run = CliRunner().invoke(command, arguments)

    assert run.exit_code == status
    assert told in run.output


def test_a_report_is_not_run_again(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", judged("bwd-001"))

    assert CliRunner().invoke(command, [report, "--no-expect"]).exit_code == 2


def test_a_badge_does_not_replace_its_report(tmp_path: Path) -> None:
    report = write_report(tmp_path / "report.json", judged("bwd-001"))
    run = CliRunner().invoke(command, [report, "--write", report])

    assert run.exit_code == 2
    assert json.loads(Path(report).read_text())["engine"]["name"] == "toy"
