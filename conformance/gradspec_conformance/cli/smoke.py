"""`gradspec smoke ENGINE`: whether the adapter itself is sound."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from gradspec_conformance.complaint import complain
from gradspec_conformance.engines.loading import loaded_by
from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.execution.effort import EVERYDAY
from gradspec_conformance.isolation.process import ProcessHost
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.request import check_timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.isolation.messages import Found


@click.command("smoke")
@click.argument("engine", default="reference")
@click.option("--python", metavar="PATH", help="Have this interpreter load the engine.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds that a check has.")
def command(engine: str, python: str | None, timeout: float) -> None:
    """Check the adapter of ENGINE, before anything is said about gradients.

    ENGINE is a registered name, module:attr or path.py:attr.  Exit status: 0 sound, 1 not, 3
    the engine could not be loaded.
    """
    try:
        check_timeout(timeout)
        engine = loaded_by(engine, python)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    where = console()
    findings: list[Found] = []
    with closing(ProcessHost(engine, EVERYDAY, timeout)) as host:
        try:
            about = host.describe()
        except EngineError as error:
            complain(str(error))
            sys.exit(3)
        for finding in host.smoke():
            above = findings[-1] if findings else None
            findings.append(finding)
            where.print(line(finding, above), soft_wrap=True)
    for sentence in conclusion(findings, engine, f"{about.name} {about.version}"):
        where.print(sentence, markup=False, soft_wrap=True)
    sys.exit(1 if any(finding.found is not None for finding in findings) else 0)


def line(finding: Found, above: Found | None = None) -> str:
    """Set a finding in a line, or in several where something is wrong, and not so above."""
    name = escape(finding.check or "")
    if finding.note is not None:
        return f"[yellow]note[/]    {name}: {escape(finding.note)}"
    if finding.found is None:
        return f"[green]ok[/]      {name}"
    told = {"found": finding.found, "expected": finding.expected}
    is_known = above is not None and above.found is not None and _cause(finding) == _cause(above)
    if not is_known:
        told |= {"whose": finding.whose, "where": finding.where, "do": finding.remedy}
    lines = [f"        {f'{w}:':9} {escape(' '.join(t.split()))}" for w, t in told.items() if t]
    if finding.trace and not is_known:
        lines += ["        it came through:", *(f"          {escape(t)}" for t in finding.trace)]
    return "\n".join([f"[red]not ok[/]  {name}{', as above' if is_known else ''}", *lines])


def _cause(finding: Found) -> tuple[object, ...]:
    of = (finding.check or "").partition("_")[0]
    return of, finding.whose, finding.where, finding.remedy, finding.trace


def conclusion(findings: list[Found], engine: str, called: str) -> Iterator[str]:
    """Count the findings, say whose they are, and what to do next."""
    run = f"gradspec run {engine}"
    checks = [finding for finding in findings if finding.note is None]
    bad = [finding for finding in checks if finding.found is not None]
    yield f"{len(checks)} checks of {called}, {len(bad)} not ok"
    if not bad:
        yield f"the adapter is sound; next: {run}"
        return
    counts = Counter(finding.whose or "nobody's in particular" for finding in bad)
    yield "whose: " + ", ".join(f"{whose} {count}" for whose, count in sorted(counts.items()))
    if counts["the engine"] == len(bad):
        yield f"the adapter is sound; what its engine does wrong, a run explains: {run}"
    else:
        yield "next: mend the adapter first, or a run will blame the engine for it"
