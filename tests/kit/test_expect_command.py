"""`gradspec expect` and `gradspec engines`, as a person uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gradspec_conformance.cli.engines import command as engines
from gradspec_conformance.cli.engines import described
from gradspec_conformance.cli.expect import command as expect
from gradspec_conformance.exceptions import EngineBroken, EngineNotFound
from gradspec_conformance.isolation.messages import Started
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.known.renewal import UNEXPLAINED

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """
from gradspec.port.abilities import expanded
from gradspec_conformance.adapters.reference import ReferenceEngine

class Engine(ReferenceEngine):
    def __init__(self):
        super().__init__()
        self.name, self.version = "wrong", "1"
        self.abilities = expanded({"values", "tape", "dtype:float64"})

    def apply(self, operator, arguments):
        return super().apply("add" if operator == "sub" else operator, arguments)
"""


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    """Name an engine that takes every difference for a sum."""
    file = tmp_path / "wrong.py"
    file.write_text(WRONG)
    return f"{file}:Engine"


def test_a_list_is_written_that_asks_for_reasons_and_is_kept_when_they_are_given(
    wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.toml"
    first = CliRunner().invoke(expect, [wrong, "--write", str(file)])
    reasons = file.read_text().replace(UNEXPLAINED, "It cannot subtract.")
    file.write_text(reasons)
    second = CliRunner().invoke(expect, [wrong, "--write", str(file)])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "What wrong 1 is known to fail" in reasons
    assert Expectations.load(file).entries
    assert file.read_text() == reasons


def test_without_a_file_the_difference_to_the_shipped_list_is_printed(wrong: str) -> None:
    result = CliRunner().invoke(expect, [wrong])

    assert result.exit_code == 1
    assert "+[[expected]]" in result.output


def test_a_file_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(expect, ["reference", "--write", str(tmp_path / "no" / "file")])

    assert result.exit_code == 2
    assert "there is no directory" in result.output


def test_a_malformed_list_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "engine.toml"
    file.write_text("[[expected]]\nclause = 7\n")
    result = CliRunner().invoke(expect, ["reference", "--write", str(file)])

    assert result.exit_code == 2
    assert f"{file}:2: clause is a int, expected a text" in result.output


def test_an_engine_that_cannot_be_loaded_exits_3() -> None:
    assert CliRunner().invoke(expect, ["nowhere:Engine"]).exit_code == 3


def test_the_engines_that_are_here_are_listed_with_what_they_declare() -> None:
    result = CliRunner().invoke(engines)

    assert result.exit_code == 0
    assert "reference" in result.output
    assert "operators" in result.output


def test_an_engine_that_ends_its_process_takes_no_other_from_the_list(tmp_path: Path) -> None:
    file = tmp_path / "ends.py"
    file.write_text("import os\nos._exit(0)")
    known = described([f"{file}:Engine", "reference", "nowhere:Engine"])

    assert [type(one) for one in known.values()] == [EngineBroken, Started, EngineNotFound]
