"""`gradspec record FILE`: random programs with what an oracle said and showed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gradspec_conformance.cli.files import check_report, put
from gradspec_conformance.cli.fuzz import lengths
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import EngineError, WrongUsage


@click.command("record")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--oracle", default="torch", show_default=True, help="Whose word is recorded.")
@click.option("--beside", default="reference", show_default=True, help="Who has to agree.")
@click.option(
    "--programs", type=click.IntRange(1), default=2000, show_default=True, help="How many."
)
@click.option("--seed", default=0, show_default=True, help="The seed of the first.")
@click.option("--steps", default="3:10", show_default=True, metavar="LO:HI", help="Their length.")
def command(file: Path, oracle: str, beside: str, programs: int, seed: int, steps: str) -> None:
    """Draw programs, and write to FILE what the oracle says and shows all through each.

    Only programs are kept on which both engines agree.  `gradspec replay ENGINE FILE` holds an
    engine to them, without the oracle.
    """
    from gradspec_conformance.fuzz.corpus import load, packed, record  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.work import generator  # noqa: PLC0415 - likewise

    try:
        check_report(file)
        source = generator(oracle, beside, *lengths(steps))
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except EngineError as error:
        complain(str(error))
        sys.exit(3)
    about = {
        "oracle": f"{source.oracle.name} {source.oracle.version}",
        "made": f"gradspec record --oracle {oracle} --beside {beside} --programs {programs} "
        f"--seed {seed} --steps {steps}",
    }
    transcripts = list(record(source, range(seed, seed + programs)))
    put(file, packed(transcripts, about), load)
    click.echo(
        f"{len(transcripts)} of {programs} programs, {file.stat().st_size / 1e6:.2f} MB, to {file}"
    )
