"""A session gives each clause its verdict, whatever the engine does to its process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from toy_engine import ToyEngine
from wrong_engines import KeepsOneGraph

from gradspec import edition
from gradspec.program.steps import Program, Ref, Step
from gradspec.program.storing import to_json
from gradspec.rank import Level
from gradspec_conformance.exceptions import EngineBroken, EngineError, EngineNotFound
from gradspec_conformance.execution import register
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.host import EngineHost
from gradspec_conformance.isolation.messages import Started, Task, encode
from gradspec_conformance.isolation.process import ProcessHost
from gradspec_conformance.run.session import DEFAULT_TIMEOUT, EngineSession
from gradspec_conformance.run.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = Path(__file__).with_name("wrong_engines.py")
NEVER = Step("expect", {"found": Ref(0), "check": "equals", "expected": 3.0})
BELOW, ABOVE = "bwd-001", "acc-001"
"""One pass gives the derivatives; two passes add up, which builds on the first."""


def session(engine: str, timeout: float = 30.0) -> EngineSession:
    """Begin a session with an engine of wrong_engines.py."""
    return EngineSession(f"{WRONG}:{engine}", timeout=timeout)


def test_a_sound_engine_passes() -> None:
    with session("ToyEngine") as toy:
        assert toy.verdict(BELOW).outcome is Outcome.PASSED
        assert toy.description.name == "toy"


def test_a_verdict_is_found_once() -> None:
    with EngineSession(f"{WRONG}:ToyEngine", in_process=True) as toy:
        assert toy.verdict(BELOW) is toy.verdict(BELOW)


@pytest.mark.skipif(sys.platform == "win32", reason="signals have other names there")
def test_a_segmentation_fault_costs_its_clause_alone() -> None:
    with session("Crashes") as wrong:
        crashed = wrong.verdict(BELOW)
        after = wrong.verdict("leaf-001")

        assert (crashed.outcome, crashed.kind) == (Outcome.CRASHED, Kind.SIGNAL)
        assert crashed.signal == "SIGSEGV"
        assert "about to read from nowhere" in crashed.message
        assert "wrong_engines.py" in crashed.message
        assert "gradspec_conformance" not in crashed.message
        assert after.outcome is not Outcome.CRASHED


@pytest.mark.skipif(sys.platform == "win32", reason="signals have other names there")
def test_a_crash_that_an_earlier_clause_brought_about_is_not_blamed_on_a_later_one() -> None:
    with session("CrashesLater") as wrong:
        first, second = wrong.verdict(BELOW), wrong.verdict(ABOVE)

        assert first.outcome is Outcome.PASSED
        assert second.outcome is Outcome.PASSED


ONE_GRAPH = ("rec-019", "rec-018")
"""Two clauses in this order: the first makes a result and no pass, the second passes alone."""


def test_a_clause_that_an_earlier_one_disturbs_passes_and_says_who_disturbed_it() -> None:
    before, after = ONE_GRAPH
    with session("KeepsOneGraph") as wrong:
        wrong.verdict(before)
        verdict = wrong.verdict(after)
        next_one = wrong.verdict("rec-026")

    assert (verdict.outcome, verdict.kind) == (Outcome.PASSED, Kind.STATE)
    assert verdict.disturbed_by == (before,)
    assert verdict.message.startswith(f"alone it passes; after {before} it errored (KeyError)")
    assert verdict.program is not None
    assert (next_one.outcome, next_one.kind) == (Outcome.PASSED, None)


def test_what_disturbed_a_clause_is_run_before_it_where_that_is_asked_for() -> None:
    before, after = ONE_GRAPH
    with EngineSession(f"{WRONG}:KeepsOneGraph", after=[before]) as repeated:
        verdict = repeated.verdict(after)

    assert (verdict.outcome, verdict.disturbed_by) == (Outcome.PASSED, (before,))


def test_here_too_a_clause_runs_after_those_that_are_given() -> None:
    before, after = (Task(name, {BELOW: Outcome.PASSED}) for name in ONE_GRAPH)
    host = EngineHost(KeepsOneGraph(), EVERYDAY)
    try:
        verdict = host.run(after, [before])
    finally:
        host.close()

    assert (verdict.outcome, verdict.exception) == (Outcome.ERRORED, "KeyError")


@pytest.mark.parametrize("engine", ["ToyEngine", "HasAThread", "HasAProcess"])
def test_where_an_engine_begins_threads_or_processes_it_is_not_copied(engine: str) -> None:
    host = ProcessHost(f"{WRONG}:{engine}", EVERYDAY, 30.0)
    try:
        assert host.run(Task(BELOW)).outcome is Outcome.PASSED
        in_copies = host._runs_in_copies
    finally:
        host.close()

    assert in_copies is (engine == "ToyEngine" and sys.platform == "linux")


def test_no_sound_engine_comes_near_the_limit() -> None:
    there_and_back = 2 * 100e-6
    longest = max(edition.demands(), key=lambda demand: demand.acts)

    assert longest.acts * there_and_back < DEFAULT_TIMEOUT / 5, longest.id


def test_leaving_without_a_word_is_a_crash_even_with_status_0() -> None:
    with session("LeavesAtOnce") as wrong:
        verdict = wrong.verdict(BELOW)

        assert (verdict.outcome, verdict.kind) == (Outcome.CRASHED, Kind.EXIT)
        assert "exited with status 0" in verdict.message


@pytest.mark.parametrize("in_process", [True, False], ids=["here", "in a child"])
def test_sys_exit_does_not_end_the_run(in_process: bool) -> None:
    with EngineSession(f"{WRONG}:Exits", in_process=in_process) as wrong:
        verdict = wrong.verdict(BELOW)

        assert (verdict.outcome, verdict.kind) == (Outcome.CRASHED, Kind.EXIT)


def test_a_hang_is_ended_after_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with session("Hangs", timeout=0.5) as wrong:
        _ = wrong.description
        started = time.perf_counter()
        verdict = wrong.verdict(BELOW)

        assert verdict.outcome is Outcome.TIMED_OUT
        assert time.perf_counter() - started < 5


@pytest.mark.parametrize("engine", ["Prints", "Reads"])
def test_what_an_engine_prints_and_reads_does_not_reach_the_kit(engine: str) -> None:
    with session(engine) as talkative:
        assert talkative.verdict(BELOW).outcome is Outcome.PASSED
        assert talkative.verdict("bwd-001").id == "bwd-001"


@pytest.mark.parametrize("in_process", [True, False], ids=["here", "in a child"])
def test_text_that_is_no_unicode_is_replaced(in_process: bool) -> None:
    with EngineSession(f"{WRONG}:SpeaksNoUnicode", in_process=in_process) as wrong:
        assert wrong.verdict(BELOW).message == "backward raised ValueError: half a character: ?"


@pytest.mark.parametrize(
    ("engine", "kind", "sentence"),
    [
        ("NeverBegins", EngineBroken, "no device found"),
        ("DiesAtBirth", EngineBroken, "exited with status 7"),
        ("LacksAMethod", EngineBroken, r"lacks backward\(\)"),
        ("Absent", EngineBroken, "has no attribute 'Absent'"),
    ],
)
def test_an_engine_that_does_not_load_is_told_in_a_sentence(
    engine: str, kind: type[EngineError], sentence: str
) -> None:
    with session(engine) as wrong, pytest.raises(kind, match=sentence):
        _ = wrong.description


def test_an_engine_that_hangs_in_its_constructor_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gradspec_conformance.isolation.process.START_TIMEOUT", 1.0)
    with (
        session("SleepsAtBirth", timeout=1.0) as wrong,
        pytest.raises(EngineBroken, match="was not loaded within 1 s"),
    ):
        _ = wrong.description


def test_an_unknown_engine_is_not_found_in_the_child_as_here() -> None:
    with EngineSession("tourch") as wrong, pytest.raises(EngineNotFound, match="did you mean"):
        _ = wrong.description


def test_a_crash_below_blocks_what_builds_on_it() -> None:
    with session("LeavesAtOnce") as wrong:
        verdict = wrong.verdict(ABOVE)

        assert (verdict.outcome, verdict.foundation) == (Outcome.BLOCKED, BELOW)
        assert wrong.verdict(BELOW).outcome is Outcome.CRASHED


def test_a_clause_that_is_nowhere_has_a_verdict_too() -> None:
    with EngineSession(f"{WRONG}:ToyEngine", in_process=True) as toy:
        assert toy.verdict("acc-999").outcome is Outcome.ERRORED


def test_the_clauses_that_these_tests_run_are_what_the_tests_take_them_for() -> None:
    clauses = register.cases()

    assert {clauses[name].level for name in (BELOW, ABOVE)} == {Level.MUST}
    assert clauses[ABOVE].foundations == (BELOW,)


@pytest.mark.parametrize("engine", ["GivesComplexNumbers", "GivesNothing"])
def test_an_answer_that_the_port_does_not_allow_is_no_pass(engine: str) -> None:
    with session(engine) as wrong:
        verdict = wrong.verdict(BELOW)

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.BROKEN_PORT)


def test_an_engine_that_replaces_the_judge_is_caught_and_the_judge_put_back() -> None:
    with session("ReplacesTheJudge") as wrong:
        first, second = wrong.verdict("leaf-001"), wrong.verdict(BELOW)

    assert (second.outcome, second.kind) == (Outcome.ERRORED, Kind.TAMPERED)
    assert first.kind != Kind.TAMPERED


def test_an_engine_that_replaces_comparisons_is_not_loaded() -> None:
    with (
        session("ReplacesTheComparisons") as wrong,
        pytest.raises(EngineBroken, match="the comparison equals"),
    ):
        wrong.verdict(BELOW)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_of_a_process_that_forked_one_answers() -> None:
    with session("Forks") as wrong:
        verdicts = [wrong.verdict(clause) for clause in (BELOW, "leaf-001", ABOVE)]

    assert [v.id for v in verdicts] == [BELOW, "leaf-001", ABOVE]
    assert verdicts[2].outcome is Outcome.PASSED


class Interrupts(ToyEngine):
    """Is interrupted by the person in its backward pass."""

    def backward(self, *_arguments: Any, **_options: Any) -> None:
        """Press Ctrl-C."""
        raise KeyboardInterrupt


def test_an_interruption_in_this_process_is_the_persons() -> None:
    with EngineSession(Interrupts()) as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.verdict(BELOW)


def test_an_engine_in_this_process_is_asked_what_a_task_says() -> None:
    host = EngineHost(ToyEngine(), EVERYDAY)
    try:
        known = to_json(Program([Step("tensor", {"data": 2.0}, Ref(0)), NEVER]))
        blocked = host.run(Task(ABOVE, {BELOW: Outcome.FAILED}))
        stored = host.run(Task(BELOW, {}, known))
        nowhere = host.run(Task("zzz-001"))
        told = host.describe()
    finally:
        host.close()

    assert (blocked.outcome, blocked.foundation) == (Outcome.BLOCKED, BELOW)
    assert stored.outcome is Outcome.PASSED
    assert (nowhere.kind, nowhere.message) == (Kind.UNREADABLE, "there is no clause zzz-001")
    assert (told.name, told.version) == ("toy", "1")
    assert platform.python_version() in told.platform
    assert {"values", "op:sin"} <= told.abilities


def test_a_message_is_the_same_in_whatever_order_words_come() -> None:
    words = [f"op:{n}" for n in range(50)]
    one, other = (
        encode(Started("toy", "1", "nowhere", frozenset(order))) for order in (words, words[::-1])
    )

    assert one == other
    assert b'"op:0","op:1","op:10"' in one


# what is asked of an engine -----------------------------------------------------------
class Place:
    """A place where no engine runs: it notes the tasks that it is given."""

    engine = None
    abilities = frozenset({"values", "tape"})

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}

    def describe(self) -> Started:
        """Say what can be asked."""
        return Started("nobody", "1", "nowhere", self.abilities)

    def run(self, task: Task) -> Verdict:
        """Note it."""
        self.tasks[task.clause] = task
        return Verdict(task.clause, Outcome.PASSED)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    """A session's place, among clauses that are made up."""
    made = {
        "zzz-001": SimpleNamespace(id="zzz-001", needs=frozenset(), foundations=("zzz-002",)),
        "zzz-002": SimpleNamespace(id="zzz-002", needs=frozenset(), foundations=()),
        "zzz-003": SimpleNamespace(id="zzz-003", needs=frozenset(), foundations=("zzz-004",)),
        "zzz-004": SimpleNamespace(id="zzz-004", needs=frozenset(), foundations=("zzz-003",)),
        "zzz-005": SimpleNamespace(id="zzz-005", needs={"versions"}, foundations=("zzz-002",)),
    }
    monkeypatch.setattr("gradspec_conformance.run.session.thing_named", made.get)
    return Place()


