"""A phrase becomes a function of its parameters: compiled once, no text is put together later."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.phrase import WORD, Argument, Local, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DATA: Final = {
    "array": "_p_data",
    "list": "_p_data.tolist()",
    "number": "_p_data.item()",
}
"""Form of the data of a tensor -> how it is had from the array that the kit gives."""


def compiled(
    phrase: Phrase,
    names: Sequence[str],
    words: Mapping[str, str],
    space: dict[str, Any],
    place: str,
) -> Callable[..., Any]:
    """Compile a phrase for these arguments, to be given in this order.

    `words` are the values of arguments that are spliced; `space` is where names are looked up.
    """
    parameters = ", ".join(f"_p_{name}" for name in names)
    source = textwrap.indent(source_of(phrase, names, words), "    ")
    module = ast.parse(f"def phrase({parameters}):\n{source}\n")
    function: Any = module.body[0]
    last = function.body[-1]
    if isinstance(last, ast.Expr):
        function.body[-1] = ast.copy_location(ast.Return(last.value), last)
    made: dict[str, Any] = {}
    exec(compile(module, f"<{place}: {phrase.text}>", "exec"), space, made)  # noqa: S102 - the book
    found: Callable[..., Any] = made["phrase"]
    # what a phrase defines itself is local; what it looks up is the book's
    return found


def source_of(phrase: Phrase, names: Sequence[str], words: Mapping[str, str]) -> str:
    """Write the body of the function that a phrase becomes."""

    def spell(part: Argument | Local) -> str:
        match part:
            case Local(name="result"):
                return "_result"
            case Local(name=name):
                return f"_l{name}"
            case Argument(type=kind, name=name) if kind == WORD:
                return words[name]
            case Argument(name=name) if name in DATA:
                return DATA[name]
            case Argument(name="dtype"):
                return "_dtypes[_p_dtype]"
        return f"{part.star}_p_{part.name}"

    text = phrase.filled(names, spell)
    return f"{text}\nreturn _result" if phrase.assigns else text
