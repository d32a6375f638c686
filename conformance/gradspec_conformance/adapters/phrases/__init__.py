"""Adapters as tables: what an engine is asked, in its own words.

`Phrasebook("mine.toml")` makes an engine class from a book (`engine`); `reading` says what a book
looks like, `schema` and `checking` what can be wrong with it, and `editors` tells that to an
editor; `writing` prints programs in its words, and `uses` counts them.
"""

from gradspec_conformance.adapters.phrases.book import Book
from gradspec_conformance.adapters.phrases.engine import Phrasebook, PhrasebookEngine, engine_class
from gradspec_conformance.adapters.phrases.reading import read_book
from gradspec_conformance.adapters.phrases.schema import SCHEMA_FILE
from gradspec_conformance.adapters.phrases.speaking import BookEngine
from gradspec_conformance.exceptions import MalformedBook

__all__ = [
    "SCHEMA_FILE",
    "Book",
    "BookEngine",
    "MalformedBook",
    "Phrasebook",
    "PhrasebookEngine",
    "engine_class",
    "read_book",
]
