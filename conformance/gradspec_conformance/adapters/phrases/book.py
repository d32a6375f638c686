"""`Book`: the phrases of one engine, with those of the books below it, and what they imply."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gradspec.port.abilities import SILENT
from gradspec.port.acts import ACTS
from gradspec.port.functions import CONTEXT, FLAGS, RULES, is_called

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from gradspec.port.act import Act
    from gradspec.port.phrase import Phrase

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

TOGETHER: Final[dict[str, tuple[str, ...]]] = {
    "values": ("tensor", "array"),
    "tape": ("leaf", "backward", "get:grad"),
    "watch": ("watch", "is_alive"),
}
"""Word -> the acts that must all have a phrase."""

UNSAID: Final = frozenset({"retain_graph"})
"""Arguments that an engine may satisfy by doing nothing: a silent phrase will do."""


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """Errors whose text, `ClassName: message`, matches are of the kind; `act` limits where."""

    kind: str
    says: re.Pattern[str]
    act: str = ""


@dataclass(frozen=True)
class Book:
    """The phrases of an engine by the keys of their acts.

    `also` are words that no phrase shows; one that begins with a minus takes back what a phrase
    would imply.  `version` is an expression; `setup` are the statements that come before all else,
    `prepare` those that a printed program does without.
    """

    file: str
    name: str = ""
    version: str = ""
    setup: str = ""
    prepare: str = ""
    also: tuple[str, ...] = ()
    dtypes: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    errors: tuple[ErrorPattern, ...] = ()

    @cached_property
    def abilities(self) -> frozenset[str]:
        """The words that the phrases imply, and those that are said besides."""
        words = {w for key, phrases in self.phrases.items() for w in _words(ACTS[key], phrases)}
        for word, keys in TOGETHER.items():
            if not all(key in self.phrases for key in keys):
                words.discard(word)
        if "tape" not in words:
            words -= {"get:grad", "set:grad", "clear:grad", "del:grad"}
        if "rule:forward" not in words:
            words = {word for word in words if not word.startswith("context:")}
        words |= {f"dtype:{name}" for name in self.dtypes}
        words |= {word for word in self.also if not word.startswith("-")}
        return frozenset(words - {w.removeprefix("-") for w in self.also if w.startswith("-")})


def _words(act: Act, phrases: tuple[Phrase, ...]) -> Iterator[str]:
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


def known_words() -> frozenset[str]:
    """Give the words that a book may say under `also`."""
    return frozenset(SILENT) | {"warnings"}
