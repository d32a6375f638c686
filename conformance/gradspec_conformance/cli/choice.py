"""What a person means, for the commands that do not run an engine: a chapter, or clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradspec_conformance.edition.search import found
from gradspec_conformance.exceptions import UnknownSelection
from gradspec_conformance.run.chapter import chapter_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec.edition import Demand

SHOWN = 80
"""How much of what was asked is repeated."""


def chosen_chapters(words: Iterable[str]) -> tuple[str, ...]:
    """Find chapters by name or prefix; raises click.UsageError with what was probably meant."""
    try:
        return tuple(dict.fromkeys(map(chapter_named, words)))
    except UnknownSelection as error:
        raise click.UsageError(str(error)) from None


def about(words: str, most: int) -> list[Demand]:
    """Find the clauses that words are about; raises click.UsageError if there are none."""
    demands = found(words, most)
    if not demands:
        message = f"no clause is about {words[:SHOWN]!r}; `gradspec list` has all of them"
        raise click.UsageError(message)
    return demands
