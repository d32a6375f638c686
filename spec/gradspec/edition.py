"""`demands()`: everything that this edition demands, from a list that is kept beside the chapters.

The list is what a claim of conformance is measured by: a clause that vanishes, or a chapter that
no longer imports, makes a run incomplete and not smaller.  It also says what each clause needs of
an engine, as traced when it was written: `gradspec edition --write` writes it again.  Whoever only
wants to know which clauses there are reads it, and imports no chapter.  Its first line is a digest
of the sources that it was made of, so that anyone can tell whether it may be trusted alone.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gradspec.exceptions import MalformedEdition
from gradspec.rank import Level, Nature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Anything = TypeVar("Anything")

EDITIONS: Final = ("torch-2.13/1",)
"""Every edition there was, the oldest first: the oracle that decides, and a number under it.

A release that demands more than the last one adds an edition here before its list is written.
"""

EDITION: Final = EDITIONS[-1]
"""This one."""

MANIFEST: Final = Path(__file__).with_name("edition.jsonl")
"""A line of JSON with the digest of the sources; then one a clause or note, in reading order."""

ROOMS: Final = ("chapters", "catalogue", "drawing", "port")
SOURCES: Final = tuple(Path(__file__).with_name(room) for room in ROOMS)
"""Where clauses and their rows are written."""


HEADING: Final = "digest"
"""Under which name the first line has the digest."""

LEDGER_ID: Final = re.compile(r"[a-z]+-(?:[01]\d\d|200)")
"""The ids of documented behaviours, as the ledger has them.

A letter marks what was split off from one; from 201 up are clauses that no document asks for.
"""

NOT_IN_THE_LEDGER: Final = frozenset({"acc-026"})
"""Ids that look like those of documented behaviours and are of the kit's own clauses."""

FOUNDATIONS: Final[dict[str, str]] = {
    "tape": "bwd-001",
    "given_cotangent": "vjp-201",
    "keeps_graph": "life-201",
    "grad": "vjp-202",
    "create_graph": "ho-205",
    "retain_grad": "ret-004",
    "inplace": "inp-008",
}
"""Word -> the clause without which no other clause that needs the word means anything.

An engine that cannot add two contributions has one finding, and not one for each clause that
happens to add.
"""

OF_STORED: Final = "ho-004"
"""What stands for the foundation of `create_graph` where gradients are stored, not asked for."""

GRANTED: Final = frozenset({"values", "tape", "vjp", "op:mul", "clear:grad"})
"""Words that a foundation may need although what stands on it does not; who lacks one is asked for
neither."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A clause of the edition, or a row of one, as much as can be told without its program.

    `section` is the module under `gradspec.chapters`; `clause_statement` speaks of all rows;
    `errors` are the kinds of error that it demands; `stands_for` are the ids that it had; `acts`
    is how many acts its program takes; `since` is the edition that it came with.
    """

    id: str
    clause: str
    section: str
    name: str
    level: Level
    nature: Nature
    statement: str
    clause_statement: str
    needs: frozenset[str]
    errors: tuple[str, ...]
    stands_for: tuple[str, ...]
    builds_on: tuple[str, ...]
    is_law: bool
    acts: int
    since: str = EDITIONS[0]

    @property
    def chapter(self) -> str:
        """The chapter it stands in."""
        return self.section.partition(".")[0]

    @property
    def row(self) -> str:
        """The name of the row, empty for a clause without rows."""
        return self.id.partition("/")[2]

    @property
    def foundations(self) -> tuple[str, ...]:
        """What it builds on: what it names, and the clauses of the words that it needs."""
        return foundations(self.id, self.builds_on, self.needs)

    @property
    def words(self) -> tuple[str, ...]:
        """What else it may be found by."""
        return (self.name, self.section, self.level, self.nature, *self.stands_for)


def demands_of(line: Mapping[str, Any]) -> Iterator[Demand]:
    """Give what a line of the list demands: one thing, or one for each row; a note, nothing."""
    if HEADING in line or "reason" in line:
        return
    sentence = line["sentence"]
    of_all_rows = {
        "clause": line["id"],
        "section": line["section"],
        "name": line["name"],
        "level": Level(line["level"]),
        "nature": Nature(line["nature"]),
        "clause_statement": sentence,
        "builds_on": tuple(line.get("builds_on", ())),
        "is_law": line.get("law", False),
    }
    for row, facts in line.get("rows", {"": line}).items():
        yield Demand(
            id=f"{line['id']}/{row}" if row else line["id"],
            statement=facts.get("sentence") or sentence.replace("{name}", row),
            needs=frozenset(facts["needs"].split()),
            errors=tuple(facts.get("errors", ())),
            stands_for=tuple(facts.get("stands_for", ())),
            acts=facts["acts"],
            since=EDITIONS[EDITIONS.index(facts.get("since", EDITIONS[0]))],
            **of_all_rows,
        )


