"""`gradspec search WORDS`: the clauses that words, a kind of error or a message are about."""

from __future__ import annotations

import shutil
import textwrap

import click

from gradspec_conformance.cli.choice import about

INDENT = 10


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "-n", "most", type=click.IntRange(1), default=8, show_default=True, help="How many at most."
)
def command(words: tuple[str, ...], most: int) -> None:
    """Find the clauses that WORDS are about, the best first.

    WORDS are any: of a rule ("second derivative"), a kind of error (graph-freed), or what torch
    said ("modified by an inplace operation").
    """
    demands = about(" ".join(words), most)
    width = min(shutil.get_terminal_size().columns, 100) - INDENT
    for demand in demands:
        lines = textwrap.wrap(demand.clause_statement, max(width, INDENT), break_on_hyphens=False)
        click.echo(click.style(f"{demand.clause:{INDENT}}", fg="cyan") + lines[0])
        for line in lines[1:]:
            click.echo(" " * INDENT + line)
    click.echo(click.style(f"gradspec show {demands[0].clause}", dim=True))
