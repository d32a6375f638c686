"""An engine in another process: whatever becomes of the process, each clause has a verdict."""

from __future__ import annotations

from collections import deque
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
FIRST, SECOND = Task("acc-001"), Task("acc-002", {"bwd-001": Outcome.PASSED}, "{...}")


def passed(task: Task) -> Verdict:
    """Say that a task went well."""
    return Verdict(task.clause, Outcome.PASSED)


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


def test_a_later_clause_that_crashes_is_tried_again_alone(begin: Any) -> None:
    host, children = begin([STARTED, passed(FIRST), CRASH], [STARTED, passed(SECOND)])
    host.run(FIRST)

    assert host.run(SECOND) == passed(SECOND)
    assert [decode_question(line) for line in children[1].told[1:]] == [SECOND]


def test_a_clause_that_crashes_alone_too_is_to_blame_and_is_tried_no_third_time(
    begin: Any,
) -> None:
    host, children = begin([STARTED, passed(FIRST), CRASH], [STARTED, CRASH], [STARTED])
    host.run(FIRST)

    assert host.run(SECOND).outcome is Outcome.CRASHED
    assert len(children) == 2


def test_a_crash_that_the_engine_survived_is_not_tried_again(begin: Any) -> None:
    exits = Verdict("acc-002", Outcome.CRASHED, Kind.EXIT, "the engine raised SystemExit(1)")
    host, children = begin([STARTED, passed(FIRST), exits])
    host.run(FIRST)

    assert host.run(SECOND) == exits
    assert len(children) == 1


def test_a_hang_is_a_verdict_and_is_not_tried_again(begin: Any) -> None:
    host, children = begin([STARTED, passed(FIRST), ChildSilent()], [STARTED, passed(FIRST)])
    host.run(FIRST)

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
