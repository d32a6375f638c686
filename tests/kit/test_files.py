"""What a command writes is whole or not there, and is never one of its inputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradspec_conformance.cli import main
from gradspec_conformance.cli.files import check_apart, check_writable, write
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.run import memory

EXPECTED = """
[[expected]]
clause = "acc-001"
kind = "value"
reason = "It replaces."
class = "bug"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "user_cache_path", lambda _name: tmp_path / "cache")


def refuses(_path: Path) -> None:
    """Find that a file cannot be read back."""
    raise OSError(5, "unreadable")


def test_what_cannot_be_read_back_takes_the_place_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text("before")
    with pytest.raises(OSError, match="unreadable"):
        write(file, "after", refuses)

    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link_whether_or_not_something_is_there(tmp_path: Path) -> None:
    place, link = tmp_path / "place", tmp_path / "link"
    link.symlink_to(place)
    check_writable(link)
    dangles = link.is_symlink() and not place.exists()
    write(link, "text", Path.read_text)

    assert dangles
    assert link.is_symlink()
    assert place.read_text() == "text"


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text("before")
    file.chmod(0o640)
    write(file, "after", Path.read_text)

    assert file.stat().st_mode & 0o777 == 0o640


def test_two_names_of_one_file_are_noticed(tmp_path: Path) -> None:
    file, link, other = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    file.write_text("")
    link.hardlink_to(file)
    check_apart({"--json": file, "--junit": other, "ENGINE": None})
    with pytest.raises(WrongUsage, match="--json and --expect both name"):
        check_apart({"--json": file, "--expect": link})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_what_cannot_be_written_is_told_and_waits_for_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / ("x" * 5000), Path("a\0b")):
        with pytest.raises(WrongUsage, match="cannot be written"):
            check_writable(path)


@pytest.mark.parametrize("report", ["--json", "--junit"])
def test_a_report_is_not_written_over_an_input(tmp_path: Path, report: str) -> None:
    known, engine = tmp_path / "known.toml", tmp_path / "mine.py"
    known.write_text(EXPECTED)
    engine.write_text("Engine = None")
    for file in (known, engine):
        before = file.read_text()
        arguments = [f"{engine}:Engine", "-k", "acc-001", "--expect", str(known)]
        result = CliRunner().invoke(main, ["run", *arguments, report, str(file)])

        assert result.exit_code == 2
        assert file.read_text() == before
        assert f"{report} and " in result.output


@pytest.mark.parametrize("command", ["run --json", "run --junit", "badge --write"])
def test_a_report_is_not_written_over_what_a_book_imports(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("values.py").write_text("class Value: ...")
    Path("base.toml").write_text("[engine]")
    Path("mine.toml").write_text("[engine]\nname = 'mine'\nsetup = 'from values import Value'\n")
    name, option = command.split()
    for file in ("values.py", "base.toml"):
        before = Path(file).read_text()
        result = CliRunner().invoke(main, [name, "mine.toml", option, file])

        assert result.exit_code == 2
        assert Path(file).read_text() == before
        assert f"{file} is there, and may be part of an engine" in result.output


def test_a_list_is_not_written_over_the_engine(tmp_path: Path) -> None:
    engine = tmp_path / "mine.toml"
    engine.write_text("[engine]")
    result = CliRunner().invoke(main, ["expect", str(engine), "--write", str(engine)])

    assert result.exit_code == 2
    assert engine.read_text() == "[engine]"


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-5"])
def test_a_limit_that_is_none_overwrites_no_list(tmp_path: Path, seconds: str) -> None:
    known = tmp_path / "known.toml"
    known.write_text(EXPECTED)
    arguments = ["expect", "reference", "--write", str(known), f"--timeout={seconds}"]
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert "--timeout is" in result.output
    assert known.read_text() == EXPECTED


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device there")
def test_a_stream_is_written_as_it_is(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\nfrom gradspec_conformance.cli.files import write\n"
        "write(Path('/dev/stdout'), 'text', Path.read_text)"
    )
    before = os.lstat("/dev/stdout")
    with (tmp_path / "told").open("w") as told:
        subprocess.run([sys.executable, "-c", script], stdout=told, check=True)

    assert (tmp_path / "told").read_text() == "text"
    assert os.lstat("/dev/stdout").st_ino == before.st_ino
