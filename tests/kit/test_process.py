"""An engine in another process: whatever becomes of the process, each clause has a verdict."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradspec_conformance.exceptions import (
    ChildEnded,
    ChildSilent,
    EngineBroken,
    EngineNotFound,
)
from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation import process
from gradspec_conformance.isolation.messages import (
    NotStarted,
    Renew,
    Renewed,
    Started,
    Task,
    decode_question,
    decode_start,
    encode,
    marked,
    unmarked,
)
from gradspec_conformance.isolation.process import START_TIMEOUT, ProcessHost

if TYPE_CHECKING:
    from collections.abc import Callable

STARTED = Started("toy", "1", "nowhere", frozenset({"values"}))
CRASH = ChildEnded("SIGSEGV", "the engine's process was ended by SIGSEGV")
COPIES = Started("toy", "1", "nowhere", frozenset({"values"}), in_copies=True)
FIRST, SECOND = Task("acc-001"), Task("acc-002", {"bwd-001": Outcome.PASSED}, "{...}")
THIRD = Task("acc-003")
WRONG = Verdict("acc-002", Outcome.FAILED, Kind.VALUE, "the gradient is not 2")


def passed(task: Task) -> Verdict:
    """Say that a task went well."""
    return Verdict(task.clause, Outcome.PASSED)


def asked(child: Child) -> list[Any]:
    """List what a process was asked, but for the greeting."""
    return [decode_question(line) for line in child.told[1:]]


class Child:
    """A process that answers by heart, one answer after the other."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = deque(answers)
        self.told: list[bytes] = []
        self.waited: list[float] = []
        self.mark = b""
        self.is_alive = True
        self.closed = False

    def tell(self, line: bytes) -> None:
        """Note it."""
        self.mark, said = unmarked(line)
        self.told.append(said)

    def hear(self, timeout: float) -> bytes:
        """Answer, or end."""
        self.waited.append(timeout)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes):
            return answer
        return marked(self.mark, encode(answer)) + b"\n"

    def close(self) -> None:
        """Let go."""
        self.closed = True


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ProcessHost, list[Child]]]:
    """Make a host whose processes answer so, one process after the other."""

    def begun(*answers: list[Any], timeout: float = 2.5) -> tuple[ProcessHost, list[Child]]:
        left, children = deque(answers), []

        def child() -> Child:
            children.append(Child(left.popleft()))
            return children[-1]

        monkeypatch.setattr(process, "Child", child)
        return ProcessHost("mine:Engine", Effort(3, 7), timeout), children

    return begun


def test_the_engine_is_asked_for_once_and_described(begin: Any) -> None:
    host, children = begin([STARTED])
    host.start()
    host.start()

    assert host.describe() == host.describe() == STARTED
    assert len(children) == 1
    assert [decode_start(line) for line in children[0].told] == [
        decode_start(encode({"engine": "mine:Engine", "effort": Effort(3, 7)}))
    ]
    assert host.engine is None


def test_tasks_go_to_one_process_as_long_as_it_answers(begin: Any) -> None:
    host, children = begin([STARTED, passed(FIRST), passed(SECOND)])

    assert (host.run(FIRST), host.run(SECOND)) == (passed(FIRST), passed(SECOND))
    assert [decode_question(line) for line in children[0].told[1:]] == [FIRST, SECOND]
    assert children[0].waited[1:] == [2.5, 2.5]


@pytest.mark.parametrize(("timeout", "limit"), [(2.5, START_TIMEOUT), (99.0, 99.0)])
def test_an_engine_has_time_to_load(begin: Any, timeout: float, limit: float) -> None:
    host, children = begin([STARTED], timeout=timeout)
    host.describe()

    assert children[0].waited == [limit]
    assert START_TIMEOUT == 30.0


def test_a_first_clause_that_crashes_is_to_blame(begin: Any) -> None:
    host, children = begin([STARTED, CRASH], [STARTED, passed(SECOND)])

    assert host.run(FIRST) == Verdict(
        "acc-001", Outcome.CRASHED, Kind.SIGNAL, str(CRASH), signal="SIGSEGV"
    )
    assert children[0].closed
    assert host.run(SECOND) == passed(SECOND)
    assert len(children) == 2


