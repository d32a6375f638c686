"""`Asker(engine)`: ask an engine directly, act by act, with handles and without a program."""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.port.engine import Subject
from gradspec.program.steps import Ref
from gradspec_conformance.exceptions import UnsoundAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradspec.port.engine import Engine

PLAIN: Final = (type(None), bool, int, float, complex, str, list, tuple, dict, slice, EllipsisType)


class Asker:
    """An engine, and what it said of itself; `last` is the act that it was asked for last.

    `looking` is the act of which array() shows the result.
    """

    def __init__(self, engine: Engine | Subject) -> None:
        self._subject = Subject.of(engine)
        self.abilities = self._subject.abilities
        self.dtype = self._subject.dtype
        self.error_kind = self._subject.engine.error_kind
        self.engine = self._subject.engine
        self.last: str | None = None
        self.looking: str | None = None

    def has(self, *words: str) -> bool:
        """Say whether the engine has all these abilities."""
        return self.abilities.issuperset(words)

    def covers(self, key: str, given: Mapping[str, Any]) -> bool:
        """Say whether the engine has an act with these arguments."""
        return self._subject.covers(ACTS[key], _forms(given))

    def __call__(self, key: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Have the engine do an act; functions among the arguments are given as they are."""
        act, self.last = ACTS[key], key
        given = act.signature.bind(arguments, keywords)
        return self._subject.ask(act, given, _forms(given))

    def tensor(self, array: np.ndarray[Any, Any], *, leaf: bool = False) -> Any:
        """Make a tensor of the array's data type."""
        return self("leaf" if leaf else "tensor", array, dtype=array.dtype.name)

    def shown(self, handle: Any, key: str) -> np.ndarray[Any, Any]:
        """Look at what an act gave; raises UnsoundAnswer if that is no tensor."""
        name = ACTS[key].name
        if handle is None:
            raise UnsoundAnswer(f"{name} gave None", "a tensor", key)
        if isinstance(handle, list | tuple | dict):
            raise UnsoundAnswer(f"{name} gave a {type(handle).__name__}", "one tensor", key)
        self.looking = key
        found = self("array", handle)
        self.looking = None
        if not isinstance(found, np.ndarray):
            given = f"array() gave a {type(found).__name__}"
            raise UnsoundAnswer(f"{given} for what {name} gave", "a NumPy array", "array")
        return found

    def leave(self, mode: Any) -> None:
        """Leave a mode."""
        self._subject.engine.leave(mode, None)


def _forms(given: Mapping[str, Any]) -> dict[str, Any]:
    """Describe arguments as a program does, to which what is no plain value is a tensor."""
    return {n: v if isinstance(v, PLAIN) or callable(v) else Ref(0) for n, v in given.items()}
