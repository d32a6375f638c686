"""`written(book, clauses)`: the tests of a book, and what has none and why."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gradspec.exceptions import ProgramError, Unsayable
from gradspec.port.abilities import with_what_follows
from gradspec.port.engine import Subject, working_dtype
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.edition.vectors import programs_of
from gradspec_conformance.execution.lacking import missing_abilities
from gradspec_conformance.generating.cost import is_costly
from gradspec_conformance.generating.language import Language, language
from gradspec_conformance.generating.writer import TestWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.program.steps import Program
    from gradspec.writing.clause import Clause
    from gradspec_conformance.adapters.phrases.book import Book

SECONDS: Final = 10
SECONDS_APART: Final = 60


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one clause, or row: the program in the engine's words, or why there is none.

    One that is `apart` takes deep recursion, or a long time on an engine that is not sound.
    """

    __test__ = False

    id: str
    sentence: str
    lines: tuple[str, ...] = ()
    apart: bool = False
    left_out: str = ""

    @property
    def name(self) -> str:
        """The name of the function."""
        return re.sub(r"\W+", "_", self.id)

    @property
    def seconds(self) -> int:
        """How long it may take."""
        return SECONDS_APART if self.apart else SECONDS


def subject_of(book: Book) -> Subject:
    """Give the reference engine, with no more abilities than the book has.

    What is recorded on it is what the engine will be asked: products are derived as for that
    engine, and numbers are of its working type.
    """
    words = with_what_follows(book.abilities)
    reference = Subject.of(ReferenceEngine())
    return replace(reference, abilities=words, dtype=working_dtype(words))


def written(book: Book, clauses: Iterable[Clause]) -> Iterator[Test]:
    """Write a test of each clause for which the book has all that it needs."""
    subject, target = subject_of(book), language(book.language)
    for clause in clauses:
        if missing_abilities(clause, subject.abilities):
            continue
        try:
            programs = programs_of(clause, subject)
            lines = _lines(book, target, programs)
        except Unsayable as missing:
            yield Test(clause.id, clause.statement, left_out=str(missing))
        except ProgramError as error:
            reason = f"it cannot be recorded: {error}"
            yield Test(clause.id, clause.statement, left_out=reason)
        else:
            apart = any(is_costly(program.steps) for program in programs)
            yield Test(clause.id, clause.statement, tuple(lines), apart)


def _lines(book: Book, target: Language, programs: list[Program]) -> list[str]:
    """Write the programs of a clause; those of a law, each in a scope of its own."""
    texts = [TestWriter(book, target).lines(program) for program in programs]
    if len(texts) == 1:
        return texts[0]
    return [
        line
        for text in dict.fromkeys("\n".join(f"    {line}" for line in text) for text in texts)
        for line in target.say("scope", body=text).split("\n")
    ]
