"""Tests in compiled languages: written from a book, compiled, run, and collected into a report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner

from gradspec_conformance.cli import collect, generate, matrix
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

TOYS: Final = Path(__file__).with_name("compiled")
CARGO: Final = Path.home() / ".cargo" / "bin"
ASKED: Final = "acc or life or leaf or bwd-04"

LANGUAGES: Final = {
    "rust": ("cargo", "tests/gradspec.rs", ["cargo test -q --offline -- --nocapture"]),
    "cpp": ("g++", "gradspec.cpp", ["g++ -std=c++17 -O0 gradspec.cpp -o toy", "./toy"]),
    "java": ("javac", "Gradspec.java", ["javac Gradspec.java Value.java", "java Gradspec"]),
}
"""Language -> its compiler, the file that is generated, and what compiles and runs it."""

CHOICES: Final = {"leaf-015/a_computation", "leaf-015/a_pass_elsewhere", "leaf-015/its_declaration"}
CHOICES |= {"acc-020"}
"""A number has no None: what the toys differ in from torch, as micrograd does."""


@pytest.fixture(scope="module", params=LANGUAGES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the tests of a toy, in a folder where they can be compiled."""
    compiler, file, _ = LANGUAGES[request.param]
    if shutil.which(compiler, path=f"{CARGO}:{os.environ['PATH']}") is None:
        pytest.skip(f"{compiler} is not on this machine: no test in {request.param} is compiled")
    folder = tmp_path_factory.mktemp(request.param) / request.param
    shutil.copytree(TOYS / request.param, folder)
    (folder / file).parent.mkdir(exist_ok=True)
    given = [str(folder / "toy.toml"), str(folder / file), "-k", ASKED]
    result = CliRunner().invoke(generate.command, given)
    assert result.exit_code == 0, result.output
    return folder


def report_of(folder: Path, **wrong: str) -> Mapping[str, Mapping[str, str]]:
    """Run the tests, and give the verdicts of the report that is made of what they print."""
    paths = {"PATH": f"{CARGO}:{os.environ['PATH']}"}
    printed = ""
    for line in LANGUAGES[folder.name][2]:
        done = subprocess.run(
            line.split(),
            cwd=folder,
            env=os.environ | paths | wrong,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        printed += done.stdout
    assert '{"gradspec"' in printed, done.stderr
    (folder / "printed.txt").write_text(printed)
    report = folder / "report.json"
    given = [
        str(folder / "toy.toml"),
        str(folder / "printed.txt"),
        "-k",
        ASKED,
        "--json",
        str(report),
    ]
    result = CliRunner().invoke(collect.command, given)
    assert result.exit_code == 1, result.output
    return {line["id"]: line for line in json.loads(report.read_text())["verdicts"]}


def failed(report: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Name what ran and did not pass."""
    return {i for i, line in report.items() if line["verdict"] in ("failed", "errored", "crashed")}


def test_a_sound_engine_differs_in_conventions_alone(built: Path) -> None:
    report = report_of(built)

    assert failed(report) == CHOICES
    assert sum(line["verdict"] == "passed" for line in report.values()) > 20


@pytest.mark.parametrize(("wrong", "clause"), [("overwrites", "acc-001"), ("sign", "bwd-044")])
def test_a_planted_fault_turns_its_clause_red(built: Path, wrong: str, clause: str) -> None:
    report = report_of(built, TOY_WRONG=wrong)

    assert clause in failed(report)
    assert report[clause]["kind"] == "value"


def test_the_matrix_reads_the_report(built: Path) -> None:
    report_of(built)
    result = CliRunner().invoke(matrix.command, [str(built / "report.json")])

    assert result.exit_code == 0
    assert "toy 0.1.0" in result.output


def test_a_book_of_rust_cannot_be_run() -> None:
    with pytest.raises(EngineBroken, match="gradspec generate"):
        load_engine(str(TOYS / "rust" / "toy.toml"))


def test_a_book_of_python_needs_no_tests(tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    book.write_text('[engine]\nname = "mine"\n[acts]\ntensor = "float($number)"\n')
    result = CliRunner().invoke(generate.command, [str(book), str(tmp_path / "mine.rs")])

    assert result.exit_code == 2
    assert "gradspec run" in result.output


def test_lines_of_another_engine_are_refused(tmp_path: Path) -> None:
    output = tmp_path / "printed.txt"
    output.write_text("running 3 tests\n")
    result = CliRunner().invoke(collect.command, [str(TOYS / "cpp" / "toy.toml"), str(output)])

    assert result.exit_code == 2
    assert "no line of a generated test" in result.output
