"""`Seal`: while an engine is judged, those who judge it stay who they were.

An engine in this process can reach the kit's own functions, and some libraries replace functions
of others.  The seal remembers the functions of the modules that perform, compare and judge, with
their defaults and constants, and those of NumPy and Python that they and the clauses call; whatever
an engine put in their place is taken out again, and the clause that it was running is *errored*.
It guards against accidents and clever shortcuts, and not against an engine that means to deceive:
that one has the whole process.
"""

from __future__ import annotations

import functools
import importlib
import sys
from functools import partial
from itertools import starmap
from operator import attrgetter, is_, itemgetter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from gradspec.judging.comparison import COMPARISONS
from gradspec_conformance.execution.verdict import Kind, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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
    "gradspec.program.products",
    "gradspec.exceptions",
    "gradspec.program.recorder",
    "gradspec.program.recording",
    "gradspec.program.replay",
    "gradspec_conformance.execution.execute",
    "gradspec_conformance.isolation.host",
    "gradspec_conformance.isolation.fence",
    "gradspec_conformance.isolation.messages",
    "gradspec_conformance.isolation.seal",
    "gradspec_conformance.isolation.worker",
    "gradspec_conformance.execution.verdict",
)
"""The modules whose functions and classes decide a verdict."""

CALLED: Final = ("numpy", "numpy.linalg", "builtins", "math")
"""The modules of others whose functions they call."""

NO_JUDGE_CALLS: Final = frozenset({"__import__", "open", "print", "input", "breakpoint", "help"})
"""What tools replace in good faith."""

SMALL: Final = 50
"""Tables with more entries are not looked through after each clause: acts and operators."""

every, each = all, map  # an engine that replaces these is not asked whether it did

ABSENT: Final = object()
"""What a class has under a name that it inherits: whatever is put there hides what is sealed."""

PARTS: Final = ("__code__", "__defaults__", "__kwdefaults__")
"""How a function is told from another that was put into its place unseen."""

Place = tuple[str, "Mapping[str, Any]", str, "Callable[[Any], None]"]
"""What it is called, where it is looked up, under which name, and how it is put there."""


class _Space:
    """A module or class, what was in it under some names, and under which there was nothing."""

    def __init__(self, space: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        self._space = space
        things = {name: thing for name, thing in kept.items() if name in space}
        self._absent = kept.keys() - things
        self._things = list(things.values())
        self._look = _getter(list(things))

    @property
    def is_whole(self) -> bool:
        try:
            found = self._look(self._space)
        except KeyError:
            return False
        if not every(each(is_, found, self._things)):
            return False
        return not self._absent or self._space.keys().isdisjoint(self._absent)


def _getter(names: list[str]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """Give what looks under all these names at once."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda space: [space[name] for name in names]


_rewritten: Final[list[None]] = []
"""One for each time that a part of a function was written."""


@functools.cache
def _listen() -> None:
    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "object.__setattr__" and arguments[1] in PARTS:
            _rewritten.append(None)

    sys.addaudithook(hear)


class Seal:
    """Remembers the kit as it is now."""

    def __init__(self) -> None:
        self._kept = [
            (called, space, name, put, space.get(name, ABSENT))
            for called, space, name, put in _places()
        ]
        spaces: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}
        for _, space, name, _, thing in self._kept:
            spaces.setdefault(id(space), (space, {}))[1][name] = thing
        self._spaces = list(starmap(_Space, spaces.values()))
        functions = [*each(_function, self._kept)][::-1]  # what is met first names it
        written = {id(f): (called, f) for called, f in functions if f is not None}
        self._called = [called for called, _ in written.values()]
        self._functions = [function for _, function in written.values()]
        self._parts = {part: [*each(attrgetter(part), self._functions)] for part in PARTS}
        self._rewritten = -1
        _listen()

    @property
    def is_whole(self) -> bool:
        """Whether all is as it was: asked after each clause, so of many places at once."""
        return every(space.is_whole for space in self._spaces) and self._does_what_it_did

    @property
    def _does_what_it_did(self) -> bool:
        """Whether each function does what it did: looked at where any was written.

        Python tells each listener of each look, so that many looks take time.
        """
        if self._rewritten == len(_rewritten):
            return True
        whole = every(
            every(each(is_, each(attrgetter(part), self._functions), parts))
            for part, parts in self._parts.items()
        )
        if whole:
            self._rewritten = len(_rewritten)
        return whole

    def mend(self) -> str | None:
        """Undo what was changed; say what it was first, or None."""
        if self.is_whole:
            return None
        changed: str | None = None
        for called, space, name, put, thing in self._kept:
            if space.get(name, ABSENT) is not thing:
                put(thing)
                changed = changed or called
        for part, parts in self._parts.items():
            for called, function, sound in zip(self._called, self._functions, parts, strict=True):
                if getattr(function, part) is not sound:
                    setattr(function, part, sound)
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
            if not (callable(thing) or isinstance(thing, ModuleType) or name.isupper()):
                continue
            yield f"{module}.{name}", space, name, _putter(module, name)
            yield from _inside(f"{module}.{name}", thing)
            if isinstance(thing, type) and thing.__module__ == module:
                members = vars(thing)
                for member in _members(thing):
                    put = partial(_put, thing, member)
                    yield f"{module}.{name}.{member}", members, member, put
                    yield from _inside(f"{module}.{name}.{member}", members.get(member))
    for module in CALLED:
        space = vars(importlib.import_module(module))
        for name, thing in space.items():
            if callable(thing) and name not in NO_JUDGE_CALLS:
                yield f"{module}.{name}", space, name, _putter(module, name)
    for name in COMPARISONS:
        yield f"the comparison {name}", COMPARISONS, name, partial(COMPARISONS.__setitem__, name)


def _inside(called: str, thing: Any) -> Iterator[Place]:
    """Give what a table has under its keys, or a function by default."""
    table = getattr(thing, "__kwdefaults__", None) if isinstance(thing, FunctionType) else thing
    if isinstance(table, dict) and table is not COMPARISONS and len(table) <= SMALL:
        for key in table:
            yield f"{called}, {key}", table, key, partial(table.__setitem__, key)


def _function(kept: tuple[str, Any, str, Any, Any]) -> tuple[str, Any]:
    """Give the function that does the work: NumPy's own stands behind a dispatcher."""
    called, *_, thing = kept
    function = getattr(thing, "_implementation", thing)
    return called, function if isinstance(function, FunctionType) else None


def _members(kind: type) -> list[str]:
    """Name the methods of a class, those too that it has from another class of the judges."""
    above = [one for one in kind.__mro__ if one.__module__ in JUDGES]
    return list({name: None for one in above for name, v in vars(one).items() if callable(v)})


def _put(kind: type, member: str, thing: Any) -> None:
    if thing is ABSENT:
        delattr(kind, member)
    else:
        setattr(kind, member, thing)


def _putter(module: str, name: str) -> Callable[[Any], None]:
    return partial(setattr, sys.modules[module], name)
