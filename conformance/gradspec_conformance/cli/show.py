"""`gradspec show`: a clause or a chapter, set as a page to read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from gradspec import chapters, edition
from gradspec.catalogue.operators import OPERATORS
from gradspec.misuse import MISUSES
from gradspec.writing.clause import CASES, CLAUSES, INFORMATIVE, Clause, Note
from gradspec.writing.source import introduction, program_text, section_introduction
from gradspec_conformance.cli import drawn
from gradspec_conformance.edition.search import found
from gradspec_conformance.execution import register
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.report.grid import Grid, print_operators
from gradspec_conformance.report.operator import operator_named, operator_page
from gradspec_conformance.report.terminal import console as output
from gradspec_conformance.report.whole import some
from gradspec_conformance.run.facets import CHAPTER

if TYPE_CHECKING:
    from rich.console import Console

    from gradspec.chapters import Chapter
    from gradspec.misuse import Misuse

WIDTH = 92
SHOWN = 8
ALSO = 3
"""How many clauses are named beside the one that words are about."""

ENTRIES = {misuse.id: misuse for misuse in MISUSES}
"""Entries of the index of errors, by id."""

AN_ID = re.compile(r"[a-z]+-\d\S*")


@click.command("show")
@click.argument("words", metavar="ID|CHAPTER|OPERATOR|WORDS", nargs=-1, required=True)
@click.option("--steps", is_flag=True, help="Show also what the reference engine is asked.")
@click.option(
    "--graph",
    type=click.Choice(drawn.FORMS),
    is_flag=False,
    flag_value="tree",
    help="Draw the graph that a clause's program records, and nothing else.",
)
def command(words: tuple[str, ...], *, steps: bool, graph: str | None) -> None:
    """Show a clause (acc-001), a row of one (inp-042/select), a chapter or an operator.

    A chapter is named whole or by its prefix (accumulation, acc), an operator so: op:softmax, or
    softmax. Other words, a kind of error or a message show the clause that they are about.
    """
    what = " ".join(words)
    console = output(widest=WIDTH)
    register.case(what)  # imports the chapter that the id belongs to
    if graph is not None:
        drawn.show(what, graph, console)
        return
    if what in CLAUSES or what in CASES:
        _alone(console, CLAUSES.get(what) or CASES[what], steps=steps)
    elif what in INFORMATIVE:
        console.print(_note_page(INFORMATIVE[what]))
    elif what in ENTRIES:
        console.print(_entry_page(ENTRIES[what]))
    elif edition.resolve(what):
        for identifier in edition.resolve(what):
            case = register.case(identifier)
            if case is None:
                raise click.ClickException(register.why_not(identifier))
            _alone(console, case, steps=steps)
    elif _is_chapter(what):
        _chapter(console, chapters.find(what))
    elif (operator := operator_named(what)) is not None:
        console.print(operator_page(operator))
    else:
        _best(console, what, steps=steps)


def _is_chapter(what: str) -> bool:
    return any(what in (chapter.name, chapter.prefix) for chapter in chapters.CHAPTERS)


def _best(console: Console, what: str, *, steps: bool) -> None:
    """Show the clause that words are about, and name the next; an id is no such words."""
    if what.startswith("op:"):
        hint = did_you_mean(what, [f"op:{name}" for name in OPERATORS])
        raise click.UsageError(f"there is no operator {what!r}{hint}")
    demands = [] if AN_ID.fullmatch(what) else found(what, ALSO + 1)
    clauses = [CLAUSES[demand.clause] for demand in demands if register.case(demand.id)]
    if not clauses:
        register.cases()
        names = [*edition.names(), *CLAUSES, *INFORMATIVE, *(c.name for c in chapters.CHAPTERS)]
        hint = did_you_mean(what, sorted(names))
        raise click.UsageError(f"there is no clause or chapter {what!r}{hint}")
    _alone(console, clauses[0], steps=steps)
    if clauses[1:]:
        console.print(Text("\nnot what you meant?", style="dim"))
    for other in clauses[1:]:
        console.print(Text.assemble((f"{other.id:10}", "cyan"), other.statement))


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
    complaint = register.complaint_about(chapter.name)
    if complaint is not None:
        message = f"chapter {chapter.name} could not be read: {complaint}"
        raise click.ClickException(message)
    console.print(Rule(f"[bold]{chapter.title}", align="left"))
    console.print(_prose(introduction(chapter.name)))
    if chapter.name == CHAPTER:
        print_operators(Grid(tuple(OPERATORS)), console)
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
    said, remedy, what = clause.commentary.partition("Remedy: ")
    for text, style in ((said.strip(), "dim"), (remedy + what, "bold")):
        if text:
            parts.append(Padding(Text(text, style=style), (1, 0, 0, 4)))
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
        "rows": _rows(clause, alone=alone),
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


def _rows(clause: Clause, *, alone: bool) -> str:
    names = [row.row for row in clause.rows]
    return ", ".join(names) if alone else some(names)


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


def _entry_page(misuse: Misuse) -> RenderableType:
    """Set an entry of the index of errors, and below it the clauses that it leads to."""
    head = Text.assemble((misuse.id, "bold cyan"), "  ", ("INDEX", "bold"), "  ", misuse.sentence)
    firsts = {d.clause: d for d in reversed(misuse.demands())}
    found = Text("\n").join(
        Text.assemble((f"{clause:10}", "cyan"), firsts[clause].clause_statement)
        for clause in misuse.clauses()
    )
    return Group(Text(), head, Text(), Text(" ".join(misuse.errors()), style="dim"), found)


def _prose(text: str) -> RenderableType:
    paragraphs = (" ".join(p.split()) for p in text.split("\n\n"))
    return Padding(Text("\n\n".join(paragraphs)), (1, 0, 0, 0))
