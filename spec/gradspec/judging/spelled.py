"""`spell(value)`: a found or expected value as people read it."""

from __future__ import annotations

from typing import Any, Final

from gradspec.exceptions import text_of

LONGEST: Final = 400
"""How many characters a paragraph has."""


def spell(value: Any) -> str:
    """Write a value; arrays as nested lists, what is long cut off."""
    try:
        text = repr(_plain(value))
    except Exception as error:  # noqa: BLE001 - too many digits, too deep, or an engine's own way
        return f"a {type(value).__name__} that cannot be written: {text_of(error)}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    return value
