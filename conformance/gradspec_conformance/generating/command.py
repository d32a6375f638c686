"""`generated(book, file)`: what `gradspec generate` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec import chapters as texts
from gradspec.writing.clause import CASES
from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.adapters.phrases.languages import COMPILED
from gradspec_conformance.exceptions import MalformedBook, WrongUsage
from gradspec_conformance.generating.file import test_file
from gradspec_conformance.generating.language import language
from gradspec_conformance.generating.tests import Test, written
from gradspec_conformance.run.selection import select

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gradspec_conformance.adapters.phrases.book import Book


def generated(
    place: Path, file: Path, profile: str, chapters: Sequence[str], keyword: str
) -> tuple[list[Test], str]:
    """Write the tests of a book, and the file that holds them; raises WrongUsage."""
    book = compiled_book(place)
    suffix = language(book.language).suffix
    if file.suffix != suffix or not file.stem.isidentifier():
        raise WrongUsage(
            f"a file of {book.language} is a name that ends in {suffix}, not {file.name}"
        )
    selection = select(profile, chapters, keyword)
    texts.load()
    asked = _with_foundations({c.id for c in CASES.values() if selection.holds(c)})
    tests = list(written(book, [clause for clause in CASES.values() if clause.id in asked]))
    if not tests:
        raise WrongUsage(f"the engine of {place} can be asked nothing of {selection}")
    return tests, test_file(book, tests, file.stem)


def _with_foundations(asked: set[str]) -> set[str]:
    """Add what clauses build on: without it nobody knows whether they are blocked."""
    left = list(asked)
    while left:
        clause = CASES.get(left.pop())
        new = set(clause.foundations) - asked if clause is not None else set()
        asked |= new
        left += new
    return asked


def compiled_book(place: Path) -> Book:
    """Read the book of an engine in a compiled language; raises WrongUsage."""
    try:
        book = read_book(place)
    except MalformedBook as error:
        raise WrongUsage(str(error)) from None
    if book.language not in COMPILED:
        languages = " or ".join(COMPILED)
        message = f"{place} is a book of {book.language}: tests are written in {languages}"
        raise WrongUsage(f"{message}, and `gradspec run {place}` needs none")
    return book