def digest(rooms: Iterable[Path] = SOURCES) -> str:
    """Digest the sources of clauses and rows, whatever their ends of lines."""
    every = hashlib.sha256()
    for room in rooms:
        for place in sorted(room.rglob("*.py")):
            every.update(place.relative_to(room).as_posix().encode())
            every.update(place.read_text("utf-8").encode())
    return every.hexdigest()[:16]


def is_up_to_date(manifest: Path = MANIFEST) -> bool:
    """Say whether nothing was written since the list was: what it does not have is nowhere."""
    with manifest.open(encoding="utf-8") as lines:
        first = lines.readline()
    return first == heading()


def heading() -> str:
    """Give the first line of a list of the sources as they are."""
    return json.dumps({HEADING: digest()}) + "\n"


@functools.cache
def demands(manifest: Path = MANIFEST) -> tuple[Demand, ...]:
    """Read the list, in reading order; raises MalformedEdition."""
    return tuple(_read(manifest, demands_of))


def entries(manifest: Path = MANIFEST) -> tuple[dict[str, Any], ...]:
    """Read all that the list says, of notes too; raises MalformedEdition."""
    return tuple(_read(manifest, lambda line: () if HEADING in line else (line,)))


def _read(
    manifest: Path, read: Callable[[dict[str, Any]], Iterable[Anything]]
) -> Iterator[Anything]:
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), start=1):
        try:
            yield from tuple(read(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise MalformedEdition(f"{manifest.name}, line {number}: {reason}") from None


def is_newer(identifier: str, made_for: str) -> bool:
    """Whether something came after an edition; what the list does not have yet did."""
    found = demand(identifier)
    since = EDITIONS[-1] if found is None else found.since
    return EDITIONS.index(since) > EDITIONS.index(made_for)


def came_with(manifest: Path = MANIFEST) -> dict[str, str]:
    """Tell of every id and older id of a list which edition it came with.

    What cannot be read is passed over, so that a list in which two branches met can be written
    again and forgets nothing.
    """
    came: dict[str, str] = {}
    for text in manifest.read_text("utf-8").splitlines() if manifest.exists() else ():
        try:
            listed = tuple(demands_of(json.loads(text)))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        for one in listed:
            for name in (one.id, *one.stands_for):
                came[name] = min(came.get(name, one.since), one.since, key=EDITIONS.index)
    return came


def needs(identifier: str) -> frozenset[str]:
    """Give what a clause or row of the edition needs of an engine; nothing for any other."""
    found = demand(identifier)
    return frozenset() if found is None else found.needs


def resolve(name: str) -> tuple[str, ...]:
    """Give the ids that a name means: a clause, a row, all rows of one, or what an old id became.

    What is an id today means nothing older.
    """
    return _names().get(name, ())


def demand(identifier: str) -> Demand | None:
    """Give what the edition demands under an id; None if it lists no such thing."""
    return _by_id().get(identifier)


def foundations(
    identifier: str, builds_on: Iterable[str], needed: frozenset[str]
) -> tuple[str, ...]:
    """Give what a clause builds on: what it names, and the clauses of the words that it needs.

    A foundation needs no more than what stands on it: an engine that declares less would otherwise
    not be asked for the foundation any more, and what it had blocked would fail.
    """
    named = (i for name in builds_on for i in resolve(name) or (name,))
    groups = [FOUNDATIONS[word] for word in sorted(FOUNDATIONS.keys() & needed)]
    if not needed & {"grad", "vjp"}:
        groups = [OF_STORED if i == FOUNDATIONS["create_graph"] else i for i in groups]
    all_that = needed | GRANTED
    found = dict.fromkeys((*named, *groups))
    return tuple(i for i in found if i != identifier and needs(i) <= all_that)


def ledger(identifier: str, stands_for: Iterable[str]) -> tuple[str, ...]:
    """Give the ids of documented behaviours among what something is and was called."""
    ids = dict.fromkeys((identifier, *stands_for))
    return tuple(i for i in ids if LEDGER_ID.fullmatch(i) and i not in NOT_IN_THE_LEDGER)


def names() -> frozenset[str]:
    """Give every name that `resolve` knows."""
    return frozenset(_names())


@functools.cache
def _by_id() -> dict[str, Demand]:
    return {demand.id: demand for demand in demands()}


@functools.cache
def _names() -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    older: dict[str, tuple[str, ...]] = {}
    for demand in demands():
        for name in dict.fromkeys((demand.id, demand.clause)):
            names[name] = (*names.get(name, ()), demand.id)
        for name in demand.stands_for:
            older[name] = (*older.get(name, ()), demand.id)
    return older | names
