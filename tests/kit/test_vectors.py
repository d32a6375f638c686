"""The edition as data: every program stands alone, and comes to the verdict of its clause."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from chosen_cases import CALLS_ARE_ITS_OWN, SOME
from click.testing import CliRunner

from gradspec import CASES
from gradspec.exceptions import Diverged
from gradspec.port.engine import Subject
from gradspec.program.storing import from_json, to_json
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.cli import export
from gradspec_conformance.edition.vectors import SCHEMA_FILE, programs_of, vectors
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.execution.execute import judge_program, run_clause
from gradspec_conformance.execution.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from gradspec.program.steps import Program

ENGINES = ("reference", "torch", "autograd", "micrograd", "mygrad")
AVERAGE = 1100
"""Bytes that a program may have on average."""

LARGEST = 12_000
"""Bytes that the largest program may have."""


LEFT_NONE = {"life-202", "op-100", "op-244", "op-246", "op-277", "op-283", "op-305"}
"""Go on after what may be refused: who refuses writes less down, or that a gradient is None."""


@functools.cache
def exported() -> tuple[dict[str, Any], ...]:
    """Read the vectors of the edition, the heading first."""
    lines = vectors(SOME.values(), ReferenceEngine())
    return tuple(json.loads(line) for line in lines)


@functools.cache
def subject(name: str) -> Subject:
    """Load an engine, if it is here."""
    try:
        return Subject.of(load_engine(name))
    except EngineNotInstalled as error:
        pytest.skip(str(error))


def passed(clause_id: str) -> Verdict:
    """Take it that what a clause builds on holds."""
    return Verdict(clause_id, Outcome.PASSED)


def stored(line: dict[str, Any]) -> list[Program]:
    """Read the programs of a line."""
    form = exported()[0]["programs"]
    return [from_json(json.dumps({"format": form, "steps": steps})) for steps in line["programs"]]


@pytest.mark.parametrize("name", ENGINES)
def test_every_stored_program_comes_to_the_live_verdict(name: str) -> None:
    engine, differences = subject(name), []
    for line in exported()[1:]:
        clause = CASES[line["id"]]
        live = run_clause(clause, engine, verdict_of=passed)
        if live.outcome is Outcome.UNSUPPORTED:
            continue
        for program in stored(line):
            try:
                found = judge_program(clause, engine, program)
            except Diverged:
                assert clause.id.partition("/")[0] in CALLS_ARE_ITS_OWN, clause.id
                continue
            if clause.is_law and live.outcome is not Outcome.PASSED:
                continue  # which of its examples fail is not said
            if (found.outcome, found.kind) != (live.outcome, live.kind):
                differences.append((clause.id, live.outcome, found.outcome, found.message))

    assert differences == []


@pytest.mark.parametrize("name", ["torch", "autograd", "micrograd"])
def test_a_program_does_not_depend_on_who_recorded_it(name: str) -> None:
    engine, differences = subject(name), []
    recorded_here = {line["id"]: line["programs"] for line in exported()[1:]}
    for clause in (c for c in SOME.values() if not c.is_law):
        if run_clause(clause, engine, verdict_of=passed).outcome is not Outcome.PASSED:
            continue
        there = json.loads(to_json(programs_of(clause, engine)[0]))["steps"]
        if "is_none_or_zero" in repr(there):
            continue  # which of the two it is, is for the engine to say
        if [there] != recorded_here[clause.id]:
            differences.append(clause.id)

    allowed = LEFT_NONE | CALLS_ARE_ITS_OWN
    assert {identifier.partition("/")[0] for identifier in differences} <= allowed


def test_every_clause_is_exported_with_what_it_needs() -> None:
    lines = {line["id"]: line for line in exported()[1:]}

    assert lines.keys() == SOME.keys()
    assert all(lines[i]["needs"] == sorted(c.needs) for i, c in SOME.items())


def test_the_lines_keep_to_the_schema() -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    wrong = [
        (line.get("id"), next(validator.iter_errors(line)).message)
        for line in exported()
        if not validator.is_valid(line)
    ]

    assert wrong == []


def test_programs_are_small() -> None:
    sizes = [
        len(json.dumps(p, separators=(",", ":")))
        for line in exported()[1:]
        for p in line["programs"]
    ]

    assert sum(sizes) / len(sizes) < AVERAGE
    assert max(sizes) < LARGEST


def test_the_command_writes_a_line_a_clause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "CASES", SOME)
    file = tmp_path / "vectors.jsonl"
    result = CliRunner().invoke(export.command, [str(file)])
    lines = file.read_text("utf-8").splitlines()

    assert result.exit_code == 0
    assert f"{len(SOME)} clauses" in result.output
    assert [json.loads(line) for line in lines] == list(exported())


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(export.command, [str(tmp_path / "no" / "vectors.jsonl")])

    assert result.exit_code == 2
    assert "cannot be written" in result.output
