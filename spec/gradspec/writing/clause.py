"""A clause: one normative sentence and the shortest program that shows it.

`@clause(...)` turns a function over `ag` into a Clause and enters it in the register of its
chapter.  The docstring is the sentence; the body is the program.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.port.abilities import WORDS
from gradspec.writing.level import MAY, MUST, SHOULD, Level

if TYPE_CHECKING:
    from gradspec.drawing.drawn import Drawn

__all__ = ["MAY", "MUST", "SHOULD", "Clause", "Level", "Note", "clause", "informative"]

Body = Callable[..., None]

CLAUSE_ID: Final = re.compile(r"[a-z]+-\d{3}[a-z]?")


FOUNDATIONS: Final[dict[str, str]] = {
    "tape": "bwd-001",
    "given_cotangent": "vjp-201",
    "keeps_graph": "life-201",
    "grad": "vjp-202",
    "create_graph": "ho-001",
    "retain_grad": "ret-004",
    "inplace": "inp-008",
}
"""Word -> the clause without which no other clause that needs the word means anything.

An engine that cannot add two contributions has one finding, and not one for each clause that
happens to add.
"""


class MalformedClauseError(Exception):
    """A clause is not written as clauses are; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; `given` says how the inputs of a law are drawn, by parameter.

    `unseen` are words that it needs and that no step of its program shows.
    """

    id: str
    chapter: str
    name: str
    level: Level
    statement: str
    commentary: str
    unseen: frozenset[str]
    sources: tuple[str, ...]
    builds_on: tuple[str, ...]
    body: Body = field(repr=False)
    given: Mapping[str, Drawn] = field(default_factory=dict, repr=False)
    convention: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """What an engine must have to be asked: as traced, and written in the edition."""
        return edition.needs(self.id) | self.unseen

    @property
    def foundations(self) -> tuple[str, ...]:
        """The clauses it builds on: those it names, and those of the words that it needs."""
        groups = (FOUNDATIONS[word] for word in sorted(self.needs) if word in FOUNDATIONS)
        return tuple(i for i in dict.fromkeys((*self.builds_on, *groups)) if i != self.id)

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

INFORMATIVE: Final[dict[str, Note]] = {}
"""Every informative entry, by id."""


def clause(
    id: str,
    *,
    level: Level = MUST,
    sources: list[str],
    unseen: str = "",
    builds_on: tuple[str, ...] = (),
    given: Mapping[str, Drawn] | None = None,
    convention: bool = False,
) -> Callable[[Body], Clause]:
    """Declare a clause.

    `unseen` are words of `gradspec.port.abilities` that it needs and no step shows; what its
    program uses is traced.  `sources` name public documents;
    `builds_on` names clauses without which this one means nothing;
    `convention` marks what torch chose where mathematics leaves a choice.
    Raises MalformedClauseError when a part is missing or unknown.
    """

    def declare(body: Body) -> Clause:
        statement, _, commentary = (body.__doc__ or "").strip().partition("\n\n")
        declared = Clause(
            id=id,
            chapter=_chapter(body.__module__),
            name=body.__name__,
            level=level,
            statement=" ".join(statement.split()),
            commentary=" ".join(commentary.split()),
            unseen=frozenset(unseen.split()).union(*(d.needs for d in (given or {}).values())),
            sources=tuple(sources),
            builds_on=builds_on,
            body=body,
            given=given or {},
            convention=convention,
        )
        _check(declared)
        if id in CLAUSES or id in INFORMATIVE:
            raise MalformedClauseError(f"{id} is declared twice: ids are never reused")
        CLAUSES[id] = declared
        return declared

    return declare


def informative(id: str, statement: str, *, level: Level, sources: list[str], reason: str) -> None:
    """Enter a statement that no program of this kit can check, and why."""
    caller = inspect.stack()[1].frame.f_globals["__name__"]
    INFORMATIVE[id] = Note(id, _chapter(caller), level, statement, tuple(sources), reason)


def _chapter(module: str) -> str:
    """Name the chapter of a module: the package under `gradspec.chapters`, or the module."""
    _, _, place = module.partition("gradspec.chapters.")
    return (place or module).partition(".")[0]


def _check(declared: Clause) -> None:
    if not CLAUSE_ID.fullmatch(declared.id):
        raise MalformedClauseError(f"{declared.id!r} is no id; an id looks like 'acc-001'")
    if not declared.statement.endswith("."):
        raise MalformedClauseError(f"{declared.id} needs a docstring that begins with a sentence")
    if not declared.sources:
        raise MalformedClauseError(f"{declared.id} names no source; write 'observed' if none is")
    unknown = sorted(declared.unseen - WORDS.keys())
    if unknown:
        raise MalformedClauseError(f"{declared.id} needs {unknown}: no such ability")
