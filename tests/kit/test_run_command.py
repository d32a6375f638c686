"""`gradspec run` says what it found, in words and in its exit status."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gradspec import edition
from gradspec_conformance.cli import main
from gradspec_conformance.complaint import brief
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.isolation.process import ProcessHost
from gradspec_conformance.run import memory
from gradspec_conformance.run.result import ExitStatus

if TYPE_CHECKING:
    from click.testing import Result
    from toy_book import WriteBook

    from gradspec_conformance.isolation.messages import Task

WRONG = Path(__file__).with_name("wrong_engines.py")
ADDS = "acc-001"

EXPECTED = """
[[expected]]
clause = "{clause}"
kind = "{kind}"
reason = "It replaces."
class = "bug"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, and remember nothing beyond the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "user_cache_path", lambda _name: tmp_path / "cache")


def run(engine: str, *arguments: str, keyword: str = ADDS) -> Result:
    """Run the command in this process, on an engine of wrong_engines.py and one clause."""
    named = engine if "." in engine else f"{WRONG}:{engine}"
    return CliRunner().invoke(main, ["run", named, "-k", keyword, *arguments])


def in_a_process(*arguments: str) -> list[str]:
    """Spell the command for a process of its own."""
    return [sys.executable, "-c", "from gradspec_conformance.cli import main; main()", *arguments]


FEW = (ADDS, "bwd-001", "op-001/tanh", "op-001/cos")
"""What the toy passes, and what a book may say of it that is wrong."""


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the edition be a few clauses, so that all of it is soon run."""
    kept = tuple(demand for demand in edition.demands() if demand.id in FEW)
    assert len(kept) == len(FEW)
    monkeypatch.setattr(edition, "demands", lambda: kept)
    monkeypatch.setattr("gradspec_conformance.execution.register.cases", lambda *_: {})


# phrases ------------------------------------------------------------------------------
WRONG_PHRASES = """
[operators]
tanh = "$x.tanhh()"
cos = "engine.apply('coss', {'x': $x})"

[transforms]
"functional.vhp" = "$function"
"""


def phrases_of(tmp_path: Path, book: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Run the engine of a book; give what the report says of its phrases, and what was printed."""
    report = tmp_path / "report.json"
    result = CliRunner().invoke(main, ["run", str(book), "--json", str(report), *arguments])
    phrases: dict[str, Any] = json.loads(report.read_text("utf-8"))["phrases"]
    return phrases, result.output


@pytest.mark.usefixtures("_few")
def test_phrases_that_nobody_used_and_that_always_raised_are_named(
    tmp_path: Path, write_book: WriteBook
) -> None:
    write_book()
    book = write_book(f'[engine]\nname = "mine"\ninherits = "toy"\n{WRONG_PHRASES}', "mine.toml")
    alone, printed = phrases_of(tmp_path, book)
    together, _ = phrases_of(tmp_path, book, "-n", "2")

    assert alone == together
    assert "transforms.functional.vhp, line 10" in alone["never_used"]
    assert "toy.toml: operators.mul, line 24" not in alone["never_used"]
    wrong = {entry["phrase"]: entry["error"] for entry in alone["always_raised"]}
    assert (
        wrong["operators.tanh, line 6"]
        == "AttributeError: 'Number' object has no attribute 'tanhh'"
    )
    assert wrong["operators.cos, line 7"] == "KeyError: 'coss'"
    assert "toy.toml: operators.mul, line 24" not in wrong
    assert "raised whenever they were used: operators.tanh, line 6 (" in printed
    assert "never used: " in printed


def test_where_not_all_was_run_nobody_is_told_what_was_not_used(
    tmp_path: Path, write_book: WriteBook
) -> None:
    phrases, printed = phrases_of(tmp_path, write_book(), "-k", "acc-001")

    assert phrases == {"never_used": None, "always_raised": []}
    assert "phrases" not in printed


# exit status --------------------------------------------------------------------------
def test_a_sound_engine_ends_with_0_and_a_score() -> None:
    result = run("ToyEngine")

    assert result.exit_code == ExitStatus.AS_EXPECTED
    assert "passed 1 of 1 clauses that match -k 'acc-001' of profile full" in result.output
    assert edition.EDITION in result.output


