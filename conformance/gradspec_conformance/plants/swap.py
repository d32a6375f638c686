"""`Swap`: puts replacements into the reference engine in memory, and takes them out again."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, Protocol, Self

from gradspec_reference.operators import OPERATORS

ENGINE: Final = "gradspec_reference"

Fault = Callable[..., Any]
"""What runs in a place: it is handed the sound function first, then what that is called with."""


def ahead(fault: Fault) -> Fault:
    """Run `fault(*arguments)`, and then what is sound."""

    def first(sound: Fault, *arguments: Any, **keywords: Any) -> Any:
        fault(*arguments, **keywords)
        return sound(*arguments, **keywords)

    return first


def behind(fault: Fault) -> Fault:
    """Run what is sound, and then `fault(result, *arguments)`, which changes the result."""

    def then(sound: Fault, *arguments: Any, **keywords: Any) -> Any:
        result = sound(*arguments, **keywords)
        fault(result, *arguments, **keywords)
        return result

    return then


class Place(Protocol):
    """Something of the engine that can be exchanged; two that are equal are one place."""

    def fill(self, swap: Swap, fault: Fault) -> None:
        """Let `fault(sound, *arguments)` run here until the swap is undone."""

    def __hash__(self) -> int:
        """Tell places apart."""


class Swap:
    """Makes the engine faulty in one or several places, and counts how often a fault ran.

    `places` are those that were swapped; `unseen` says that something was replaced in another
    way, so that nobody can tell which programs reach it.
    """

    def __init__(self) -> None:
        self.ran = 0
        self.places: list[Place] = []
        self.unseen = False
        self._undo: list[Callable[[], None]] = []

    def __call__(self, place: Place, fault: Fault) -> None:
        """Let `fault(sound, *arguments)` run in this place."""

        def counted(sound: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
            self.ran += 1
            return fault(sound, *arguments, **keywords)

        self.places.append(place)
        place.fill(self, counted)

    def into(self, place: Place) -> Callable[[Fault], None]:
        """Let the fault that is defined below run in this place."""
        return lambda fault: self(place, fault)

    def before(self, place: Place) -> Callable[[Fault], None]:
        """Let the fault that is defined below run before what is sound."""
        return lambda fault: self(place, ahead(fault))

    def after(self, place: Place) -> Callable[[Fault], None]:
        """Let the fault that is defined below change what the sound function made."""
        return lambda fault: self(place, behind(fault))

    def data(self, owner: Any, name: str, value: Any) -> None:
        """Replace what is no function; call `took_effect()` where the fault shows."""
        self.unseen = True
        self.replace(owner, name, value)

    def replace(self, owner: Any, name: str, replacement: Any) -> None:
        """Replace owner.name; a function of a module in every module that imported it."""
        if isinstance(owner, ModuleType):
            original = getattr(owner, name)
            for module in _engine_modules():
                for key, value in list(vars(module).items()):
                    if value is original:
                        self._put(module, key, replacement)
        else:
            self._put(owner, name, replacement)

    def row(self, operator: str, **changes: Any) -> None:
        """Put another row in the place of an operator's; it is looked up when it is called."""
        sound = OPERATORS[operator]
        OPERATORS[operator] = dataclasses.replace(sound, **changes)
        self._undo.append(lambda: OPERATORS.__setitem__(operator, sound))

    def took_effect(self) -> None:
        """Note that the fault showed."""
        self.ran += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Take every replacement out, the last one first."""
        while self._undo:
            self._undo.pop()()

    def _put(self, owner: Any, name: str, replacement: Any) -> None:
        own = name in vars(owner)
        original = vars(owner)[name] if own else None
        setattr(owner, name, replacement)
        self._undo.append(
            (lambda: setattr(owner, name, original)) if own else (lambda: delattr(owner, name))
        )


def _engine_modules() -> list[ModuleType]:
    return [m for n, m in list(sys.modules.items()) if n.partition(".")[0] == ENGINE]
