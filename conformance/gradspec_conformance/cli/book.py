"""`gradspec book DIR`: the specification as a site of pages, to read, search and step through."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradspec_conformance.cli.choice import chosen_chapters
from gradspec_conformance.cli.files import make_folder
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.run.request import MOST_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("book")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--chapter", "only", multiple=True, metavar="NAME", help="Only this chapter's pages.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="REPORT.json",
    help="A run whose verdicts stand on the pages.",
)
@click.option(
    "-n",
    "processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=os.cpu_count() or 1,
    show_default=True,
    metavar="N",
)
def command(folder: Path, *, only: Sequence[str], reports: Sequence[str], processes: int) -> None:
    """Write the book into DIR: open DIR/index.html, or put DIR on any server of files.

    Each REPORT was written by `gradspec run ENGINE --json REPORT.json`; the lists of known failures
    stand in the book without any. Nothing is fetched when it is read. Pictures need the program dot
    of Graphviz, and derivatives sympy, which the extra `book` has.
    """
    chapters = chosen_chapters(only)
    try:
        from gradspec_conformance.book import reports as stored  # noqa: PLC0415 - takes time
        from gradspec_conformance.book import site  # noqa: PLC0415 - takes time

        runs = stored.read([Path(report) for report in reports])
        make_folder(folder)
        pages = site.write(folder, chapters, processes, runs)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{folder / 'index.html'}: {pages} pages")
