"""`gradspec operators [ENGINE]`: the grid of operators and facets; `gradspec show op:NAME`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradspec_conformance
from gradspec.catalogue.operator import Call
from gradspec.catalogue.operators import CALLS, FAMILIES, OPERATORS
from gradspec_conformance.cli import main
from gradspec_conformance.execution import register
from gradspec_conformance.report.grid import MARKS
from gradspec_conformance.report.operator import operator_page
from gradspec_conformance.run.facets import CHAPTER, facets, operator_of

BOOKS = Path(gradspec_conformance.__file__).parent / "adapters" / "phrasebooks"


def asked(*arguments: str, width: int = 120, status: int = 0) -> Result:
    """Run the command in a terminal so wide."""
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(main, arguments)
    assert result.exit_code == status, result.output
    return result


def cells(output: str, name: str) -> str:
    """Give the line of an operator, without its name and without white space."""
    (line,) = [line for line in output.splitlines() if line.startswith(f"{name} ")]
    return "".join(line.removeprefix(name).split())


# facets -------------------------------------------------------------------------------
def test_every_table_of_calls_or_kinks_is_a_facet() -> None:
    rows = [case for case in register.cases((CHAPTER,)).values() if isinstance(case.value, Call)]
    tables = {case.id.partition("/")[0] for case in rows}

    assert len(tables) > 8
    assert tables <= {facet.id for facet in facets()}


def test_a_row_is_about_the_operator_that_its_call_is_of() -> None:
    wrong = [name for name, call in CALLS.items() if operator_of(name) != call.operator.name]

    assert wrong == []


@pytest.mark.parametrize(
    ("row", "operator"),
    [("log_softmax_first_by_x", "log_softmax"), ("squeeze__dim", "squeeze_"), ("a_list", None)],
)
def test_a_row_may_say_more_than_its_call(row: str, operator: str | None) -> None:
    assert operator_of(row) == operator


def test_every_operator_is_in_a_family_and_in_one() -> None:
    counted = Counter(operator.name for rows in FAMILIES.values() for operator in rows)

    assert counted.keys() == OPERATORS.keys()
    assert set(counted.values()) == {1}


# the catalogue ------------------------------------------------------------------------
def test_without_an_engine_a_cell_says_how_many_rows_ask_the_operator() -> None:
    output = asked("operators", "-k", "remainder").output

    assert cells(output, "remainder").startswith("55")
    assert "is more than 9" in output


def test_every_operator_has_a_line_under_its_family() -> None:
    lines = asked("operators").output.splitlines()
    firsts = [line.split("  ")[0] for line in lines]

    assert [name for name in (*FAMILIES, *OPERATORS) if name not in firsts] == []
    assert f"{len(OPERATORS)} operators, {len(facets())} facets, " in lines[-1]


@pytest.mark.parametrize("width", [120, 80, 50])
def test_no_line_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradspec_conformance.report.terminal.PLAIN_WIDTH", width)
    lines = asked("operators").output.splitlines()

    assert [line for line in lines[:-3] if len(line.rstrip()) > width] == []


def test_the_grid_is_ascii() -> None:
    assert asked("operators", "reference", "-k", "softmin").output.isascii()


def test_a_name_that_no_operator_has_is_told() -> None:
    message = asked("operators", "-k", "sotfmax", status=2).output

    assert "no operator matches -k 'sotfmax'; did you mean softmax" in message


# an engine ----------------------------------------------------------------------------
def test_a_sound_engine_has_a_dot_in_every_cell() -> None:
    output = asked("operators", "reference", "-k", "hardtanh").output

    assert set(cells(output, "hardtanh")) == {"."}
    assert "reference 0.1.0 has 2 of 2 operators" in output


def test_a_wrong_value_is_red_and_says_where_to_look(tmp_path: Path) -> None:
    book = tmp_path / "halves.toml"
    phrase = 'softmax = "$x.softmax($dim) * 0.5"'
    text = (BOOKS / "reference.toml").read_text("utf-8")
    book.write_text(f"{text}\n[operators]\n{phrase}\n", "utf-8")
    output = asked("operators", str(book), "-k", "softmax", status=1).output

    assert cells(output, "softmax").startswith("FuFF")  # no data type is said
    assert cells(output, "log_softmax").startswith("..")
    assert f"look closer: gradspec run {book} -k 'op-201/softmax'" in output


def test_what_is_expected_to_fail_is_no_fault() -> None:
    output = asked("operators", "micrograd", "-k", "relu").output

    assert "x" in cells(output, "relu")


def test_operators_that_an_engine_lacks_are_named_and_counted() -> None:
    output = asked("operators", "micrograd", "-k", "arithmetic").output

    assert (
        "not in the engine: div_rounded, maximum, minimum, remainder, floor_divide, heaviside"
        in output
    )
    assert "has 6 of 12 operators" in output
    assert "6 unmapped: div_rounded, floor_divide, heaviside, maximum, minimum, remainder" in output


def test_an_engine_that_is_not_there_is_told() -> None:
    assert "no engine is called 'nope'" in asked("operators", "nope", status=3).output


def test_as_json_every_cell_has_its_rows_and_their_verdicts() -> None:
    told = json.loads(asked("operators", "reference", "-k", "glu", "--json").output)
    (glu,) = [one for one in told["operators"] if one["name"] == "glu"]

    assert glu["supported"] is True
    assert glu["facets"]["op-201"]["glu"] == {
        "verdict": "passed",
        "standing": "as demanded",
        "kind": None,
    }
    assert {facet["id"] for facet in told["facets"]} >= {"op-201", "op-001"}


def test_as_json_without_an_engine_there_are_no_verdicts() -> None:
    told = json.loads(asked("operators", "--json").output)

    assert told["engine"] is None
    assert {one["name"] for one in told["operators"]} == OPERATORS.keys()
    assert told["operators"][0]["facets"]["op-201"]["add"] is None


def test_letters_are_told_apart() -> None:
    letters = [letter for letter, _ in MARKS.values()]

    assert len(set(letters)) == len(letters)


# a page about one ---------------------------------------------------------------------
@pytest.mark.parametrize("name", ["op:softmax", "softmax", "softmax_first"])
def test_an_operator_is_shown_under_its_names(name: str) -> None:
    page = " ".join(asked("show", name).output.split())

    assert page.startswith("op:softmax softmax(x, dim, *, dtype=None) def softmax(")
    assert "softmax_first: softmax(x=tensor(2, 3), dim=0)" in page
    assert "op-001 Where softmax is differentiable" in page


def test_a_page_says_what_is_allowed_at_a_kink_and_what_torch_gives() -> None:
    page = " ".join(asked("show", "op:relu").output.split())

    assert "relu: relu(x=0.0), between 0.0 and 1.0, torch gives 0.0" in page


def test_every_operator_has_a_page() -> None:
    assert all(operator_page(operator) for operator in OPERATORS.values())


def test_an_operator_that_is_none_is_told() -> None:
    message = asked("show", "op:sotfmax", status=2).output

    assert "there is no operator 'op:sotfmax'; did you mean op:softmax" in message


def test_the_chapter_begins_with_the_grid_and_names_a_dozen_rows_of_each_clause() -> None:
    page = " ".join(asked("show", "op").output.split())

    assert page.index("addbmm_") < page.index("op-201 MUST, value")
    assert "sub, sub_broadcast" in page
    assert len(page) < 100_000


# the names of the array API standard --------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("operators", "-k", "multiply"), "mul "),
        (("show", "op:subtract"), "op:sub "),
        (("words", "subtract"), "in the array API subtract"),
        (("list", "-k", "multiply"), "op-001"),
    ],
)
def test_an_operator_is_found_by_its_other_name(arguments: tuple[str, ...], told: str) -> None:
    assert told in " ".join(asked(*arguments).output.split())


def test_a_list_of_what_is_meant_has_nothing_else() -> None:
    listed = json.loads(asked("list", "--json", "-k", "acc-001").output)

    assert [clause["id"] for clause in listed["clauses"]] == ["acc-001"]


def test_a_keyword_that_is_no_expression_is_wrong_usage() -> None:
    assert "is no expression" in asked("list", "-k", "acc and", status=2).output
