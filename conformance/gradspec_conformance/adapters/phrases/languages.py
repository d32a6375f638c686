"""The books that stand in the table of acts: what a language says, and what torch says.

Every book of a Python engine inherits `python`; torch itself, and a module with torch's names,
inherit `torch`.  A book of an engine in JavaScript inherits `javascript`, and one of an engine in a
compiled language, for which tests are generated, `rust`, `cpp` or `java`.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

from gradspec.port.abilities import DTYPES, NARROW
from gradspec.port.acts import ACTS
from gradspec.port.phrase import Phrase
from gradspec_conformance.adapters.phrases.book import Book, Code

if TYPE_CHECKING:
    from collections.abc import Callable

IMPORTS: Final = """\
import concurrent.futures
import copy
import importlib.metadata
import pickle
import threading
import weakref

import numpy as np
"""
"""What the phrases of the table of acts refer to."""

_IMPORTED: Final = Code(IMPORTS, None, compile(IMPORTS, "<imports>", "exec"))


def _read(phrases: tuple[str, ...]) -> tuple[Phrase, ...]:
    return tuple(map(Phrase.read, phrases))


def _expression(text: str) -> Code:
    return Code(text, None, compile(text, f"<{text}>", "eval"))


@cache
def python() -> Book:
    """Give what every engine of Python says in one way."""
    acts = (act for act in ACTS.values() if act.python and not act.by_kit)
    return Book("python", setup=(_IMPORTED,), phrases={act.key: _read(act.python) for act in acts})


@cache
def torch() -> Book:
    """Give what torch says, and modules with its names."""
    acts = (act for act in ACTS.values() if (act.python or act.torch) and not act.by_kit)
    return Book(
        "torch's names",
        setup=(_IMPORTED,),
        also=(
            *("frees_graph", "gradient_tensors", "versions", "views", "warnings"),
            *("several_dims", "negative_dims", "tuples", "implied_vector"),
        ),
        dtypes={name: _expression(f"torch.{name}") for name in (*DTYPES, *NARROW)},
        phrases={act.key: _read(act.python + act.torch) for act in acts},
    )


@cache
def javascript() -> Book:
    """Give what every engine of JavaScript says in one way."""
    acts = (act for act in ACTS.values() if act.javascript and not act.by_kit)
    phrases = {act.key: _read(act.javascript) for act in acts}
    return Book("javascript", language="javascript", phrases=phrases)


COMPILED: Final = ("rust", "cpp", "java")
"""Languages in which nothing can be evaluated: an engine's tests are written from its book."""


@cache
def compiled(language: str) -> Book:
    """Give what every engine of a compiled language says in one way, which is nothing."""
    return Book(language, language=language)


LANGUAGES: Final[dict[str, Callable[[], Book]]] = {
    "python": python,
    "torch": torch,
    "javascript": javascript,
    **{language: partial(compiled, language) for language in COMPILED},
}
"""Name under which a book inherits -> the book."""
