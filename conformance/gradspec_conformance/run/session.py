"""`EngineSession(engine).verdict("acc-001")`: verdicts of one engine, each found once.

The clauses that a clause builds on are run first, whether or not they were selected, so that a
verdict does not depend on order, selection or the number of processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from gradspec.program.storing import to_json
from gradspec_conformance.execution import register
from gradspec_conformance.execution.execute import Effort, missing_abilities
from gradspec_conformance.execution.verdict import Outcome, Verdict
from gradspec_conformance.isolation.host import EngineHost
from gradspec_conformance.isolation.messages import Started, Task
from gradspec_conformance.isolation.process import RemoteHost

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from gradspec.port.engine import Engine
    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds that one clause may take."""


class Host(Protocol):
    """A place where an engine runs: this process, or another."""

    def start(self) -> None:
        """Begin to load the engine, without waiting for it."""

    def describe(self) -> Started:
        """Say which engine this is; raises EngineError."""

    def run(self, task: Task) -> Verdict:
        """Run one clause."""

    def close(self) -> None:
        """Let the engine go."""


class EngineSession:
    """One engine and the verdicts found so far; a context manager.

    The engine is given as `load_engine` takes it, and runs in a process of its own unless
    `in_process`; an engine that is an object runs here.  `known` gives the stored program of a
    clause's known failure.
    """

    def __init__(
        self,
        engine: str | Engine,
        effort: Effort = Effort(),  # noqa: B008 - a frozen value
        timeout: float = DEFAULT_TIMEOUT,
        *,
        in_process: bool = False,
        known: Callable[[str], Program | None] | None = None,
    ) -> None:
        self.known = known
        self._verdicts: dict[str, Verdict] = {}
        self._host: Host
        if isinstance(engine, str) and not in_process:
            self._host = RemoteHost(engine, effort, timeout)
        else:
            self._host = EngineHost(engine, effort)

    def start(self) -> None:
        """Begin to load the engine while there is other work; whoever asks first waits for it."""
        self._host.start()

    @property
    def engine(self) -> Engine | None:
        """The engine itself, if it runs in this process."""
        return self._host.engine if isinstance(self._host, EngineHost) else None

    @property
    def description(self) -> Started:
        """What the engine says of itself; waits until it is loaded, raises EngineError."""
        return self._host.describe()

    def verdict(self, clause_id: str) -> Verdict:
        """Give the verdict of a clause, running it and its foundations if need be."""
        if clause_id not in self._verdicts:
            self._verdicts[clause_id] = self._circular(clause_id)
            self._verdicts[clause_id] = self._found(clause_id)
        return self._verdicts[clause_id]

    def close(self) -> None:
        """Let the engine go."""
        self._host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _found(self, clause_id: str) -> Verdict:
        clause = register.clauses().get(clause_id)
        if clause is None:
            message = f"{clause_id} is in no chapter that could be read"
            return Verdict(clause_id, Outcome.ERRORED, "void", message)
        known = self.known(clause_id) if self.known is not None else None
        program = to_json(known) if known is not None else ""
        return self._host.run(Task(clause_id, self._foundations(clause), program))

    def _foundations(self, clause: Clause) -> dict[str, Outcome]:
        if missing_abilities(clause, self.description.abilities):
            return {}  # unsupported, whatever they came to
        return {below: self.verdict(below).outcome for below in clause.foundations}

    @staticmethod
    def _circular(clause_id: str) -> Verdict:
        message = f"{clause_id} builds on itself"
        return Verdict(clause_id, Outcome.ERRORED, "void", message)
