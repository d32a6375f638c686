"""`gradspec show`: a clause or a chapter, set as a page to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from gradspec import chapters
from gradspec.writing.clause import CLAUSES, INFORMATIVE, Clause, Note
from gradspec.writing.source import introduction, program_text, section_introduction
from gradspec_conformance import plants
from gradspec_conformance.engines.loading import did_you_mean
from gradspec_conformance.plants.plant import PLANTS

if TYPE_CHECKING:
    from gradspec.chapters import Chapter

WIDTH = 92


@click.command("show")
@click.argument("what", metavar="ID|CHAPTER")
def command(what: str) -> None:
    """Show a clause (acc-001) or a whole chapter (accumulation, acc)."""
    chapters.load()
    plants.load()
    console = Console(width=min(WIDTH, Console().width))
    if what in CLAUSES:
        console.print(_clause(CLAUSES[what], alone=True))
    elif what in INFORMATIVE:
        console.print(_note(INFORMATIVE[what]))
    else:
        try:
            chapter = chapters.find(what)
        except KeyError:
            names = [*CLAUSES, *INFORMATIVE, *(c.name for c in chapters.CHAPTERS)]
            hint = did_you_mean(what, names)
            raise click.UsageError(f"there is no clause or chapter {what!r}{hint}") from None
        _chapter(console, chapter)


def _chapter(console: Console, chapter: Chapter) -> None:
    console.print(Rule(f"[bold]{chapter.title}", align="left"))
    console.print(_prose(introduction(chapter)))
    section = ""
    for clause in CLAUSES.values():
        if clause.chapter != chapter.name:
            continue
        text = section_introduction(clause)
        if text != section:
            section = text
            console.print(Rule(style="dim"), _prose(text))
        console.print(_clause(clause, alone=False))
    for note in INFORMATIVE.values():
        if note.chapter == chapter.name:
            console.print(_note(note))


def _clause(clause: Clause, *, alone: bool) -> RenderableType:
    level = f"{clause.level.upper()}{', convention' if clause.convention else ''}"
    head = Text.assemble((clause.id, "bold cyan"), "  ", (level, "bold"), "  ", clause.statement)
    parts: list[RenderableType] = [Text(), head]
    if clause.commentary:
        parts.append(Padding(Text(clause.commentary, style="dim"), (1, 0, 0, 4)))
    code = Syntax(program_text(clause), "python", background_color="default", word_wrap=True)
    parts.append(Padding(code, (1, 0, 1, 4)))
    parts.append(_facts(clause, alone=alone))
    return Group(*parts)


def _facts(clause: Clause, *, alone: bool) -> RenderableType:
    killers = [p.name for p in PLANTS.values() if clause.id in p.kills]
    facts = {"sources": "; ".join(clause.sources)}
    if alone:
        facts |= {
            "needs": " ".join(sorted(clause.needs)),
            "builds on": ", ".join(clause.foundations),
            "holds for": "generated inputs" if clause.is_law else "",
            "plants": ", ".join(killers),
            "written in": f"{clause.body.__module__}.{clause.name}",
        }
    text = Text("\n").join(
        Text.assemble((f"{name:11}", "dim"), value) for name, value in facts.items() if value
    )
    return Padding(text, (0, 0, 0, 4))


def _note(note: Note) -> RenderableType:
    head = Text.assemble(
        (note.id, "bold cyan"), "  ", ("INFORMATIVE", "bold"), "  ", note.statement
    )
    return Group(Text(), head, Padding(Text(note.reason, style="dim"), (1, 0, 0, 4)))


def _prose(text: str) -> RenderableType:
    paragraphs = (" ".join(p.split()) for p in text.split("\n\n"))
    return Padding(Text("\n\n".join(paragraphs)), (1, 0, 0, 0))
