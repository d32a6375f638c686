"""`oracle_fence(spec)`: while an engine other than torch runs, nobody can ask torch.

Importing torch raises, modules of torch that are loaded already are out of sight, and functions
of torch that an adapter holds on to are intercepted.  An attempt is remembered even where the
adapter swallows the exception, and the clause that made it is *errored*.
"""

from __future__ import annotations

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


class Fence:
    """Remembers who asked; `tripped` says what was asked for, and is None if nobody did."""

    def __init__(self) -> None:
        self.tripped: str | None = None

    def trip(self, what: str) -> NoReturn:
        """Remember the attempt and refuse it."""
        self.tripped = self.tripped or what
        raise OracleConsulted(f"{what}: the engine has to find its own answers")

    def judged(self, verdict: Verdict) -> Verdict:
        """Give the verdict of a clause that has just run, and forget what tripped the fence."""
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
    gate = _ClosedGate(fence)
    with _intercepted_calls(fence):
        hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_oracle(name)}
        sys.meta_path.insert(0, gate)
        try:
            yield fence
        finally:
            sys.meta_path.remove(gate)
            sys.modules.update(hidden)


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


def _is_oracle(module: str) -> bool:
    return module == ORACLE or module.startswith(f"{ORACLE}.")
