"""`Drawn`: random inputs of a law, with the operators that their table may come to use."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class Drawn:
    """A strategy of `gradspec.drawing.strategies`, made when it is needed.

    `needs` is what an engine must have for all that it may draw.
    """

    module: str
    name: str
    arguments: tuple[Any, ...] = ()
    needs: frozenset[str] = frozenset()

    def make(self) -> SearchStrategy[Any]:
        """Import the module and make the strategy."""
        strategies = importlib.import_module(f"gradspec.drawing.strategies.{self.module}")
        strategy: SearchStrategy[Any] = getattr(strategies, self.name)(*self.arguments)
        return strategy
