"""Phrases: how an act is said in the words of an engine, as templates.

    $name            the argument of this name, as the table of acts has it
    ${name:type}     this phrase is only for such a value (`TYPES`); `word` splices a bare word
    $(axis=$dim)     left out, with one comma beside it, while `$dim` was not given
    ${-name}         accepted, and said by saying nothing
    $*name $**name   a list, or a dict, as arguments of a call
    $_name           a name of the phrase's own, made unique
    $result          where a statement leaves what it makes; else the last expression is the result
    $data            what `tensor` and `leaf` are made from: an array, in text nested lists
    $array $list $number   the same, as just this
    $$               a dollar

Of several phrases for an act the first is taken that mentions all that was given and whose types
fit.  A phrase mentions every argument that an act is never asked for without.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import MalformedPhrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gradspec.port.act import Act

FORMS: Final = ("array", "list", "number")
"""Names under which a phrase has the argument `data`."""

RESULT: Final = "result"

INTEGER: Final = (int, np.integer)

REAL: Final = (int, float, np.integer, np.floating)


def is_observed(form: Any) -> bool:
    """Say whether a program has only the number of a plain value here, and not what it was."""
    return str(getattr(form, "kind", "")).partition(":")[0] == "value"


def _was(form: Any, *types: str) -> bool:
    """Say whether a plain value was of one of these types, or may have been."""
    return is_observed(form) and form.kind.partition(": ")[2] in ("", *types)


TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "number": lambda v: (
        _was(v, "int", "float") or (isinstance(v, REAL) and not isinstance(v, bool))
    ),
    "int": lambda v: _was(v, "int") or (isinstance(v, INTEGER) and not isinstance(v, bool)),
    "bool": lambda v: _was(v, "bool") or isinstance(v, bool | np.bool_),
    "none": lambda v: v is None,
    "list": lambda v: isinstance(v, list | tuple),
    "slice": lambda v: isinstance(v, slice),
    "one": lambda v: not isinstance(v, list | tuple),
    "tensor": lambda v: getattr(v, "kind", "") == "tensor",
    "grad": lambda v: getattr(v, "kind", "") == "grad",
    "word": lambda v: isinstance(v, str) and v.isidentifier(),
}
"""Type of an argument -> whether a value, as a program describes it, is of it."""

WORD: Final = "word"


@dataclass(frozen=True, slots=True)
class Argument:
    """`$name`, `${name:type}`, or with a star that spreads it over the arguments of a call."""

    name: str
    type: str = ""
    star: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """`${-name}`."""

    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """`$_name`, or `$result`."""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """`$(...)`."""

    parts: tuple[Part, ...]


Part = str | Argument | Silent | Local | Group

TOKEN: Final = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<group>\()|\{(?P<silent>-?)(?P<braced>\w+)(?::(?P<type>\w+))?\}"
    r"|(?P<local>_\w+)|(?P<star>\*{0,2})(?P<name>[a-zA-Z]\w*))"
)


COMMENT: Final = re.compile(
    r"""\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
    r"""|(?P<comment>\#[^\n]*)"""
)
"""A comment, or a text in which there can be none."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, read; what it makes is `$result`, or its last expression."""

    text: str
    parts: tuple[Part, ...]
    mentioned: frozenset[str]
    required: frozenset[str]
    types: Mapping[str, str]
    locals: frozenset[Local]

    @property
    def assigns(self) -> bool:
        """Say whether it leaves what it makes under `$result`."""
        return Local(RESULT) in self.locals

    @classmethod
    @cache
    def read(cls, text: str) -> Phrase:
        """Read a phrase; raises MalformedPhrase."""
        parts, end = _parts(text, 0, depth=0)
        if end != len(text):
            raise MalformedPhrase(f"a closing bracket too many at character {end}")
        arguments = [*_arguments(parts)]
        types = _types(arguments)
        return cls(
            text=text,
            parts=parts,
            mentioned=frozenset(_data(a.name) for a in arguments),
            required=frozenset(_data(p.name) for p in parts if isinstance(p, Argument)),
            types=types,
            locals=frozenset(p for p in flat(parts) if isinstance(p, Local)),
        )

    @property
    def said(self) -> frozenset[str]:
        """The arguments that it says, and does not only accept."""
        spoken = (a for a in _arguments(self.parts) if isinstance(a, Argument))
        return frozenset(_data(a.name) for a in spoken)

    def fits(self, given: Mapping[str, Any]) -> bool:
        """Say whether it mentions all that was given, has what it needs, and all types fit."""
        names = given.keys()
        if not (names <= self.mentioned and self.required <= names):
            return False
        return all(TYPES[t](given[n]) for n, t in self.types.items() if n in names)

    def filled(self, given: Sequence[str] | Mapping[str, Any], spell: Callable[[Any], str]) -> str:
        """Give the text for these arguments; `spell` gives that of an argument or a local name."""
        return _filled(self.parts, frozenset(given), spell)


CONSTRUCTORS: Final = ("tensor", "leaf")
"""Acts that make a tensor from data."""

Choice = tuple[Phrase, tuple[str, ...]]
"""A phrase, and the names of the arguments that it is filled with."""