def test_a_wrong_engine_ends_with_1_and_an_explanation() -> None:
    result = run("Overwrites", "--examples", "3", "--seed", "7")

    assert result.exit_code == ExitStatus.NOT_CONFORMANT
    for part in (
        "A backward pass adds to the gradient that a leaf already has",
        "failed (value)",
        "found    4.0",
        "expected 8.0",
        "t0 = ag.tensor(2.0, requires_grad=True)",
        f"repeat it: gradspec run {WRONG}:Overwrites --no-expect -k acc-001 --seed 7 --examples 3",
        "not conformant",
    ):
        assert part in result.output


def test_all_findings_are_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradspec_conformance.report.findings.MOST", 0)
    some, every = run("Overwrites").output, run("Overwrites", "--all").output
    hint, finding = "1 more finding (1 failure) not shown: --all shows them", "\n1. convention: "

    assert (hint in some, finding in some) == (True, False)
    assert (hint in every, finding in every) == (False, True)


def test_a_recommendation_that_is_not_followed_is_told_and_does_not_gate() -> None:
    result = run("KeepsWhatIsDeleted", keyword="leaf-023")

    assert "[may, convention, tensors_and_leaves] deviation" in result.output
    assert result.exit_code == ExitStatus.AS_EXPECTED


BROKEN_STRIDES = """
from gradspec_conformance.adapters.reference import ReferenceEngine

class Engine(ReferenceEngine):
    def get(self, tensor, attribute):
        return strides_of(tensor) if attribute == "strides" else super().get(tensor, attribute)
"""