@pytest.mark.parametrize("wrong", [CRASH, ChildSilent(), WRONG], ids=["crash", "hang", "failure"])
def test_a_clause_that_goes_wrong_after_others_is_run_again_alone(begin: Any, wrong: Any) -> None:
    host, children = begin(
        [STARTED, passed(FIRST), wrong], [STARTED, passed(SECOND)], [STARTED, passed(FIRST), WRONG]
    )
    host.run(FIRST)
    verdict = host.run(SECOND)

    assert (verdict.outcome, verdict.kind) == (Outcome.PASSED, Kind.STATE)
    assert verdict.disturbed_by == ("acc-001",)
    assert verdict.message == (
        "alone it passes; after acc-001 it failed (value): the gradient is not 2"
    )
    assert [asked(child) for child in children] == [[FIRST, SECOND], [SECOND], [FIRST, SECOND]]
    assert children[2].closed  # what comes next shall not be disturbed


@pytest.mark.parametrize("wrong", [CRASH, ChildSilent(), WRONG], ids=["crash", "hang", "failure"])
def test_a_clause_that_goes_wrong_alone_too_is_to_blame(begin: Any, wrong: Any) -> None:
    host, children = begin([STARTED, passed(FIRST), wrong], [STARTED, wrong], [STARTED])
    host.run(FIRST)
    verdict = host.run(SECOND)

    assert verdict.outcome in (Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.FAILED)
    assert verdict.disturbed_by == ()
    assert len(children) == 2


def test_a_clause_that_goes_wrong_where_nothing_has_run_is_not_run_again(begin: Any) -> None:
    host, children = begin([STARTED, WRONG])

    assert host.run(SECOND) == WRONG
    assert asked(children[0]) == [SECOND]


def test_of_two_ways_to_go_wrong_that_of_the_clause_alone_is_told(begin: Any) -> None:
    host, _ = begin([STARTED, passed(FIRST), CRASH], [STARTED, WRONG])
    host.run(FIRST)

    assert host.run(SECOND) == WRONG


def test_a_wrong_answer_that_does_not_come_again_stands(begin: Any) -> None:
    host, _ = begin(
        [STARTED, passed(FIRST), WRONG],
        [STARTED, passed(SECOND)],
        [STARTED, passed(FIRST), passed(SECOND)],
    )
    host.run(FIRST)
    verdict = host.run(SECOND)

    assert (verdict.outcome, verdict.kind) == (Outcome.FAILED, Kind.VALUE)
    assert "it came once, and neither alone nor after the same clauses again" in verdict.message


def test_a_hang_that_does_not_come_again_costs_nothing(begin: Any) -> None:
    host, _ = begin(
        [STARTED, passed(FIRST), ChildSilent()],
        [STARTED, passed(SECOND)],
        [STARTED, passed(FIRST), passed(SECOND)],
    )
    host.run(FIRST)
    verdict = host.run(SECOND)

    assert (verdict.outcome, verdict.kind) == (Outcome.PASSED, Kind.STATE)
    assert verdict.message == (
        "alone it passes; after others it timed out (timeout): no verdict within 2.5 s"
    )


def test_what_disturbed_one_clause_is_suspected_first(begin: Any) -> None:
    host, children = begin(
        [STARTED, passed(FIRST), passed(THIRD), WRONG],
        [STARTED, passed(SECOND)],
        [STARTED, passed(THIRD), passed(SECOND)],
        [STARTED, passed(FIRST), passed(THIRD), WRONG],
        [STARTED, passed(THIRD), passed(SECOND)],
        [STARTED, passed(FIRST), WRONG],
        [STARTED, passed(FIRST), passed(THIRD), WRONG],
        [STARTED, passed(SECOND)],
        [STARTED, passed(FIRST), WRONG],
    )
    for _ in range(2):
        for earlier in (FIRST, THIRD):
            host.run(earlier)

        assert host.run(SECOND).disturbed_by == ("acc-001",)
    assert len(children) == 9