def at(place: Place, **settings: Any) -> EngineSession:
    """Begin a session at a place."""
    begun = EngineSession(f"{WRONG}:ToyEngine", **settings)
    begun._host = place  # type: ignore[assignment]
    return begun


def test_what_a_clause_builds_on_is_run_first_and_its_outcome_told(place: Place) -> None:
    at(place).verdict("zzz-001")

    assert list(place.tasks) == ["zzz-002", "zzz-001"]
    assert place.tasks["zzz-001"].foundations == {"zzz-002": Outcome.PASSED}
    assert place.tasks["zzz-001"].known is None


def test_the_program_of_a_known_failure_goes_with_the_task(place: Place) -> None:
    at(place, known=lambda identifier: f"{{{identifier}}}").verdict("zzz-001")

    assert [task.known for task in place.tasks.values()] == ["{zzz-002}", "{zzz-001}"]


def test_what_cannot_be_asked_is_not_run_and_needs_no_foundation(place: Place) -> None:
    verdict = at(place).verdict("zzz-005")

    assert verdict.outcome is Outcome.UNSUPPORTED
    assert list(place.tasks) == []


def test_clauses_that_build_on_each_other_end_in_a_verdict(place: Place) -> None:
    session = at(place)
    verdict = session.verdict("zzz-003")

    assert verdict.outcome is Outcome.PASSED
    assert place.tasks["zzz-004"].foundations == {"zzz-003": Outcome.ERRORED}
    assert session.verdict("zzz-003") is verdict


