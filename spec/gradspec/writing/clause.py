"""A clause: one normative sentence and the shortest program that shows it.

`@clause(...)` turns a function over `ag` into a Clause and enters it in the register of its
chapter.  The docstring is the sentence; the body is the program.  With `over=TABLE` the sentence is
about many rows: each row is a clause to run, with a verdict of its own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from gradspec import edition
from gradspec.exceptions import MalformedClause
from gradspec.port.abilities import WORDS
from gradspec.rank import MUST, Level

if TYPE_CHECKING:
    from gradspec.drawing.drawn import Drawn
    from gradspec.rank import Nature
    from gradspec.writing.notation import Autograd

Body = Callable[..., None]

CLAUSE_ID: Final = re.compile(r"[a-z]+-\d{3}[a-z]?")
ROW_NAME: Final = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, or one row of a clause; `given` says how the inputs of a law are drawn.

    `unseen` are words that it needs and that no step of its program shows; `stands_for` are the
    ids that it had, or that were given to what it says, before it became part of a table.
    A clause over a table has `rows` and is never run itself; a row has a `row` name and a `value`.
    """

    id: str
    section: str
    name: str
    nature: Nature
    level: Level
    statement: str
    commentary: str
    unseen: frozenset[str]
    sources: tuple[str, ...]
    builds_on: tuple[str, ...]
    body: Body = field(repr=False)
    given: Mapping[str, Drawn] = field(default_factory=dict, repr=False)
    stands_for: tuple[str, ...] = ()
    row: str = ""
    value: Any = field(default=None, repr=False)
    rows: tuple[Clause, ...] = field(default=(), repr=False)

    def perform(self, ag: Autograd, **drawn: Any) -> None:
        """Run the program."""
        self.body(ag, *([self.value] if self.row else []), **drawn)

    @property
    def cases(self) -> tuple[Clause, ...]:
        """What is run: its rows, or the clause itself."""
        return self.rows or (self,)

    @property
    def chapter(self) -> str:
        """The chapter it stands in."""
        return self.section.partition(".")[0]

    @property
    def words(self) -> tuple[str, ...]:
        """What else it may be found by."""
        return (self.name, self.section, self.level, self.nature, *self.stands_for)

    @property
    def needs(self) -> frozenset[str]:
        """What an engine must have to be asked: as traced, and written in the edition."""
        return edition.needs(self.id) | self.unseen

    @property
    def ledger(self) -> tuple[str, ...]:
        """The ids of documented behaviours that it stands for, its own first."""
        return edition.ledger(self.id, self.stands_for)

    @property
    def oldest(self) -> str:
        """The id that it had first, by which its random numbers are seeded."""
        return next(iter(self.stands_for), self.id)

    @property
    def foundations(self) -> tuple[str, ...]:
        """What it builds on: what it names, and the clauses of the words that it needs."""
        return edition.foundations(self.id, self.builds_on, self.needs)

    @property
    def is_law(self) -> bool:
        """Whether it holds for all inputs and is checked on generated ones."""
        return bool(self.given)


@dataclass(frozen=True, slots=True)
class Note:
    """An entry that no program can show; `reason` says why."""

    id: str
    chapter: str
    level: Level
    statement: str
    sources: tuple[str, ...]
    reason: str


CLAUSES: Final[dict[str, Clause]] = {}
"""Every clause that was declared, by id, in reading order."""

CASES: Final[dict[str, Clause]] = {}
"""Every clause without rows and every row, by id, in reading order: what is run."""

INFORMATIVE: Final[dict[str, Note]] = {}
"""Every informative entry, by id."""


def clause(
    id: str,
    nature: Nature,
    *,
    level: Level = MUST,
    sources: list[str],
    over: Mapping[str, Any] | None = None,
    stands_for: Mapping[str, str] | tuple[str, ...] = (),
    unseen: str = "",
    builds_on: tuple[str, ...] = (),
    given: Mapping[str, Drawn] | None = None,
) -> Callable[[Body], Clause]:
    """Declare a clause.

    `sources` name public documents.  `over` is a table, name -> row: the body gets the row after
    `ag`, and the sentence may say `{name}` and `{row}`.  `stands_for` are other ids of what it
    says; over a table they may be a map of each to the rows that it means
    (`{"op-012": "sin cos tan"}`).
    `unseen` are words of `gradspec.port.abilities` that it needs and no step shows; what its
    program uses is traced.  `builds_on` names clauses without which this one means nothing.
    Raises MalformedClause when a part is missing or unknown.
    """

    def declare(body: Body) -> Clause:
        statement, _, commentary = (body.__doc__ or "").strip().partition("\n\n")
        declared = Clause(
            id=id,
            section=_section(body.__module__),
            name=body.__name__,
            nature=nature,
            level=level,
            statement=" ".join(statement.split()),
            commentary=" ".join(commentary.split()),
            unseen=frozenset(unseen.split()).union(*(d.needs for d in (given or {}).values())),
            sources=tuple(sources),
            builds_on=builds_on,
            body=body,
            given=given or {},
            stands_for=tuple(stands_for),
        )
        _check(declared)
        if over is not None:
            of_all = dict.fromkeys(stands_for, " ".join(over))
            old = stands_for if isinstance(stands_for, Mapping) else of_all
            declared = replace(declared, rows=_rows(declared, over, old))
        CLAUSES[id] = declared
        CASES.update({case.id: case for case in declared.cases})
        return declared

    return declare


def informative(id: str, statement: str, *, level: Level, sources: list[str], reason: str) -> None:
    """Enter a statement that no program of this kit can check, and why."""
    caller = sys._getframe(1)
    chapter = _section(caller.f_globals["__name__"]).partition(".")[0]
    INFORMATIVE[id] = Note(id, chapter, level, statement, tuple(sources), reason)


def _rows(declared: Clause, over: Mapping[str, Any], old: Mapping[str, str]) -> tuple[Clause, ...]:
    meant: dict[str, list[str]] = {name: [] for name in over}
    for identifier, names in old.items():
        for name in names.split():
            if name not in meant:
                raise MalformedClause(f"{declared.id} has no row {name!r} for {identifier}")
            meant[name].append(identifier)
    if not over or "{name}" not in declared.statement:
        message = f"{declared.id} needs a row, and {{name}} in its sentence"
        raise MalformedClause(message)
    odd = [name for name in over if not ROW_NAME.fullmatch(name)]
    if odd:
        raise MalformedClause(f"{declared.id}: {odd} are no names of rows")
    return tuple(
        replace(
            declared,
            id=f"{declared.id}/{name}",
            statement=declared.statement.format(name=name, row=row),
            row=name,
            value=row,
            stands_for=tuple(meant[name]),
        )
        for name, row in over.items()
    )


def _section(module: str) -> str:
    """Name the section of a module: its place under `gradspec.chapters`, or the module."""
    _, _, place = module.partition("gradspec.chapters.")
    return place or module


def _check(declared: Clause) -> None:
    if not CLAUSE_ID.fullmatch(declared.id):
        raise MalformedClause(f"{declared.id!r} is no id; an id looks like 'acc-001'")
    if declared.id in CLAUSES or declared.id in INFORMATIVE:
        raise MalformedClause(f"{declared.id} is declared twice: ids are never reused")
    if not declared.statement.endswith("."):
        raise MalformedClause(f"{declared.id} needs a docstring that begins with a sentence")
    if not declared.sources:
        raise MalformedClause(f"{declared.id} names no source; write 'observed' if none is")
    unknown = sorted(declared.unseen - WORDS.keys())
    if unknown:
        raise MalformedClause(f"{declared.id} needs {unknown}: no such ability")