def choose(act: Act, phrases: Sequence[Phrase], given: Mapping[str, Any]) -> Choice | None:
    """Choose the phrase that says an act with these arguments; None if nothing says it.

    An argument that no phrase mentions may still be what the engine does anyway: one that is equal
    to torch's default is left out then.  The data type of new tensors is there for who wants it.
    """
    if act.key in CONSTRUCTORS:
        return _choose_constructor(phrases, given)
    phrase = next((one for one in phrases if one.fits(given)), None)
    if phrase is not None:
        return phrase, tuple(given)
    defaults = act.signature.defaults
    needed = {n: v for n, v in given.items() if n not in defaults or not _equal(v, defaults[n])}
    phrase = next((one for one in phrases if one.fits(needed)), None)
    return None if phrase is None else (phrase, tuple(needed))


def _choose_constructor(phrases: Sequence[Phrase], given: Mapping[str, Any]) -> Choice | None:
    for phrase in phrases:
        wanted = {name: value for name, value in given.items() if name in phrase.mentioned}
        if phrase.fits(wanted):
            return phrase, tuple(wanted)
    return None


def is_list_of(shape: Sequence[int]) -> bool:
    """Say whether a nested list shows that its entries have this shape."""
    return 0 not in shape[:-1]


def _equal(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _types(arguments: Sequence[Argument | Silent]) -> dict[str, str]:
    types: dict[str, str] = {}
    for argument in arguments:
        if isinstance(argument, Argument) and argument.type:
            if argument.name in ("data", *FORMS):
                raise MalformedPhrase(f"${argument.name} is what its name says, and has no type")
            before = types.setdefault(argument.name, argument.type)
            if before != argument.type:
                raise MalformedPhrase(
                    f"${argument.name} is {before} and {argument.type}: write two phrases"
                )
    return types


def _data(name: str) -> str:
    return "data" if name in FORMS else name


def flat(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Give the parts of a phrase, those of its groups one by one."""
    for part in parts:
        yield from flat(part.parts) if isinstance(part, Group) else (part,)


def _arguments(parts: tuple[Part, ...]) -> list[Argument | Silent]:
    return [part for part in flat(parts) if isinstance(part, Argument | Silent)]


def _parts(text: str, start: int, *, depth: int) -> tuple[tuple[Part, ...], int]:
    """Read parts up to the bracket that closes the group, or to the end."""
    parts: list[Part] = []
    plain, place, nested = "", start, 0
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            char = text[place]
            if char == "$":
                raise MalformedPhrase(f"a dollar at character {place} begins nothing: write $$")
            nested += (char == "(") - (char == ")")
            if depth and nested < 0:
                break
            plain, place = plain + char, place + 1
            continue
        place = token.end()
        if token["dollar"]:
            plain += "$"
            continue
        if plain:
            parts.append(plain)
        plain = ""
        if token["group"]:
            inner, place = _parts(text, place, depth=depth + 1)
            if place >= len(text):
                raise MalformedPhrase(f"the group that begins at {token.start()} is not closed")
            if not _arguments(inner):
                raise MalformedPhrase(
                    f"the group that begins at {token.start()} has no argument: write what is "
                    "always said without $()"
                )
            parts.append(Group(inner))
            place += 1
        else:
            parts.append(_part(token))
    if plain:
        parts.append(plain)
    return tuple(parts), place


def _part(token: re.Match[str]) -> Part:
    if token["braced"]:
        if token["silent"]:
            return Silent(token["braced"])
        if token["type"] and token["type"] not in TYPES:
            raise MalformedPhrase(f"{token['type']} is no type; types are {', '.join(TYPES)}")
        return Argument(token["braced"], token["type"] or "")
    if token["name"] == RESULT and token["star"]:
        raise MalformedPhrase("a star stands before an argument, and $result is none")
    if token["local"] or token["name"] == RESULT:
        return Local(token["local"] or RESULT)
    return Argument(token["name"], star=token["star"])


def _filled(parts: tuple[Part, ...], given: frozenset[str], spell: Callable[[Any], str]) -> str:
    text, comma_due = "", False
    for part in parts:
        said = _said(part, given, spell)
        if said is None:
            text, comma_due = _without(text)
            continue
        if comma_due and _opens(text):  # something was left out, and no comma stood before
            said = said.lstrip().removeprefix(",").lstrip()
        comma_due = False
        text = (text.rstrip(" ") if isinstance(part, Silent) else text) + said
    return text


def _said(part: Part, given: frozenset[str], spell: Callable[[Any], str]) -> str | None:
    """Give the text of a part, or None if it is left out."""
    match part:
        case str():
            return part
        case Silent():
            return ""
        case Group():
            complete = {_data(a.name) for a in _arguments(part.parts)} <= given
            return _filled(part.parts, given, spell) if complete else None
        case Argument(star=star) if star:
            return spell(part) or None
    return spell(part)


def _without(text: str) -> tuple[str, bool]:
    """Take back the comma or the line that led to what is left out; say if a comma is due."""
    kept, said = text.rstrip(), _uncommented(text).rstrip()
    if said != kept:  # a comment ends with its line, which has to stay
        return text, True
    if said.endswith(","):
        return kept.removesuffix(","), False
    if text.rstrip(" ").endswith("\n"):
        return text.rstrip(" ").removesuffix("\n"), True
    return text, True


def _opens(text: str) -> bool:
    said = _uncommented(text).rstrip()
    return not said or said.endswith(("(", "[", "{", ","))


def _uncommented(text: str) -> str:
    return COMMENT.sub(lambda found: "" if found["comment"] else found[0], text)
