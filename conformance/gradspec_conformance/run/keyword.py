"""`Keyword("acc and not law")`: which clauses a -k expression means.

A word that is the id of a clause, of a row, or an id that something had before, means just that;
any other is looked for in ids, names, sections, levels and natures, and what the array API standard
calls an operator in the rows about that one.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.catalogue.standard import STANDARD
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

LONGEST: Final = 20_000
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
        if len(self.text) > LONGEST:
            message = f"-k has {len(self.text)} characters; give at most {LONGEST}, or --chapter"
            raise WrongUsage(message)
        self._words = {w for w in WORD.findall(self.text) if w not in OPERATORS}
        if not _is_logical(self._with(lambda _: "True")):
            message = f"-k {text!r} is no expression of words, and, or, not and brackets"
            raise WrongUsage(message)
        self._code = compile(self._with(lambda word: f"holds({word!r})"), "-k", "eval")

    def matches(self, identifier: str, words: Iterable[str]) -> bool:
        """Whether the expression means what has this id and is found by these words."""

        def holds(word: str) -> bool:
            meant = self._meant[word]
            if meant:
                return identifier in meant
            told = any(word.lower() in text.lower() for text in (identifier, *words))
            return told or _is_about(identifier, STANDARD.get(word.lower()))

        space = {"__builtins__": {}, "holds": holds}
        return bool(eval(self._code, space))  # noqa: S307 - words, and, or, not

    @cached_property
    def _meant(self) -> Mapping[str, Collection[str]]:
        """The ids that each word means, if it is one."""
        return {word: frozenset(edition.resolve(word)) for word in self._words}

    def _with(self, written: Callable[[str], str]) -> str:
        """Write the expression with something else in place of each word."""
        return WORD.sub(
            lambda word: word[0] if word[0] in OPERATORS else written(word[0]), self.text
        )


def _is_about(identifier: str, operator: str | None) -> bool:
    """Whether this is the name of an operator, of a call of it, or of a row about one."""
    name = identifier.rpartition("/")[2]
    return operator is not None and (name == operator or name.startswith(f"{operator}_"))


def _is_logical(text: str) -> bool:
    """Whether it is made of truth values, and, or, not and brackets alone."""
    try:
        compile(text, "-k", "eval")
        parts = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(part, LOGICAL) for part in parts) and all(
        isinstance(part.value, bool) for part in parts if isinstance(part, ast.Constant)
    )
