"""`gradspec bugs`: what engines are known to do wrong, each with a reproducer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from made_up import judged, result
from msgspec.structs import replace

from gradspec import CONVENTION
from gradspec_conformance.cli.bugs import command
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.entry import Cause
from gradspec_conformance.report.json import Line, Report

if TYPE_CHECKING:
    from pathlib import Path


def line(identifier: str, reason: str, cause: Cause = Cause.BUG, **parts: Any) -> Line:
    """Make the line of an expected failure."""
    whole = {"kind": "value", "message": "another value", "found": "1.0", "expected": "2.0"} | parts
    outcome = whole.pop("outcome", Outcome.FAILED)
    made = Line.of(judged(identifier, outcome, nature=whole.pop("nature", "value"), **whole))
    return replace(made, cause=cause, reason=reason)


def written(path: Path, *lines: Line) -> str:
    """Write the list of a report with these lines."""
    report = replace(Report.of(result(judged())), verdicts=list(lines))
    path.write_text(report.to_json())
    run = CliRunner().invoke(command, [str(path), "--date", "1 May 2026"])
    assert run.exit_code == 0, run.output
    return run.output


def test_what_has_one_reason_is_one_bug_and_its_shortest_program_is_shown(tmp_path: Path) -> None:
    said = written(
        tmp_path / "one.json",
        line("op-001/max", "Ties are lost.", script="a = 1\nb = 2"),
        line("op-001/min", "Ties are lost.", script="a = 1"),
        line("op-001/exp", "Signs are lost."),
    )

    assert said.count("### ") == 2
    assert (
        "### Ties are lost.\n\nWrong, and nobody is told: 2 rows (op-001/max, op-001/min)." in said
    )
    assert "```python\na = 1\n```\n" in said
    assert "b = 2" not in said
    assert "- found: `1.0`\n- expected: `2.0`\n" in said
    assert "| toy 1 | 2 | 0 | 0 |" in said


def test_the_worst_stand_first(tmp_path: Path) -> None:
    said = written(
        tmp_path / "one.json",
        line("acc-020", "It begins at zero.", nature=CONVENTION),
        line("op-001/exp", "It stops.", outcome=Outcome.ERRORED, kind="raised"),
        line("op-001/max", "Ties are lost."),
    )
    places = [said.index(f"### {words}") for words in ("Ties", "It stops", "It begins")]

    assert places == sorted(places)
    assert "| toy 1 | 1 | 1 | 1 |" in said


@pytest.mark.parametrize("cause", [Cause.CHOICE, Cause.MISSING, Cause.UNKNOWN])
def test_what_is_no_bug_is_not_listed(tmp_path: Path, cause: Cause) -> None:
    assert "###" not in written(tmp_path / "one.json", line("op-001/max", "It is so.", cause))


def test_where_nothing_was_found_it_is_told_what_was_raised(tmp_path: Path) -> None:
    raised = line("op-001/max", "It stops.", found=None, expected=None, message="call raised X")

    assert "- call raised X" in written(tmp_path / "one.json", raised)


def test_it_is_written_to_a_file_and_over_no_report(tmp_path: Path) -> None:
    said = written(tmp_path / "one.json", line("op-001/max", "Ties are lost."))
    words = [str(tmp_path / "one.json"), "--date", "1 May 2026", "--write"]
    good = CliRunner().invoke(command, [*words, str(tmp_path / "bugs.md")])
    bad = CliRunner().invoke(command, [*words, str(tmp_path / "one.json")])

    assert (good.exit_code, (tmp_path / "bugs.md").read_text()) == (0, said)
    assert bad.exit_code == 2
