"""`gradspec init MODULE`: look at an engine; write its book, its expectations and a workflow."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
from rich.console import Console
from rich.markup import escape

from gradspec_conformance.adapters.phrases import read_book
from gradspec_conformance.cli import expect
from gradspec_conformance.cli.files import check_writable, write
from gradspec_conformance.exceptions import MalformedBook, NothingFound, WrongUsage
from gradspec_conformance.probing.asking import book_of
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.request import check_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

WORKFLOW: Final = """\
# Holds {module} to the specification of automatic differentiation: red on a regression, and on an
# improvement that {known} does not know yet.

name: gradspec
on: [push, pull_request]
jobs:
  gradspec:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install gradspec
      - run: pip install {installed}
      - run: gradspec run {book} --expect {known}
"""

MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


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

    Exit status: 0 written, 2 nothing could be found, and why, 3 what was found cannot be run.
    """
    name = module.replace(".", "-")
    book, known = into / f"{name}.toml", into / f"{name}-known.toml"
    workflow = into / ".github" / "workflows" / f"gradspec-{name}.yml"
    files = [book] if book_only else [book, known, workflow]
    try:
        check_timeout(timeout)
        _check(module, files, force=force)
        text = _looked(module, setup, timeout)
    except (WrongUsage, NothingFound) as error:
        _stop(str(error))
    _write(book, text, read_book)
    show = console()
    show.print(f"{book}: {_told(text)}", markup=False, soft_wrap=True)
    if not book_only:
        _write_known(book, known)
        workflow.parent.mkdir(parents=True, exist_ok=True)
        said = {"module": module, "book": book.name, "known": known.name}
        _write(workflow, WORKFLOW.format(**said, installed=_installed(module)), Path.read_text)
        show.print(f"{workflow}: holds it to that", markup=False, soft_wrap=True)
    show.print(f"next: gradspec run {escape(str(book))}", soft_wrap=True)


def _check(module: str, files: list[Path], *, force: bool) -> None:
    """See that there is something to look at and a place to write to; raises WrongUsage."""
    if module.endswith(".py"):
        name = Path(module).stem
        raise WrongUsage(f"{module!r} is a file: write {name}, as a program imports it")
    if not MODULE.fullmatch(module):
        raise WrongUsage(
            f"{module[:200]!r} is no module: write what a program imports, as mine.engine"
        )
    if not files[0].parent.is_dir():
        raise WrongUsage(f"there is no folder {files[0].parent}")
    there = [str(path) for path in files if path.exists() or path.is_symlink()]
    if there and not force:
        raise WrongUsage(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already: "
            "--force writes over, --into writes elsewhere"
        )
    for path in files:
        if path.parent.is_dir():
            check_writable(path)


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


def _write_known(book: Path, known: Path) -> None:
    """Have the whole specification run, and what fails written down; reasons there are kept."""
    arguments = [str(book), "--write", str(known)]
    expect.command.main(arguments, standalone_mode=False)


def _installed(module: str) -> str:
    """Say what pip installs: the distribution of the module, or what lies in the repository."""
    owners = sorted(set(metadata.packages_distributions().get(module.partition(".")[0], ())))
    if len(owners) != 1 or metadata.distribution(owners[0]).read_text("direct_url.json"):
        return "."  # it was installed from a folder, most likely this one
    return f"{owners[0]}=={metadata.version(owners[0])}"


def _write(path: Path, text: str, read: Callable[[Path], object]) -> None:
    try:
        write(path, text, read)
    except (OSError, MalformedBook) as error:
        _stop(f"{path} cannot be written: {error}")


def _stop(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(2)
