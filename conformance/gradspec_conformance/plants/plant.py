"""A plant: a fault modelled on a real bug, put into the reference engine in memory.

`@plant(...)` enters a function that, given a `Swap`, replaces one function, method or table row of
the engine.  While the swap is in force the engine is faulty; afterwards it is as it was.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from gradspec.judging.outcome import FailureKind
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.exceptions import MalformedPlant

ENGINE: Final = "gradspec_reference"


KINDS: Final = frozenset({*FailureKind, *ERROR_KINDS})
"""In which ways a clause can fail for the right reason."""


class Swap:
    """Puts replacements into the engine, counts how often they ran, and takes them out."""

    def __init__(self) -> None:
        self.ran = 0
        self._undo: list[Callable[[], None]] = []

    def __call__(self, owner: Any, name: str, replacement: Any) -> None:
        """Replace owner.name.

        A function of a module is replaced in every module of the engine that imported it; a
        dictionary's entry is replaced under its key.  Callables are counted when they run; for
        plain data call `self.took_effect()` where the fault shows.
        """
        if callable(replacement) and not isinstance(replacement, type):
            replacement = self._counted(replacement)
        if isinstance(owner, dict):
            self._replace_entry(owner, name, replacement)
        elif isinstance(owner, ModuleType):
            original = getattr(owner, name)
            for module in _engine_modules():
                for key, value in list(vars(module).items()):
                    if value is original:
                        self._replace(module, key, replacement)
        else:
            self._replace(owner, name, replacement)

    def took_effect(self) -> None:
        """Note that the fault showed."""
        self.ran += 1

    def undo(self) -> None:
        """Take every replacement out, the last one first."""
        while self._undo:
            self._undo.pop()()

    def _counted(self, replacement: Any) -> Any:
        if isinstance(replacement, staticmethod | classmethod | property):
            message = "swap a plain function; wrap it yourself and call took_effect()"
            raise MalformedPlant(message)

        @functools.wraps(replacement)
        def counted(*arguments: Any, **keywords: Any) -> Any:
            self.ran += 1
            return replacement(*arguments, **keywords)

        return counted

    def _replace(self, owner: Any, name: str, replacement: Any) -> None:
        own = name in vars(owner)
        original = vars(owner)[name] if own else None
        setattr(owner, name, replacement)
        self._undo.append(
            (lambda: setattr(owner, name, original)) if own else (lambda: delattr(owner, name))
        )

    def _replace_entry(self, table: dict[Any, Any], key: Any, replacement: Any) -> None:
        original = table[key]
        table[key] = replacement
        self._undo.append(lambda: table.__setitem__(key, original))


def _engine_modules() -> list[ModuleType]:
    return [m for n, m in list(sys.modules.items()) if n.partition(".")[0] == ENGINE]


Fault = Callable[[Swap], None]


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault; `kills` says which clauses it must turn red, and each with which kind."""

    name: str
    chapter: str
    change: str
    modelled_on: str
    kills: Mapping[str, str]
    fault: Fault = field(repr=False)

    @contextmanager
    def planted(self) -> Iterator[Swap]:
        """Keep the engine faulty inside a with block."""
        swap = Swap()
        try:
            self.fault(swap)
            yield swap
        finally:
            swap.undo()


PLANTS: Final[dict[str, Plant]] = {}
"""Every plant, by name."""


def plant(*, kills: Mapping[str, str], modelled_on: str) -> Callable[[Fault], Plant]:
    """Declare a plant: the function's name, its docstring (what the faulty engine does).

    `kills` maps clause ids to the failure kind (`gradspec.judging.outcome.FailureKind`) or, where
    the faulty engine raises without need, to the error kind.  `modelled_on` names the real bug, as
    `owner/repository#number`, or says in what kind of engine the fault is common.
    Raises MalformedPlant when a part is missing or the name is taken.
    """

    def declare(fault: Fault) -> Plant:
        change = " ".join((fault.__doc__ or "").split())
        name = fault.__name__
        if not change.endswith(".") or not kills or not modelled_on:
            message = f"plant {name} needs a docstring sentence, kills, and what it is modelled on"
            raise MalformedPlant(message)
        odd = [kind for kind in kills.values() if kind not in KINDS]
        if odd:
            raise MalformedPlant(f"plant {name}: {odd} are no kinds; a crash is not a kill")
        if name in PLANTS:
            raise MalformedPlant(f"plant {name} is declared twice")
        _, _, place = fault.__module__.partition("gradspec_conformance.plants.")
        chapter = (place or fault.__module__).partition(".")[0]
        PLANTS[name] = Plant(name, chapter, change, modelled_on, kills, fault)
        return PLANTS[name]

    return declare
