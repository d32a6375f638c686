"""Handles of what an engine in another process keeps, which is told when nobody holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.program.steps import Ref

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Holdings:
    """The numbers that are held here; those of which it has to be told that they no longer are."""

    unneeded: list[int]
    _held: set[int] = field(default_factory=set)

    def take(self, number: int) -> None:
        """Hold a number; raises ValueError if it was given out before."""
        if number in self._held:
            raise ValueError(f"the number {number} is given out already")
        self._held.add(number)

    def let_go(self, number: int) -> None:
        """Let go of a number."""
        self._held.discard(number)
        self.unneeded.append(number)


class RemoteHandle(Ref):
    """The number of an object of the engine, which is told when nobody holds it any more."""

    __slots__ = ("__weakref__", "_holdings")
    _holdings: Holdings

    def __init__(self, number: int, kind: str, holdings: Holdings) -> None:
        super().__init__(number, kind)
        object.__setattr__(self, "_holdings", holdings)
        holdings.take(number)

    def __del__(self) -> None:
        self._holdings.let_go(self.number)


class RemoteArray(RemoteHandle):
    """An array that the engine gave out, which lies in its memory and not in ours."""

    __slots__ = ("_ask",)
    _ask: Callable[..., Any]

    def __init__(self, number: int, holdings: Holdings, ask: Callable[..., Any]) -> None:
        super().__init__(number, "host array", holdings)
        object.__setattr__(self, "_ask", ask)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self._ask("host_read", {"target": self}), dtype=dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._ask("host_write", {"target": self, "index": index, "value": value})