def test_a_failure_of_the_reload_says_nothing_of_the_clause(begin: Any) -> None:
    gone = NotStarted("EngineBroken", "no device found")
    host, _ = begin([STARTED, passed(FIRST), WRONG], [gone])
    host.run(FIRST)

    assert host.run(SECOND) == WRONG


def test_what_is_run_after_others_runs_where_nothing_else_has(begin: Any) -> None:
    host, children = begin([STARTED, passed(THIRD)], [STARTED, passed(FIRST), passed(SECOND)])
    host.run(THIRD)

    assert host.run(SECOND, after=[FIRST]) == passed(SECOND)
    assert asked(children[1]) == [FIRST, SECOND]


def test_where_copies_run_the_clauses_a_new_one_is_asked_for(begin: Any) -> None:
    host, children = begin([COPIES, passed(FIRST), WRONG, Renewed(), WRONG, passed(THIRD)])

    assert [host.run(task) for task in (FIRST, SECOND, THIRD)] == [
        *(passed(FIRST), WRONG, passed(THIRD))
    ]
    assert asked(children[0]) == [FIRST, SECOND, Renew("acc-002"), SECOND, THIRD]


def test_a_copy_that_does_not_begin_is_replaced(begin: Any) -> None:
    host, children = begin([COPIES, passed(FIRST), WRONG, CRASH], [COPIES, WRONG])
    host.run(FIRST)

    assert host.run(SECOND) == WRONG
    assert children[0].closed


def test_a_first_failure_is_confirmed_without_copies_and_then_they_are_trusted(begin: Any) -> None:
    host, children = begin([COPIES, WRONG], [STARTED, WRONG], [COPIES, WRONG])

    assert [host.run(SECOND), host.run(SECOND)] == [WRONG, WRONG]
    assert [decode_start(child.told[0]).copies for child in children] == [True, False, True]


def test_an_engine_that_goes_wrong_because_it_is_a_copy_is_copied_no_more(begin: Any) -> None:
    host, children = begin(
        [COPIES, WRONG], [STARTED, passed(SECOND)], [COPIES, WRONG], [STARTED, passed(SECOND)]
    )

    assert [host.run(SECOND), host.run(SECOND)] == [passed(SECOND)] * 2
    assert [decode_start(child.told[0]).copies for child in children] == [True, False, True, False]


def test_a_crash_that_the_engine_survived_is_one_all_the_same(begin: Any) -> None:
    exits = Verdict("acc-002", Outcome.CRASHED, Kind.EXIT, "the engine raised SystemExit(1)")
    host, children = begin([STARTED, exits])

    assert host.run(SECOND) == exits
    assert len(children) == 1


def test_a_hang_is_a_verdict(begin: Any) -> None:
    host, children = begin([STARTED, ChildSilent()], [STARTED, passed(FIRST)])

    assert host.run(SECOND) == Verdict(
        "acc-002", Outcome.TIMED_OUT, Kind.TIMEOUT, "no verdict within 2.5 s"
    )
    assert (len(children), children[0].closed) == (1, True)
    assert host.run(FIRST) == passed(FIRST)


def test_a_process_that_ended_between_two_clauses_is_replaced(begin: Any) -> None:
    host, children = begin([STARTED, passed(FIRST)], [STARTED, CRASH], [STARTED, passed(FIRST)])
    host.run(FIRST)
    children[0].is_alive = False

    assert host.run(SECOND).outcome is Outcome.CRASHED  # alone in its process: no second trial
    assert children[0].closed
    assert len(children) == 2


