"""How the arguments of a phrase are spelled in a script, and the names of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.phrase import FORMS, RESULT, WORD, Argument, Local

if TYPE_CHECKING:
    from gradspec.port.phrase import Phrase
    from gradspec.program.scripts.writer import Writer

ATOM: Final = re.compile(r"[\w.]+(\(.*\)|\[.*\])?|\[.*\]|'.*'", re.DOTALL)
"""What needs no brackets beside an operator or a dot; roughly, and on the safe side."""


class Spelling:
    """Spells the arguments of a phrase, and the names that are its own."""

    def __init__(self, writer: Writer, phrase: Phrase, given: dict[str, Any], target: str) -> None:
        self._writer = writer
        self._given = given
        self._target = target
        self._own: dict[str, str] = {}
        self._alone = len(phrase.parts) == 1

    def __call__(self, part: Argument | Local) -> str:
        """Give the text of an argument, or of a name of the phrase's own."""
        if isinstance(part, Local):
            return self._local(part.name)
        value = self._given["data" if part.name in FORMS else part.name]
        write = self._writer
        if part.name in FORMS:
            return (
                f"np.array({write.literal(value)})"
                if part.name == "array"
                else write.literal(value)
            )
        if part.type == WORD:
            return str(value)
        if part.name == "dtype":
            return write.dialect.dtype(value)
        if part.star == "*":
            return write.listed(value)
        if part.star == "**":
            return ", ".join(f"{k}={write.literal(v)}" for k, v in value.items())
        if part.name == "index":
            return write.index(value)
        text = write.literal(value)
        return text if self._alone or ATOM.fullmatch(text) or _is_listed(text) else f"({text})"

    def _local(self, name: str) -> str:
        if name == RESULT:
            self._target = self._target or self._writer.fresh()
            return self._target
        return self._own.setdefault(name, self._writer.fresh())


def _is_listed(text: str) -> bool:
    return text.startswith(("(", "[", "{")) or re.fullmatch(r"-?[\d.e+-]+", text) is not None
