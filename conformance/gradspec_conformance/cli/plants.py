"""`gradspec plants`: the planted faults, and proof that the clauses catch each of them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.table import Table

from gradspec import chapters
from gradspec.writing.clause import CASES
from gradspec_conformance import plants
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.isolation.fence import oracle_fence
from gradspec_conformance.plants import kills
from gradspec_conformance.plants.journal import Journal
from gradspec_conformance.plants.parts import PARTS
from gradspec_conformance.plants.plant import PLANTS, Plant
from gradspec_conformance.plants.proof import Fate, Proof, Trial, judge_proof, trials
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
@click.argument("names", metavar="[PLANT|CLAUSE]...", nargs=-1)
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)))
@click.option("--measure", is_flag=True, help="Measure what turns red, and write kills.txt.")
@click.option("-n", "side_by_side", default=1, help="With --measure: so many processes at once.")
@click.option("--json", "as_json", is_flag=True, help="Print every trial as JSON.")
def command(
    names: tuple[str, ...], parts: tuple[str, ...], measure: bool, side_by_side: int, as_json: bool
) -> None:
    """Plant each fault in the reference engine; the clauses it names must turn red.

    Of all plants, or of those named, those that a clause names, and those of a part.
    """
    chapters.load()
    plants.load()
    chosen = _chosen(names, parts)
    with oracle_fence("reference"):
        if measure:
            _measure(console(), chosen, side_by_side, whole=not (names or parts))
            return
        made = tuple(trials(chosen))
    whole = not (names or parts)
    held = {p.name: p for p in chosen}
    known = {n: found for n, found in kills.read().items() if whole or n in held}
    proof = judge_proof(made, held, known, CASES if whole else ())
    if as_json:
        click.echo(json.dumps(asdict(proof) | {"holds": proof.holds}, indent=2))
    else:
        _print(console(), proof)
    sys.exit(0 if proof.holds else 1)


def _chosen(names: tuple[str, ...], parts: tuple[str, ...]) -> list[Plant]:
    """Give the plants that are meant; raises UsageError for a name that is none."""
    for name in names:
        if name not in PLANTS and name not in CASES:
            hint = did_you_mean(name, [*PLANTS, *CASES])
            raise click.UsageError(f"there is no plant or clause {name!r}{hint}")
    return [
        plant
        for plant in PLANTS.values()
        if (not parts or plant.part in parts)
        and (not names or plant.name in names or set(names) & set(plant.kills))
    ]


def _measure(where: Console, chosen: Sequence[Plant], side_by_side: int, *, whole: bool) -> None:
    """Measure plants and write what was found; all of them, going on after an interruption."""
    from gradspec_conformance.plants.measuring import measured  # noqa: PLC0415 - it has to fork

    journal = Journal() if whole else None
    found = kills.read() if journal is None else journal.read()
    todo = [plant for plant in chosen if journal is None or plant.name not in found]
    before = kills.read()
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
            where.print(f"    expected: {trial.expected}; {trial.detail}", markup=False)
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
