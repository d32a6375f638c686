"""Another interpreter loads an engine, and what is there decides what it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from gradspec_conformance.cli import main
from gradspec_conformance.engines.asking import Asker
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineBroken, EngineNotInstalled
from gradspec_conformance.pipe.log import WIRE_LOG
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = sys.executable


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give an interpreter whose environment has NumPy and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for found in Path(np.__file__).parents[1].glob("numpy*"):
        (packages / found.name).symlink_to(found)
    return str(folder / "bin" / "python")


@pytest.fixture
def engine(request: pytest.FixtureRequest, bare: str) -> Iterator[RemoteEngine]:
    found = load_engine(f"{request.param}@{bare}")
    assert isinstance(found, RemoteEngine)
    yield found
    found.close()


@pytest.mark.parametrize("engine", ["reference"], indirect=True)
def test_an_engine_that_is_there_is_served(engine: RemoteEngine) -> None:
    ask = Asker(engine)
    x = ask.tensor(np.array(3.0), leaf=True)
    ask("backward", ask("op:mul", x, x))

    assert ask("array", ask("get:grad", x)) == 6.0
    assert engine.name == "reference"


def test_an_engine_that_is_here_and_not_there_is_not_installed(bare: str) -> None:
    with pytest.raises(EngineNotInstalled, match="autograd is not installed"):
        load_engine(f"autograd@{bare}")


def test_a_book_that_cannot_be_read_is_told(bare: str, tmp_path: Path) -> None:
    book = tmp_path / "mine.toml"
    book.write_text("[engine]\n", "utf-8")

    with pytest.raises(EngineBroken, match="name = "):
        load_engine(f"{book}@{bare}")


def test_a_program_that_is_no_interpreter_is_told() -> None:
    with pytest.raises(EngineBroken, match="/bin/false"):
        load_engine("reference@/bin/false")


@pytest.mark.parametrize("command", ["run", "smoke"])
def test_a_program_that_is_not_there_is_wrong_usage(command: str) -> None:
    done = CliRunner().invoke(main, [command, "reference", "--python", "/no/such/python"])

    assert done.exit_code == 2
    assert "there is no such program" in done.output


def test_what_is_said_is_written_down(
    bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "wire.log"
    monkeypatch.setenv(WIRE_LOG, str(log))
    engine = load_engine(f"reference@{bare}")
    assert isinstance(engine, RemoteEngine)
    Asker(engine).tensor(np.array(3.0))
    engine.close()

    began, greeting, question, answer = log.read_text("utf-8").splitlines()
    assert began.startswith("began\t")
    assert json.loads(greeting.removeprefix("engine\t"))["engine"]["name"] == "reference"
    assert json.loads(question.removeprefix("kit\t"))["act"] == "tensor"
    assert "$ref" in json.loads(answer.removeprefix("engine\t"))["return"]


def served(said: str, engine: str = "reference") -> subprocess.CompletedProcess[str]:
    """Say something to a process that serves an engine."""
    command = [HERE, "-m", "gradspec_conformance.serving", engine]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False)


def test_serve_answers_for_an_engine() -> None:
    data = {"$array": [2.5], "dtype": "float64", "shape": []}
    questions = [
        {"id": 5, "act": "tensor", "with": {"data": data, "dtype": "float64"}},
        {"id": 6, "act": "array", "with": {"x": {"$ref": 0}}},
        {"id": 7, "act": "nonsense", "with": {}},
    ]
    done = served("".join(json.dumps(one) + "\n" for one in questions))
    greeting, *answers = map(json.loads, done.stdout.splitlines())

    assert greeting["engine"]["protocol"] == 1
    assert [answer["re"] for answer in answers] == [5, 6, 7]
    assert answers[1]["return"] == {"$array": "AAAAAAAABEA=", "dtype": "float64", "shape": []}
    assert answers[2]["unsupported"] == "nonsense"
    assert done.returncode == 0


@pytest.mark.parametrize(
    "said", ["garbage", "[]", "7", "{}", '{"id": 1}', '{"act": "tensor"}', "[" * 50_000]
)
def test_what_is_no_question_is_quoted(said: str) -> None:
    done = served(said + "\n")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert re.search(r"heard '.*', expected \{\"id\": 0", done.stderr)


def test_serve_says_why_there_is_no_engine() -> None:
    done = served("", "nowhere")

    assert done.returncode == 3
    assert "no engine is called 'nowhere'" in json.loads(done.stdout)["broken"]