def test_what_is_nowhere_is_not_asked(place: Place) -> None:
    verdict = at(place).verdict("zzz-999")

    assert (verdict.outcome, verdict.kind) == (Outcome.ERRORED, Kind.UNREADABLE)
    assert verdict.message == "zzz-999 is in no chapter that could be read"
    assert place.tasks == {}


def test_sessions_that_share_verdicts_find_each_once(place: Place) -> None:
    shared = Verdicts()
    first = at(place, verdicts=shared).verdict("zzz-002")
    place.tasks.clear()

    assert at(place, verdicts=shared).verdict("zzz-002") is first
    assert place.tasks == {}
    assert at(place).verdict("zzz-002") is not first


def test_a_session_that_was_let_go_starts_no_engine() -> None:
    closed = session("ToyEngine")
    closed.close()
    with pytest.raises(EngineBroken, match="was let go"):
        _ = closed.description


LOUD = """
import toy_engine

class Engine(toy_engine.ToyEngine):
    name = "{name}"

    def backward(self, root):
        {act}

    def script(self, program):
        return "a line\\n" * 10_000_000
"""


@pytest.mark.parametrize(
    "act",
    [
        "raise RuntimeError('x' * 40_000_000)",
        "raise SystemExit('x' * 40_000_000)",
        "raise type('X' * 40_000_000, (RuntimeError,), {})('\\x1b[31m\\x9b[/] [bold')",
        "raise RuntimeError('\\x1b[31m\\x9b[/] [bold')",
    ],
)
def test_what_an_engine_says_is_short_and_no_control_code(tmp_path: Path, act: str) -> None:
    file = tmp_path / "loud.py"
    toy = Path(__file__).with_name("toy_engine.py")
    (tmp_path / "toy_engine.py").write_text(toy.read_text("utf-8"), "utf-8")
    file.write_text(LOUD.format(name="\\x1b[31m\\a[/]", act=act.replace("\\\\", "\\")))
    with EngineSession(f"{file}:Engine") as loud:
        verdict, name = loud.verdict(BELOW), loud.description.name
    text = encode(verdict).decode()

    assert verdict.outcome in (Outcome.ERRORED, Outcome.CRASHED)
    assert len(text) < 100_000
    assert name == "\\x1b[31m\\x07[/]"
    said = f"{verdict.message}{verdict.exception}{verdict.script or ''}".replace("\n", "")
    assert said.isprintable()


