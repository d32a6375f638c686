"""`Drawn`: random inputs of a law, with the operators that their table may come to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class Drawn:
    """A strategy that is made when it is needed, and what an engine needs for all that it draws."""

    make: Callable[[], SearchStrategy[Any]]
    needs: frozenset[str] = frozenset()

    def flatmap(self, expand: Callable[[Any], SearchStrategy[Any]]) -> Drawn:
        """Draw more from what was drawn."""
        return Drawn(lambda: self.make().flatmap(expand), self.needs)
