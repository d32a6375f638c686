"""`judge_all(request)`: the loop over everything that was asked for, in one session or several.

Each session has a process of its own and takes the next clause when it is done with one.  Verdicts
and their order do not depend on how many there are.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gradspec import edition
from gradspec_conformance.exceptions import EngineError
from gradspec_conformance.execution.verdict import Kind
from gradspec_conformance.interruption import terminations_interrupt

if TYPE_CHECKING:
    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause
    from gradspec_conformance.run.judgement import Judge, Judged
    from gradspec_conformance.run.request import Request

INTERRUPTED = "the run was interrupted"


class Watching(Protocol):
    """Whoever wants to see the run proceed."""

    def begin(self, total: int) -> None:
        """So many clauses and rows are going to run."""

    def see(self, judged: Judged) -> None:
        """One more has run."""


class Unwatched:
    """Nobody wants to see it."""

    def begin(self, total: int) -> None:
        """Say nothing."""

    def see(self, judged: Judged) -> None:
        """Say nothing."""


@dataclass
class Measured:
    """What a loop found: judgements by id, and what kept it from finding more."""

    judged: dict[str, Judged] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    interrupted: bool = False


def judge_all(request: Request, watching: Watching) -> Measured:
    """Judge what was asked for; raises EngineError if the engine cannot be loaded at all."""
    wanted = list(request.cases.values())
    watching.begin(len(wanted))
    measured = Measured()
    with terminations_interrupt():
        try:
            if len(request.judges) == 1:
                for case in wanted:
                    _note(measured, watching, _judged(request.judges[0], case))
            else:
                _side_by_side(request.judges, wanted, measured, watching)
        except KeyboardInterrupt:
            measured.interrupted = True
            measured.complaints.append(INTERRUPTED)
    return measured


def _judged(judge: Judge, case: Demand | Clause) -> Judged | str:
    """Judge a case; where the kit itself failed, say how."""
    try:
        return judge.judge(case)
    except EngineError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the kit costs that clause
        return f"{case.id} gave no verdict: {type(error).__name__}: {error}"


def _note(measured: Measured, watching: Watching, found: Judged | str) -> None:
    if isinstance(found, str):
        measured.complaints.append(found)
        return
    if found.verdict.kind is Kind.UNREADABLE:
        measured.complaints.append(str(found.verdict.message))
        return
    measured.judged[found.id] = found
    watching.see(found)


def _side_by_side(
    judges: tuple[Judge, ...], wanted: list[Demand | Clause], measured: Measured, watching: Watching
) -> None:
    """Deal the cases to sessions that run side by side, those that take longest first."""
    acts = {demand.id: demand.acts for demand in edition.demands()}
    left: queue.SimpleQueue[Demand | Clause] = queue.SimpleQueue()
    for case in sorted(wanted, key=lambda case: -acts.get(case.id, 0)):
        left.put(case)
    found: queue.SimpleQueue[Judged | str] = queue.SimpleQueue()
    stop = threading.Event()

    def serve(judge: Judge) -> None:
        with suppress(queue.Empty):
            while not stop.is_set():
                one = _judged(judge, left.get_nowait())
                if not stop.is_set():  # else the engine was let go while it ran
                    found.put(one)

    pool = ThreadPoolExecutor(len(judges))
    try:
        pending = {pool.submit(serve, judge) for judge in judges}
        while pending:
            done, pending = wait(pending, timeout=0.05, return_when=FIRST_COMPLETED)
            for ended in done:
                ended.result()
            _drain(found, measured, watching)
    finally:
        stop.set()
        for judge in judges if pending else ():
            judge.session.close()  # whoever waits for an engine learns that it is gone
        pool.shutdown()
        _drain(found, measured, watching)


def _drain(found: queue.SimpleQueue[Judged | str], measured: Measured, watching: Watching) -> None:
    with suppress(queue.Empty):
        while True:
            _note(measured, watching, found.get_nowait())
