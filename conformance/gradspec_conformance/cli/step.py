"""`gradspec step FILE.py`: a page on which a program of the reader's own is stepped through."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import click

from gradspec_conformance.exceptions import WrongUsage


@click.command("step")
@click.argument("program", metavar="FILE.py", type=click.Path(exists=True, path_type=Path))
@click.option("--write", "folder", default="step", metavar="DIR", help="Where the page goes.")
def command(program: Path, *, folder: str) -> None:
    """Run FILE.py on the reference engine, and write DIR/FILE.html to step through it.

    The program imports torch or gradspec_reference; either is the reference engine here.
    """
    from gradspec_conformance.adapters.reference import module, trace  # noqa: PLC0415 - slow
    from gradspec_conformance.book import site, stepping  # noqa: PLC0415 - slow

    before = sys.modules.get("torch")
    sys.modules["torch"] = module
    try:
        with trace(str(program)) as events:
            runpy.run_path(str(program), run_name="__main__")
    finally:
        if before is None:
            del sys.modules["torch"]
        else:
            sys.modules["torch"] = before
    story = stepping.story_of(events, program.read_text(encoding="utf-8"))
    if story is None:
        message = f"{program} records no graph, or more than {stepping.MOST} events"
        raise click.ClickException(message)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for path in (site.HERE / "static").iterdir():
        shutil.copy(path, target / path.name)
    try:
        site.step_page(target, program.stem, story)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    click.echo(str(target / f"{program.stem}.html"))
