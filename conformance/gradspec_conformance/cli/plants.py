"""`gradspec plants`: the planted faults, and proof that the clauses catch each of them."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Table

from gradspec import chapters
from gradspec.writing.clause import CASES
from gradspec_conformance import plants
from gradspec_conformance.complaint import complain
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.isolation.fence import oracle_fence
from gradspec_conformance.plants import kills
from gradspec_conformance.plants.journal import Journal
from gradspec_conformance.plants.parts import PARTS
from gradspec_conformance.plants.plant import KINDS, PLANTS, Plant
from gradspec_conformance.plants.proof import (
    Fate,
    Proof,
    Trial,
    judge_proof,
    meant,
    named_kills,
    run_trials,
)
from gradspec_conformance.plants.reach import reached
from gradspec_conformance.report.terminal import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

STYLES = {
    Fate.KILLED: "green",
    Fate.SURVIVED: "bold red",
    Fate.WRONG_KIND: "bold red",
    Fate.VOID: "bold yellow",
}


@click.command("plants")
@click.argument("names", metavar="[PLANT|ID]...", nargs=-1)
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)))
@click.option("--measure", is_flag=True, help="Measure what turns red, and write kills.txt.")
@click.option(
    "-n",
    "side_by_side",
    type=click.IntRange(min=1),
    default=1,
    help="With --measure: so many processes at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every trial as JSON.")
def command(
    names: tuple[str, ...], parts: tuple[str, ...], measure: bool, side_by_side: int, as_json: bool
) -> None:
    """Plant each fault in the reference engine; the clauses it names must turn red.

    Of all plants, or of those named, and those of a part.  An ID is that of a clause, a table or a
    row: it must turn red under each plant that names it, or that kills.txt says turns it red.
    """
    if measure and as_json:
        raise click.UsageError("--json prints trials, and --measure makes none; give one of them")
    chapters.load()
    plants.load()
    asked = _asked(names)
    measured = kills.read_kills()
    wanted = _wanted(frozenset(names), asked, parts, measured)
    chosen = list({plant.name: plant for plant, _, _ in wanted}.values())
    if not chosen:
        part = f" of {' or '.join(parts)}" if parts else ""
        complain(f"gradspec: no plant{part} turns {' or '.join(names)} red")
        sys.exit(1)
    whole = not (names or parts)
    with oracle_fence("reference"):
        if measure:
            _measure(console(), chosen, side_by_side, whole=whole)
            return
        made = tuple(run_trials(wanted))
    held = {p.name: p for p in chosen}
    known = {n: found for n, found in measured.items() if whole or n in held}
    untried = asked - {trial.clause for trial in made} if not parts else ()
    proof = judge_proof(made, held, known, CASES if whole else sorted(untried))
    if as_json:
        click.echo(json.dumps(asdict(proof) | {"holds": proof.holds}, indent=2))
    else:
        _print(console(), proof)
    sys.exit(0 if proof.holds else 1)


def _asked(names: tuple[str, ...]) -> frozenset[str]:
    """Give the clauses and rows that are named; raises UsageError for a name that is none."""
    asked = frozenset(i for name in names if name not in PLANTS for i in meant(name))
    for name in sorted(asked - CASES.keys()):
        hint = did_you_mean(name, [*PLANTS, *CASES])
        raise click.UsageError(f"there is no plant or clause {name!r}{hint}")
    return asked


def _wanted(
    names: frozenset[str], asked: frozenset[str], parts: tuple[str, ...], measured: kills.Kills
) -> list[tuple[Plant, str, str]]:
    """Give what is to be tried: plants, the clauses that each must turn red, and in which way."""
    wanted = []
    for plant in PLANTS.values():
        if parts and plant.part not in parts:
            continue
        named = named_kills(plant)
        right = {i: kind for i, kind in measured.get(plant.name, {}).items() if kind in KINDS}
        for identifier, kind in (right | named).items():
            meant_by_plant = identifier in named and (not names or plant.name in names)
            if meant_by_plant or identifier in asked:
                wanted.append((plant, identifier, kind))
    return wanted


def _measure(where: Console, chosen: Sequence[Plant], side_by_side: int, *, whole: bool) -> None:
    """Measure plants and write what was found; all of them, going on after an interruption."""
    if not hasattr(os, "fork"):
        raise click.UsageError("--measure copies processes (fork), which this system does not do")
    from gradspec_conformance.plants.measuring import measured  # noqa: PLC0415 - it has to fork

    journal = Journal() if whole else None
    found = kills.read_kills() if journal is None else journal.read()
    todo = [plant for plant in chosen if journal is None or plant.name not in found]
    before = kills.read_kills()
    for name, red in measured(todo, reached(todo), side_by_side):
        found[name] = red
        if journal is not None:
            journal.add(name, red)
        where.print(f"{name}: {len(red)} clauses turn red", highlight=False)
    kills.write(found)
    if journal is not None:
        journal.end()
    changed = sorted(n for n in {*found, *before} if found.get(n, {}) != before.get(n, {}))
    where.print(f"{len(todo)} plants measured; kills.txt has changed for {len(changed)}")


def _print(where: Console, proof: Proof) -> None:
    for part, title in PARTS.items():
        made = [t for t in proof.trials if PLANTS[t.plant].part == part]
        if made:
            where.print(_table(f"{part}: {title}", made))
    for trial in proof.trials:
        if trial.fate is not Fate.KILLED:
            style = STYLES[trial.fate]
            where.print(f"[{style}]{trial.fate}[/] {trial.plant} on {trial.clause}")
            detail = "" if trial.detail is None else f"; {trial.detail}"
            where.print(f"    expected: {trial.expected}{detail}", markup=False)
    for identifier in proof.unplanted:
        where.print(f"[bold red]no plant[/] turns {identifier} red ({CASES[identifier].name})")
    for name in proof.unmeasured:
        where.print(f"[bold red]unmeasured[/] {name}: run gradspec plants --measure {name}")
    for line in proof.stale:
        where.print(f"[bold red]stale[/] kills.txt tells of {line}, which is no more")
    for group in proof.alike:
        where.print(f"[bold yellow]alike[/] {', '.join(group)}: merge them, or tell them apart")
    _summary(where, proof)


def _table(title: str, made: Sequence[Trial]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("plant", no_wrap=True, style="cyan")
    table.add_column("the faulty engine", ratio=2)
    table.add_column("modelled on", ratio=1)
    table.add_column("turns red", ratio=1)
    for name in dict.fromkeys(t.plant for t in made):
        cells = [f"[{STYLES[t.fate]}]{t.clause}[/]" for t in made if t.plant == name]
        plant = PLANTS[name]
        table.add_row(name, plant.change, plant.modelled_on, " ".join(cells))
    return table


def _summary(where: Console, proof: Proof) -> None:
    counts = dict.fromkeys(Fate, 0)
    for trial in proof.trials:
        counts[trial.fate] += 1
    found = ", ".join(f"{count} {fate}" for fate, count in counts.items())
    tried = len({t.plant for t in proof.trials})
    where.print(
        f"\n{tried} plants, {len(proof.trials)} trials: {found}; "
        f"{len(proof.unplanted)} clauses without a plant, {len(proof.alike)} groups of plants that "
        "no clause tells apart.",
        highlight=False,
    )
    where.print("[bold green]proof holds[/]" if proof.holds else "[bold red]proof fails[/]")
