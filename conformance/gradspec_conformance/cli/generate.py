"""`gradspec generate BOOK FILE`: tests in Rust, C++ or Java, for engines in compiled languages."""

from __future__ import annotations

from pathlib import Path

import click

from gradspec_conformance.cli.files import check_writable, put
from gradspec_conformance.exceptions import WrongUsage


@click.command("generate")
@click.argument("book", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--profile", default="full", metavar="NAME", help="Write tests of these clauses.")
@click.option("--chapter", "chapters", multiple=True, metavar="NAME", help="Of this chapter alone.")
@click.option("-k", "keyword", default="", metavar="WORDS", help="Of what matches alone.")
def command(
    book: Path, file: Path, *, profile: str, chapters: tuple[str, ...], keyword: str
) -> None:
    """Write FILE: a test of each clause that the phrasebook BOOK can say, in the book's language.

    The book inherits "rust", "cpp" or "java". FILE needs nothing but the engine: a Rust file
    belongs in tests/, a C++ or Java file has a main. Each test prints a line of JSON, and `gradspec
    collect` makes a report of them. Exit status: 0 written, 2 wrong usage, 3 FILE could not be
    written.
    """
    from gradspec_conformance.generating.command import generated  # noqa: PLC0415 - takes time

    try:
        check_writable(file)
        tests, text = generated(book, file, profile, chapters, keyword)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    put(file, text)
    left_out = [test for test in tests if test.left_out]
    apart = sum(test.apart for test in tests)
    click.echo(f"{file}: {len(tests) - len(left_out)} tests, {apart} of them apart")
    if left_out:
        click.echo(f"{len(left_out)} that the engine could be asked, but cannot be said:")
    for reason in dict.fromkeys(test.left_out for test in left_out):
        ids = [test.id for test in left_out if test.left_out == reason]
        click.echo(f"  {reason}: {', '.join(ids)}")
