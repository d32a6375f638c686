"""What pytest saw becomes one result, and its exit status is that of `gradspec run`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from made_up import ENGINE, judged

from gradspec import MUST
from gradspec.rank import Level, Nature
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.execution.verdict import Outcome
from gradspec_conformance.known.entry import Cause, Entry
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.pytest_plugin import items, plugin
from gradspec_conformance.pytest_plugin.gathering import Gathering
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.selection import select

if TYPE_CHECKING:
    from gradspec_conformance.run.judgement import Judged

NOTHING = Expectations.none()
CHOSEN = ("acc-001", "acc-002")
PASSED, FAILED = judged("acc-001"), judged("acc-002", Outcome.FAILED)
WELL = judged("acc-002")
OK, RED, USAGE = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR


def nodeid(identifier: str) -> str:
    """Name an item as the plugin does."""
    return f"accumulation::{identifier}[it_adds]"


def gathering(
    *found: Judged, others: tuple[str, ...] = (), expectations: Expectations = NOTHING
) -> Gathering:
    """Gather what was selected and found."""
    judges: Any = (SimpleNamespace(session=SimpleNamespace(description=ENGINE)),)
    request = Request("mine:Engine", EVERYDAY, select("full", ["acc"]), expectations, judges)
    gathered = Gathering(request)
    ids = [*map(nodeid, CHOSEN), *others]
    gathered.pytest_collection_finish(
        SimpleNamespace(items=[SimpleNamespace(nodeid=i) for i in ids])  # type: ignore[arg-type]
    )
    for one in found:
        sent = msgspec.json.encode(one).decode()
        gathered.pytest_runtest_logreport(SimpleNamespace(gradspec=sent))  # type: ignore[arg-type]
    gathered.pytest_runtest_logreport(SimpleNamespace())  # type: ignore[arg-type]
    return gathered


reported: list[pytest.TestReport] = []
"""What pytest was told besides the clauses."""


def _report(report: pytest.TestReport) -> None:
    reported.append(report)


def session(status: int, *, stopped: bool = False, **options: Any) -> Any:
    """End a session of pytest."""
    config = SimpleNamespace(
        hook=SimpleNamespace(pytest_runtest_logreport=_report),
        getoption=lambda name, default=None: options.get(name, default),
        args=options.pop("args", ["gradspec"]),
        stash={},
    )
    return SimpleNamespace(exitstatus=status, config=config, shouldfail=stopped, shouldstop=False)


def ended(gathered: Gathering, one: Any) -> int:
    """Finish the session; give its exit status."""
    reported.clear()
    gathered.pytest_sessionfinish(one)
    status: int = one.exitstatus
    return status


NAMED = {"markexpr": "must"}


@pytest.mark.parametrize(
    ("found", "status", "expected"),
    [
        ((PASSED, WELL), OK, 0),
        ((PASSED, FAILED), RED, 1),
        ((PASSED,), RED, 3),
        ((PASSED,), OK, 3),
        ((PASSED, judged("acc-002", Outcome.BLOCKED, gates=True)), OK, 1),
        ((judged("acc-001", Outcome.UNSUPPORTED),), OK, 3),
        ((PASSED, WELL), RED, RED),
        ((PASSED, FAILED), USAGE, USAGE),
        ((PASSED, FAILED), pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERRUPTED),
    ],
)
def test_the_exit_status_says_what_the_run_came_to(
    found: tuple[Judged, ...], status: int, expected: int
) -> None:
    assert ended(gathering(*found), session(status, **NAMED)) == expected


def test_a_failure_of_ones_own_test_stays_one() -> None:
    mine = ("test_mine.py::test_mine",)

    assert ended(gathering(PASSED, others=mine), session(RED, **NAMED)) == RED
    assert ended(gathering(PASSED, others=mine), session(OK, **NAMED)) == 3


def test_a_run_that_was_stopped_failed_and_misses_nothing() -> None:
    assert ended(gathering(PASSED), session(RED, stopped=True, **NAMED)) == RED
    assert reported == []


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 130), (pytest.exit.Exception("enough"), 2)]
)
def test_a_run_that_a_person_ended_says_so(error: BaseException, status: int) -> None:
    gathered = gathering(PASSED)
    with pytest.raises(type(error)) as caught:
        raise error
    gathered.pytest_keyboard_interrupt(caught)

    assert ended(gathered, session(pytest.ExitCode.INTERRUPTED, **NAMED)) == status


def test_collecting_says_nothing_of_conformance() -> None:
    assert ended(gathering(), session(OK, collectonly=True)) == OK


def test_where_no_clause_was_selected_nothing_is_said() -> None:
    judges: Any = ()
    gathered = Gathering(Request("mine", EVERYDAY, select(), Expectations(), judges))

    assert ended(gathered, session(pytest.ExitCode.OK)) == OK
    lines: list[str] = []
    gathered.pytest_terminal_summary(SimpleNamespace(write_line=lines.append))  # type: ignore[arg-type]
    assert lines == []


@pytest.mark.parametrize(
    "options",
    [
        {"markexpr": "must"},
        {"lf": True},
        {"failedfirst": True},
        {"deselect": ["acc-003"]},
        {"stepwise": True},
        {"args": ["gradspec", "accumulation.py"]},
        {"args": ["gradspec.chapters.accumulation"]},
    ],
    ids=str,
)
def test_what_pytest_was_told_to_leave_out_is_not_missed(options: dict[str, Any]) -> None:
    assert ended(gathering(PASSED, WELL), session(OK, **options)) == 0


def test_what_pytest_was_not_told_to_leave_out_is_missed() -> None:
    assert ended(gathering(PASSED, WELL), session(OK)) == 3


def test_what_workers_of_xdist_collect_counts_too() -> None:
    judges: Any = (SimpleNamespace(session=SimpleNamespace(description=ENGINE)),)
    request = Request("mine:Engine", EVERYDAY, select(), Expectations(), judges)
    gathered = Gathering(request)
    gathered.pytest_xdist_node_collection_finished([nodeid("acc-001"), nodeid("inp-042/t")])

    assert list(gathered._selected) == ["acc-001", "inp-042/t"]
    assert not gathered._others


def test_the_summary_says_what_kept_the_run_from_being_whole() -> None:
    gathered = gathering(judged("acc-001", Outcome.UNSUPPORTED))
    ended(gathered, session(OK, **NAMED))
    said: list[str] = []
    gathered.pytest_terminal_summary(
        SimpleNamespace(section=said.append, write_line=said.append)  # type: ignore[arg-type]
    )

    assert said[:3] == [
        "gradspec",
        "no clause ran: each is unsupported, or builds on what does not hold",
        "1 clause has no verdict: acc-002",
    ]
    assert said[3].startswith("passed 0 of 2 clauses of profile full, chapter accumulation, a part")
    assert said[3].endswith(": the run is incomplete")
    assert said[4].startswith("0 passed, 0 failed")
    assert len(said) == 5
    assert [one.nodeid for one in reported if one.failed] == [
        "gradspec::enough ran",
        "gradspec::acc-002 has a verdict",
    ]


def test_a_stale_entry_is_told_with_its_line_and_closes_the_gate() -> None:
    known = Expectations((Entry("acc-002", "value", "known", Cause.BUG, line=7),))
    gathered = gathering(PASSED, judged("acc-002", Outcome.UNSUPPORTED), expectations=known)
    said: list[str] = []

    assert ended(gathered, session(OK, **NAMED)) == 1
    gathered.pytest_terminal_summary(
        SimpleNamespace(section=said.append, write_line=said.append)  # type: ignore[arg-type]
    )
    assert "stale entry (line 7): acc-002 was expected to fail; it never ran" in said
    assert [one.nodeid for one in reported if one.failed] == ["gradspec::acc-002 runs"]


def test_failures_are_told_by_their_cause_in_the_end() -> None:
    failed = [judged(f"acc-00{n}", Outcome.FAILED, habit="a flag is lost") for n in (1, 2)]
    gathered = gathering(*failed)
    ended(gathered, session(pytest.ExitCode.TESTS_FAILED))
    said: list[str] = []
    gathered.pytest_terminal_summary(
        SimpleNamespace(section=said.append, write_line=said.append)  # type: ignore[arg-type]
    )

    assert "1. wrong value: A flag is lost. (2 failures, such as acc-001)" in said


# options and markers ------------------------------------------------------------------
OPTIONS = {
    "engine": ["--engine"],
    "profile": [],
    "chapter": [],
    "expect": ["--expect"],
    "no-expect": ["--no-expect"],
    "strict": [],
    "seed": [],
    "examples": [],
    "timeout": [],
}


@pytest.mark.parametrize("named", [True, False])
def test_options_are_declared_and_short_ones_where_gradspec_is_named(named: bool) -> None:
    declared: dict[tuple[str, ...], dict[str, Any]] = {}

    def addoption(*names: str, **settings: Any) -> None:
        declared[names] = settings

    arguments = ["--pyargs", "gradspec"] if named else ["tests"]
    config = SimpleNamespace(invocation_params=SimpleNamespace(args=arguments))
    parser: Any = SimpleNamespace(
        getgroup=lambda name, text: SimpleNamespace(addoption=addoption, name=name, text=text)
    )
    manager: Any = SimpleNamespace(get_plugin=lambda name: config if "config" in name else None)
    plugin.pytest_addoption(parser, manager)

    assert [list(names) for names in declared] == [
        [f"--gradspec-{name}", *(short if named else [])] for name, short in OPTIONS.items()
    ]
    assert all(settings["help"] for settings in declared.values())
    by_name = {settings["dest"]: settings for settings in declared.values()}
    assert list(by_name) == [f"gradspec_{name.replace('-', '_')}" for name in OPTIONS]
    assert {n: s["default"] for n, s in by_name.items() if "default" in s} == {
        "gradspec_engine": "reference",
        "gradspec_profile": "full",
        "gradspec_chapter": [],
        "gradspec_expect": [],
    }
    assert {n: s["type"] for n, s in by_name.items() if "type" in s} == {
        "gradspec_seed": int,
        "gradspec_examples": int,
        "gradspec_timeout": float,
    }
    assert {n: s["action"] for n, s in by_name.items() if "action" in s} == {
        "gradspec_chapter": "append",
        "gradspec_expect": "append",
        "gradspec_no_expect": "store_true",
        "gradspec_strict": "store_true",
    }
    assert {n for n, s in by_name.items() if s.get("metavar")} == by_name.keys() - {
        "gradspec_no_expect",
        "gradspec_strict",
    }


def test_levels_and_natures_are_markers() -> None:
    lines: list[tuple[str, str]] = []
    config: Any = SimpleNamespace(addinivalue_line=lambda *line: lines.append(line))
    items.pytest_configure(config)

    assert {kind for kind, _ in lines} == {"markers"}
    assert [line.partition(":")[0] for _, line in lines] == [*Level, *Nature]
    assert lines[0][1] == f"{MUST}: a clause of gradspec at level MUST"
    assert lines[-1][1] == f"{list(Nature)[-1]}: a clause of gradspec about conventions"


@pytest.mark.parametrize("package", [None, SimpleNamespace(submodule_search_locations=None)])
def test_where_gradspec_is_no_package_nothing_is_collected(
    package: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin.chapters.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: package)
    nobody: Any = None
    try:
        assert plugin.chapters() is None
        assert plugin.pytest_collect_file(Path("chapters", "leaf.py"), nobody) is None
    finally:
        plugin.chapters.cache_clear()


@pytest.mark.parametrize("place", ["leaf.py", "chapters/leaf.txt", "chapters/leaf.py"])
def test_files_elsewhere_are_left_alone(place: str) -> None:
    nobody: Any = None

    assert plugin.pytest_collect_file(Path(place), nobody) is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--pyargs", "gradspec"], True), ([Path("x", "gradspec", "chapters")], True), (["x"], False)],
)
def test_gradspec_is_named_by_any_argument(arguments: list[Any], named: bool) -> None:
    config: Any = SimpleNamespace(invocation_params=SimpleNamespace(args=arguments))

    assert plugin.is_named(config) is named
