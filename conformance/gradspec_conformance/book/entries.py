"""`Entry`: all that a page says of a clause; made a chapter at a time, for chapters run apart."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradspec import edition
from gradspec.writing.clause import CLAUSES, INFORMATIVE
from gradspec.writing.source import introduction, section_introduction
from gradspec_conformance import plants
from gradspec_conformance.adapters.reference import ReferenceEngine
from gradspec_conformance.book.programs import run_of, tabs_of, text_of
from gradspec_conformance.book.stepping import Story, first_line, story_of
from gradspec_conformance.book.verdicts import Known, by_clause
from gradspec_conformance.execution import register
from gradspec_conformance.plants.kills import killers, read_kills
from gradspec_conformance.plants.plant import PLANTS

if TYPE_CHECKING:
    from gradspec.writing.clause import Clause


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table clause."""

    row: str
    statement: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault that the clause catches."""

    name: str
    change: str
    modelled_on: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page says of a clause; `pictures` are in the language of Graphviz."""

    id: str
    chapter: str
    level: str
    nature: str
    statement: str
    remark: str
    remedy: str
    tabs: list[tuple[str, str]]
    pictures: list[str]
    rows: list[Row]
    verdicts: tuple[Known, ...]
    sources: tuple[str, ...]
    foundations: tuple[str, ...]
    needs: list[str]
    errors: list[str]
    stands_for: tuple[str, ...]
    law: bool
    place: str
    plants: list[Fault]
    story: Story | None


@dataclass(frozen=True, slots=True)
class Section:
    """Clauses below one introduction."""

    introduction: list[str]
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Text:
    """A chapter: its introduction, sections and informative notes."""

    name: str
    introduction: list[str]
    sections: list[Section]
    notes: list[dict[str, str]]


def chapter(name: str) -> Text:
    """Read a chapter, and run the program of each of its clauses."""
    register.complaint_about(name)
    engine = ReferenceEngine()
    sections: list[Section] = []
    before: str | None = None
    for clause in [c for c in CLAUSES.values() if c.chapter == name]:
        said = section_introduction(clause)
        if said != before or not sections:
            before = said
            sections.append(Section(paragraphs(said), []))
        sections[-1].entries.append(_entry(clause, engine))
    notes = [
        {"id": note.id, "statement": note.statement, "reason": note.reason}
        for note in INFORMATIVE.values()
        if note.chapter == name
    ]
    return Text(name, paragraphs(introduction(name)), sections, notes)


def _entry(clause: Clause, engine: ReferenceEngine) -> Entry:
    case = clause.cases[0]
    program, pictures, events = run_of(case, engine)
    remark, _, remedy = clause.commentary.partition("Remedy: ")
    demands = [demand for c in clause.cases if (demand := edition.demand(c.id)) is not None]
    return Entry(
        id=clause.id,
        chapter=clause.chapter,
        level=str(clause.level),
        nature=str(clause.nature),
        statement=clause.statement,
        remark=remark.strip(),
        remedy=remedy.strip(),
        tabs=tabs_of(case, program),
        pictures=[picture.dot() for picture in pictures],
        rows=[Row(row.row, row.statement) for row in clause.rows],
        verdicts=(),
        sources=clause.sources,
        foundations=tuple(f.partition("/")[0] for f in clause.foundations),
        needs=sorted(case.needs),
        errors=list(dict.fromkeys(kind for demand in demands for kind in demand.errors)),
        stands_for=clause.stands_for,
        law=clause.is_law,
        place=f"{clause.body.__module__}.{clause.name}",
        plants=[],
        story=story_of(events, text_of(case), first_line(clause)),
    )


def with_stored(entry: Entry) -> Entry:
    """Add what is stored of a clause: known failures, and the faults that it catches."""
    faults = [_fault(name) for name in _caught_by().get(entry.id, ())]
    return replace(entry, verdicts=by_clause().get(entry.id, ()), plants=faults)


def _fault(name: str) -> Fault:
    plant = PLANTS[name]
    return Fault(name, plant.change, plant.modelled_on)


@functools.cache
def _caught_by() -> dict[str, tuple[str, ...]]:
    """Give for each clause the plants that it or a row of it catches, the most particular first."""
    plants.load()
    measured = read_kills()
    found: dict[str, dict[str, None]] = {}
    for case, names in killers(measured).items():
        of = found.setdefault(case.partition("/")[0], {})
        of.update(dict.fromkeys(name for name in names if name in PLANTS))
    return {
        clause: tuple(sorted(names, key=lambda name: len(measured[name]))[:20])
        for clause, names in found.items()
    }


def paragraphs(text: str) -> list[str]:
    """Part a text where a line is empty."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
