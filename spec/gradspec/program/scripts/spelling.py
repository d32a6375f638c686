"""How the arguments of a phrase are spelled in a script, and the names of its own."""

from __future__ import annotations

import ast
from functools import cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.phrase import FORMS, RESULT, WORD, Argument, Local, flat, is_list_of

if TYPE_CHECKING:
    from gradspec.port.phrase import Part, Phrase
    from gradspec.program.scripts.script import Script

ATOMS: Final = (
    ast.Attribute,
    ast.Call,
    ast.Constant,
    ast.Dict,
    ast.List,
    ast.Name,
    ast.Subscript,
    ast.Tuple,
)
"""What needs no brackets beside an operator."""


class Spelling:
    """Spells the arguments of a phrase, and the names that are its own."""

    def __init__(self, script: Script, phrase: Phrase, given: dict[str, Any], target: str) -> None:
        self._script = script
        self._given = given
        self._target = target
        self._own: dict[str, str] = {}
        self._beside = beside(phrase.parts)

    def __call__(self, part: Argument | Local) -> str:
        """Give the text of an argument, or of a name of the phrase's own."""
        if isinstance(part, Local):
            return self._local(part.name)
        value = self._given["data" if part.name in FORMS else part.name]
        write = self._script
        if part.name == "array":
            return write.array(value, self._given["dtype"])
        if part.name == "list" and _is_told_by_a_list(value):
            return write.literal(value.tolist())
        if part.type == WORD:
            return str(value)
        if part.name == "dtype":
            return write.dtype(value)
        if part.star == "*":
            return write.listed(value)
        if part.star == "**":
            if not all(map(is_sayable, value)):
                return f"**{write.literal(dict(value))}"
            return ", ".join(f"{k}={write.literal(v)}" for k, v in value.items())
        if part.name == "index":
            return write.index(value)
        text = write.literal(value)
        return f"({text})" if self._beside[part] and not is_atom(text) else text

    def _local(self, name: str) -> str:
        if name == RESULT:
            self._target = self._target or self._script.fresh()
            return self._target
        if name not in self._own:
            self._own[name] = self._script.fresh()
        return self._own[name]


@cache
def beside(whole: tuple[Part, ...]) -> dict[Part, bool]:
    """Say of each argument of a phrase whether something stands beside it that could bind it."""
    parts = list(flat(whole))
    found: dict[Part, bool] = {}
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else ""
        after = parts[place + 1] if place + 1 < len(parts) else ""
        alone = _opens(before) and _closes(after)
        found[part] = found.get(part, False) or not alone
    return found


def _opens(before: Any) -> bool:
    text = before.rstrip(" ") if isinstance(before, str) else "$"
    assigned = text.endswith("=") and not text.endswith(("==", "<=", ">=", "!="))
    return not text or assigned or text.endswith(("(", "[", ",", "\n", "return"))


def _closes(after: Any) -> bool:
    text = after.lstrip(" ") if isinstance(after, str) else "$"
    return not text or text.startswith((")", "]", ",", "\n"))


def is_sayable(name: str) -> bool:
    """Say whether Python takes a text as a name."""
    return name.isidentifier() and not iskeyword(name)


@cache
def is_atom(text: str) -> bool:
    """Say whether an expression needs no brackets beside an operator or a dot."""
    try:
        parsed = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    if parsed.col_offset:  # the first character is a bracket around all of it
        return True
    return isinstance(parsed, ATOMS)


def _is_told_by_a_list(value: Any) -> bool:
    """Say whether a list without entries has the shape and the data type of this."""
    is_real = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return is_real and not value.size and is_list_of(value.shape)
