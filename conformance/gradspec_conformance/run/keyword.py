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
LOGICAL: Final = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.Constant,
)
"""What an expression may be made of, once each word is a truth value."""


class Keyword:
    """An expression of words, and, or, not and brackets; raises WrongUsage if it is none."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if not _is_logical(self._with(lambda _: True)):
            message = f"-k {text!r} is no expression of words, and, or, not and brackets"
            raise WrongUsage(message)

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


def _is_logical(text: str) -> bool:
    """Whether it is made of truth values, and, or, not and brackets alone."""
    try:
        parts = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(part, LOGICAL) for part in parts) and all(
        isinstance(part.value, bool) for part in parts if isinstance(part, ast.Constant)
    )
