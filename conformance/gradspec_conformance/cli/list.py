"""`gradspec list`: every clause, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any, Final

import click

from gradspec import chapters, edition
from gradspec.misuse import MISUSES
from gradspec_conformance.cli.choice import chosen_chapters
from gradspec_conformance.complaint import complain
from gradspec_conformance.exceptions import WrongUsage
from gradspec_conformance.run.keyword import Keyword

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gradspec.edition import Demand
    from gradspec.misuse import Misuse

ID: Final = 10
INDENT: Final = ID + 8 + 12
NARROWEST: Final = 20
PLAIN_WIDTH: Final = 120
OLDER: Final = "chapters were changed since the list was written; run gradspec edition --write"


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"clauses": [...], "errors": [...]}.')
@click.option("--chapter", "wanted", multiple=True, help="Only this chapter, by name or prefix.")
@click.option("-k", "keyword", default="", metavar="WORDS", help="Only what WORDS mean, as in run.")
@click.option("--errors", is_flag=True, help="List the ways to be wrong, and the clauses of each.")
def command(as_json: bool, wanted: tuple[str, ...], keyword: str, *, errors: bool) -> None:
    """List every clause: id, level, nature, statement; below it the rows that it is about.

    With --errors the index of what is refused or warned of: what an engine is told by mistake, the
    kinds of error, and the clauses that demand them.
    """
    meant = _meaning(keyword)
    names = chosen_chapters(wanted) or tuple(chapter.name for chapter in chapters.CHAPTERS)
    if not edition.is_up_to_date():
        complain(f"gradspec: {OLDER}")
    if as_json:
        whole = {"clauses": _records(names, meant), "errors": _error_records(names)}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        demands = [
            d for d in edition.demands() if d.chapter in names and (meant is None or meant(d))
        ]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
        lines = _index(names, width) if errors else _lines(demands, width)
        click.echo("\n".join(lines).lstrip("\n"))


def _meaning(keyword: str) -> Callable[[Demand], bool] | None:
    """Give what asks whether a clause or row is meant; None if all are."""
    if not keyword:
        return None
    try:
        words = Keyword(keyword)
    except WrongUsage as error:
        raise click.UsageError(str(error)) from None
    return lambda demand: words.matches(demand.id, demand.words)


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


def _index(names: Sequence[str], width: int) -> Iterator[str]:
    """Set an entry of the index: what is wrong, the kinds of error, and the clauses about it."""
    for misuse in MISUSES:
        yield click.style(f"\n{misuse.id:{ID}}", fg="cyan") + _wrapped(misuse.sentence, width)
        if misuse.kinds == "*" and not misuse.words:
            continue  # all that is refused, which the others divide
        if misuse.errors():
            yield " " * INDENT + _wrapped(" ".join(misuse.errors()), width)
        found = " ".join(_clauses(misuse, names)) or "no clause yet"
        yield " " * INDENT + click.style(_wrapped(found, width), dim=True)


def _clauses(misuse: Misuse, names: Sequence[str]) -> list[str]:
    """Name the clauses of these chapters that an entry of the index leads to."""
    return list(dict.fromkeys(d.clause for d in misuse.demands() if d.chapter in names))


def _error_records(names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": misuse.id,
            "statement": misuse.sentence,
            "kinds": list(misuse.errors()),
            "clauses": _clauses(misuse, names),
        }
        for misuse in MISUSES
    ]


def _wrapped(text: str, width: int) -> str:
    lines = textwrap.wrap(text, max(width - INDENT, NARROWEST), break_on_hyphens=False)
    return ("\n" + " " * INDENT).join(lines)


def _grouped(demands: list[Demand]) -> dict[str, list[Demand]]:
    groups: dict[str, list[Demand]] = {}
    for demand in demands:
        groups.setdefault(demand.clause, []).append(demand)
    return groups


# as JSON, from the same list ----------------------------------------------------------
def _records(
    names: tuple[str, ...], meant: Callable[[Demand], bool] | None
) -> list[dict[str, Any]]:
    from gradspec_conformance.plants import kills  # noqa: PLC0415 - only JSON tells them

    killers = kills.killers(kills.read_kills())
    return [
        _note_record(line) if "reason" in line else _clause_record(line, killers)
        for line in edition.entries()
        if _chapter(line) in names and (meant is None or any(map(meant, edition.demands_of(line))))
    ]


def _chapter(line: Mapping[str, Any]) -> str:
    section: str = line["section"]
    return section.partition(".")[0]


def _clause_record(line: Mapping[str, Any], killers: Mapping[str, list[str]]) -> dict[str, Any]:
    demands = list(edition.demands_of(line))
    errors = [misuse.id for misuse in MISUSES if any(map(misuse.is_about, demands))]
    words = line["unseen"] if "unseen" in line else line.get("needs", "")
    record: dict[str, Any] = {
        "id": line["id"],
        "chapter": _chapter(line),
        "section": line["section"],
        "name": line["name"],
        "level": line["level"],
        "nature": line["nature"],
        "statement": line["sentence"],
        "commentary": line.get("commentary", ""),
        "sources": line["sources"],
        **_ids(line["id"], line.get("stands_for", ())),
        "builds_on": list(
            edition.foundations(line["id"], line.get("builds_on", ()), frozenset(words.split()))
        ),
        "law": line.get("law", False),
        "informative": False,
        "errors": errors,
    }
    if "rows" not in line:
        return record | _case_record(demands[0], killers)
    rows = [
        {"id": row.id, "statement": row.statement}
        | _ids(row.id, row.stands_for)
        | _case_record(row, killers)
        for row in demands
    ]
    return record | {"rows": rows}


def _ids(identifier: str, stands_for: Sequence[str]) -> dict[str, Any]:
    """Give the documented behaviours that it stands for, and every id that it had before."""
    ledger = edition.ledger(identifier, stands_for)
    return {"ledger": list(ledger), "stands_for": list(stands_for)}


def _case_record(case: Demand, killers: Mapping[str, list[str]]) -> dict[str, Any]:
    plants = killers.get(case.id, [])
    return {"since": case.since, "needs": sorted(case.needs), "plants": plants}


def _note_record(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": line["id"],
        "chapter": _chapter(line),
        "name": "",
        "level": line["level"],
        "statement": line["sentence"],
        "commentary": line["reason"],
        "sources": line["sources"],
        "ledger": [line["id"]],
        "stands_for": [],
        "builds_on": [],
        "needs": [],
        "plants": [],
        "informative": True,
    }
