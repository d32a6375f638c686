"""`gradspec badge SOURCE`: the rung that an engine has reached, as SVG for its README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click
from rich.console import Console

from gradspec_conformance.cli.files import check_apart, check_report, put
from gradspec_conformance.complaint import complain
from gradspec_conformance.engines.loading import source_of
from gradspec_conformance.exceptions import EngineError, UnfitReport, WrongUsage
from gradspec_conformance.report.terminal import RunProgress
from gradspec_conformance.run.loop import judge_all
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus, result_of

if TYPE_CHECKING:
    from gradspec_conformance.report.badge import Reported


@click.command("badge")
@click.argument("source")
@click.option("--write", "file", metavar="FILE", help="Write it here (default: standard output).")
@click.option("-n", "processes", default="1", metavar="N", help="Run in N processes, or auto.")
@click.option("--expect", metavar="FILE", help="Expected failures (default: as shipped).")
@click.option("--no-expect", is_flag=True, help="Expect every clause to pass.")
def command(source: str, *, file: str | None, **options: Any) -> None:
    """Draw how far up the ladder an engine stands, as SVG.

    SOURCE is a report that `gradspec run ENGINE --json report.json` wrote, or an ENGINE, which
    is run then. Exit status: 0 drawn, 2 wrong usage, 3 the engine could not be loaded or the run is
    incomplete.
    """
    is_report = source.lower().endswith(".json")
    target = None if file is None else Path(file)
    try:
        if is_report and options != {"processes": "1", "expect": None, "no_expect": False}:
            raise WrongUsage("a report is not run: leave -n, --expect and --no-expect out")  # noqa: TRY301
        if target is not None:
            inputs = {"SOURCE": Path(source) if is_report else source_of(source)}
            check_apart({"--write": target, "--expect": _path(options["expect"])} | inputs)
            check_report(target)
        reported = _read(source) if is_report else _run(source, options)
        if is_report and reported.gap is not None:
            raise UnfitReport(Path(source), reported.gap)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except EngineError as error:
        complain(f"gradspec: engine {source}: {error}")
        sys.exit(ExitStatus.INCOMPLETE)
    _draw(reported, source, target)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _read(source: str) -> Reported:
    from gradspec_conformance.report.badge import Reported  # noqa: PLC0415 - takes time
    from gradspec_conformance.report.reading import read  # noqa: PLC0415 - takes time

    return read(Path(source), Reported)


def _run(engine: str, options: dict[str, Any]) -> Reported:
    """Run the whole specification; raises EngineError and WrongUsage."""
    from gradspec_conformance.report.badge import Reported  # noqa: PLC0415 - takes time
    from gradspec_conformance.report.json import Report  # noqa: PLC0415 - takes time

    request = Request.make(engine, **options)
    try:
        request.start()
        with RunProgress(Console(stderr=True), engine) as progress:
            _ = request.session.description  # raises EngineError while nothing else has begun
            measured = judge_all(request, progress)
        if measured.interrupted:
            raise KeyboardInterrupt
        return Reported.of(Report.of(result_of(request, measured)))
    finally:
        request.close()


def _draw(reported: Reported, source: str, target: Path | None) -> None:
    from gradspec_conformance.report.badge import badge  # noqa: PLC0415 - takes time

    if reported.gap is not None:
        complain(f"gradspec: engine {source}: {reported.gap}, so no badge is drawn")
        sys.exit(ExitStatus.INCOMPLETE)
    picture = badge(reported)
    if target is None:
        click.echo(picture, nl=False)
        return
    put(target, picture, ET.parse)
    click.echo(f"{target}: {reported.sentence}")
    click.echo(f"in Markdown: ![{reported.engine.name} on gradspec's ladder]({target})")
