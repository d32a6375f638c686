"""`gradspec run [ENGINE]`: hold an engine to the specification."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.json import decode

from gradspec_conformance.cli.files import check_apart, check_report, write
from gradspec_conformance.complaint import complain
from gradspec_conformance.engines.loading import loaded_by, source_of
from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.pipe.log import WIRE_LOG
from gradspec_conformance.report.terminal import RunProgress, console, show
from gradspec_conformance.run.loop import judge_all
from gradspec_conformance.run.memory import last_red, remember
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus, Result, result_of
from gradspec_conformance.run.session import thing_named

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command("run")
@click.argument("engine", default="reference")
@click.option("--python", metavar="PATH", help="Have this interpreter load the engine.")
@click.option("--wire-log", metavar="FILE", help="Write what is said to another process.")
@click.option("--profile", default="full", help="full, sound, core, tape, functional or scalar.")
@click.option("--chapter", multiple=True, help="Only this chapter, by name or prefix; repeatable.")
@click.option("-k", "keyword", default="", metavar="WORDS", help="Only what matches, as in pytest.")
@click.option("--lf", "again", is_flag=True, help="Only what closed the gate the last time.")
@click.option("-n", "processes", default="1", metavar="N", help="Run in N processes, or auto.")
@click.option("--after", multiple=True, metavar="ID", help="Run this first, before each clause.")
@click.option(
    "--expect",
    metavar="FILE",
    multiple=True,
    help="Expected failures (default: as shipped).",
)
@click.option("--no-expect", is_flag=True, help="Expect every clause to pass.")
@click.option("--strict", is_flag=True, help="Red where an expected failure is unexplained.")
@click.option("--all", "everything", is_flag=True, help="Show every finding, not the first ten.")
@click.option("--json", metavar="FILE", help="Write a report as JSON.")
@click.option("--junit", metavar="FILE", help="Write a report as JUnit XML.")
@click.option("--seed", type=int, help="Generate other examples (default: always the same).")
@click.option("--examples", type=int, help="How many examples are generated for a law.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Processor time of one clause.")
def command(
    engine: str,
    *,
    json: str | None,
    junit: str | None,
    python: str | None,
    wire_log: str | None,
    again: bool,
    everything: bool,
    chapter: tuple[str, ...],
    **options: Any,
) -> None:
    """Hold ENGINE (default: the reference engine) to the specification.

    ENGINE is a name (`gradspec engines` lists them), book.toml, module:attr or path.py:attr.

    Exit status: 0 all as expected, 1 not conformant or not as expected, 2 wrong usage,
    3 the engine could not be loaded or the run is incomplete or empty, 130 interrupted.
    """
    try:
        engine = loaded_by(engine, python)
        reports = {"--json": json, "--junit": junit, "--wire-log": wire_log}
        written = {name: Path(path) for name, path in reports.items() if path is not None}
        request = Request.make(engine, chapters=chapter, **options)
        check_apart(
            written
            | {"the expected failures": request.expectations.path, "ENGINE": source_of(engine)}
        )
        for path in written.values():
            check_report(path)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    if wire_log is not None:
        Path(wire_log).write_bytes(b"")
        os.environ[WIRE_LOG] = str(Path(wire_log).absolute())
    request = _only_red(request) if again else request
    try:
        request.start()
        result = _result(request)
        show(result, console(), everything=everything)
        sys.exit(_told(result, json, junit))
    except EngineError as error:
        _say(f"engine {engine}: {error}")
        sys.exit(ExitStatus.INCOMPLETE)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        _say("interrupted before anything was measured")
        sys.exit(ExitStatus.INTERRUPTED)
    finally:
        request.close()


def _only_red(request: Request) -> Request:
    """Narrow a request to what closed the gate the last time, if any of that is asked for."""
    asked = request.selection
    things = [thing_named(identifier) for identifier in last_red(request.engine)]
    red = frozenset(thing.id for thing in things if thing is not None and asked.holds(thing))
    if not red:
        _say(f"nothing of {asked} is known to have failed the last time: all of it is run")
        return request
    return replace(request, selection=replace(asked, only=red))


def _result(request: Request) -> Result:
    if not request.cases:
        raise WrongUsage(request.selection.nothing_found)
    with RunProgress(console(), request.engine) as progress:
        _ = request.session.description  # raises EngineError while nothing else has begun
        measured = judge_all(request, progress)
    result = result_of(request, measured)
    remember(request.engine, measured.judged, [j.id for j in result.judged if j.gates])
    return result


def _told(result: Result, json: str | None, junit: str | None) -> int:
    """Write the reports; give the exit status."""
    written = [
        json is None or _write(Path(json), _json(result), _read_json),
        junit is None or _write(Path(junit), _junit(result), _read_xml),
    ]
    return result.exit_status if all(written) else ExitStatus.INCOMPLETE


def _json(result: Result) -> str:
    from gradspec_conformance.report.json import Report  # noqa: PLC0415 - only if asked for

    return Report.of(result).to_json()


def _junit(result: Result) -> str:
    from gradspec_conformance.report.junit import junit  # noqa: PLC0415 - only if asked for

    return junit(result)


def _read_json(path: Path) -> object:
    return decode(path.read_bytes())


def _read_xml(path: Path) -> object:
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - only if asked for

    return ET.parse(path)  # noqa: S314 - our own


def _write(path: Path, text: str, read: Callable[[Path], object]) -> bool:
    try:
        write(path, text, read)
    except OSError as error:
        _say(f"{path} could not be written: {error.strerror}")
        return False
    return True


def _say(sentence: str) -> None:
    complain(f"gradspec: {sentence}")
