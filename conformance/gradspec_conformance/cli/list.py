"""`gradspec list`: every clause, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final

import click

from gradspec import chapters, edition
from gradspec_conformance.cli.choice import chosen_chapters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.edition import Demand
    from gradspec.writing.clause import Clause, Note

ID: Final = 10
INDENT: Final = ID + 8 + 12
NARROWEST: Final = 20
PLAIN_WIDTH: Final = 120


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"clauses": [...]}.')
@click.option("--chapter", "wanted", multiple=True, help="Only this chapter, by name or prefix.")
def command(as_json: bool, wanted: tuple[str, ...]) -> None:
    """List every clause: id, level, nature, statement; below it the rows that it is about."""
    names = chosen_chapters(wanted) or tuple(chapter.name for chapter in chapters.CHAPTERS)
    if as_json:
        click.echo(json.dumps({"clauses": _records(names)}, indent=2, ensure_ascii=False))
    else:
        demands = [d for d in edition.demands() if d.chapter in names]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
        click.echo("\n".join(_lines(demands, width)).lstrip("\n"))


# as text, from the edition's list -----------------------------------------------------
def _lines(demands: list[Demand], width: int) -> Iterator[str]:
    """Set a clause in a line or several: id, level, nature, sentence."""
    chapter = ""
    for clause, rows in _grouped(demands).items():
        first = rows[0]
        if first.chapter != chapter:
            chapter = first.chapter
            yield "\n" + click.style(chapters.find(chapter).title, bold=True)
        rank = f"{first.level:8}{first.nature:12}"
        sentence = _wrapped(first.clause_statement, width)
        yield click.style(f"{clause:{ID}}", fg="cyan") + rank + sentence
        if first.row:
            named = f"{len(rows)} rows: {' '.join(demand.row for demand in rows)}"
            yield " " * INDENT + click.style(_wrapped(named, width), dim=True)


def _wrapped(text: str, width: int) -> str:
    lines = textwrap.wrap(text, max(width - INDENT, NARROWEST), break_on_hyphens=False)
    return ("\n" + " " * INDENT).join(lines)


def _grouped(demands: list[Demand]) -> dict[str, list[Demand]]:
    groups: dict[str, list[Demand]] = {}
    for demand in demands:
        groups.setdefault(demand.clause, []).append(demand)
    return groups


# as JSON, from the chapters -----------------------------------------------------------
def _records(names: tuple[str, ...]) -> list[dict[str, Any]]:
    from gradspec.writing.clause import CLAUSES, INFORMATIVE  # noqa: PLC0415 - takes time
    from gradspec_conformance.plants import kills  # noqa: PLC0415 - only JSON tells them

    chapters.load()
    killers = kills.killers(kills.read_kills())
    records = []
    for name in names:
        records += [_clause_record(c, killers) for c in CLAUSES.values() if c.chapter == name]
        records += [_note_record(n) for n in INFORMATIVE.values() if n.chapter == name]
    return records


def _clause_record(clause: Clause, killers: dict[str, list[str]]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": clause.id,
        "chapter": clause.chapter,
        "section": clause.section,
        "name": clause.name,
        "level": str(clause.level),
        "nature": str(clause.nature),
        "statement": clause.statement,
        "commentary": clause.commentary,
        "sources": list(clause.sources),
        **_ids(clause),
        "builds_on": list(clause.foundations),
        "law": clause.is_law,
        "informative": False,
    }
    if not clause.rows:
        return record | _case_record(clause, killers)
    rows = [
        {"id": row.id, "statement": row.statement} | _ids(row) | _case_record(row, killers)
        for row in clause.rows
    ]
    return record | {"rows": rows}


def _ids(case: Clause) -> dict[str, Any]:
    """Give the documented behaviours that it stands for, and every id that it had before."""
    return {"ledger": list(case.ledger), "stands_for": list(case.stands_for)}


def _case_record(case: Clause, killers: dict[str, list[str]]) -> dict[str, Any]:
    return {"needs": sorted(case.needs), "plants": killers.get(case.id, [])}


def _note_record(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "chapter": note.chapter,
        "name": "",
        "level": str(note.level),
        "statement": note.statement,
        "commentary": note.reason,
        "sources": list(note.sources),
        "ledger": [note.id],
        "stands_for": [],
        "builds_on": [],
        "needs": [],
        "plants": [],
        "informative": True,
    }
