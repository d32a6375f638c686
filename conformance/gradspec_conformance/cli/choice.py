"""`--chapter`, for the commands that do not run an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradspec_conformance.exceptions import UnknownSelection
from gradspec_conformance.run.chapter import chapter_named

if TYPE_CHECKING:
    from collections.abc import Iterable


def chosen_chapters(words: Iterable[str]) -> tuple[str, ...]:
    """Find chapters by name or prefix; raises click.UsageError with what was probably meant."""
    try:
        return tuple(dict.fromkeys(map(chapter_named, words)))
    except UnknownSelection as error:
        raise click.UsageError(str(error)) from None
