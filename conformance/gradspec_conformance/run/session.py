"""`EngineSession(engine).verdict("acc-001")`: verdicts of one engine, each found once.

The clauses that a clause builds on are run first, whether or not they were selected, so that a
verdict does not depend on order, selection or the number of processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from gradspec import edition
from gradspec_conformance.execution.effort import EVERYDAY, Effort
from gradspec_conformance.execution.lacking import unsupported
from gradspec_conformance.execution.verdict import Kind, Outcome, Verdict
from gradspec_conformance.isolation.messages import Started, Task
from gradspec_conformance.isolation.process import ProcessHost
from gradspec_conformance.run.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

    from gradspec.edition import Demand
    from gradspec.port.engine import Engine
    from gradspec.writing.clause import Clause

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds of processor time that one clause may take."""


class Host(Protocol):
    """A place where an engine runs: this process, or another."""

    @property
    def engine(self) -> Engine | None:
        """The engine itself, where it is at hand."""

    def start(self) -> None:
        """Begin to load the engine, without waiting for it."""

    def describe(self) -> Started:
        """Say which engine this is; raises EngineError."""

    def run(self, task: Task, after: Sequence[Task] = ()) -> Verdict:
        """Run one clause; if some are given that come before, where those have run."""

    def close(self) -> None:
        """Let the engine go."""


class EngineSession:
    """One engine and the verdicts found so far; a context manager.

    The engine is given as `load_engine` takes it, and runs in a process of its own unless
    `in_process`; an engine that is an object runs here.  `known` gives the stored program of a
    clause's known failure.  Sessions that share `verdicts` find each of them once together.
    Before each clause those that `after` names are run, whatever they come to.  A `host` may have
    its verdicts from elsewhere.
    """

    def __init__(
        self,
        engine: str | Engine,
        effort: Effort = EVERYDAY,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        in_process: bool = False,
        known: Callable[[str], str | None] | None = None,
        verdicts: Verdicts | None = None,
        after: Sequence[str] = (),
        host: Host | None = None,
    ) -> None:
        self.known = known
        self._before = after
        self._verdicts = Verdicts() if verdicts is None else verdicts
        self._under_way: set[str] = set()
        self._host: Host
        if host is not None:
            self._host = host
        elif isinstance(engine, str) and not in_process:
            self._host = ProcessHost(engine, effort, timeout)
        else:
            from gradspec_conformance.isolation.host import EngineHost  # noqa: PLC0415 - takes time

            self._host = EngineHost(engine, effort)

    def start(self) -> None:
        """Begin to load the engine while there is other work; whoever asks first waits for it."""
        self._host.start()

    @property
    def engine(self) -> Engine | None:
        """The engine itself, if it runs in this process."""
        return self._host.engine

    @property
    def description(self) -> Started:
        """What the engine says of itself; waits until it is loaded, raises EngineError."""
        return self._host.describe()

    def verdict(self, identifier: str) -> Verdict:
        """Give the verdict of a clause or row, running it and its foundations if need be."""
        if identifier in self._under_way:
            message = f"{identifier} builds on itself"
            return Verdict(identifier, Outcome.ERRORED, Kind.VOID, message)
        self._under_way.add(identifier)
        try:
            return self._verdicts.get(identifier, lambda: self._found(identifier))
        finally:
            self._under_way.discard(identifier)

    def close(self) -> None:
        """Let the engine go."""
        self._host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _found(self, identifier: str) -> Verdict:
        asked = thing_named(identifier)
        if asked is None:
            message = f"{identifier} is in no chapter that could be read"
            return Verdict(identifier, Outcome.ERRORED, Kind.UNREADABLE, message)
        lacking = unsupported(asked, self.description.abilities)
        if lacking is not None:
            return lacking  # whatever its foundations came to
        known = None if self.known is None else self.known(identifier)
        below = {foundation: self.verdict(foundation).outcome for foundation in asked.foundations}
        task = Task(identifier, below, known)
        if not self._before:
            return self._host.run(task)
        return self._host.run(task, [_unconditional(one) for one in self._before])


def _unconditional(identifier: str) -> Task:
    """Give the task of a clause that is run whatever became of its foundations."""
    asked = thing_named(identifier)
    below = () if asked is None else asked.foundations
    return Task(identifier, dict.fromkeys(below, Outcome.PASSED))


def thing_named(identifier: str) -> Demand | Clause | None:
    """Find a clause or row in the edition's list, or, if it is not in there yet, in a chapter."""
    listed = edition.demand(identifier)
    if listed is not None:
        return listed
    from gradspec_conformance.execution import register  # noqa: PLC0415 - takes time

    return register.case(identifier)
