"""`Seal`: while an engine is judged, those who judge it stay who they were.

An engine in this process can reach the kit's own functions, and some libraries replace functions
of others.  The seal remembers the functions of the modules that perform, compare and judge;
whatever an engine put in their place is taken out again, and the clause that it was running is
*errored*.  It guards against accidents and clever shortcuts, and not against an engine that means
to deceive: that one has the whole process.
"""

from __future__ import annotations

import importlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gradspec.judging.comparison import COMPARISONS
from gradspec_conformance.execution.verdict import Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JUDGES: Final = (
    "gradspec.judging.comparison",
    "gradspec.program.acts_of_the_kit",
    "gradspec.program.answers",
    "gradspec.program.blocks",
    "gradspec.program.callbacks",
    "gradspec.program.identity",
    "gradspec.program.observed",
    "gradspec.program.passing",
    "gradspec.program.signatures",
    "gradspec.writing.expectation",
    "gradspec.writing.notation",
    "gradspec.program.objects",
    "gradspec.program.observed",
    "gradspec.program.products",
    "gradspec.exceptions",
    "gradspec.program.recorder",
    "gradspec.program.replay",
    "gradspec_conformance.execution.execute",
    "gradspec_conformance.isolation.host",
    "gradspec_conformance.execution.verdict",
)
"""The modules whose functions and classes decide a verdict."""

Place = tuple[str, "Mapping[str, Any]", str, "Callable[[Any], None]"]
"""What it is called, where it is looked up, under which name, and how it is put there."""


class Seal:
    """Remembers the kit as it is now."""

    def __init__(self) -> None:
        self._kept = [
            (called, space, name, put, space[name], getattr(space[name], "__code__", None))
            for called, space, name, put in _places()
        ]

    def mend(self) -> str | None:
        """Undo what was changed; say what it was first, or None."""
        changed: str | None = None
        for called, space, name, put, thing, code in self._kept:
            if space.get(name) is not thing:
                put(thing)
                changed = changed or called
            if code is not None and thing.__code__ is not code:
                thing.__code__ = code
                changed = changed or called
        return changed

    def judged(self, verdict: Verdict) -> Verdict:
        """Give the verdict of a clause that has just run, if the kit was left to judge it."""
        changed = self.mend()
        if changed is None:
            return verdict
        message = f"the engine replaced {changed} while the clause ran"
        return verdict.overruled(Kind.TAMPERED, message)


def _places() -> Iterator[Place]:
    for module in JUDGES:
        space = vars(importlib.import_module(module))
        for name, thing in space.items():
            if not callable(thing):
                continue
            yield f"{module}.{name}", space, name, _putter(module, name)
            if isinstance(thing, type) and thing.__module__ == module:
                for member in [n for n, v in vars(thing).items() if callable(v)]:
                    put = partial(setattr, thing, member)
                    yield f"{module}.{name}.{member}", vars(thing), member, put
    for name in COMPARISONS:
        yield f"the comparison {name}", COMPARISONS, name, partial(COMPARISONS.__setitem__, name)


def _putter(module: str, name: str) -> Callable[[Any], None]:
    return partial(setattr, sys.modules[module], name)
