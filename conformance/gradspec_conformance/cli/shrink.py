"""`gradspec shrink PROGRAM`: the smallest program that shows the same difference."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradspec_conformance.cli.files import contents
from gradspec_conformance.cli.fuzz import SECONDS, lengths
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import EngineError, WrongUsage

if TYPE_CHECKING:
    from gradspec.program.steps import Step


@click.command("shrink")
@click.argument("program")
@click.option("--subject", default="reference", show_default=True, help="The engine in doubt.")
@click.option("--oracle", default="torch", show_default=True, help="What decides: an engine.")
@click.option("--steps", default="5:30", metavar="LO:HI", help="Length, of a seed's program.")
@click.option("--seconds", type=SECONDS, default=20.0, show_default=True, help="At most.")
def command(program: str, subject: str, oracle: str, steps: str, seconds: float) -> None:
    """Shorten PROGRAM: a seed of `gradspec fuzz`, or a file with the steps of a program.

    Prints the program in the subject's words.  Exit status: 0 if there is no difference, 1 if
    there is, 3 if an engine could not be loaded.
    """
    from gradspec_conformance.fuzz.lockstep import difference  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.scripts import demanding, in_gradspec  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.shrinking import shrunk  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.storing import written  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz.work import generator  # noqa: PLC0415 - likewise

    stored = None if program.isdecimal() else _read(Path(program))
    try:
        source = generator(oracle, subject, *lengths(steps))
    except EngineError as error:
        complain(str(error))
        sys.exit(3)
    whole = source.program(int(program)).steps if stored is None else stored
    found = difference(whole, source.oracle, source.subject)
    if found is None:
        click.echo("the engines do not differ")
        return
    small, found = shrunk(whole, found, source.oracle, source.subject, seconds=seconds)
    click.echo(in_gradspec(demanding(small, found), subject))
    click.echo(f"# after {found.act}, {found.observable}: {' / '.join(found.words)}")
    click.echo(f"# {json.dumps({'steps': written(small)}, separators=(',', ':'))}")
    sys.exit(1)


def _read(place: Path) -> list[Step]:
    """Read the steps of a program that was stored; raises UsageError."""
    from gradspec.port.acts import ACTS  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.storing import read  # noqa: PLC0415 - likewise

    try:
        data = json.loads(contents(place))
        whole = read(data["steps"] if isinstance(data, dict) else data)
        unknown = [step.act for step in whole if step.act not in ACTS]
    except WrongUsage as error:
        seed = "PROGRAM is a seed, as 1693, or a file with the steps of a program"
        raise click.UsageError(f"{error}; {seed}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        whole, unknown = [], [f"{type(error).__name__}: {error}"]
    if not whole or unknown:
        found = f" ({unknown[0]})" if unknown else ""
        message = f'{place} holds no program{found}, expected {{"steps": [{{"act": ...}}, ...]}}'
        raise click.UsageError(message)
    return whole