def test_an_engine_that_does_not_load_again_costs_the_clause(begin: Any) -> None:
    gone = NotStarted("EngineBroken", "no device found")
    host, _ = begin([STARTED, CRASH], [gone])
    host.run(FIRST)

    assert host.run(SECOND) == Verdict("acc-002", Outcome.CRASHED, Kind.RESTART, "no device found")


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (NotStarted("EngineBroken", "no device"), EngineBroken, "no device"),
        (NotStarted("EngineNotFound", "no engine"), EngineNotFound, "no engine"),
        (NotStarted("EngineNotInstalled", "no package"), EngineBroken, "no package"),
        (ChildSilent(), EngineBroken, "mine:Engine was not loaded within 30 s"),
        (CRASH, EngineBroken, f"while mine:Engine was loaded, {CRASH}"),
    ],
)
def test_an_engine_that_does_not_load_is_told_each_time_and_tried_once(
    begin: Any, answer: Any, kind: type[Exception], sentence: str
) -> None:
    host, children = begin([answer])
    for _ in range(2):
        with pytest.raises(kind) as told:
            host.describe()

        assert type(told.value) is kind
        assert str(told.value) == sentence
    assert (len(children), children[0].closed) == (1, True)


def test_a_host_that_was_let_go_starts_nothing(begin: Any) -> None:
    host, children = begin([STARTED])
    host.describe()
    host.close()
    host.close()

    assert children[0].closed
    with pytest.raises(EngineBroken, match="mine:Engine was let go"):
        host.start()


@pytest.mark.parametrize(
    "forged",
    [
        encode(passed(SECOND)) + b"\n",
        b"0 " + encode(passed(SECOND)) + b"\n",
        b"\xff\n",
        passed(FIRST),
    ],
)
def test_what_does_not_answer_the_task_is_no_verdict(begin: Any, forged: Any) -> None:
    host, children = begin([STARTED, passed(FIRST), forged], [STARTED, passed(FIRST)])
    host.run(FIRST)
    verdict = host.run(SECOND)

    assert (verdict.id, verdict.outcome, verdict.kind) == (
        "acc-002",
        Outcome.ERRORED,
        Kind.TAMPERED,
    )
    assert children[0].closed
    assert host.run(FIRST) == passed(FIRST)


def test_what_does_not_answer_the_greeting_is_no_engine(begin: Any) -> None:
    host, _ = begin([encode(STARTED) + b"\n"])
    with pytest.raises(EngineBroken, match="it wrote into the kit's own pipe"):
        host.describe()


def test_a_name_that_is_no_unicode_is_no_engine() -> None:
    with pytest.raises(EngineNotFound, match="is not UTF-8"):
        ProcessHost("\udcff.py:Engine", Effort(3, 7), 1.0).describe()


@pytest.mark.parametrize("name", ["isinstance", "type", "getattr", "issubclass", "str"])
@pytest.mark.parametrize("then", ["pass", "raise ValueError('lost')"])
def test_what_an_engine_replaced_is_told_though_loading_fails_of_it(
    tmp_path: Path, name: str, then: str
) -> None:
    engine = tmp_path / "engine.py"
    replaces = f"import builtins\nbuiltins.{name} = lambda *_, **__: 1\n{then}\n"
    engine.write_text(f"{replaces}class Engine: pass\n", "utf-8")
    host = ProcessHost(f"{engine}:Engine", Effort(3, 7), 5.0)

    with pytest.raises(EngineBroken, match=rf"replaced builtins\.{name} while it was loaded"):
        host.describe()

    host.close()


def test_an_engine_that_leaves_no_file_to_open_starts_and_each_clause_says_so(
    tmp_path: Path,
) -> None:
    pytest.importorskip("resource", reason="limits are a thing of Unix")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
    engine = tmp_path / "engine.py"
    toy = Path(__file__).with_name("toy_engine.py").read_text("utf-8")
    engine.write_text(f"{toy}\n\n{limit}", "utf-8")
    host = ProcessHost(f"{engine}:ToyEngine", Effort(3, 7), 5.0)

    assert not host.describe().in_copies
    verdict = host.run(Task("bwd-001"))
    assert verdict.outcome is Outcome.ERRORED
    assert "Too many open files" in (verdict.message or "")

    host.close()
