"""`gradspec list`: every clause, as a table or as JSON."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.table import Table

from gradspec import chapters
from gradspec.writing.clause import CLAUSES, INFORMATIVE, Clause, Note
from gradspec_conformance import plants
from gradspec_conformance.cli.choice import chosen_chapters
from gradspec_conformance.cli.display import console
from gradspec_conformance.plants.plant import PLANTS


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"clauses": [...]}.')
@click.option("--chapter", "wanted", multiple=True, help="Only this chapter, by name or prefix.")
def command(as_json: bool, wanted: tuple[str, ...]) -> None:
    """List every clause: id, level, chapter, statement."""
    chapters.load()
    names = frozenset(chosen_chapters(wanted))
    everything: list[Clause | Note] = [*CLAUSES.values(), *INFORMATIVE.values()]
    entries = [
        entry
        for chapter in chapters.CHAPTERS
        for entry in everything
        if entry.chapter == chapter.name and (not names or chapter.name in names)
    ]
    if as_json:
        plants.load()
        killers = _killers()
        click.echo(json.dumps({"clauses": [_record(e, killers) for e in entries]}, indent=2))
        return
    console().print(_table(entries))


def _killers() -> dict[str, list[str]]:
    killers: dict[str, list[str]] = {}
    for plant in PLANTS.values():
        for identifier in plant.kills:
            killers.setdefault(identifier, []).append(plant.name)
    return killers


def _record(entry: Clause | Note, killers: dict[str, list[str]]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": entry.id,
        "chapter": entry.chapter,
        "level": str(entry.level),
        "statement": entry.statement,
        "sources": list(entry.sources),
    }
    if isinstance(entry, Note):
        empty: dict[str, Any] = {"name": "", "needs": [], "plants": [], "builds_on": []}
        return record | empty | {"informative": True, "commentary": entry.reason}
    return record | {
        "name": entry.name,
        "needs": sorted(entry.needs),
        "plants": killers.get(entry.id, []),
        "builds_on": list(entry.foundations),
        "informative": False,
        "commentary": entry.commentary,
        "law": entry.is_law,
        "convention": entry.convention,
    }


def _table(entries: list[Clause | Note]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("clause", no_wrap=True, style="cyan")
    table.add_column("level", no_wrap=True)
    table.add_column("statement")
    chapter = ""
    for entry in entries:
        if entry.chapter != chapter:
            chapter = entry.chapter
            table.add_section()
            table.add_row("", "", f"[bold]{chapters.find(chapter).title}[/bold]")
        level = "informative" if isinstance(entry, Note) else str(entry.level)
        table.add_row(entry.id, level, entry.statement)
    return table
