"""`gradspec init MODULE`: look at an engine; write its book, its expectations and a workflow."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
from rich.console import Console
from rich.markup import escape

from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.cli import expect
from gradspec_conformance.cli.files import check_writable, write
from gradspec_conformance.cli.workflow import workflow
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import MalformedBook, NothingFound, WrongUsage
from gradspec_conformance.known.expectations import Expectations
from gradspec_conformance.probing.asking import book_of
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.request import check_timeout
from gradspec_conformance.run.result import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

MOST_SHOWN: Final = 200
"""How many characters of a wrong name are told."""


@click.command("init")
@click.argument("module")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder to write to; the current one if not told.",
)
@click.option("--setup", default="", help="Python that comes before the import.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds that a guess may take.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--book-only", is_flag=True, help="Write no expectations and no workflow.")
def command(
    module: str, into: Path, setup: str, timeout: float, force: bool, book_only: bool
) -> None:
    """Find out how the engine in MODULE says things, and write a phrasebook that runs.

    MODULE is what a program imports: micrograd, or mine.engine.  Candidate phrases are tried on
    the catalogue's own samples and in small experiments; what works is written to MODULE.toml,
    what does not stands there as comments.  What the engine fails today is written to
    MODULE-known.toml, and a workflow for GitHub to .github/workflows/gradspec-MODULE.yml.

    Exit status: 0 written, 1 written, and a list that was there is kept which says otherwise, 2
    nothing could be found, and why, 3 what was found cannot be run.
    """
    name = module.replace(".", "-")
    book, known = into / f"{name}.toml", into / f"{name}-known.toml"
    job = into / ".github" / "workflows" / f"gradspec-{name}.yml"
    files = [book] if book_only else [book, known, job]
    status = 0
    try:
        check_timeout(timeout)
        _check_name(module)
        _check_places(files, force=force)
        text = _looked(module, setup, timeout)
    except (WrongUsage, NothingFound) as error:
        _stop(str(error))
    _write(book, text, read_book)
    show = console()
    show.print(f"{book}: {_told(text)}", markup=False, soft_wrap=True)
    if not book_only:
        status = _write_known(book, known)
        open_ = any(entry.is_unexplained for entry in Expectations.load(known).entries)
        job.parent.mkdir(parents=True, exist_ok=True)
        text = workflow(module, book.name, known.name, is_explained=not open_)
        _write(job, text, Path.read_text)
        show.print(f"{job}: holds it to that", markup=False, soft_wrap=True)
    show.print(f"next: gradspec run {escape(str(book))}", soft_wrap=True)
    sys.exit(status)


def _check_name(module: str) -> None:
    """See that a program can import something of this name; raises WrongUsage."""
    if module.endswith(".py"):
        file = Path(module)
        if not MODULE.fullmatch(file.stem):
            raise WrongUsage(f"{module!r} is a file that no program can import: rename it")
        where = "" if file.parent == Path() else f", with PYTHONPATH={file.parent}"
        raise WrongUsage(f"{module!r} is a file: write {file.stem}, as a program imports it{where}")
    if not MODULE.fullmatch(module):
        raise WrongUsage(
            f"{module[:MOST_SHOWN]!r} is no module: write what a program imports, as mine.engine"
        )


def _check_places(files: list[Path], *, force: bool) -> None:
    """See that there is a place to write to; raises WrongUsage."""
    try:
        has_folder = files[0].parent.is_dir()
        there = [str(path) for path in files if path.exists() or path.is_symlink()]
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        named = str(files[0])[:MOST_SHOWN]
        raise WrongUsage(f"{named} cannot be written: {error.strerror}") from None
    if not has_folder:
        raise WrongUsage(f"there is no folder {files[0].parent}")
    if there and not force:
        raise WrongUsage(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already: "
            "--force writes over, --into writes elsewhere"
        )
    for path in files:
        folder = next(one for one in path.parents if one.exists())
        check_writable(path if folder == path.parent else folder / path.name)


def _looked(module: str, setup: str, timeout: float) -> str:
    where = Console(stderr=True)
    if not where.is_terminal:
        return book_of(module, setup, timeout)
    with where.status(f"looking at {escape(module)}") as status:

        def tell(guess: str) -> None:
            line = guess.replace("\n", " ")
            status.update(f"trying {escape(line[: where.width - 12])}")

        return book_of(module, setup, timeout, tell)


def _told(text: str) -> str:
    """Tell in a line what a book has, and what it lacks."""
    tables = tomllib.loads(text)
    if tables["engine"].get("inherits") == "torch":
        return "it has torch's names, and its book is torch's"
    shared = sum(
        len(one["names"].split()) for one in tables.get("same_name", {}).get("operators", ())
    )
    operators = shared + sum(bool(said) for said in tables.get("operators", {}).values())
    kind = "a tape" if "backward" in tables.get("acts", {}) else "products of functions"
    open_ = len(re.findall(r'(?m)^# ["\w.]+ = ""$', text))
    return f"{kind}, and {operators} operators besides + - * / **; {open_} lines are left open"


def _write_known(book: Path, known: Path) -> int:
    """Have the whole specification run, and what fails written down; a list there is kept.

    Gives 1 if such a list says otherwise; ends here if there was no run.
    """
    arguments = [str(book), "--write", str(known)]
    try:
        expect.command.main(arguments, standalone_mode=False)
    except SystemExit as end:
        if end.code != ExitStatus.NOT_CONFORMANT or not known.exists():
            raise
        return int(end.code)
    return 0


def _write(path: Path, text: str, read: Callable[[Path], object]) -> None:
    try:
        write(path, text, read)
    except (OSError, MalformedBook) as error:
        _stop(f"{path} cannot be written: {error}")


def _stop(sentence: str) -> NoReturn:
    complain(sentence)
    sys.exit(2)
