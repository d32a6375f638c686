"""The parameters of a caller's function as data, for whoever calls it in the caller's stead.

They are written as Python writes them: `*more` and `**named` take what is left, what stands behind
`*more` or a bare `*` is given by name, what stands before a bare `/` is not.  A parameter is its
text, and its default if it has one.
"""

from __future__ import annotations

import itertools
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

STARS: Final[dict[Any, str]] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}

Parameters = tuple[tuple[Any, ...], ...]


def parameters_of(signature: Signature, default: Callable[[Any], Any]) -> Parameters:
    """Give the parameters as data; `default` says what becomes of a default."""
    written: list[tuple[Any, ...]] = []
    before: Any = Parameter.POSITIONAL_ONLY
    for one in signature.parameters.values():
        if before is Parameter.POSITIONAL_ONLY is not one.kind and written:
            written.append(("/",))
        if one.kind is Parameter.KEYWORD_ONLY and before < Parameter.VAR_POSITIONAL:
            written.append(("*",))
        given = () if one.default is Parameter.empty else (default(one.default),)
        written.append((f"{STARS.get(one.kind, '')}{one.name}", *given))
        before = one.kind
    if before is Parameter.POSITIONAL_ONLY and written:
        written.append(("/",))
    return tuple(written)


def signature_of(parameters: Iterable[Iterable[Any]], default: Callable[[Any], Any]) -> Signature:
    """Read what `parameters_of` gave; `default` says what becomes of a default."""
    found: list[Parameter] = []
    kind: Any = Parameter.POSITIONAL_OR_KEYWORD
    for text, *given in parameters:
        name = text.lstrip("*")
        if text == "/":
            found = [one.replace(kind=Parameter.POSITIONAL_ONLY) for one in found]
        elif text.startswith("**"):
            found.append(Parameter(name, Parameter.VAR_KEYWORD))
        elif text.startswith("*"):
            found += [Parameter(name, Parameter.VAR_POSITIONAL)] if name else []
            kind = Parameter.KEYWORD_ONLY
        else:
            value = default(given[0]) if given else Parameter.empty
            found.append(Parameter(name, kind, default=value))
    return Signature(found)


def sources(parameters: Parameters, given: Iterable[int | str]) -> dict[int | str, str]:
    """Say of what is given by place or by name how the function has it."""
    texts = [text for text, *_ in parameters if text not in ("/", "*")]
    named = next((text[2:] for text in texts if text.startswith("**")), "")
    before = list(itertools.takewhile(lambda text: not text.startswith("*"), texts))
    more = next((text[1:] for text in texts if text.startswith("*") and text != f"**{named}"), "")
    return {
        place: _source(place, before, more)
        if isinstance(place, int)
        else place
        if place in texts
        else f"{named}[{place!r}]"
        for place in given
    }


def _source(place: int, before: Sequence[str], more: str) -> str:
    return before[place] if place < len(before) else f"{more}[{place - len(before)}]"
