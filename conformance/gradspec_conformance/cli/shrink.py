"""`gradspec shrink PROGRAM`: the smallest program that shows the same difference."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from gradspec_conformance.cli.fuzz import lengths
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import EngineError


@click.command("shrink")
@click.argument("program")
@click.option("--subject", default="reference", show_default=True, help="The engine in doubt.")
@click.option("--oracle", default="torch", show_default=True, help="What decides: an engine.")
@click.option("--steps", default="5:30", metavar="LO:HI", help="Length, of a seed's program.")
@click.option("--seconds", default=20.0, show_default=True, help="How long it may take.")
def command(program: str, subject: str, oracle: str, steps: str, seconds: float) -> None:
    """Shorten PROGRAM: a seed of `gradspec fuzz`, or a file with the steps of a program.

    Prints the program in the subject's words.  Exit status: 0 if there is no difference, 1 if
    there is, 3 if an engine could not be loaded.
    """
    from gradspec_conformance.fuzz.lockstep import difference  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.scripts import demanding, in_gradspec  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.shrinking import shrunk  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.storing import read, written  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.work import generator  # noqa: PLC0415 - likewise

    try:
        source = generator(oracle, subject, *lengths(steps))
    except EngineError as error:
        complain(str(error))
        sys.exit(3)
    if program.isdecimal():
        whole = source.program(int(program)).steps
    else:
        try:
            data = json.loads(Path(program).read_text("utf-8"))
            whole = read(data["steps"] if isinstance(data, dict) else data)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise click.UsageError(f"{program} holds no program: {error}") from None
    found = difference(whole, source.oracle, source.subject)
    if found is None:
        click.echo("the engines do not differ")
        return
    small, found = shrunk(whole, found, source.oracle, source.subject, seconds=seconds)
    click.echo(in_gradspec(demanding(small, found), subject))
    click.echo(f"# after {found.act}, {found.observable}: {' / '.join(found.words)}")
    click.echo(f"# {json.dumps({'steps': written(small)}, separators=(',', ':'))}")
    sys.exit(1)
