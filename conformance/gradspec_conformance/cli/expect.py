"""`gradspec expect ENGINE --write FILE`: write down what an engine fails, to be explained.

A first list has everything.  After that the file is changed in what `--accept` names and in nothing
else: what fails anew is a regression until somebody has looked at it.
"""

from __future__ import annotations

import difflib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
from rich.console import Console

from gradspec_conformance.cli.acceptance import Acceptance
from gradspec_conformance.cli.files import check_apart, check_writable, write
from gradspec_conformance.complaint import complain
from gradspec_conformance.engines.loading import source_of
from gradspec_conformance.exceptions import EngineError, MalformedExpectations, WrongUsage
from gradspec_conformance.execution.verdict import INEXCUSABLE
from gradspec_conformance.known.entry import CAUSES
from gradspec_conformance.known.expectations import Expectations, Standing
from gradspec_conformance.known.file import RAN, write_entries
from gradspec_conformance.report.terminal import RunProgress
from gradspec_conformance.report.whole import advice, complaints, notes, some
from gradspec_conformance.run.judgement import Judge
from gradspec_conformance.run.loop import judge_all
from gradspec_conformance.run.request import Request
from gradspec_conformance.run.result import ExitStatus, Result, result_of
from gradspec_conformance.run.session import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING: Final = """What {name} {version} is known to fail, and why.

`gradspec expect {spec} --write FILE` keeps this list, and changes only what --accept names.
Reasons and classes are written by hand. A class is one of
{causes}"""

NOTHING_TO_ACCEPT: Final = "--accept {}: nothing to accept, all of it is as the list says"

UNLIKE: Final = {
    Standing.UNEXPECTED_FAILURE: "fails, and no entry says so",
    Standing.CHANGED_FAILURE: "fails otherwise than its entry says",
    Standing.UNEXPECTED_PASS: "passes, and an entry says that it fails",
}


@click.command("expect")
@click.argument("engine", default="reference")
@click.option(
    "--write",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the list here, keeping what is there.",
)
@click.option(
    "--accept",
    "names",
    multiple=True,
    metavar="ID",
    help="Write of this clause what it comes to now: that it fails, fails otherwise, or passes. "
    f"Repeatable; a pattern too ('op-001/*'). `{RAN}`: that fewer clauses run.",
)
@click.option("--raise", "raises", is_flag=True, help="Take on what this edition has anew.")
@click.option("-n", "processes", default="1", metavar="N", help="Run in N processes, or auto.")
@click.option("--timeout", default=DEFAULT_TIMEOUT, show_default=True, help="Seconds a clause has.")
def command(
    engine: str,
    file: Path | None,
    names: tuple[str, ...],
    *,
    raises: bool,
    processes: str,
    timeout: float,
) -> None:
    """Run the specification on ENGINE and bring its list of known failures up to date.

    A new FILE lists all that fails. One that is there keeps its entries, reasons and comments: no
    entry is dropped, and no failure added, unless --accept names it.

    Without --write, print what would change in the list that ships.

    Exit status: 0 all is as the list says, 1 something is not, 2 wrong usage, 3 the engine could
    not be loaded or the run is incomplete (nothing is written), 130 interrupted.
    """
    try:
        if file is not None:
            check_apart({"--write": file, "ENGINE": source_of(engine)})
            check_writable(file)
        path = file if file is not None and _is_written(file) else Expectations.for_engine(engine)
        is_first = path is None or (file is not None and path != file)
        wish = Acceptance(names, is_first, raises)
        request = Request.make(
            engine,
            expect=None if path is None else str(path),
            no_expect=path is None,
            processes=processes,
            timeout=timeout,
        )
        wish.check(request.expectations)
    except WrongUsage as error:
        _stop(ExitStatus.WRONG_USAGE, str(error))
    result = _measured(request)
    new = wish.renewed(request, result)
    text = _text(new, result)
    unchanged = True
    if file is None:
        unchanged = _show_changes(path or Path(f"{engine}.toml"), text)
    else:
        _write(file, text)
        new = replace(new, path=file)
    is_true = _tell(_judged_again(request, result, new), wish.idle(result))
    if not (is_true and unchanged):
        sys.exit(ExitStatus.NOT_CONFORMANT)


def _is_written(file: Path) -> bool:
    """Whether there is a list: a file that was merely made is none."""
    return file.exists() and not (file.is_file() and not file.read_bytes().strip())


def _measured(request: Request) -> Result:
    """Run everything; end here if that came to less than a whole run."""
    try:
        request.start()
        with RunProgress(Console(stderr=True), request.engine) as progress:
            _ = request.session.description
            result = result_of(request, judge_all(request, progress))
    except EngineError as error:
        _stop(ExitStatus.INCOMPLETE, f"engine {request.engine}: {error}")
    finally:
        request.close()
    if not result.is_complete:
        _stop(result.exit_status, "\n".join([*complaints(result), "nothing is written"]))
    return result


def _text(new: Expectations, result: Result) -> str:
    about = result.engine
    causes = "\n".join(f"  {cause:9}{sentence}" for cause, sentence in CAUSES.items())
    top = HEADING.format(name=about.name, version=about.version, spec=result.spec, causes=causes)
    return write_entries(
        new.entries, new.heading or top, new.ran, made_for=new.made_for, ending=new.ending
    )


def _judged_again(request: Request, result: Result, new: Expectations) -> Result:
    """Hold the same verdicts beside the new list."""
    judge = Judge(request.session, new, request.selection.profile)
    judged = tuple(judge.judge(request.cases[one.id]) for one in result.judged)
    stale = tuple(new.stale(one.verdict for one in judged))
    return replace(result, judged=judged, stale=stale, least=new.ran, known=new)


def _show_changes(path: Path, after: str) -> bool:
    """Print what would change; say whether nothing would."""
    before = path.read_text("utf-8") if path.exists() else ""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), n=1)
    click.echo("\n".join(line.rstrip("\n") for line in lines), nl=before != after)
    return before == after


def _tell(result: Result, idle: list[str]) -> bool:
    """Say what the list does not say, and what to do about it; whether there is nothing."""
    total, open_ = len(result.known.entries), len(result.unexplained)
    path = result.known.path or "a first list"
    entries = "entry" if total == 1 else "entries"
    click.echo(f"{path}: {total} {entries}, {open_} to be explained")
    for sentence in (*map(NOTHING_TO_ACCEPT.format, idle), *notes(result)):
        click.echo(sentence)
    unlike = list(_unlike(result))
    if unlike:
        click.echo("not taken into the list, since nobody accepted it:")
        click.echo("\n".join(f"  {line}" for line in unlike))
        click.echo("\n".join(advice(result)))
    return not unlike


def _unlike(result: Result) -> Iterator[str]:
    for standing, sentence in UNLIKE.items():
        found = result.standing(standing)
        excusable = [one.id for one in found if one.verdict.kind not in INEXCUSABLE]
        if excusable:
            yield f"{sentence}: {some(excusable)}"
        for kind in INEXCUSABLE:
            never = [judged.id for judged in found if judged.verdict.kind is kind]
            if never:
                yield f"the engine {kind}, which no list excuses: {some(never)}"
    yield from complaints(result)


def _write(file: Path, text: str) -> None:
    try:
        write(file, text, Expectations.load)
    except (OSError, MalformedExpectations) as error:
        click.echo(text)
        reason = error.strerror if isinstance(error, OSError) else error.reason
        _stop(2, f"{file} cannot be written: {reason}; the list is printed above")


def _stop(status: int, sentence: str) -> NoReturn:
    complain(sentence)
    sys.exit(status)
