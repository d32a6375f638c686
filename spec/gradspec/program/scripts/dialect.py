"""What a language says in its own way; the writer does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gradspec.port.act import Act
    from gradspec.port.phrase import Choice
    from gradspec.program.scripts.script import Script
    from gradspec.program.steps import Step


class Dialect(Protocol):
    """How one language says acts, demands and blocks.

    Where a language has no products as an act of its own, what was done for them is printed.
    """

    has_products: bool
    working_dtype: str

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""

    def phrase(self, act: Act, given: dict[str, Any]) -> Choice | None:
        """Choose the phrase that says an act; None if nothing does."""

    def dtype(self, name: str | None) -> str:
        """Name a data type."""

    def interruption(self, raised: str) -> str:
        """Raise, inside a caller's function, what it raised by itself."""

    def demand(self, step: Step, write: Script) -> str:
        """Say what an `expect` step demands."""

    def block(self, step: Step, lines: list[str], write: Script) -> list[str]:
        """Say what is demanded of the lines of a block."""
