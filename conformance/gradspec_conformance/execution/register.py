"""`case("acc-001")`: a clause, or a row of one, from the chapter that it stands in.

A chapter is imported when something of it is asked for.  One that does not import costs its own
clauses and no others: the edition's list knows which they are, so the run is incomplete rather than
smaller.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import TYPE_CHECKING, Final

from gradspec.chapters import CHAPTERS
from gradspec.writing.clause import CASES, CLAUSES, INFORMATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gradspec.writing.clause import Clause

PREFIXES: Final = {chapter.prefix: chapter.name for chapter in CHAPTERS}


def case(identifier: str) -> Clause | None:
    """Find a clause without rows, or a row, by its id; None if no chapter that is read has it."""
    chapter = PREFIXES.get(identifier.partition("-")[0])
    if chapter is not None:
        complaint_about(chapter)
    return CASES.get(identifier)


def why_not(identifier: str) -> str:
    """Say why there is no such clause or row."""
    chapter = PREFIXES.get(identifier.partition("-")[0], "")
    complaint = complaint_about(chapter) if chapter else None
    if complaint is not None:
        return f"chapter {chapter} could not be read: {complaint}"
    return f"there is no clause {identifier}"


def cases(chapters: Iterable[str] = ()) -> Mapping[str, Clause]:
    """Give everything that is run, of some chapters or of all, by id in reading order."""
    wanted = list(chapters) or list(PREFIXES.values())
    unreadable(wanted)
    places = {name: place for place, name in enumerate(PREFIXES.values()) if name in wanted}
    chapter_of = {identifier: case.chapter for identifier, case in CASES.items()}
    found = (identifier for identifier, chapter in chapter_of.items() if chapter in places)
    return {i: CASES[i] for i in sorted(found, key=lambda i: places[chapter_of[i]])}


def unreadable(chapters: Iterable[str] = ()) -> Mapping[str, str]:
    """Import chapters, or all; give the name of each that fails, and why."""
    wanted = list(chapters) or list(PREFIXES.values())
    complaints = {name: complaint_about(name) for name in wanted}
    return {name: complaint for name, complaint in complaints.items() if complaint is not None}


@functools.cache
def complaint_about(chapter: str) -> str | None:
    """Import a chapter; say why it could not be read, if it could not."""
    try:
        importlib.import_module(f"gradspec.chapters.{chapter}")
    except Exception as error:  # noqa: BLE001 - whatever a chapter under work may raise
        _forget(chapter)
        return f"{type(error).__name__}: {error}"
    return None


def _forget(chapter: str) -> None:
    """Take back what a chapter declared before it failed: half a chapter says nothing."""
    for register in (CLAUSES, CASES, INFORMATIVE):
        for identifier in [i for i, entry in register.items() if entry.chapter == chapter]:
            del register[identifier]
    for module in [m for m in sys.modules if m.startswith(f"gradspec.chapters.{chapter}.")]:
        del sys.modules[module]
