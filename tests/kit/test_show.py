"""`gradspec show`: a clause, with its row and its steps, as a page to read."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gradspec_conformance.cli import main
from gradspec_conformance.execution import register
from gradspec_conformance.report.row import row_text

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause


def shown(*arguments: str) -> str:
    """Give the page, with white space made single."""
    result = CliRunner().invoke(main, ["show", *arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def case(identifier: str) -> Clause:
    """Find a row."""
    found = register.case(identifier)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("rec-007/a_half", "row = (0.5, 3.0)"),
        ("rec-206/a_strided_slice", "index = slice(0, 5, 2)"),
        ("rec-001/before_a_constant", "row = (lambda x, c: x * c, 2.0)"),
        ("leaf-037/float", "row = (float, 2.5)"),
        ("inp-020/list", "assignment = Assignment(index=[2, 0], source=[7.0, 8.0])"),
        ("rec-206/a_mask", "index = np.array([True, False, True, True, False])"),
    ],
)
def test_a_row_is_what_the_program_calls_by_its_name(row: str, text: str) -> None:
    assert row_text(case(row)) == text


def test_of_two_functions_in_a_line_each_is_shown_as_it_was_written() -> None:
    text = row_text(case("inp-042/view"))

    assert "of=lambda ag, x: ag.view(x, 3, 2)" in text
    assert "on_array=lambda a: a.reshape(3, 2)" in text
    assert "shape=(2, 3)" in text


def test_a_function_that_has_a_name_is_defined_first() -> None:
    definition, row = row_text(case("rec-015/a_diamond")).split("\n\n")

    assert definition.startswith("def _diamond(x: Any) -> Any:\n    middle = x * 3.0\n")
    assert row == "row = (_diamond, 357.0)"


def test_what_a_function_closes_over_is_told() -> None:
    text = row_text(case("op-201/argmin"))

    assert "function(x, dim, keepdims=keepdim) where function = np.argmin" in text


def test_an_operator_is_shown_by_its_call_and_its_formula() -> None:
    text = row_text(case("op-201/add"))

    assert "    return x + alpha * other" in text
    assert "call=add(x, other, *, alpha=1, out=None)" in text
    assert "values=(-2.0, -1.9375, ..., 2.0)" in text


def test_every_row_is_shown_and_none_by_an_address() -> None:
    rows = [one for one in register.cases().values() if one.row]
    unclear = [row.id for row in rows if " at 0x" in row_text(row)]

    assert len(rows) > 1000
    assert unclear == []


def test_a_row_of_plain_values_is_python() -> None:
    plain = [
        (one.value, row_text(one))
        for one in register.cases().values()
        if one.row and type(one.value) in (int, float, str, bool)
    ]

    assert plain
    assert all(ast.literal_eval(text.partition(" = ")[2]) == value for value, text in plain)


def test_a_page_about_a_row_shows_the_row_above_its_program() -> None:
    page = shown("inp-042/transpose")

    assert page.index("ag.transpose(x, 0, 1)") < page.index("x = ag.tensor(view.values)")


def test_a_page_about_a_table_shows_no_row() -> None:
    assert "lambda" not in shown("inp-042")


def test_steps_are_those_of_the_row() -> None:
    page = shown("inp-042/transpose", "--steps")

    assert "t1 = ag.transpose(t0, 0, 1)" in page
    assert "expect(t1).equals([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])" in page
    assert "ag.transpose(t0" not in shown("inp-042/transpose")


def test_an_old_id_shows_the_row_that_it_became() -> None:
    assert shown("inp-042d").startswith("inp-042/transpose ")


def graph(*arguments: str) -> str:
    """Give the picture of a clause's graph."""
    result = CliRunner().invoke(main, ["show", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_graph_is_a_tree_of_what_the_program_calls_its_tensors() -> None:
    text = graph("gi-005", "--graph")

    assert "z ()\n└── SinBackward0\n" in text
    assert "├── saved self = x (2)" in text
    assert "└── y (2)" in text


@pytest.mark.parametrize(("form", "first"), [("dot", "digraph {"), ("mermaid", "flowchart TB")])
def test_a_graph_is_written_for_other_programs(form: str, first: str) -> None:
    text = graph("gi-027", "--graph", form)

    assert text.startswith(first)
    assert "MulBackward0" in text


def test_each_row_and_each_pass_has_a_graph_of_its_own() -> None:
    assert "graph of gi-025/two_batches" in graph("gi-025", "--graph")
    assert graph("ho-016", "--graph").count("graph of ho-016") == 2


def test_a_graph_is_drawn_before_a_pass_uses_it_up() -> None:
    assert "saved other = x ()" in graph("acc-001", "--graph")


def test_the_graph_of_a_tensor_that_was_forgotten_is_drawn_by_its_edge() -> None:
    assert "DoubleBackward" in graph("gi-022", "--graph")


def test_a_law_has_the_graph_of_an_example() -> None:
    assert graph("gi-203", "--graph").count("graph of gi-203") == 1


@pytest.mark.parametrize("what", ["op:sin", "gi"])
def test_what_is_no_clause_has_no_graph(what: str) -> None:
    result = CliRunner().invoke(main, ["show", what, "--graph"])

    assert result.exit_code == 2
    assert "--graph draws the graph of a clause" in result.output


def test_a_program_that_records_nothing_has_no_graph() -> None:
    result = CliRunner().invoke(main, ["show", "inp-001b", "--graph"])

    assert result.exit_code == 1
    assert "records no graph" in result.output


def test_without_graphviz_a_picture_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    result = CliRunner().invoke(main, ["show", "gi-027", "--graph", "svg"])

    assert result.exit_code == 1
    assert "pip install 'gradspec[graph]'" in result.output
