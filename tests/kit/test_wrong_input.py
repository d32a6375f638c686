"""What the commands around random programs, pages and reports say of what cannot be meant."""

from __future__ import annotations

import json
import lzma
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradspec_conformance.cli import main

FUZZ = ("fuzz", "micrograd", "--oracle", "reference")
SHRINK = ("shrink", "--oracle", "reference", "--subject", "micrograd")

CONTENTS = {
    "deep": "[" * 60_000 + "]" * 60_000,
    "digits": '{"steps": ' + "9" * 6_000 + "}",
    "null": "null",
    "number": "3",
    "nothing": "",
    "empty": "[]",
    "unknown": '[{"act": "nosuch"}]',
    "bytes": "\x00\x80\xff",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def asked(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def refused(*words: str) -> str:
    """Give the one sentence with which a command refuses."""
    result = asked(*words)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr.partition("Error: ")[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--steps", "a:b"), "two lengths such as 5:30"),
        (("--steps", "9:3"), "two lengths such as 5:30"),
        (("--programs", "0"), "not in the range x>=1"),
        (("--seconds", "nan"), "nan is not in the range"),
        (("-n", "1000"), "not in the range 0<=x<=64"),
        (("--keep", "."), "it is a directory"),
        (("--keep", "/dev/null/x"), "cannot be written"),
        (("--json", "kept", "--keep", "kept"), "a file of its own"),
    ],
)
def test_a_campaign_that_cannot_be_meant_is_refused(words: tuple[str, ...], told: str) -> None:
    assert told in refused(*FUZZ, *words)


def test_a_campaign_adds_nothing_to_a_file_that_is_not_its_own(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine\n")
    assert "no file of a campaign" in refused(*FUZZ, "--keep", "notes.txt", "--programs", "1")
    assert notes.read_text() == "mine\n"


def test_a_block_is_kept_on_a_line_of_its_own_after_one_that_was_cut_off(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text('{"oracle": "ref')
    asked(*FUZZ, "--keep", "kept.jsonl", "--programs", "1", "-n", "0", "--profile", "sound")
    cut, whole = kept.read_text().splitlines()
    assert (cut, json.loads(whole)["count"]) == ('{"oracle": "ref', 1)


def test_an_engine_of_numbers_goes_through_random_programs() -> None:
    result = asked(*FUZZ, "--programs", "5", "-n", "0", "--profile", "sound", "--steps", "3:6")
    assert "ended a process" not in result.output
    assert "0 of 23 acts" not in result.output


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_that_holds_no_program_is_not_shortened(name: str, tmp_path: Path) -> None:
    (tmp_path / "steps.json").write_text(CONTENTS[name])
    assert "steps.json holds no program" in refused(*SHRINK, "steps.json")


@pytest.mark.parametrize("command", [SHRINK, ("replay", "micrograd"), ("step",)])
def test_a_pipe_a_device_and_a_folder_are_not_read(command: tuple[str, ...]) -> None:
    os.mkfifo("pipe")
    for name in ("pipe", "/dev/zero", "."):
        assert f"{name} is no regular file" in refused(*command, name)


@pytest.mark.parametrize(
    "text", ["hello", "null", "[]", '{"format": "gradspec-transcripts/1"}', "[" * 60_000]
)
def test_a_file_without_transcripts_is_not_replayed(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.xz").write_bytes(lzma.compress(text.encode()))
    assert "some.xz holds no transcripts" in refused("replay", "micrograd", "some.xz")


def test_a_replay_of_no_program_is_refused() -> None:
    assert "no program is of that block" in refused("replay", "micrograd", "--block", "99999")


def test_transcripts_are_not_written_over_a_source(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    words = ("record", "--oracle", "reference", "--programs", "1")
    assert "may be part of an engine" in refused(*words, "mine.py")
    assert "cannot be written" in refused(*words, "/dev/null/x")
    assert (tmp_path / "mine.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('raise ValueError("mine")', "program.py, line 1, raised ValueError: mine"),
        ("def f(:", "program.py is no program of Python"),
        ("x = 1", "program.py records no graph"),
        ("import sys; sys.exit(0)", "program.py records no graph"),
        ("import no_such_module", "raised ModuleNotFoundError"),
    ],
)
def test_a_program_that_cannot_be_stepped_through_is_told(
    text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(text)
    assert told in refused("step", "program.py")


def test_a_page_is_written_into_no_file(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("x = 1")
    assert "a file has that name" in refused("step", "program.py", "--write", "program.py")
    assert "can be written in" in refused("step", "program.py", "--write", "/dev/null/x")


def test_a_book_is_written_into_no_file_and_of_chapters_that_there_are() -> None:
    assert "can be written in" in refused("book", "/dev/null/x")
    assert "no chapter is called 'nosuch'" in refused("book", "pages", "--chapter", "nosuch")
    assert "not in the range 1<=x<=64" in refused("book", "pages", "-n", "0")


def test_nothing_is_written_where_the_current_folder_is_gone() -> None:
    gone = Path("gone").absolute()
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    result = asked("init", "micrograd")
    assert result.exit_code == 2
    assert "the current folder is gone: go to one that is there" in result.stderr
