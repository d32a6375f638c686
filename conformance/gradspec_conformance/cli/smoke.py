"""`gradspec smoke ENGINE`: whether the adapter itself is sound."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.markup import escape

from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.engines.smoke import Finding, smoke
from gradspec_conformance.exceptions import EngineError
from gradspec_conformance.isolation.fence import oracle_fence


@click.command("smoke")
@click.argument("engine", default="reference")
def command(engine: str) -> None:
    """Check the adapter of ENGINE, before anything is said about gradients.

    ENGINE is a registered name, module:attr or path.py:attr.  Exit status: 0 sound, 1 not, 3
    the engine could not be loaded.
    """
    console = Console(highlight=False, soft_wrap=True)
    with oracle_fence(engine) as fence:
        try:
            loaded = load_engine(engine)
        except EngineError as error:
            click.echo(str(error), err=True)
            sys.exit(3)
        findings = []
        for finding in smoke(loaded):
            findings.append(finding)
            console.print(line(finding))
    if fence.tripped:
        remedy = "the engine has to find its own answers"
        findings.append(Finding("the oracle is left alone", fence.tripped, "nothing", remedy))
        console.print(line(findings[-1]))
    bad = [finding for finding in findings if not finding.ok]
    console.print(f"{len(findings)} checks of {loaded.name} {loaded.version}, {len(bad)} not ok")
    sys.exit(1 if bad else 0)


def line(finding: Finding) -> str:
    """Set a finding in a line, or in four where something is wrong."""
    name = escape(finding.check)
    if finding.ok:
        return f"[green]ok[/]      {name}"
    told = (("found", finding.found), ("expected", finding.expected), ("do", finding.remedy))
    lines = [f"        {word}: {escape(text)}" for word, text in told if text is not None]
    return "\n".join([f"[red]not ok[/]  {name}", *lines])
