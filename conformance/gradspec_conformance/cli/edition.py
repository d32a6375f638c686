"""`gradspec edition`: whether the list of the edition is what the chapters say; for developers."""

from __future__ import annotations

import sys

import click

from gradspec import edition
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.edition.tracing import lines


@click.command("edition", hidden=True)
@click.option("--write", is_flag=True, help="Write the list again.")
def command(*, write: bool) -> None:
    """Compare the edition's list with the chapters, or write it again."""
    written = list(lines(ReferenceEngine()))
    if write:
        edition.MANIFEST.write_text("".join(written), "utf-8")
    elif not edition.MANIFEST.exists() or edition.MANIFEST.read_text("utf-8") != "".join(written):
        sys.exit("edition.jsonl is not what the chapters say: run `gradspec edition --write`")
    clauses = [line for line in edition.entries() if "nature" in line]
    click.echo(f"{edition.EDITION}: {len(clauses)} clauses")
