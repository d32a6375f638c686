"""`gradspec explain REPORT ID`: one failure of a stored run, for a person or for a tracker."""

from __future__ import annotations

from pathlib import Path

import click

from gradspec_conformance.exceptions import WrongUsage


@click.command("explain")
@click.argument("report", metavar="REPORT.json")
@click.argument("identifier", metavar="ID")
@click.option("--issue", is_flag=True, help="Write an issue for the engine's tracker, as Markdown.")
def command(report: str, identifier: str, *, issue: bool) -> None:
    """Explain why a clause did not pass in a run whose report is REPORT.json.

    ID is a clause (acc-001), of which the first row that did not pass is taken, or a row
    (inp-042/select). Exit status: 0 explained, 2 wrong usage, or there is nothing to explain.
    """
    from gradspec_conformance.report.reading import read  # noqa: PLC0415 - takes time
    from gradspec_conformance.report.told import Told  # noqa: PLC0415 - takes time

    try:
        told = read(Path(report), Told)
        line = told.line(identifier)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    click.echo(told.issue(line) if issue else f"{told.explanation(line)}\n", nl=False)
