"""Every clause is a test of pytest's, and pytest's own tools work on it."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from argparse import Namespace
from pathlib import Path

import pytest

from gradspec_conformance.execution import register
from gradspec_conformance.pytest_plugin import items
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus
from gradspec_conformance.run.selection import select

WRONG = Path(__file__).with_name("wrong_engines.py")
THREE = "acc-001 or leaf-042 or leaf-021"
"""One clause that the toy passes, one that it does not support, one that it fails."""

LIGHT = """
import sys
import gradspec_conformance.pytest_plugin.plugin
heavy = {"numpy", "hypothesis", "gradspec", "msgspec", "rich"} & sys.modules.keys()
assert not heavy, heavy
"""


def run(
    pytester: pytest.Pytester, engine: str, *arguments: str, package: str = "gradspec"
) -> pytest.RunResult:
    """Run pytest on the specification with an engine of wrong_engines.py."""
    named = f"{WRONG}:{engine}"
    return pytester.runpytest("--pyargs", package, "--engine", named, *arguments)


def test_verdicts_are_told_in_the_words_of_pytest(pytester: pytest.Pytester) -> None:
    result = run(pytester, "ToyEngine", "-k", THREE)

    found = {word: count for word, count in result.parseoutcomes().items() if word != "deselected"}

    assert found == {"passed": 1, "skipped": 1, "failed": 1}


def test_what_another_clause_disturbs_is_told_and_gates_nothing(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "KeepsOneGraph", "-k", "inp-234/target or op-001/add", "-rx")

    assert result.ret == ExitStatus.AS_EXPECTED
    result.stdout.fnmatch_lines(["*disturbed: * (depends on what ran before): alone it passes*"])
    result.stdout.fnmatch_lines(
        ["1. depends on what ran before: a clause passes alone, but not after inp-234/target: *"]
    )


def test_a_failure_is_explained_and_can_be_repeated(pytester: pytest.Pytester) -> None:
    result = run(pytester, "Overwrites", "-k", "acc-001")

    result.stdout.fnmatch_lines(
        [
            "*acc-001 * unexpected failure*",
            "*A backward pass adds to the gradient that a leaf already has*",
            "*failed (value): another value*",
            "*found *4.0*",
            "*expected *8.0*",
            "*t0 = ag.tensor(2.0, requires_grad=True)*",
            "*repeat it: gradspec run *Overwrites --no-expect -k acc-001*",
        ]
    )


def test_a_clause_is_named_by_its_chapter_and_its_id(pytester: pytest.Pytester) -> None:
    result = run(pytester, "ToyEngine", "-k", "acc-001", "--collect-only", "-q")

    result.stdout.re_match_lines([r"accumulation::acc-001\[[a-z_]+\]$"])


def test_collecting_only_does_not_wait_for_the_engine(pytester: pytest.Pytester) -> None:
    result = run(pytester, "SleepsAtBirth", "-k", "acc-001", "--collect-only", "-q")

    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "arguments",
    [
        ["-k", "accumulation and not hooks and not threads"],
        ["-m", "must", "-k", "acc-"],
        ["--gradspec-chapter=acc"],
    ],
    ids=["words", "levels", "chapters"],
)
def test_clauses_are_chosen_by(pytester: pytest.Pytester, arguments: list[str]) -> None:
    result = run(pytester, "ToyEngine", *arguments, "--collect-only", "-q")
    lines = [line for line in result.outlines if "::" in line]

    assert lines
    assert all(line.startswith("accumulation::acc-") for line in lines)


@pytest.mark.parametrize(
    "words", ["leaf-001", "inp-042", "in_place.sharing", "leaf-001b or not must"]
)
def test_words_choose_what_they_choose_in_a_run(pytester: pytest.Pytester, words: str) -> None:
    result = run(pytester, "ToyEngine", "-k", words, "--collect-only", "-q")
    lines = [line.partition("::")[2].partition("[")[0] for line in result.outlines if "::" in line]

    assert lines == [demand.id for demand in select("full", keyword=words).demanded()]


def test_words_choose_among_tests_of_another_kind_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_acc_001(): pass\ndef test_other(): pass")
    words = "acc-001 or test_acc"
    result = run(pytester, "ToyEngine", ".", "-k", words, "--collect-only", "-q")

    lines = [line.rpartition("::")[2] for line in result.outlines if "::" in line]
    assert lines[0] == "test_acc_001"
    assert [line.partition("[")[0] for line in lines[1:]] == ["acc-001"]


def test_clauses_stand_in_reading_order(pytester: pytest.Pytester) -> None:
    result = run(pytester, "ToyEngine", "--collect-only", "-q", "--gradspec-profile=scalar")
    chapters = list(dict.fromkeys(line.split("::")[0] for line in result.outlines if "::" in line))

    assert chapters[0] == "tensors_and_leaves"
    assert chapters.index("backward") < chapters.index("accumulation")


def test_a_chapter_can_be_run_alone(pytester: pytest.Pytester) -> None:
    package = "gradspec.chapters.accumulation"
    result = run(pytester, "ToyEngine", "--collect-only", "-q", package=package)
    lines = [line for line in result.outlines if "::" in line]

    assert lines
    assert all(line.startswith("accumulation::acc-") for line in lines)


def test_the_last_failures_are_run_again(pytester: pytest.Pytester) -> None:
    run(pytester, "ToyEngine", "-k", THREE)
    result = run(pytester, "ToyEngine", "--lf")

    assert result.parseoutcomes()["failed"] == 1
    assert "passed" not in result.parseoutcomes()


def test_processes_do_not_change_verdicts(pytester: pytest.Pytester) -> None:
    report = pytester.path / "report.xml"
    result = run(pytester, "ToyEngine", "-k", THREE, "-n", "2", f"--junitxml={report}")
    cases = ET.parse(report).getroot().findall(".//testcase")  # noqa: S314 - our own file
    verdicts = {
        case.attrib["name"].partition("[")[0]: case.find(".//property[@name='verdict']")
        for case in cases
    }

    assert result.parseoutcomes() == {"passed": 1, "skipped": 1, "failed": 1}
    assert {
        name: found.attrib["value"] for name, found in verdicts.items() if found is not None
    } == {
        "acc-001": "passed",
        "leaf-021": "failed",
        "leaf-042": "unsupported",
    }


def test_an_expected_failure_is_what_pytest_calls_xfailed(pytester: pytest.Pytester) -> None:
    entry = '[[expected]]\nclause = "acc-001"\nkind = "value"\nreason = "r"\nclass = "bug"\n'
    pytester.path.joinpath("known.toml").write_text(entry)
    result = run(pytester, "Overwrites", "-k", "acc-001", "--expect", "known.toml")

    assert result.parseoutcomes()["xfailed"] == 1


# the exit status is that of `gradspec run` -------------------------------------------
ENTRY = '[[expected]]\nclause = "{}"\nkind = "{}"\nreason = "r"\nclass = "bug"\n'


def expecting(pytester: pytest.Pytester, **kinds: str) -> list[str]:
    """Write a file of expected failures: acc_001="value"."""
    entries = [ENTRY.format(name.replace("_", "-"), kind) for name, kind in kinds.items()]
    pytester.path.joinpath("known.toml").write_text("".join(entries))
    return ["--expect", "known.toml"]


def test_an_expectation_that_does_not_hold_is_a_failure_and_a_deviation_is_none(
    pytester: pytest.Pytester,
) -> None:
    known = expecting(pytester, acc_001="value", leaf_021="order")
    chosen = ["-k", "acc-001 or leaf-021 or leaf-023", "-rx"]
    result = run(pytester, "KeepsWhatIsDeleted", *chosen, *known)

    assert result.ret == ExitStatus.NOT_CONFORMANT
    assert (result.parseoutcomes()["failed"], result.parseoutcomes()["xfailed"]) == (2, 1)
    result.stdout.fnmatch_lines(
        [
            "*leaf-021 * changed failure",
            "*acc-001 * unexpected pass",
            "*not as expected*",
            "*deviation: may failed (*",
        ]
    )


def test_blocked_clauses_close_the_gate_where_the_failure_was_not_selected(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "DoesNothing", "--gradspec-chapter=acc", "-k", "acc-001")

    assert result.ret == ExitStatus.NOT_CONFORMANT
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*blocked (bwd-001): builds on bwd-001, which failed*"])


def test_blocked_clauses_do_not_close_the_gate_where_the_failure_is_known(
    pytester: pytest.Pytester,
) -> None:
    known = expecting(pytester, bwd_001="missing gradient")
    result = run(pytester, "DoesNothing", "-k", "acc-001 or bwd-001", "-rs", *known)

    assert result.ret == ExitStatus.AS_EXPECTED
    assert (result.parseoutcomes()["skipped"], result.parseoutcomes()["xfailed"]) == (1, 1)
    result.stdout.fnmatch_lines(["*blocked: builds on bwd-001, which failed"])


def test_a_selection_of_which_nothing_ran_does_not_pass(pytester: pytest.Pytester) -> None:
    result = run(pytester, "DeclaresValuesOnly", "-k", "acc-001")

    assert result.ret == ExitStatus.INCOMPLETE
    assert result.parseoutcomes()["skipped"] == 1
    result.stdout.fnmatch_lines(["*no clause ran: *"])


def test_the_summary_ends_with_the_ladder(pytester: pytest.Pytester) -> None:
    result = run(pytester, "ToyEngine", "--gradspec-profile", "scalar", "-q")

    result.stdout.fnmatch_lines(
        ["the ladder * passed *", "  scalars *", "reached: *", "passed * of profile scalar*"]
    )


@pytest.mark.parametrize("processes", ["0", "2"])
def test_an_engine_that_does_not_load_is_told_once(
    pytester: pytest.Pytester, processes: str
) -> None:
    result = run(pytester, "NeverBegins", "-k", "acc-001", "-n", processes)
    told = [line for line in result.outlines if "no device found" in line]

    assert result.ret == ExitStatus.INCOMPLETE
    assert len(told) == 1


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_no_clause_matches_is_wrong_usage(pytester: pytest.Pytester, processes: str) -> None:
    result = run(pytester, "ToyEngine", "-k", "acc-0001", "-n", processes)

    assert result.ret == ExitStatus.WRONG_USAGE
    result.stdout.fnmatch_lines(["no clause of profile full matches *; did you mean acc-001*"])


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--gradspec-profile=tap", "*did you mean tape*"),
        ("--gradspec-chapter=xyz", "*no chapter is called 'xyz'*"),
        ("--gradspec-examples=0", "*a law needs at least one*"),
        ("--expect=nowhere.toml", "*nowhere.toml*"),
        ("--expect=one.toml --expect=two.toml", "*--expect names one.toml and two.toml; an eng*"),
    ],
)
def test_wrong_usage_is_answered_with_a_sentence(
    pytester: pytest.Pytester, argument: str, sentence: str
) -> None:
    named = ("--pyargs", "gradspec", "--engine", f"{WRONG}:ToyEngine", *argument.split())
    result = pytester.runpytest_subprocess(*named)

    assert result.ret == ExitStatus.WRONG_USAGE
    result.stderr.fnmatch_lines([sentence])


def test_a_debugger_gets_the_engine_in_its_own_process() -> None:
    options = Namespace(
        gradspec_engine=f"{WRONG}:ToyEngine",
        **{
            f"gradspec_{name}": None
            for name in ("expect", "no_expect", "strict", "seed", "examples", "timeout")
        },
        gradspec_profile="full",
        gradspec_chapter=[],
        keyword="",
        usepdb=True,
    )
    context = Request.of(options)

    assert context.session.engine is not None
    context.close()


def test_a_debugger_sees_the_failure_where_it_happened(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    performed: list[str] = []
    here = Request.make(f"{WRONG}:Overwrites", keyword="acc-001 or bwd-001", in_process=True)
    monkeypatch.setattr(Request, "of", lambda _options: here)
    monkeypatch.setattr(items, "rerun", lambda verdict, _engine: performed.append(verdict.id))
    result = run(pytester, "Overwrites", "-k", "acc-001 or bwd-001")

    assert performed == ["acc-001"]
    result.stdout.fnmatch_lines(["*acc-001 * unexpected failure*"])


def test_a_fault_of_the_kit_is_shown_as_pytest_shows_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_arguments: object) -> None:
        raise RuntimeError("the kit is wrong")

    monkeypatch.setattr(Judge, "judge", wrong)
    result = run(pytester, "ToyEngine", "-k", "acc-001")

    assert result.ret == ExitStatus.INCOMPLETE
    result.stdout.fnmatch_lines(
        ["*RuntimeError: the kit is wrong", "1 clause has no verdict: acc-001"]
    )


def test_a_chapter_that_does_not_import_is_told(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "complaint_about", lambda _chapter: "LookupError: half done")
    result = run(pytester, "ToyEngine", package="gradspec.chapters.accumulation")

    assert result.ret == ExitStatus.INCOMPLETE
    result.stdout.fnmatch_lines(["*chapter accumulation could not be read: LookupError: half done"])


def test_nothing_is_collected_in_a_project_that_has_chapters_of_its_own(
    pytester: pytest.Pytester,
) -> None:
    pytester.mkpydir("chapters")
    pytester.path.joinpath("chapters", "leaf.py").write_text("raise AssertionError")
    pytester.makepyfile("def test_mine(): pass")

    pytester.runpytest().assert_outcomes(passed=1)


def test_an_option_of_the_same_name_may_be_declared_elsewhere(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--engine')")
    pytester.makepyfile("def test_mine(pytestconfig): assert pytestconfig.option.engine == 'v8'")

    pytester.runpytest("--engine", "v8").assert_outcomes(passed=1)


def test_whoever_merely_has_gradspec_installed_pays_nothing() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)