def test_a_recommendation_at_which_the_engine_breaks_closes_the_gate(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text(BROKEN_STRIDES)
    result = CliRunner().invoke(main, ["run", f"{file}:Engine", "-k", "acc-014"])

    assert "NameError" in result.output
    assert "[should, convention, accumulation] unexpected failure" in result.output
    assert result.exit_code == ExitStatus.NOT_CONFORMANT


@pytest.mark.parametrize("engine", ["NeverBegins", "LacksAMethod", "DiesAtBirth", "nowhere.py:E"])
def test_an_engine_that_does_not_load_ends_with_3_and_a_sentence(engine: str) -> None:
    result = run(engine)

    assert result.exit_code == ExitStatus.INCOMPLETE
    assert result.output.startswith(f"gradspec: engine {'' if '.' in engine else WRONG}")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--profile", "tap"], "did you mean tape"),
        (["--chapter", "acumulation"], "did you mean accumulation"),
        (["-k", "acc-0001"], "did you mean acc-001"),
        (["-k", "acc and ("], "is no expression"),
        (["-n", "many"], "-n is 'many'"),
        (["--timeout", "0"], "give more than 0 and at most 86400 seconds"),
        (["--expect", "nowhere.toml"], "nowhere.toml"),
        (["--expect", "one", "--expect", "two"], "--expect names one and two"),
        (["--json", "no/where.json"], "no/where.json cannot be written"),
        (["--junit", "."], "cannot be written"),
        (["--json", "report", "--junit", "./report"], "both name report"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(arguments: list[str], sentence: str) -> None:
    result = run("ToyEngine", *arguments)

    assert result.exit_code == ExitStatus.WRONG_USAGE
    assert sentence in result.output


def test_what_was_probably_meant_is_told_once() -> None:
    assert did_you_mean("leaf-999", ["leaf-209", "leaf-209"]) == "; did you mean leaf-209?"


# the clauses that must be there -------------------------------------------------------
def test_a_clause_that_vanished_makes_the_run_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(d for d in edition.demands() if d.id in (ADDS, "acc-008"))
    gone = replace(kept[0], id="acc-999", clause="acc-999")
    monkeypatch.setattr(edition, "demands", lambda: (*kept, gone))
    command = ["run", f"{WRONG}:ToyEngine", "--profile", "scalar", "--chapter", "acc"]
    result = CliRunner().invoke(main, command)

    assert "1 clause has no verdict: acc-999" in result.output
    assert result.exit_code == ExitStatus.INCOMPLETE


def test_what_was_measured_before_an_interruption_is_reported(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    chosen = ["-k", "acc-001 or acc-002", "--json", str(report)]
    command = in_a_process(
        "run", f"{WRONG}:Hangs", "--chapter", "leaf", "--chapter", "acc", *chosen
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not Path("hanging").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)

    assert process.returncode == ExitStatus.INTERRUPTED
    assert "the run was interrupted" in output
    assert json.loads(report.read_text())["exit_status"] == ExitStatus.INTERRUPTED


def test_blocked_clauses_close_the_gate_where_the_failure_was_not_selected() -> None:
    result = run("DoesNothing")

    assert "1 blocked, because they build on: bwd-001 (1)" in result.output
    assert "not conformant" in result.output
    assert result.exit_code == ExitStatus.NOT_CONFORMANT


def test_a_chapter_that_does_not_import_makes_a_narrowed_run_incomplete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half(_host: object, task: Task) -> Verdict:
        if task.clause.startswith("acc"):
            return Verdict(task.clause, Outcome.PASSED)
        message = "chapter backward could not be read"
        return Verdict(task.clause, Outcome.ERRORED, Kind.UNREADABLE, message)

    monkeypatch.setattr(ProcessHost, "run", half)
    result = run("ToyEngine", keyword="acc-001 or bwd-001")

    assert "chapter backward could not be read" in result.output
    assert "no verdict: bwd-001" in result.output
    assert result.exit_code == ExitStatus.INCOMPLETE


# the last failures --------------------------------------------------------------------
def test_only_what_closed_the_gate_is_run_again() -> None:
    run("Overwrites", keyword="acc-001 or bwd-001")
    again = run("Overwrites", "--lf", keyword="")
    nothing = run("ToyEngine", "--lf")

    assert "passed 0 of 1 clauses of profile full, a part of it" in again.output
    assert again.exit_code == ExitStatus.NOT_CONFORMANT
    assert "nothing of profile full is known to have failed the last time" in nothing.output
    assert nothing.exit_code == ExitStatus.AS_EXPECTED


def test_where_nothing_that_is_asked_for_closed_the_gate_all_of_it_is_run() -> None:
    run("Overwrites")
    other = run("Overwrites", "--lf", "--chapter", "bwd", keyword="bwd-001")

    assert "nothing of profile full, chapter backward is known" in other.output
    assert "passed 1 of 1 clauses" in other.output
    assert other.exit_code == ExitStatus.AS_EXPECTED


# expectations -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("engine", "clause", "kind", "standing", "status"),
    [
        ("Overwrites", ADDS, "value", "expected failure", ExitStatus.AS_EXPECTED),
        ("Overwrites", ADDS, "shape", "changed failure", ExitStatus.NOT_CONFORMANT),
        ("ToyEngine", ADDS, "value", "unexpected pass", ExitStatus.NOT_CONFORMANT),
    ],
)
def test_an_expectation_is_an_assertion(
    engine: str, clause: str, kind: str, standing: str, status: ExitStatus
) -> None:
    Path("known.toml").write_text(EXPECTED.format(clause=clause, kind=kind))
    result = run(engine, "--expect", "known.toml", keyword=clause)

    assert standing in result.output
    assert result.exit_code == status
    assert ("gradspec expect" in result.output) == (status != ExitStatus.AS_EXPECTED)


@pytest.mark.usefixtures("_few")
def test_a_run_with_fewer_clauses_says_what_blocked_them(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    known.write_text(f'edition = "{edition.EDITION}"\nran = 3\n')
    result = run("DoesNothing", "--expect", str(known), "--json", "report.json", keyword="")
    report = json.loads(Path("report.json").read_text())

    assert "and 3 when the expectations were written: bwd-001 failed and blocked 1" in (
        result.output
    )
    assert "declares less" not in result.output
    assert report["shortfall"] in result.output


# reports ------------------------------------------------------------------------------
def test_junit_has_a_case_for_each_clause() -> None:
    run("ToyEngine", "--junit", "report.xml", keyword="acc-001 or leaf-042 or leaf-021")
    cases = ET.parse("report.xml").getroot().findall(".//testcase")  # noqa: S314 - our own file
    found = {case.attrib["name"].partition("[")[0]: case for case in cases}

    assert list(found) == ["leaf-021", "leaf-042", "acc-001"]
    assert cases[0].attrib["classname"] == "tensors_and_leaves"
    assert found["leaf-021"].find("failure") is not None
    assert found["leaf-042"].find("skipped") is not None
    assert found["acc-001"].find("skipped") is None


def test_a_report_that_cannot_be_written_after_all_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = run("ToyEngine", "--json", "report.json")

    assert "passed 1 of 1 clauses" in result.output
    assert "report.json could not be written: No space left on device" in result.output
    assert result.exit_code == ExitStatus.INCOMPLETE
    assert not list(Path().glob(".gradspec-*"))


# isolation ----------------------------------------------------------------------------
def test_pytests_own_settings_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -p no:gradspec")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    Path("pytest.ini").write_text("[pytest]\naddopts = -k nothing\n")
    Path("conftest.py").write_text("raise AssertionError\n")
    result = run("ToyEngine")

    assert result.exit_code == ExitStatus.AS_EXPECTED
    assert os.environ["PYTEST_ADDOPTS"] == "--collect-only -p no:gradspec"


def test_where_there_is_no_terminal_there_are_no_control_codes() -> None:
    result = run("Overwrites")

    assert "\x1b" not in result.output
    assert "\r" not in result.output


def test_processes_do_not_change_the_report(tmp_path: Path) -> None:
    reports = []
    for processes in ("1", "2"):
        path = tmp_path / f"{processes}.json"
        words = ["--chapter", "acc", "--profile", "scalar", "-n", processes, "--json", str(path)]
        subprocess.run(in_a_process("run", f"{WRONG}:Overwrites", *words), check=False)
        reports.append(json.loads(path.read_text()))
        for verdict in reports[-1]["verdicts"]:
            del verdict["duration"]

    assert reports[0] == reports[1]
    assert reports[0]["counts"]["failed"] > 0


def test_an_engine_of_which_nothing_can_be_asked_does_not_pass() -> None:
    result = run("DeclaresValuesOnly", keyword="acc")

    assert "no clause ran" in result.output
    assert result.exit_code == ExitStatus.INCOMPLETE


@pytest.mark.usefixtures("_few")
def test_a_capability_that_is_no_longer_declared_is_noticed(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    CliRunner().invoke(main, ["expect", f"{WRONG}:ToyEngine", "--write", str(known)])
    as_before = run("ToyEngine", "--expect", str(known), keyword="")
    text = known.read_text("utf-8")
    known.write_text(re.sub(r"ran = \d+", "ran = 400", text), "utf-8")
    fewer = run("ToyEngine", "--expect", str(known), keyword="")

    assert as_before.exit_code == ExitStatus.AS_EXPECTED
    assert fewer.exit_code == ExitStatus.NOT_CONFORMANT
    assert "the engine declares less than it did" in fewer.output


# the process of the command -----------------------------------------------------------
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device there")
@pytest.mark.parametrize(
    "arguments", [("run", "reference", "-k", ADDS), ("list",), ("show", ADDS), ("--help",)]
)
def test_an_output_that_is_full_is_told_and_ends_with_3(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - no path of ours
        ended = subprocess.run(
            in_a_process(*arguments), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert ended.returncode == ExitStatus.INCOMPLETE
    assert ended.stderr == "gradspec: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("run", "reference", "-k", ADDS), ExitStatus.INCOMPLETE),
        *((words, 0) for words in (("list",), ("show", ADDS), ("words",), ("search", "leaf"))),
    ],
)
def test_nobody_is_told_that_a_pipe_was_closed(arguments: tuple[str, ...], status: int) -> None:
    process = subprocess.Popen(
        in_a_process(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), told) == (status, "")


@pytest.mark.skipif(os.name != "posix", reason="no such signals there")
@pytest.mark.parametrize(
    ("word", "number"),
    [
        *(("run", number) for number in ("SIGTERM", "SIGHUP", "SIGINT")),
        *((word, "SIGTERM") for word in ("smoke", "expect")),
    ],
)
def test_whoever_is_asked_to_end_ends_with_130_and_leaves_no_worker(
    tmp_path: Path, word: str, number: str
) -> None:
    named, engine = tmp_path / "pid", tmp_path / "slow.py"
    engine.write_text(
        "import os, time\nfrom gradspec_conformance.adapters.reference import ReferenceEngine\n"
        "class Engine(ReferenceEngine):\n    def array(self, tensor):\n"
        f"        with open({str(named)!r}, 'w') as f: f.write(f'{{os.getpid()}}.')\n"
        "        time.sleep(60)\n"
    )
    process = subprocess.Popen(
        in_a_process(word, f"{engine}:Engine"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    while not (named.exists() and named.read_text().endswith(".")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(getattr(signal, number))
    process.communicate(timeout=60)

    assert process.returncode == ExitStatus.INTERRUPTED
    assert is_gone(int(named.read_text().removesuffix(".")))


def is_gone(process: int) -> bool:
    """Wait until the system has buried a process, for half a minute at most."""
    for _ in range(3000):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("words", [("run", "reference", "-k", ADDS), ("show", ADDS), ("engines",)])
def test_a_folder_that_is_gone_is_left(tmp_path: Path, words: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os, sys; os.rmdir({str(gone)!r}); sys.argv[1:] = {list(words)!r}; "
    script += "from gradspec_conformance.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=gone, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("words", [("run", "reference", "-k", ADDS), ("show", ADDS)])
def test_python_without_docstrings_is_begun_again(words: tuple[str, ...]) -> None:
    there = os.environ | {"PYTHONOPTIMIZE": "2"}
    ended = subprocess.run(
        in_a_process(*words), env=there, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0
    assert ADDS in ended.stdout


@pytest.mark.parametrize("word", ["x" * 5000, "x y " * 5000])
@pytest.mark.parametrize("command", ["run", "run -k", "run --expect", "show", "badge", "export"])
def test_a_complaint_quotes_no_more_than_can_be_read(command: str, word: str) -> None:
    said = CliRunner().invoke(main, [*command.split(), word])
    assert said.exit_code in {0, ExitStatus.WRONG_USAGE, ExitStatus.INCOMPLETE}
    assert len(said.stderr) < 600


def test_a_complaint_that_can_be_read_is_whole() -> None:
    path = "/".join(["a_folder"] * 60)
    said = f"the engine's file {path} cannot be read: {'it is not there; ' * 20}name another"

    assert brief(said) == said


@pytest.mark.parametrize("name", ["x" * 5000, "x" * 5000 + ".py:E", "x" * 5000 + ".toml"])
def test_an_engine_with_a_name_that_is_too_long_is_not_there(name: str) -> None:
    result = CliRunner().invoke(main, ["run", name, "-k", ADDS])

    assert result.exit_code == ExitStatus.INCOMPLETE
    assert "Traceback" not in result.output


@pytest.mark.skipif(os.name != "posix", reason="no descriptors there")
@pytest.mark.parametrize("words", [("list",), ("run", "reference", "-k", ADDS)])
def test_standard_streams_may_be_closed(words: tuple[str, ...]) -> None:
    line = f"exec {shlex.join(in_a_process(*words))} <&- >&-"
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


# what depends on what ran before ------------------------------------------------------
def test_what_fails_only_after_others_is_told_with_the_line_that_repeats_it() -> None:
    before, after = "inp-234/target", "op-001/add"
    result = run("KeepsOneGraph", "--json", "report.json", keyword=f"{before} or {after}")
    lines = {line["id"]: line for line in json.loads(Path("report.json").read_text())["verdicts"]}
    (command,) = [line for line in result.stdout.splitlines() if "repeat it" in line]
    words = shlex.split(command.partition(": gradspec ")[2])
    repeated = CliRunner().invoke(main, words)

    told = lines[after]
    assert result.exit_code == repeated.exit_code == ExitStatus.AS_EXPECTED
    assert (told["verdict"], told["standing"]) == ("passed", "disturbed")
    assert (told["kind"], told["disturbed_by"]) == ("depends on what ran before", [before])
    assert words[-4:] == ["-k", after, "--after", before]
    assert command in repeated.stdout.splitlines()
    assert "nothing failed by itself, 1 after others" in result.stdout
    assert "nothing failed by itself, 1 after others" in repeated.stdout


def test_a_clause_that_is_none_cannot_be_run_before() -> None:
    result = run("ToyEngine", "--after", "acc-0001")

    assert result.exit_code == ExitStatus.WRONG_USAGE
    assert "--after 'acc-0001' is no clause; did you mean" in result.stderr
