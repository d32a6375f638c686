"""The words of the book: natures and kinds of error, as the kit explains them."""

from __future__ import annotations

from gradspec.port.errors import ERROR_KINDS
from gradspec.rank import NATURES


def glossary() -> list[tuple[str, str]]:
    """Give every word with its meaning, in order."""
    words = {str(nature): f"A clause's nature: {said}" for nature, said in NATURES.items()}
    return sorted({**words, **ERROR_KINDS}.items())
