"""`gradspec show`: a clause or a chapter, set as a page to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from gradspec import chapters, edition
from gradspec.writing.clause import CASES, CLAUSES, INFORMATIVE, Clause, Note
from gradspec.writing.source import introduction, program_text, section_introduction
from gradspec_conformance.execution import register
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.report.terminal import console as output

if TYPE_CHECKING:
    from rich.console import Console

    from gradspec.chapters import Chapter

WIDTH = 92
SHOWN = 8


@click.command("show")
@click.argument("what", metavar="ID|CHAPTER")
@click.option("--steps", is_flag=True, help="Show also what the reference engine is asked.")
def command(what: str, *, steps: bool) -> None:
    """Show a clause (acc-001), a row of one (inp-042/select) or a chapter (accumulation, acc)."""
    console = output(widest=WIDTH)
    register.case(what)  # imports the chapter that the id belongs to
    if what in CLAUSES or what in CASES:
        _alone(console, CLAUSES.get(what) or CASES[what], steps=steps)
    elif what in INFORMATIVE:
        console.print(_note_page(INFORMATIVE[what]))
    elif edition.resolve(what):
        for identifier in edition.resolve(what):
            found = register.case(identifier)
            if found is not None:
                _alone(console, found, steps=steps)
    else:
        _chapter(console, _found(what))


def _found(what: str) -> Chapter:
    try:
        return chapters.find(what)
    except KeyError:
        register.cases()
        names = [*edition.names(), *CLAUSES, *INFORMATIVE, *(c.name for c in chapters.CHAPTERS)]
        hint = did_you_mean(what, sorted(names))
        raise click.UsageError(f"there is no clause or chapter {what!r}{hint}") from None


def _alone(console: Console, clause: Clause, *, steps: bool) -> None:
    console.print(_clause_page(clause, alone=True))
    for case in clause.cases if steps else ():
        console.print(Rule(f"steps of {case.id}", style="dim", align="left"), _steps(case))


def _steps(case: Clause) -> RenderableType:
    """Record the program, or the first of a law, and print it."""
    from gradspec.program.scripts import as_gradspec  # noqa: PLC0415 - only who asks for steps
    from gradspec_conformance.adapters.reference import ReferenceEngine  # noqa: PLC0415 - likewise
    from gradspec_conformance.edition.vectors import programs_of  # noqa: PLC0415 - likewise

    program, *_ = programs_of(case, ReferenceEngine())
    return _code(as_gradspec(program, "reference"))


def _code(text: str) -> RenderableType:
    code = Syntax(text.rstrip(), "python", background_color="default", word_wrap=True)
    return Padding(code, (1, 0, 1, 4))


def _chapter(console: Console, chapter: Chapter) -> None:
    register.cases([chapter.name])
    console.print(Rule(f"[bold]{chapter.title}", align="left"))
    console.print(_prose(introduction(chapter.name)))
    section = ""
    for clause in CLAUSES.values():
        if clause.chapter != chapter.name:
            continue
        text = section_introduction(clause)
        if text != section:
            section = text
            console.print(Rule(style="dim"), _prose(text))
        console.print(_clause_page(clause, alone=False))
    for note in INFORMATIVE.values():
        if note.chapter == chapter.name:
            console.print(_note_page(note))


def _clause_page(clause: Clause, *, alone: bool) -> RenderableType:
    rank = f"{clause.level.upper()}, {clause.nature}"
    head = Text.assemble((clause.id, "bold cyan"), "  ", (rank, "bold"), "  ", clause.statement)
    parts: list[RenderableType] = [Text(), head]
    if clause.commentary:
        parts.append(Padding(Text(clause.commentary, style="dim"), (1, 0, 0, 4)))
    parts.append(_code("\n\n".join([*_row(clause), program_text(clause)])))
    parts.append(_facts_below(clause, alone=alone))
    return Group(*parts)


def _row(clause: Clause) -> list[str]:
    """Give what a row holds, which its program speaks of by name."""
    if not clause.row:
        return []
    from gradspec_conformance.report.row import row_text  # noqa: PLC0415 - only a row has it

    return [row_text(clause)]


def _facts_below(clause: Clause, *, alone: bool) -> RenderableType:
    facts = {
        "rows": ", ".join(row.row for row in clause.rows),
        "sources": "; ".join(clause.sources),
    }
    if alone:
        facts |= {
            "stands for": ", ".join(clause.stands_for),
            "needs": " ".join(sorted(clause.needs)),
            "builds on": ", ".join(clause.foundations),
            "holds for": "generated inputs" if clause.is_law else "",
            "plants": ", ".join(_killers(clause)),
            "written in": f"{clause.body.__module__}.{clause.name}",
        }
    text = Text("\n").join(
        Text.assemble((f"{name:11}", "dim"), value) for name, value in facts.items() if value
    )
    return Padding(text, (0, 0, 0, 4))


def _killers(clause: Clause) -> list[str]:
    """List the plants that turn it red, those that turn little else red first."""
    from gradspec_conformance.plants import kills  # noqa: PLC0415 - only who looks closely asks

    measured = kills.read_kills()
    killers = kills.killers(measured)
    found = dict.fromkeys(name for case in clause.cases for name in killers.get(case.id, ()))
    first = sorted(found, key=lambda name: len(measured[name]))
    more = [f"and {len(first) - SHOWN} more"] if len(first) > SHOWN else []
    return first[:SHOWN] + more


def _note_page(note: Note) -> RenderableType:
    head = Text.assemble(
        (note.id, "bold cyan"), "  ", ("INFORMATIVE", "bold"), "  ", note.statement
    )
    return Group(Text(), head, Padding(Text(note.reason, style="dim"), (1, 0, 0, 4)))


def _prose(text: str) -> RenderableType:
    paragraphs = (" ".join(p.split()) for p in text.split("\n\n"))
    return Padding(Text("\n\n".join(paragraphs)), (1, 0, 0, 0))
