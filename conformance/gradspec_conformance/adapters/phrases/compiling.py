"""A phrase becomes a function of its parameters: compiled once, no text is put together later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import MalformedPhrase
from gradspec.port.phrase import RESULT, WORD, Argument, Local, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DATA: Final = {
    "array": "_p_data.copy('K')",  # a script writes a new array, too, and an engine may keep it
    "list": "_p_data.tolist()",
    "number": "_p_data.item()",
}
"""Form of the data of a tensor -> how it is had from the array that the kit gives."""

MADE: Final = f"_{RESULT}"
"""What `$result` is called in the function."""

UNREADABLE: Final = (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError)
"""What Python raises for texts that are none of its own."""


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
    made: dict[str, Any] = {}
    module = module_of(phrase, names, body_of(phrase, names, words))
    code = compile(module, f"<{place}: {phrase.text}>", "exec", dont_inherit=True)
    exec(code, space, made)  # noqa: S102 - the book
    found: Callable[..., Any] = made["phrase"]
    # what a phrase defines itself is local; what it looks up is the book's
    return found


def module_of(phrase: Phrase, names: Sequence[str], body: Sequence[ast.stmt]) -> ast.Module:
    """Write the module that defines the function."""
    parameters = ", ".join(f"_p_{name}" for name in names)
    module = ast.parse(f"def phrase({parameters}): pass")
    function: Any = module.body[0]
    *before, last = body
    if phrase.assigns:
        function.body = [*body, ast.Return(ast.Name(MADE, ast.Load()))]
    elif isinstance(last, ast.Expr):
        function.body = [*before, ast.copy_location(ast.Return(last.value), last)]
    else:
        function.body = [*body]
    return ast.fix_missing_locations(module)


def body_of(phrase: Phrase, names: Sequence[str], words: Mapping[str, str]) -> list[ast.stmt]:
    """Read what a phrase says for these arguments; raises MalformedPhrase."""
    try:
        body = ast.parse(phrase.filled(names, _spelling(words))).body
    except UNREADABLE as error:
        raise MalformedPhrase(getattr(error, "msg", str(error))) from error
    if not body:
        raise MalformedPhrase("it says nothing")
    return body


def local(name: str) -> str:
    """Say what a name of the phrase's own is called in the function."""
    return MADE if name == RESULT else f"_l{name}"


def _spelling(words: Mapping[str, str]) -> Callable[[Argument | Local], str]:
    def spell(part: Argument | Local) -> str:
        match part:
            case Local(name=name):
                return local(name)
            case Argument(type=kind, name=name) if kind == WORD:
                return words[name]
            case Argument(name=name) if name in DATA:
                return DATA[name]
            case Argument(name="dtype"):
                return "_dtypes[_p_dtype]"
        return f"{part.star}_p_{part.name}"

    return spell
