"""What a thing of a program asks of whoever performs the program: the recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


class Performer(Protocol):
    """Performs acts, and numbers what they make."""

    def number(self) -> int:
        """Give the next object's number."""

    def perform(self, key: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Do one act; raises Refused if the engine raises, and what its callbacks raise."""

    def heard(self, act: str, ask: Callable[[], Any], /) -> Any:
        """Let the engine's code run; raises Refused, and what its callbacks raise."""

    def look(self, tensor: Any, /) -> np.ndarray[Any, Any]:
        """Look at the values of a tensor from outside."""
