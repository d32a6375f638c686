"""`gradspec export FILE`: the edition as vectors, a line of JSON a clause."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gradspec import chapters
from gradspec.writing.clause import CASES
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.cli.files import check_report, write
from gradspec_conformance.complaint import complain
from gradspec_conformance.edition.vectors import vectors
from gradspec_conformance.exceptions import WrongUsage


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Write every clause with its programs and what they demand to FILE, as lines of JSON.

    The format is described by vectors.schema.json beside the package.
    """
    try:
        check_report(file)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    chapters.load()
    text = "".join(vectors(CASES.values(), ReferenceEngine()))
    try:
        write(file, text, Path.read_bytes)
    except OSError as error:
        complain(f"gradspec: {file} could not be written: {error.strerror}")
        sys.exit(3)
    size = len(text.encode())
    click.echo(f"{len(CASES)} clauses, {size / 1e6:.2f} MB, to {file}")
