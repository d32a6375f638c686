"""`--chapter`, for the commands that do not run an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradspec_conformance.run.selection import UnknownSelection, select

if TYPE_CHECKING:
    from collections.abc import Iterable


def chosen_chapters(words: Iterable[str]) -> tuple[str, ...]:
    """Find chapters by name or prefix; raises click.UsageError with what was probably meant."""
    try:
        return select(wanted=words).chapters
    except UnknownSelection as error:
        raise click.UsageError(str(error)) from None
