"""`lines(engine)`: the edition's list as the chapters would have it, found by running them.

Needs are traced on the reference engine, which has everything, and do not depend on it: a program
is the same on every engine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradspec import chapters, edition
from gradspec.program.recorder import Recorder
from gradspec.program.steps import functions
from gradspec.writing.clause import CLAUSES, INFORMATIVE
from gradspec.writing.notation import Autograd
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gradspec.port.engine import Engine, Subject
    from gradspec.program.steps import Step
    from gradspec.writing.clause import Clause, Note


def lines(engine: Engine | Subject) -> Iterator[str]:
    """Give the first line, and a line of JSON for each clause, in reading order."""
    chapters.load()
    came = edition.came_with()
    yield edition.heading()
    for chapter in chapters.CHAPTERS:
        for clause in CLAUSES.values():
            if clause.chapter == chapter.name:
                yield _written(line_of(clause, engine, came))
        for note in INFORMATIVE.values():
            if note.chapter == chapter.name:
                yield _written(line_of_note(note))


def _written(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def line_of_note(note: Note) -> dict[str, Any]:
    """Say of a note what the edition says of it."""
    return {
        "id": note.id,
        "section": note.chapter,
        "level": str(note.level),
        "sentence": note.statement,
        "reason": note.reason,
        "sources": list(note.sources),
    }


def line_of(clause: Clause, engine: Engine | Subject, came: Mapping[str, str]) -> dict[str, Any]:
    """Say of a clause what the edition says of it; what goes without saying is left out."""
    line: dict[str, Any] = {
        "id": clause.id,
        "section": clause.section,
        "name": clause.name,
        "level": str(clause.level),
        "nature": str(clause.nature),
        "sentence": clause.statement,
        "sources": list(clause.sources),
    }
    if clause.commentary:
        line["commentary"] = clause.commentary
    if clause.builds_on:
        line["builds_on"] = list(clause.builds_on)
    if clause.is_law:
        line["law"] = True
    if not clause.rows:
        return line | _facts(clause, engine, came)
    if clause.unseen:
        line["unseen"] = " ".join(sorted(clause.unseen))
    if clause.stands_for:
        line["stands_for"] = list(clause.stands_for)
    line["rows"] = {row.row: _facts(row, engine, came) for row in clause.rows}
    for row in clause.rows:
        if row.statement != clause.statement.replace("{name}", row.row):
            line["rows"][row.row]["sentence"] = row.statement
    return line


@dataclass(frozen=True, slots=True)
class Trace:
    """What running a clause or row shows: words, the kinds of error it demands, number of acts."""

    needs: frozenset[str]
    errors: tuple[str, ...]
    acts: int


def traced(clause: Clause, engine: Engine | Subject) -> Trace:
    """Run a clause or row."""
    used: set[str] = set()
    errors: dict[str, None] = {}
    acts = 0
    effort = Effort(shrink=False)

    def once(**inputs: object) -> None:
        nonlocal acts
        with Recorder(engine, seed=seed_of(clause, effort)) as recorder:
            clause.perform(Autograd(recorder), **inputs)
        used.update(recorder.used)
        errors.update(dict.fromkeys(_demanded(recorder.program.steps)))
        acts += recorder.performed

    tried(clause, once, effort)()
    return Trace(clause.unseen.union(used), tuple(errors), acts)


def _demanded(steps: Iterable[Step]) -> Iterator[str]:
    """Give the kinds of error that steps demand, in functions and blocks inside them too."""
    for step in steps:
        if step.act == "refuses":
            yield step.given["kind"]
        yield from _demanded(step.steps or ())
        for function in functions(step.given):
            for body in function.bodies:
                yield from _demanded(body.steps)


def _facts(clause: Clause, engine: Engine | Subject, came: Mapping[str, str]) -> dict[str, Any]:
    found = traced(clause, engine)
    facts: dict[str, Any] = {"needs": " ".join(sorted(found.needs)), "acts": found.acts}
    facts |= {"errors": list(found.errors)} if found.errors else {}
    facts |= {"stands_for": list(clause.stands_for)} if clause.stands_for else {}
    since = _since(clause, came)
    return facts | ({"since": since} if since != edition.EDITIONS[0] else {})


def _since(clause: Clause, came: Mapping[str, str]) -> str:
    """Say with which edition a clause or row came, whatever it was called then."""
    known = [came[name] for name in (clause.id, *clause.stands_for) if name in came]
    return min(known, key=edition.EDITIONS.index, default=edition.EDITIONS[-1])
