"""`gradspec explain`: a failure of a stored run, for a person and for a tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from made_up import judged, result

from gradspec_conformance.cli.explain import command
from gradspec_conformance.cli.run import command as run_command
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.report.json import Report

if TYPE_CHECKING:
    from pathlib import Path

BAD = judged(
    outcome=Outcome.FAILED,
    kind="value",
    message="another value",
    found="2.0",
    expected="4.0",
    script="x = Value(2.0)\x1b",
)


def report(path: Path, *found: Any) -> str:
    """Write a report."""
    path.write_text(Report.of(result(*found)).to_json())
    return str(path)


def test_a_failure_is_told_as_the_run_told_it(tmp_path: Path) -> None:
    stored = str(tmp_path / "report.json")
    words = ["micrograd", "--no-expect", "-k", "life-206", "--json", stored]
    told = CliRunner().invoke(run_command, words).output
    said = CliRunner().invoke(command, [stored, "life-206"]).output
    own = said[said.index("from micrograd.engine import Value") :].splitlines()

    assert "found    -1.0\n    expected 1.0" in said
    assert all(line.strip() in told for line in own)


def test_an_issue_has_the_sentence_the_program_the_values_and_the_versions(tmp_path: Path) -> None:
    said = CliRunner().invoke(command, [report(tmp_path / "one.json", BAD), "acc-001", "--issue"])

    assert said.exit_code == 0
    assert said.output.startswith(
        "**A backward pass adds to the gradient that a leaf already has; it does not replace it.** "
        "In toy 1 that is not so: another value.\n"
    )
    assert "```python\nx = Value(2.0)\N{REPLACEMENT CHARACTER}\n```" in said.output
    assert "- found: `2.0`\n- expected: `4.0`\n" in said.output
    assert "toy 1 on CPython 3. Clause acc-001 (value) of gradspec, edition torch-" in said.output
    assert "--no-expect -k acc-001`" in said.output


def test_of_a_clause_the_first_row_that_failed_is_explained(tmp_path: Path) -> None:
    rows = [judged("op-001/mul"), judged("op-001/add", Outcome.FAILED, kind="value")]
    said = CliRunner().invoke(command, [report(tmp_path / "one.json", *rows), "op-001"]).output

    assert said.startswith("op-001/add ")


@pytest.mark.parametrize(
    ("identifier", "told"),
    [
        ("acc-002", "there is nothing to explain of acc-002: passed"),
        ("acc-01", "the report has no clause 'acc-01'; did you mean acc-001"),
        ("", "the report has no clause ''"),
    ],
)
def test_where_there_is_nothing_to_explain_it_is_told(
    tmp_path: Path, identifier: str, told: str
) -> None:
    run = CliRunner().invoke(
        command, [report(tmp_path / "one.json", BAD, judged("acc-002")), identifier]
    )

    assert run.exit_code == 2
    assert told in " ".join(run.output.split())
