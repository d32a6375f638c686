"""`gradspec replay [ENGINE] [FILE]`: hold an engine to recorded programs, without the oracle."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from gradspec_conformance.cli.files import contents
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.report.terminal import console

if TYPE_CHECKING:
    from gradspec.port.engine import Subject
    from gradspec_conformance.fuzz.corpus import Replayed


@click.command("replay")
@click.argument("engine", default="reference")
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--block", multiple=True, type=int, help="Only this block of fifty; repeatable.")
@click.option("--seed", type=int, help="Only the program of this seed.")
@click.option("--all", "everything", is_flag=True, help="Show every difference, not ten kinds.")
def command(
    engine: str, file: Path | None, *, block: tuple[int, ...], seed: int | None, everything: bool
) -> None:
    """Hold ENGINE to the programs of FILE, or to the chapter rand: what torch did with them.

    Exit status: 0 as the oracle; 1 not; 3 nothing that the engine could be asked.
    """
    from gradspec.port.engine import Subject  # noqa: PLC0415 - takes time
    from gradspec_conformance.engines.loading import load_engine  # noqa: PLC0415 - likewise
    from gradspec_conformance.fuzz import corpus  # noqa: PLC0415 - likewise

    try:
        if file is not None:
            contents(file)
        about, transcripts = corpus.load(file or corpus.SHIPPED)
        subject = Subject.of(load_engine(engine))
    except (WrongUsage, ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    except EngineError as error:
        complain(str(error))
        sys.exit(3)
    started = time.perf_counter()
    chosen = [
        one
        for place, one in enumerate(transcripts)
        if (not block or place // corpus.BLOCK in block) and seed in (None, one["seed"])
    ]
    if not chosen:
        seeds = f"{len(transcripts)} programs of seeds up to {max(s['seed'] for s in transcripts)}"
        raise click.UsageError(f"no program is of that block and seed: there are {seeds}")
    found = [corpus.replay(one, subject) for one in chosen]
    _show(found, subject, everything=everything)
    run = [one for one in found if not one.lacking]
    differ = sum(one.difference is not None for one in run)
    click.echo(
        f"{len(run)} of {len(found)} programs of {about['oracle']} run, {differ} differ "
        f"({time.perf_counter() - started:.1f} s)"
    )
    sys.exit(3 if not run else min(differ, 1))


def _show(found: list[Replayed], subject: Subject, *, everything: bool) -> None:
    from gradspec_conformance.fuzz.corpus import tally  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.scripts import demanding, in_own_words  # noqa: PLC0415 - likewise

    where = console()
    kinds = tally(found).most_common(None if everything else 10)
    for number, (kind, count) in enumerate(kinds, 1):
        act, observable, expected, said = kind
        smallest = min((one for one in found if _is(one, kind)), key=lambda one: len(one.steps))
        heading = f"{number}. after {act}, {observable}: expected {expected}, found {said}"
        where.print(Text(heading, style="bold"), soft_wrap=True)
        where.print(Text(f"   {count} programs, the smallest of seed {smallest.seed}"))
        difference: Any = smallest.difference
        script = in_own_words(demanding(smallest.steps, difference), subject.engine)
        where.print(Text(script), soft_wrap=True)
    lacking = Counter(one.lacking for one in found if one.lacking).most_common(5)
    if lacking:
        words = ", ".join(f"{word} ({count})" for word, count in lacking)
        where.print(Text(f"not run, for want of {words}"), soft_wrap=True)


def _is(one: Replayed, kind: tuple[str, ...]) -> bool:
    difference = one.difference
    return difference is not None and (
        (difference.act, difference.observable, *difference.words) == kind
    )
