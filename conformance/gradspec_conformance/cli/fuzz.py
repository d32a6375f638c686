"""`gradspec fuzz SUBJECT`: random programs, in lockstep with an oracle."""

from __future__ import annotations

import math
import sys
import time
from json import dumps, loads
from pathlib import Path
from typing import Any, Final

import click
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from gradspec_conformance.cli.files import check_apart, check_report, check_writable, contents, put
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import EngineError, WrongUsage
from gradspec_conformance.report.terminal import console
from gradspec_conformance.run.request import MOST_PROCESSES


class _Seconds(click.FloatRange):
    """How long a command may go on: a number in a range, and nan is in none."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


SECONDS: Final = _Seconds(0, 1e9)

PROCESSES: Final = click.IntRange(0, MOST_PROCESSES)


@click.command("fuzz")
@click.argument("subject", default="reference")
@click.option("--oracle", default="torch", show_default=True, help="What decides: an engine.")
@click.option(
    "--programs", type=click.IntRange(1), default=1000, show_default=True, help="How many."
)
@click.option("--seconds", type=SECONDS, help="Begin no further block after this time.")
@click.option("--seed", default=0, show_default=True, help="The seed of the first program.")
@click.option("--steps", default="5:30", show_default=True, metavar="LO:HI", help="Their length.")
@click.option("-n", "processes", type=PROCESSES, default=1, help="Processes; 0 is this one.")
@click.option("--dask", metavar="ADDRESS", help="Have a Dask scheduler do it, or `local`.")
@click.option("--keep", metavar="FILE", help="Keep finished blocks here, and go on from them.")
@click.option("--json", metavar="FILE", help="Write a report as JSON.")
@click.option("--profile", type=click.Choice(["full", "sound"]), default="full")
@click.option("--plants", type=int, help="Plant so many faults, and say when each is found.")
@click.option("--all", "everything", is_flag=True, help="Show every cause, not the first ten.")
def command(
    subject: str,
    *,
    oracle: str,
    programs: int,
    seconds: float | None,
    seed: int,
    steps: str,
    processes: int,
    dask: str | None,
    keep: str | None,
    json: str | None,
    profile: str,
    plants: int | None,
    everything: bool,
) -> None:
    """Take SUBJECT and an oracle through random programs, and compare all that can be seen.

    With --plants N so many faults of the kit's are planted in the reference engine, drawn by the
    seed, and each is looked for in so many programs: status 1 if one is not found.
    With --profile sound only values and safety are compared, and not what torch chose.
    Differences are shortened and grouped by cause.  Exit status: 0 no difference; 1 some; 3 an act
    of the grammar never succeeded, or an engine could not be loaded.
    """
    from gradspec_conformance.fuzz.campaign import Plan, campaign  # noqa: PLC0415 - takes time
    from gradspec_conformance.fuzz.outcome import VOID, Outcome  # noqa: PLC0415 - likewise
    from gradspec_conformance.report.fuzz import show  # noqa: PLC0415 - likewise

    least, most = lengths(steps)
    if oracle == subject:
        both = "an engine is no oracle for itself, and two in one process share their modes"
        raise click.UsageError(f"{both}: name another with --oracle")
    kept, target = (None if name is None else Path(name) for name in (keep, json))
    plan = Plan(oracle, subject, seed, programs, least, most, seconds, sound=profile == "sound")
    started, where = time.monotonic(), console()
    try:
        _check(kept, target)
        common = _common(oracle, subject)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    except EngineError as error:
        complain(str(error))
        sys.exit(VOID)
    if plants is not None:
        sys.exit(_measure(plan, plants))
    blocks: list[dict[str, Any]] = []
    with _bar(where) as bar:
        task = bar.add_task("", total=programs)
        try:
            for block in campaign(plan, processes, kept, dask):
                blocks.append(block)
                bar.update(task, advance=block["count"], description=_pace(blocks, started))
        except WrongUsage as error:
            raise click.UsageError(str(error)) from None
    outcome = Outcome(plan, blocks, common, time.monotonic() - started)
    show(outcome, where, everything=everything)
    if target is not None:
        put(target, dumps(outcome.data(), indent=1), lambda path: loads(path.read_text()))
    sys.exit(outcome.status(profile))


def _measure(plan: Any, count: int) -> int:
    """Plant faults, and print after how many programs each was found."""
    from gradspec_conformance.fuzz.work import generator  # noqa: PLC0415 - likewise
    from gradspec_conformance.plants.finding import finding, sample  # noqa: PLC0415 - takes time

    if plan.subject != "reference":
        raise click.UsageError("--plants are faults of the reference engine: fuzz reference")
    source = generator(plan.oracle, plan.subject, plan.least, plan.most)
    found = []
    for one in finding(source, sample(count, plan.first), plan.programs, plan.first):
        after = f"after {one.programs}: {one.observable}" if one.programs else "not found"
        click.echo(f"{one.plant}  {after}")
        found.append(one.programs)
    those = sorted(programs for programs in found if programs is not None)
    middle = f", {those[len(those) // 2]} programs in the median" if those else ""
    click.echo(f"{len(those)} of {len(found)} found within {plan.programs} programs{middle}")
    return int(len(those) < len(found))


def lengths(steps: str) -> tuple[int, int]:
    """Read the least and the greatest length of programs; raises UsageError."""
    low, colon, high = steps.partition(":")
    try:
        least, most = int(low), int(high if colon else low)
    except ValueError:
        least = most = 0
    if not 0 < least <= most:
        raise click.UsageError(f"--steps is {steps!r}, expected two lengths such as 5:30")
    return least, most


def _check(kept: Path | None, target: Path | None) -> None:
    """See that what is written can be; raises WrongUsage."""
    from gradspec_conformance.fuzz.campaign import finished  # noqa: PLC0415 - takes time

    check_apart({"--keep": kept, "--json": target})
    if kept is not None:
        check_writable(kept)
        if kept.exists():
            contents(kept)
        finished(kept)
    if target is not None:
        check_report(target)


def _common(oracle: str, subject: str) -> frozenset[str]:
    from gradspec.port.engine import Subject  # noqa: PLC0415 - takes time
    from gradspec_conformance.engines.loading import load_engine  # noqa: PLC0415 - likewise

    one, other = (Subject.of(load_engine(name)) for name in (oracle, subject))
    return one.abilities & other.abilities


def _bar(where: Any) -> Progress:
    columns = (TextColumn("{task.completed} programs {task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=where, transient=True, disable=not where.is_terminal)


def _pace(blocks: list[dict[str, Any]], started: float) -> str:
    done = sum(block["count"] for block in blocks)
    found = sum(block["differences"] for block in blocks)
    return f"{done / max(time.monotonic() - started, 1e-9):.0f}/s, {found} differ"
