"""`gradspec smoke ENGINE`: whether the adapter itself is sound."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.isolation.process import ProcessHost
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.request import check_timeout

if TYPE_CHECKING:
    from gradspec_conformance.isolation.messages import Found


@click.command("smoke")
@click.argument("engine", default="reference")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds that a check has.")
def command(engine: str, timeout: float) -> None:
    """Check the adapter of ENGINE, before anything is said about gradients.

    ENGINE is a registered name, module:attr or path.py:attr.  Exit status: 0 sound, 1 not, 3
    the engine could not be loaded.
    """
    try:
        check_timeout(timeout)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    where, findings = console(), []
    with closing(ProcessHost(engine, EVERYDAY, timeout)) as host:
        try:
            about = host.describe()
        except EngineError as error:
            click.echo(str(error), err=True)
            sys.exit(3)
        for finding in host.smoke():
            findings.append(finding)
            where.print(line(finding), soft_wrap=True)
    bad = [finding for finding in findings if finding.found is not None]
    told = f"{len(findings)} checks of {about.name} {about.version}, {len(bad)} not ok"
    where.print(told, markup=False, soft_wrap=True)
    sys.exit(1 if bad else 0)


def line(finding: Found) -> str:
    """Set a finding in a line, or in four where something is wrong."""
    name = escape(finding.check or "")
    if finding.found is None:
        return f"[green]ok[/]      {name}"
    told = (("found", finding.found), ("expected", finding.expected), ("do", finding.remedy))
    lines = [f"        {word}: {escape(text)}" for word, text in told if text is not None]
    return "\n".join([f"[red]not ok[/]  {name}", *lines])
