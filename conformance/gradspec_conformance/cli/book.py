"""`gradspec book DIR`: the specification as a site of pages, to read, search and step through."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradspec_conformance.exceptions import WrongUsage

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
@click.option("-n", "processes", default=os.cpu_count() or 1, show_default=True, metavar="N")
def command(folder: Path, *, only: Sequence[str], reports: Sequence[str], processes: int) -> None:
    """Write the book into DIR: open DIR/index.html, or put DIR on any server of files.

    Each REPORT was written by `gradspec run ENGINE --json REPORT.json`; the lists of known failures
    stand in the book without any. Nothing is fetched when it is read. Pictures need the program dot
    of Graphviz, and derivatives sympy, which the extra `book` has.
    """
    try:
        from gradspec_conformance.book import site  # noqa: PLC0415 - takes time

        pages = site.write(folder, only, processes, [Path(report) for report in reports])
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{folder / 'index.html'}: {pages} pages")
