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
from gradspec_conformance.cli.choice import chosen_chapters
from gradspec_conformance.isolation.fence import oracle_fence
from gradspec_conformance.plants.plant import PLANTS
from gradspec_conformance.plants.proof import Finding, Proof, Trial, judge, trials
from gradspec_conformance.report.terminal import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

STYLES = {
    Finding.KILLED: "green",
    Finding.SURVIVED: "bold red",
    Finding.WRONG_KIND: "bold red",
    Finding.VOID: "bold yellow",
}


@click.command("plants")
@click.option("--chapter", "wanted", multiple=True, help="Only this chapter, by name or prefix.")
@click.option("--json", "as_json", is_flag=True, help="Print every trial as JSON.")
def command(wanted: tuple[str, ...], as_json: bool) -> None:
    """Plant each fault in the reference engine; the clauses it names must turn red."""
    chapters.load()
    plants.load()
    names = frozenset(chosen_chapters(wanted)) or None
    chosen = [p for p in PLANTS.values() if names is None or p.chapter in names]
    with oracle_fence("reference"):
        made = tuple(trials(chosen))
    proof = judge(made, names)
    if as_json:
        record = {"trials": [asdict(t) for t in made], "unplanted": proof.unplanted}
        click.echo(json.dumps(record | {"strays": proof.strays, "holds": proof.holds}, indent=2))
    else:
        _print(console(), proof)
    sys.exit(0 if proof.holds else 1)


def _print(where: Console, proof: Proof) -> None:
    for chapter in chapters.CHAPTERS:
        made = [t for t in proof.trials if PLANTS[t.plant].chapter == chapter.name]
        if made:
            where.print(_table(chapter.title, made))
    for trial in proof.trials:
        if trial.finding is not Finding.KILLED:
            style = STYLES[trial.finding]
            where.print(f"[{style}]{trial.finding}[/] {trial.plant} on {trial.clause}")
            where.print(f"    expected: {trial.expected}; {trial.detail}", markup=False)
    for identifier in proof.unplanted:
        where.print(f"[bold red]no plant[/] is killed by {identifier} {CASES[identifier].name}")
    for name in proof.strays:
        where.print(f"[bold red]stray[/] {name}: no clause of its own chapter catches it")
    _summary(where, proof)


def _table(title: str, made: Sequence[Trial]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("plant", no_wrap=True, style="cyan")
    table.add_column("the faulty engine", ratio=2)
    table.add_column("modelled on", ratio=1)
    table.add_column("turns red", ratio=2)
    for name in dict.fromkeys(t.plant for t in made):
        cells = [f"[{STYLES[t.finding]}]{t.clause}[/]" for t in made if t.plant == name]
        plant = PLANTS[name]
        table.add_row(name, plant.change, plant.modelled_on, " ".join(cells))
    return table


def _summary(where: Console, proof: Proof) -> None:
    counts = dict.fromkeys(Finding, 0)
    for trial in proof.trials:
        counts[trial.finding] += 1
    found = ", ".join(f"{count} {finding}" for finding, count in counts.items())
    plants_tried = len({t.plant for t in proof.trials})
    clauses = len({t.clause for t in proof.trials if t.finding is Finding.KILLED})
    where.print(
        f"\n{plants_tried} plants, {len(proof.trials)} trials: {found}; "
        f"{clauses} clauses shown to fail, {len(proof.unplanted)} without a plant.",
        highlight=False,
    )
    where.print("[bold green]proof holds[/]" if proof.holds else "[bold red]proof fails[/]")
