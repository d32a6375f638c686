"""`gradspec matrix REPORT.json...`: many engines side by side."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradspec_conformance.cli.files import check_apart, check_report, put
from gradspec_conformance.exceptions import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("matrix")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT.json...")
@click.option("--html", metavar="FILE", help="Write a page that needs nothing beside itself.")
@click.option("--markdown", metavar="FILE", help="Write the table for a README.")
@click.option("--date", metavar="TEXT", help="When the runs were (default: today).")
def command(
    reports: Sequence[str], *, html: str | None, markdown: str | None, date: str | None
) -> None:
    """Show engines beside natures, rungs and chapters: what passed, of what ran, of how many.

    Each REPORT was written by `gradspec run ENGINE --json REPORT.json`. On the page a chapter leads
    to its clauses, and a clause opens to what each engine did; operators are there, too. Without
    --html or --markdown the table is printed as Markdown. Exit status: 0 written, 2 wrong usage, 3
    a file could not be written.
    """
    from gradspec_conformance.report.matrix import page  # noqa: PLC0415 - takes time
    from gradspec_conformance.report.matrix.runs import runs  # noqa: PLC0415 - takes time

    paths = [Path(report) for report in reports]
    targets = {"--html": html, "--markdown": markdown}
    wanted = {name: Path(target) for name, target in targets.items() if target is not None}
    try:
        check_apart(wanted | {f"report {n}": path for n, path in enumerate(paths, 1)})
        for target in wanted.values():
            check_report(target)
        found = runs(paths)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    when = date or today()
    if not wanted:
        click.echo(page.markdown(found, when), nl=False)
    for name, target in wanted.items():
        text = (page.page if name == "--html" else page.markdown)(found, when)
        put(target, text)
        click.echo(f"{target}: {', '.join(run.title for run in found)}")


def today() -> str:
    """Write the date as a sentence has it."""
    return f"{datetime.now(UTC):%-d %B %Y}"
