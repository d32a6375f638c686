"""What was probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST: Final = 100


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """End a sentence with the words that look alike, if any do."""
    if len(word) > LONGEST:  # nobody mistyped that
        return ""
    close = difflib.get_close_matches(word, list(dict.fromkeys(words)), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