UNREADABLE = """
class Bad(Exception):
    def __str__(self):
        raise KeyboardInterrupt
raise Bad
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt (interrupted.py:1, in <module>)"),
        (UNREADABLE, "raised Bad: (its text raised KeyboardInterrupt)"),
    ],
)
def test_an_engine_that_interrupts_while_it_is_imported_is_told_in_a_sentence(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "interrupted.py"
    file.write_text(text, "utf-8")

    with EngineSession(f"{file}:Engine") as session, pytest.raises(EngineBroken) as caught:
        session.verdict(BELOW)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


HANGS = """
import os, time
import toy_engine

class Engine(toy_engine.ToyEngine):
    def backward(self, root):
        with open({file!r}, "w") as file:
            file.write(str(os.getpid()) + ".")
        while True:
            pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends whose parent is gone")
def test_no_worker_outlives_the_death_of_the_kit(tmp_path: Path) -> None:
    toy = Path(__file__).with_name("toy_engine.py")
    (tmp_path / "toy_engine.py").write_text(toy.read_text("utf-8"), "utf-8")
    named, engine = tmp_path / "pid", tmp_path / "hangs.py"
    engine.write_text(HANGS.format(file=str(named)))
    command = ["gradspec", "run", f"{engine}:Engine", "--no-expect", "-k", BELOW]
    kit = subprocess.Popen(
        [sys.executable, "-c", f"from gradspec_conformance.cli import main; main({command[1:]!r})"]
    )
    until(lambda: named.exists() and named.read_text().endswith("."))
    kit.kill()
    kit.wait()
    worker = Path("/proc", named.read_text().removesuffix("."))

    assert until(lambda: not worker.exists())


def until(holds: Callable[[], bool]) -> bool:
    """Wait until it holds, for half a minute at most."""
    for _ in range(3000):
        if holds():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("clause", ["bwd-001", "bwd-001c"])
def test_a_stored_program_that_fails_by_itself_excuses_nothing(clause: str) -> None:
    known = to_json(Program([Step("tensor", {"data": 2.0}, Ref(0)), NEVER]))
    with EngineSession("reference", in_process=True, known=lambda _: known) as sound:
        assert sound.verdict(clause).outcome is Outcome.PASSED
