"""One loop judges everything, in one session or several, and loses nothing that it found."""

from __future__ import annotations

import os
import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from made_up import judged

from gradspec import edition
from gradspec_conformance.exceptions import EngineBroken
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.run.loop import INTERRUPTED, Measured, Unwatched, judge_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.run.judgement import Judged

IDS = ("acc-001", "acc-002", "acc-003", "acc-008")
PATIENCE = 10.0


class Judge:
    """Answers as it is told, and lets go of whoever waits when its session is closed."""

    def __init__(self, answer: Callable[[str], Judged] = judged) -> None:
        self._answer = answer
        self.session = self
        self.closed = threading.Event()
        self.asked: list[str] = []

    def judge(self, case: Any) -> Judged:
        """Answer."""
        self.asked.append(case.id)
        return self._answer(case.id)

    def close(self) -> None:
        """Let go."""
        self.closed.set()


class Watching:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.seen: list[str] = []

    def begin(self, total: int) -> None:
        """Note it."""
        self.total = total

    def see(self, found: Judged) -> None:
        """Note it."""
        self.seen.append(found.id)


class Interrupting(Watching):
    """Interrupts the run when something has been found."""

    def __init__(self, interrupt: Callable[[], Any]) -> None:
        super().__init__()
        self.interrupt = interrupt

    def see(self, found: Judged) -> None:
        """Note it, and interrupt."""
        super().see(found)
        self.interrupt()


def loop(*judges: Judge, watching: Any = None) -> Measured:
    """Judge the four clauses."""
    cases = {identifier: SimpleNamespace(id=identifier) for identifier in IDS}
    request: Any = SimpleNamespace(cases=cases, judges=judges)
    return judge_all(request, watching or Unwatched())


def interrupt() -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


def terminate() -> None:
    """Ask the process to end, as a CI service does that has waited long enough."""
    os.kill(os.getpid(), signal.SIGTERM)


def breaking(identifier: str) -> Judged:
    """Answer for all but one clause, at which the kit itself goes wrong."""
    if identifier == "acc-002":
        raise RuntimeError("the kit is wrong")
    return judged(identifier)


def lost(_identifier: str) -> Judged:
    """Lose the engine."""
    raise EngineBroken("it is gone")


@pytest.mark.parametrize("count", [1, 3])
def test_everything_is_judged_once_and_seen(count: int) -> None:
    judges, watching = [Judge() for _ in range(count)], Watching()
    measured = loop(*judges, watching=watching)

    assert watching.total == len(IDS)
    assert sorted(watching.seen) == sorted(IDS)
    assert measured == Measured({i: judged(i) for i in IDS})
    assert sorted(i for judge in judges for i in judge.asked) == sorted(IDS)
    assert not any(judge.closed.is_set() for judge in judges)


def test_one_session_goes_in_reading_order() -> None:
    judge = Judge()
    loop(judge)

    assert judge.asked == list(IDS)


def test_several_sessions_are_dealt_what_takes_longest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = zip(IDS, (1, 20, 3, 40), strict=True)
    demands = [SimpleNamespace(id=identifier, acts=acts) for identifier, acts in lines]
    monkeypatch.setattr(edition, "demands", lambda: demands)
    both = threading.Barrier(2, timeout=PATIENCE)

    def answer(identifier: str) -> Judged:
        both.wait()
        return judged(identifier)

    one, other = Judge(answer), Judge(answer)
    loop(one, other)

    assert {one.asked[0], other.asked[0]} == {"acc-002", "acc-008"}
    assert {one.asked[1], other.asked[1]} == {"acc-001", "acc-003"}


@pytest.mark.parametrize("count", [1, 2])
def test_a_fault_of_the_kit_costs_its_clause_and_is_told(count: int) -> None:
    measured = loop(*(Judge(breaking) for _ in range(count)))

    assert measured.complaints == ["acc-002 gave no verdict: RuntimeError: the kit is wrong"]
    assert measured.judged.keys() == set(IDS) - {"acc-002"}
    assert not measured.interrupted


def test_a_clause_that_could_not_be_read_is_a_complaint_and_no_verdict() -> None:
    def answer(identifier: str) -> Judged:
        if identifier != "acc-003":
            return judged(identifier)
        return judged(
            identifier, Outcome.ERRORED, kind=Kind.UNREADABLE, message="it does not import"
        )

    watching = Watching()
    measured = loop(Judge(answer), watching=watching)

    assert measured.complaints == ["it does not import"]
    assert "acc-003" not in {*measured.judged, *watching.seen}


@pytest.mark.parametrize("count", [1, 2])
def test_an_engine_that_cannot_be_loaded_ends_the_loop(count: int) -> None:
    with pytest.raises(EngineBroken, match="it is gone"):
        loop(*(Judge(lost) for _ in range(count)))


def test_whoever_waits_for_an_engine_is_let_go_where_another_one_broke() -> None:
    waiting = Judge()

    def wait(identifier: str) -> Judged:
        assert waiting.closed.wait(PATIENCE)
        return judged(identifier)

    waiting._answer = wait
    with pytest.raises(EngineBroken):
        loop(waiting, Judge(lost))

    assert waiting.closed.is_set()


@pytest.mark.parametrize("way", [interrupt, terminate], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("count", [1, 2])
def test_what_was_found_before_an_interruption_is_kept(count: int, way: Callable[[], Any]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    measured = loop(*(Judge() for _ in range(count)), watching=Interrupting(way))

    assert measured.interrupted
    assert measured.complaints == [INTERRUPTED]
    assert measured.judged
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interruption_lets_go_of_the_engines_that_are_waited_for() -> None:
    slow, begun = Judge(), threading.Event()

    def slowly(identifier: str) -> Judged:
        begun.set()
        assert slow.closed.wait(PATIENCE)
        return judged(identifier)

    def then(identifier: str) -> Judged:
        assert begun.wait(PATIENCE)
        return judged(identifier)

    slow._answer = slowly
    measured = loop(slow, Judge(then), watching=Interrupting(interrupt))

    assert slow.closed.is_set()
    assert slow.asked[0] not in measured.judged  # found when the engine was gone: no verdict


def test_a_loop_outside_of_the_main_thread_leaves_signals_alone() -> None:
    found: list[Measured] = []
    thread = threading.Thread(target=lambda: found.append(loop(Judge())))
    thread.start()
    thread.join(PATIENCE)

    assert len(found[0].judged) == len(IDS)
