"""`gradspec expect ENGINE --write FILE`: write down what an engine fails, to be explained."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
from rich.console import Console
from rich.progress import track

from gradspec_conformance.cli.files import check_apart, check_writable, write
from gradspec_conformance.engines.loading import source_of
from gradspec_conformance.exceptions import EngineError, MalformedExpectations, WrongUsage
from gradspec_conformance.execution import register
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.known.file import heading, write_entries
from gradspec_conformance.known.renewal import UNEXPLAINED, renewed
from gradspec_conformance.run.request import check_timeout
from gradspec_conformance.run.session import DEFAULT_TIMEOUT, EngineSession

if TYPE_CHECKING:
    from gradspec_conformance.execution.verdict import Verdict

HEADING: Final = """What {name} {version} is known to fail, and why.

`gradspec expect {spec} --write FILE` keeps this list; reasons and classes are written by hand."""


@click.command("expect")
@click.argument("engine", default="reference")
@click.option(
    "--write",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the list here, keeping the reasons that are there.",
)
@click.option("--timeout", default=DEFAULT_TIMEOUT, show_default=True, help="Seconds a clause has.")
def command(engine: str, file: Path | None, timeout: float) -> None:
    """Run the specification on ENGINE and bring its list of known failures up to date.

    Without --write, print what would change in the list that ships, and exit with 1 if
    anything would.
    """
    try:
        check_timeout(timeout)
        if file is not None:
            check_apart({"--write": file, "ENGINE": source_of(engine)})
            check_writable(file)
    except WrongUsage as error:
        _stop(2, str(error))
    path = file if file is not None else Expectations.for_engine(engine)
    old, before = _read(path)
    after = _written(engine, timeout, old, before)
    if file is None:
        name = str(path or f"{engine}.toml")
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, n=1)
        click.echo("\n".join(line.rstrip("\n") for line in lines), nl=before != after)
        sys.exit(0 if before == after else 1)
    _write(file, after)


def _read(path: Path | None) -> tuple[Expectations, str]:
    if path is None or not path.exists():
        return Expectations.none(), ""
    try:
        return Expectations.load(path), path.read_text(encoding="utf-8")
    except MalformedExpectations as error:
        _stop(2, str(error))


def _written(engine: str, timeout: float, old: Expectations, before: str) -> str:
    cases = register.cases()
    verdicts: list[Verdict] = []
    try:
        with EngineSession(engine, timeout=timeout, known=old.known_program) as session:
            about = session.description
            console = Console(stderr=True)
            ids = track(cases, about.name, console=console, disable=not console.is_terminal)
            verdicts.extend(session.verdict(id_) for id_ in ids)
    except EngineError as error:
        _stop(3, str(error))
    top = HEADING.format(name=about.name, version=about.version, spec=engine)
    ran = sum(verdict.ran for verdict in verdicts)
    return write_entries(renewed(old, verdicts, cases), heading(before) or top, ran)


def _write(file: Path, text: str) -> None:
    try:
        write(file, text, Expectations.load)
    except (OSError, MalformedExpectations) as error:
        click.echo(text)
        reason = error.strerror if isinstance(error, OSError) else error.reason
        _stop(2, f"{file} cannot be written: {reason}; the list is printed above")
    total, open_ = text.count("[[expected]]"), text.count(UNEXPLAINED)
    click.echo(f"{file}: {total} expected failures, {open_} to be explained")


def _stop(status: int, sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(status)
