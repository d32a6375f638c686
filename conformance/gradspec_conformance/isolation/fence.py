"""`oracle_fence(spec)`: while an engine other than torch runs, nobody can ask torch.

Importing torch raises, modules of torch that are loaded already are out of sight, and functions
of torch that an adapter holds on to are intercepted.  An attempt is remembered even where the
adapter swallows the exception, and the clause that made it is *errored*.  An engine that takes the
fence down is seen by Python's own record of imports, which cannot be taken out, and so is one that
starts a process whose command names torch.  What else another process does is not heard: whoever
trusts an engine that starts processes has read what they run.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gradspec_conformance.engines.loading import engine_names
from gradspec_conformance.exceptions import OracleConsulted
from gradspec_conformance.execution.verdict import Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

ORACLE: Final = "torch"

STARTS: Final = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"}
)
"""What Python calls the ways to start a process."""

ASKING: Final = re.compile(rf"\b(?:import|from)\s+{ORACLE}\b|-m\s*{ORACLE}\b|['\"]{ORACLE}['\"]")
"""How a command asks torch: a folder may be called like it."""


class Fence:
    """Remembers who asked; `tripped` says what was asked for, and is None if nobody did."""

    def __init__(self) -> None:
        self.tripped: str | None = None
        self.gate: MetaPathFinder | None = None
        self._seen: tuple[int, str] | None = None

    def heard(self, module: str) -> None:
        """An import statement names this module, whether or not the gate stands."""
        if _is_oracle(module):
            self.trip(f"import {module}")

    def started(self, command: str) -> None:
        """Another process is begun with this command."""
        asking = ASKING.search(command)
        if asking is not None:
            self.trip(f"a process was started with {asking[0]!r}")

    def look(self) -> None:
        """Put back what was taken down, and remember that torch came in."""
        if self.gate is None:
            return
        if sys.meta_path[:1] != [self.gate]:
            sys.meta_path[:] = [self.gate, *(f for f in sys.meta_path if f is not self.gate)]
        if self._seen == _last_module():
            return
        came = sorted(filter(_is_oracle, [*sys.modules]))
        for name in came:
            del sys.modules[name]
        if came:
            self.tripped = self.tripped or f"import {came[0]}"
        self._seen = _last_module()

    def trip(self, what: str) -> NoReturn:
        """Remember the attempt and refuse it."""
        self.tripped = self.tripped or what
        raise OracleConsulted(f"{what}: the engine has to find its own answers")

    def judged(self, verdict: Verdict) -> Verdict:
        """Give the verdict of a clause that has just run, and forget what tripped the fence."""
        self.look()
        if self.tripped is None or not verdict.ran:
            return verdict
        message = f"the engine asked torch while the clause ran: {self.tripped}"
        self.tripped = None
        return verdict.overruled(Kind.CONSULTED, message)


class _ClosedGate(MetaPathFinder, Loader):
    """Finds torch before anyone else does, and loads nothing."""

    def __init__(self, fence: Fence) -> None:
        self.fence = fence

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        # only to ask whether torch is there is no consultation: the loader refuses
        return ModuleSpec(fullname, self) if _is_oracle(fullname) else None

    def create_module(self, spec: ModuleSpec) -> NoReturn:
        self.fence.trip(f"import {spec.name}")

    def exec_module(self, module: ModuleType) -> None:
        """Is never reached: `create_module` refuses."""


@contextmanager
def oracle_fence(spec: str) -> Iterator[Fence]:
    """Fence torch off while the engine that `spec` names is loaded and run, in this thread."""
    fence = Fence()
    if is_the_oracle(spec):
        yield fence
        return
    gate = fence.gate = _ClosedGate(fence)
    with _intercepted_calls(fence), _imports_heard(fence):
        hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_oracle(name)}
        sys.meta_path.insert(0, gate)
        try:
            yield fence
        finally:
            fence.look()
            fence.gate = None
            sys.meta_path.remove(gate)
            sys.modules.update(hidden)


_standing: Final[list[Fence]] = []
"""The fences that hear of imports and of processes."""


@functools.cache
def _listen() -> None:
    # Python's end takes the names of a module away before it is over, and imports until then
    standing, starts, words = _standing, STARTS, _command

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            for fence in standing:
                fence.heard(str(arguments[0]))
        elif standing and event in starts:
            command = words(arguments)
            for fence in standing:
                fence.started(command)

    sys.addaudithook(hear)


def _command(arguments: tuple[Any, ...]) -> str:
    """Write down what a process is started with; the environment is no part of it."""
    words: list[str] = []
    for said in arguments[:3]:
        several = said if isinstance(said, list | tuple) else [said]
        words += [os.fsdecode(one) for one in several if isinstance(one, str | bytes)]
    return " ".join(words)


@contextmanager
def _imports_heard(fence: Fence) -> Iterator[None]:
    """Have the fence hear of every import statement, and of every process that is started."""
    _listen()
    _standing.append(fence)
    try:
        yield
    finally:
        _standing.remove(fence)


def is_the_oracle(spec: str) -> bool:
    """Whether torch's own book is meant, by name or by path."""
    place, oracle = engine_names().get(spec, spec), engine_names()[ORACLE]
    return place == oracle or Path(place).resolve() == Path(oracle).resolve()


@contextmanager
def _intercepted_calls(fence: Fence) -> Iterator[None]:
    """Refuse every call of a function of torch, if torch was imported before."""
    overrides: Any = sys.modules.get(f"{ORACLE}.overrides")
    if overrides is None:
        yield
        return

    def refuse(_mode: Any, function: Any, *_arguments: Any, **_keywords: Any) -> NoReturn:
        name = getattr(function, "__name__", repr(function))
        fence.trip(f"torch's function {name} was called")

    mode = type("Fenced", (overrides.TorchFunctionMode,), {"__torch_function__": refuse})
    with mode():
        yield


def _last_module() -> tuple[int, str]:
    """Tell how many modules there are, and which came last: what comes in changes that."""
    return len(sys.modules), next(reversed(sys.modules))


def _is_oracle(module: str) -> bool:
    return module == ORACLE or module.startswith(f"{ORACLE}.")
