"""`Keyword("acc and not law")`: which clauses a -k expression means.

A word that is the id of a clause, of a row, or an id that something had before, means just that;
any other is looked for in ids, names, sections, levels and natures.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WORD: Final = re.compile(r"[\w:+\-.\[\]\\/]+")
OPERATORS: Final = ("and", "or", "not")


class Keyword:
    """An expression of words, and, or, not and brackets; raises WrongUsage if it is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            ast.parse(self._with(lambda _: True), mode="eval")
        except SyntaxError:
            message = f"-k {text!r} is no expression of words, and, or, not and brackets"
            raise WrongUsage(message) from None

    def matches(self, identifier: str, words: Iterable[str]) -> bool:
        """Whether the expression means what has this id and is found by these words."""
        found = [word.lower() for word in (identifier, *words)]

        def holds(word: str) -> bool:
            meant = edition.resolve(word)
            if meant:
                return identifier in meant
            return any(word.lower() in text for text in found)

        return bool(eval(self._with(holds), {"__builtins__": {}}))  # noqa: S307 - True, False, and, or, not

    def _with(self, holds: Callable[[str], bool]) -> str:
        """Write the expression with a truth value in place of each word."""
        return WORD.sub(
            lambda word: word[0] if word[0] in OPERATORS else str(holds(word[0])),
            self.text,
        )
