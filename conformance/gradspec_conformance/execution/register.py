"""`clauses()`: every clause that could be loaded; `unreadable()`: the chapters that could not.

A chapter that does not import costs its own clauses and no others.  The edition's list knows
which they are, so the run is incomplete rather than smaller.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

from gradspec.chapters import CHAPTERS
from gradspec.writing.clause import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradspec.writing.clause import Clause


def clauses() -> Mapping[str, Clause]:
    """Give every clause by its id, in reading order."""
    unreadable()
    return CLAUSES


@functools.cache
def unreadable() -> Mapping[str, str]:
    """Import every chapter; give the name of each that fails, and why."""
    complaints = {}
    for chapter in CHAPTERS:
        try:
            importlib.import_module(f"gradspec.chapters.{chapter.name}")
        except Exception as error:  # noqa: BLE001 - whatever a chapter under work may raise
            complaints[chapter.name] = f"{type(error).__name__}: {error}"
            _forget(chapter.name)
    return complaints


def _forget(chapter: str) -> None:
    """Take back what a chapter declared before it failed: half a chapter says nothing."""
    for identifier in [c.id for c in CLAUSES.values() if c.chapter == chapter]:
        del CLAUSES[identifier]
