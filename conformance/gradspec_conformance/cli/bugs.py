"""`gradspec bugs REPORT.json...`: what engines are known to do wrong, each with a reproducer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradspec_conformance.cli.files import check_apart, check_report, put
from gradspec_conformance.cli.matrix import today
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("bugs")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT.json...")
@click.option("--write", "file", metavar="FILE", help="Write it here (default: standard output).")
@click.option("--date", metavar="TEXT", help="When the runs were (default: today).")
def command(reports: Sequence[str], *, file: str | None, date: str | None) -> None:
    """Write as Markdown what the expectations of engines call a bug, by reason.

    Each REPORT was written by `gradspec run ENGINE --json REPORT.json`. Of each bug there is the
    shortest program that shows it, in the engine's own words, what was found and what is right.
    Exit status: 0 written, 2 wrong usage, 3 the file could not be written.
    """
    from gradspec_conformance.report.matrix.page import known_bugs  # noqa: PLC0415 - takes time
    from gradspec_conformance.report.matrix.runs import runs  # noqa: PLC0415 - takes time

    paths = [Path(report) for report in reports]
    target = None if file is None else Path(file)
    try:
        named: dict[str, Path | None] = {f"report {n}": path for n, path in enumerate(paths, 1)}
        check_apart({"--write": target} | named)
        if target is not None:
            check_report(target)
        found = runs(paths)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    text = known_bugs(found, date or today())
    if target is None:
        click.echo(text, nl=False)
        return
    put(target, text)
    click.echo(f"{target}: {', '.join(run.title for run in found)}")
