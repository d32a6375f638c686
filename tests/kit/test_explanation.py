"""A finding is told in full: what was demanded, what was found, and how to see it again."""

from __future__ import annotations

from typing import Any

import pytest
from made_up import clause, judged
from toy_engine import ToyEngine

from gradspec import CASES, MAY, SAFETY, Autograd, expect
from gradspec.program.scripts import as_gradspec
from gradspec.program.storing import from_json
from gradspec.writing.source import program_text
from gradspec_conformance.execution.effort import EVERYDAY, Effort
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.expectations import Standing
from gradspec_conformance.report.explanation import explain, rerun_command


def does_not_hold(ag: Autograd) -> None:
    expect(ag.tensor(2.0)).equals(3.0)


PROGRAM = run_clause(clause(does_not_hold), ToyEngine()).program


def told(**parts: Any) -> str:
    """Explain a failure with these parts."""
    return str(explain(judged(outcome=Outcome.FAILED, **parts), "mine:Engine", EVERYDAY))


def test_a_finding_has_all_its_parts_in_order() -> None:
    text = told(
        kind="value",
        message="another value",
        found="4.0",
        expected="8.0",
        program=PROGRAM,
        script="x = mine.tensor(2.0)\nprint(x)",
    )
    printed = as_gradspec(from_json(PROGRAM), "mine:Engine").rstrip()

    assert text.splitlines() == [
        "acc-001 it_adds [must, value, accumulation] unexpected failure",
        "  A backward pass adds.",
        "",
        "  failed (value): another value",
        "    found    4.0",
        "    expected 8.0",
        "",
        *(f"    {line}" if line else "" for line in printed.splitlines()),
        "",
        "  the same in the engine's own words:",
        "",
        "    x = mine.tensor(2.0)",
        "    print(x)",
        "",
        "  repeat it: gradspec run mine:Engine --no-expect -k acc-001",
    ]


def test_what_is_not_known_is_not_told() -> None:
    text = told(program=PROGRAM)

    assert "found " not in text
    assert "own words" not in text
    assert "  failed\n" in text


@pytest.mark.parametrize(
    ("parts", "manner"),
    [
        ({"kind": "value"}, "failed (value)"),
        ({"lacking": "tape"}, "failed (tape)"),
        ({"foundation": "bwd-001"}, "failed (bwd-001)"),
        ({"kind": "value", "lacking": "tape", "message": "no"}, "failed (value): no"),
    ],
)
def test_the_manner_is_the_kind_or_else_the_cause(parts: dict[str, str], manner: str) -> None:
    assert f"  {manner}\n" in told(**parts)


def test_an_outcome_is_told_in_words() -> None:
    found = explain(judged(outcome=Outcome.TIMED_OUT, kind="timeout"), "mine", EVERYDAY)

    assert found.finding == "timed out (timeout)"


def test_the_rank_and_the_standing_are_told() -> None:
    found = judged(outcome=Outcome.FAILED, standing=Standing.DEVIATION, level=MAY, nature=SAFETY)
    heading = explain(found, "mine", EVERYDAY).heading

    assert heading == "acc-001 it_adds [may, safety, accumulation] deviation"


def test_where_no_program_came_back_the_text_of_the_clause_is_shown() -> None:
    text = explain(judged(outcome=Outcome.CRASHED), "mine", EVERYDAY).program

    assert text == program_text(CASES["acc-001"])


def test_of_a_clause_that_is_nowhere_no_program_is_shown() -> None:
    assert explain(judged("acc-999", Outcome.ERRORED), "mine", EVERYDAY).program is None


def test_of_what_passed_no_program_is_shown() -> None:
    found = explain(judged(program=PROGRAM, script="x"), "mine", EVERYDAY)

    assert (found.program, found.script) == (None, None)


def test_of_what_others_disturb_program_and_others_are_shown() -> None:
    state = {"kind": Kind.STATE, "disturbed_by": ("bwd-002", "inp-042/t"), "script": "go()"}
    told = str(explain(judged(message="alone it passes", **state), "mine", EVERYDAY))

    assert "  passed (depends on what ran before): alone it passes" in told
    assert "    go()" in told
    assert told.endswith("-k acc-001 --after bwd-002 --after inp-042/t")


def test_a_long_sentence_is_broken_and_what_stands_below_it_stays_as_it_is() -> None:
    long = " ".join(["word"] * 30)
    lines = told(kind="exit", message=f"{long}\n  what the engine\n  wrote").splitlines()
    said = lines[3 : lines.index("", 3)]

    assert all(len(line) <= 92 and line.startswith("  ") for line in said)
    assert said[-2:] == ["      what the engine", "      wrote"]
    assert said[0].startswith("  failed (exit): word word")


@pytest.mark.parametrize(
    ("engine", "effort", "words"),
    [
        ("mine", EVERYDAY, "mine --no-expect -k acc-001"),
        ("my engine.py:E", EVERYDAY, "'my engine.py:E' --no-expect -k acc-001"),
        ("mine", Effort(seed=0), "mine --no-expect -k acc-001 --seed 0"),
        ("mine", Effort(examples=3), "mine --no-expect -k acc-001 --examples 3"),
        ("mine", Effort(3, 7), "mine --no-expect -k acc-001 --seed 7 --examples 3"),
    ],
)
def test_the_command_repeats_the_run_as_hard_as_it_was(
    engine: str, effort: Effort, words: str
) -> None:
    assert rerun_command("acc-001", engine, effort) == f"gradspec run {words}"
