"""`Book`: the phrases of one engine, with those of the books below it, and what they imply."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.acts import ACTS
from gradspec.port.functions import CONTEXT, FLAGS, RULES, is_called

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from gradspec.port.act import Act
    from gradspec.port.phrase import Phrase
    from gradspec_conformance.adapters.phrases.source import Origin

TABLES: Final[dict[str, str]] = {
    "acts": "",
    "get": "get:",
    "set": "set:",
    "clear": "clear:",
    "delete": "del:",
    "operators": "op:",
    "modes": "mode:",
    "transforms": "transform:",
}
"""Table of a book -> how the keys of its acts begin."""


def _together() -> dict[str, frozenset[str]]:
    makes: dict[str, set[str]] = {}
    for act in ACTS.values():
        if len(act.words) == 1 and not act.by_kit:
            makes.setdefault(min(act.words), set()).add(act.key)
    return {word: frozenset(keys) for word, keys in makes.items() if len(keys) > 1}


TOGETHER: Final = _together()
"""Word that is all that several acts need -> those acts, which must all have a phrase."""

UNSAID: Final = frozenset({"retain_graph"})
"""Arguments that an engine may satisfy by doing nothing: a silent phrase will do."""


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """Errors whose text, `ClassName: message`, matches are of the kind; of these `acts`, if any."""

    kind: str
    says: re.Pattern[str]
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Statements or an expression of a book; a language's own have no place.

    It is compiled, if the language is Python.
    """

    text: str
    place: Origin | None
    code: Any = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """Where a phrase stands in a book, and the names that it looks up."""

    place: Origin
    names: frozenset[str]


@dataclass(frozen=True)
class Book:
    """The phrases of an engine by the keys of their acts.

    `also` are words that no phrase shows; one that begins with a minus takes back what a phrase
    would imply, and the last one decides.  `lazy` tensors print no values.  `setup` are the
    statements that come before all else, `prepare` those that a printed program does without.
    `spoken` tells of the phrases that no language has.
    """

    file: str
    name: str = ""
    language: str = "python"
    version: Code | None = None
    setup: tuple[Code, ...] = ()
    prepare: tuple[Code, ...] = ()
    also: tuple[str, ...] = ()
    lazy: bool = False
    dtypes: Mapping[str, Code] = field(default_factory=dict)
    phrases: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    spoken: Mapping[str, tuple[Spoken, ...]] = field(default_factory=dict)
    errors: tuple[ErrorPattern, ...] = ()

    @cached_property
    def abilities(self) -> frozenset[str]:
        """The words that the phrases imply, and those that are said besides."""
        return self.with_methods(frozenset())

    @cached_property
    def _implied(self) -> frozenset[str]:
        found = (implied(ACTS[key], phrases) for key, phrases in self.phrases.items())
        return frozenset().union(*found)

    def with_methods(self, methods: frozenset[str]) -> frozenset[str]:
        """Give the abilities of an engine that does the acts of these keys in methods of its own.

        A method stands above the book, and gives the word of its act; what its arguments are
        good for no method shows.
        """
        words = set(self._implied)
        own = frozenset().union(*(ACTS[key].words for key in methods))
        words |= own
        if "leaf" not in methods and self.phrases.get("leaf") == self.phrases.get("tensor"):
            words.discard("constants")  # every tensor requires grad
        for word, keys in TOGETHER.items():
            if not keys <= self.phrases.keys() | methods:
                words.discard(word)
        if "tape" not in words:
            words -= {"get:grad", "set:grad", "clear:grad", "del:grad"}
        if "rule:forward" not in words:
            words = {word for word in words if not word.startswith("context:")}
        words |= {f"dtype:{name}" for name in self.dtypes}
        for word in self.also:
            if not word.startswith("-"):
                words.add(word)
            elif word[1:] not in own:
                words.discard(word[1:])
        return frozenset(words)


def implied(act: Act, phrases: tuple[Phrase, ...]) -> Iterator[str]:
    """Give the words that the phrases of an act imply."""
    yield from act.words
    for argument, word in act.options.items():
        mentioned = any(argument in phrase.mentioned for phrase in phrases)
        said = any(argument in phrase.said for phrase in phrases)
        if said or (mentioned and argument in UNSAID):
            yield word
    match act.key:
        case "leaf":
            yield "constants"
            yield from _shapes(phrases)
        case "tensor":
            yield from _shapes(phrases)
        case "backward" if any("root" not in phrase.types for phrase in phrases):
            yield "several_roots"
        case "define":
            said_rules = {name for phrase in phrases for name in phrase.mentioned}
            yield from (f"rule:{name}" for name in (*RULES, *FLAGS) if name in said_rules)
        case "context_call" | "context_get":
            called = act.key == "context_call"
            yield from (f"context:{name}" for name in CONTEXT if is_called(name) == called)
        case "context_set":
            yield "context:attributes"


def _shapes(phrases: tuple[Phrase, ...]) -> Iterator[str]:
    if any(f"${form}" in phrase.text for phrase in phrases for form in ("data", "array", "list")):
        yield "arrays"
