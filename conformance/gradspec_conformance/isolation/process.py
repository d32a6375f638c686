"""`ProcessHost`: an engine in another process, so that its crash or hang costs one clause.

A worker that ended is replaced when the next clause needs one.  What went wrong is confirmed in a
process that has run nothing else, so that what is blamed is the clause itself, and the verdict is
the same in any order.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from gradspec_conformance.exceptions import (
    ChildEnded,
    ChildSilent,
    EngineBroken,
    EngineError,
    EngineNotFound,
    NoAnswer,
)
from gradspec_conformance.execution.verdict import INEXCUSABLE, Kind, Outcome, Verdict
from gradspec_conformance.isolation.child import Child
from gradspec_conformance.isolation.confirmation import COPY, PROCESS, Confirmation
from gradspec_conformance.isolation.messages import (
    Found,
    NotStarted,
    Renew,
    Smoke,
    Start,
    Started,
    Task,
    decode_answer,
    decode_found,
    decode_renewed,
    decode_verdict,
    encode,
    marked,
    unmarked,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec_conformance.execution.effort import Effort

START_TIMEOUT: Final = 30.0
"""Seconds that an engine has to load, unless `timeout` gives it more."""


UNCONFIRMED: Final = (*INEXCUSABLE, Kind.UNREADABLE, Kind.RESTART)
"""What says nothing about the clause."""


ANSWERS: Final = {Outcome.FAILED, Outcome.ERRORED}
"""What a copy of an engine is believed once it has passed a clause."""


class ProcessHost:
    """Runs clauses on an engine in a child process, which `start` begins without waiting for it."""

    engine = None

    def __init__(self, spec: str, effort: Effort, timeout: float) -> None:
        self._spec = spec
        self._timeout = timeout
        readable = spec.encode("utf-8", "replace").decode()
        self._start = Start(readable, effort)
        self._description: Started | EngineError | None = None
        if readable != spec:
            reason = f"the name {readable!r} is not UTF-8, which reports are written in: change it"
            self._description = EngineNotFound(reason)
        self._ran: list[Task] = []
        self._copies = True
        self._runs_in_copies = False
        self._trusted: set[Outcome] = set()
        self._confirmation = Confirmation(self._after)
        self._mark = b""
        self._child: Child | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to load the engine, if that has not begun."""
        if self._closed:
            raise EngineBroken(f"{self._spec} was let go")
        if isinstance(self._description, EngineError):
            raise self._description
        if self._child is None:
            self._child = Child()
            self._tell(
                self._child, encode(msgspec.structs.replace(self._start, copies=self._copies))
            )

    def describe(self) -> Started:
        """Wait until the engine is loaded; raises EngineError."""
        if self._description is None:
            self.start()
            try:
                self._description = self._greeting()
            except EngineError as error:
                self._description = error  # it would not load the second time
        if isinstance(self._description, EngineError):
            raise self._description
        return self._description

    def run(self, task: Task, after: Sequence[Task] = ()) -> Verdict:
        """Run one clause; whatever becomes of the process, there is a verdict.

        If clauses are given that come before, the process has run those and no others.
        """
        self.describe()
        if self._child is not None and not self._child.is_alive:
            self._drop()  # it ended between two clauses: neither is to blame
        if after:
            self._run_only(after, task)
        ran, count = self._ran, len(self._ran)
        verdict = self._once(task)
        if verdict.went_wrong and verdict.kind not in UNCONFIRMED:
            verdict = self._confirmed(task, verdict, ran[:count])
        if verdict.kind is Kind.STATE:
            self._begin_anew(task)  # what comes next shall not be disturbed as well
        return verdict

    def smoke(self) -> Iterator[Found]:
        """Check the adapter; where its process goes on no longer is a finding too."""
        self.describe()
        self.start()
        if self._child is None:
            raise AssertionError  # it was started
        self._tell(self._child, encode(Smoke()))
        last = Found("the engine is loaded")
        while last.check is not None:
            try:
                answer = decode_found(self._heard(self._child, self._timeout))
            except (ChildSilent, ChildEnded, NoAnswer, msgspec.DecodeError) as error:
                self._drop()
                yield _broken_off(error, last, self._timeout)
                return
            last = answer
            if last.check is not None and not last.begins:
                yield last

    def close(self) -> None:
        """End the process, and start no other."""
        self._closed = True
        self._drop()

    def _confirmed(self, task: Task, found: Verdict, before: Sequence[Task]) -> Verdict:
        """Give the verdict of a process that has run nothing else, or what disturbed the clause."""
        if self._runs_in_copies and found.outcome not in self._trusted:
            confirmed = self._confirmed_without_copies(task, found, before)
        elif before:
            confirmed = self._confirmation.of(task, found, before)
        else:
            return found
        return found if confirmed.kind is Kind.RESTART else confirmed

    def _confirmed_without_copies(
        self, task: Task, found: Verdict, before: Sequence[Task]
    ) -> Verdict:
        """Find out first whether the engine goes wrong because it is a copy."""
        self._drop()
        self._copies = False
        alone = self._once(task)
        self._drop()
        self._copies = True
        if not alone.went_wrong and self._after((), task).went_wrong:
            self._drop()
            self._copies = False
            return alone
        self._trusted.add(found.outcome)
        if alone.went_wrong:
            return alone
        return self._confirmation.disturbed(task, found, before, alone)

    def _after(self, earlier: Sequence[Task], task: Task) -> Verdict:
        self._run_only(earlier, task)
        return self._once(task)

    def _run_only(self, earlier: Sequence[Task], task: Task) -> None:
        self._begin_anew(task)
        for one in earlier:
            self._once(one)

    def _begin_anew(self, task: Task) -> None:
        """See that the process of the next clause has run nothing."""
        if self._child is None or not self._ran:
            return
        if not self._runs_in_copies:
            self._drop()
            return
        self._ran = []
        self._tell(self._child, encode(Renew(task.clause)))
        try:
            decode_renewed(self._heard(self._child, START_TIMEOUT))
        except (ChildSilent, ChildEnded, NoAnswer, msgspec.DecodeError):
            self._drop()

    def _once(self, task: Task) -> Verdict:
        if self._child is None:
            try:
                self.start()
                self._greeting()
            except EngineError as error:
                return Verdict(task.clause, Outcome.CRASHED, Kind.RESTART, str(error))
        if self._child is None:
            raise AssertionError  # `_greeting` leaves a child or raises
        try:
            self._tell(self._child, encode(task))
            verdict = decode_verdict(self._heard(self._child, self._timeout))
            if verdict.id != task.clause:
                raise NoAnswer  # noqa: TRY301 - as if it had no mark
        except (NoAnswer, msgspec.DecodeError):
            self._drop()
            message = "something other than the answer came through the kit's own pipe"
            return Verdict(task.clause, Outcome.ERRORED, Kind.TAMPERED, message)
        except ChildSilent:
            self._drop()
            message = f"no verdict within {self._timeout:g} s"
            return Verdict(task.clause, Outcome.TIMED_OUT, Kind.TIMEOUT, message)
        except ChildEnded as end:
            self._drop()
            kind = Kind.EXIT if end.signal is None else Kind.SIGNAL
            return Verdict(task.clause, Outcome.CRASHED, kind, str(end), signal=end.signal)
        if verdict.ran:
            self._ran.append(task)
        if verdict.outcome is Outcome.PASSED and self._runs_in_copies:
            self._trusted |= ANSWERS
        return verdict

    def _greeting(self) -> Started:
        if self._child is None:
            raise EngineBroken(f"{self._spec} could not be loaded")
        limit = max(START_TIMEOUT, self._timeout)
        try:
            answer = decode_answer(self._heard(self._child, limit))
        except (NoAnswer, msgspec.DecodeError):
            self._drop()
            message = f"while {self._spec} was loaded, it wrote into the kit's own pipe"
            raise EngineBroken(message) from None
        except ChildSilent:
            self._drop()
            raise EngineBroken(f"{self._spec} was not loaded within {limit:g} s") from None
        except ChildEnded as end:
            self._drop()
            raise EngineBroken(f"while {self._spec} was loaded, {end}") from None
        if isinstance(answer, NotStarted):
            self._drop()
            missing = answer.error == EngineNotFound.__name__
            raise (EngineNotFound if missing else EngineBroken)(answer.message)
        self._runs_in_copies = answer.in_copies
        self._confirmation.price = COPY if answer.in_copies else PROCESS
        return answer

    def _tell(self, child: Child, line: bytes) -> None:
        self._mark = secrets.token_hex(8).encode()
        child.tell(marked(self._mark, line))

    def _heard(self, child: Child, limit: float) -> bytes:
        """Wait for the answer to what was told last; raises NoAnswer if it is none to that."""
        mark, answer = unmarked(child.hear(limit))
        if mark != self._mark:
            raise NoAnswer
        return answer

    def _drop(self) -> None:
        child, self._child = self._child, None
        self._ran = []
        if child is not None:
            child.close()


def _broken_off(error: Exception, last: Found, timeout: float) -> Found:
    """Say in which check the process went on no longer."""
    match error:
        case ChildSilent():
            said = f"nothing within {timeout:g} s"
        case ChildEnded():
            said = str(error)
        case _:
            said = "something other than an answer in the kit's own pipe"
    remedy = "let no call of the adapter hang, or end or disturb its process"
    told = (
        f"{said}, {'in' if last.begins else 'after'} {last.check!r}",
        "an answer",
        remedy,
        "the adapter or the engine",
    )
    return Found("the process goes on", *told)
