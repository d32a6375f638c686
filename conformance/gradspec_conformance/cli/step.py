"""`gradspec step FILE.py`: a page on which a program of the reader's own is stepped through."""

from __future__ import annotations

import builtins
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

import click

from gradspec_conformance.cli.files import contents, make_folder
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from types import CodeType

LONGEST: Final = 300
"""How much of what a program raised is shown."""


@click.command("step")
@click.argument("program", metavar="FILE.py", type=click.Path(exists=True, path_type=Path))
@click.option("--write", "folder", default="step", metavar="DIR", help="Where the page goes.")
def command(program: Path, *, folder: str) -> None:
    """Run FILE.py on the reference engine, and write DIR/FILE.html to step through it.

    The program imports torch or gradspec_reference; either is the reference engine here.
    """
    from gradspec_conformance.book import site, stepping  # noqa: PLC0415 - slow

    target = Path(folder)
    try:
        text = contents(program).decode("utf-8")
        code = compile(text, str(program), "exec")
        make_folder(target)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise click.UsageError(f"{program} is no program of Python: {error}") from None
    story = stepping.story_of(_events(code, program), text)
    if story is None:
        message = (
            f"{program} records no graph, or more than {stepping.MOST} events: "
            "let it compute with a tensor that requires grad, and call backward"
        )
        raise click.UsageError(message)
    for path in (site.HERE / "static").iterdir():
        shutil.copy(path, target / path.name)
    try:
        site.step_page(target, program.stem, story)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    click.echo(str(target / f"{program.stem}.html"))


def _events(code: CodeType, program: Path) -> list[Any]:
    """Run a program with the reference engine in the place of torch, and trace it.

    What it raises ends the command, and is shown with the lines of the program alone.
    """
    from gradspec_conformance.adapters.reference import module, trace  # noqa: PLC0415 - slow

    before, path = sys.modules.get("torch"), sys.path[:]
    sys.modules["torch"] = module
    sys.path.insert(0, str(program.resolve().parent))
    scope = {"__name__": "__main__", "__file__": str(program), "__builtins__": builtins}
    try:
        with trace(str(program)) as events, suppress(SystemExit):
            exec(code, scope)  # noqa: S102 - what the command is for
    except Exception as error:  # noqa: BLE001 - of a person's program
        frames = [f for f in extract_tb(error.__traceback__) if f.filename == str(program)]
        where = "".join(f", line {frame.lineno}" for frame in frames[-1:])
        told = f"{type(error).__name__}: {plain_text(str(error), LONGEST)}"
        raise click.UsageError(
            f"{program}{where}, raised {told}: mend it, and step again"
        ) from None
    finally:
        sys.path[:] = path
        if before is None:
            del sys.modules["torch"]
        else:
            sys.modules["torch"] = before
    return events
