"""`generate(seed, ...)`: one random program, done in both engines as it is drawn."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.catalogue.operators import FAMILIES
from gradspec.port.acts import ACTS
from gradspec_conformance.fuzz.grammar import operators, tape
from gradspec_conformance.fuzz.grammar.draft import DATA, Draft, NothingFits, is_typed
from gradspec_conformance.fuzz.grammar.modes import leave
from gradspec_conformance.fuzz.grammar.table import ROWS, WEIGHTS
from gradspec_conformance.fuzz.lockstep import Found, Outside, Pair, quietly

if TYPE_CHECKING:
    from collections import Counter

    from gradspec.port.engine import Subject
    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference
    from gradspec_conformance.fuzz.grammar.row import Row

LEAST, MOST = 5, 30
TRIES: Final = 6
"""How many rows are drawn for a step before the program goes without it."""

SUBSET: Final = 0.65
"""How many groups a program has: swarms of programs that do little else find what few see."""

UNTYPED: Final = frozenset(f"op:{o.name}" for f in ("factories", "copies") for o in FAMILIES[f])
"""Acts whose results are of a type that each school chooses for itself."""

FIRST: Final = 2
"""How many leaves a program begins with."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One program, the difference that it ended with, if it did, and what was tried in it."""

    seed: int
    steps: list[Step]
    difference: Difference | None
    tried: Counter[str]
    succeeded: Counter[str]


def rows_of(common: frozenset[str]) -> tuple[Row, ...]:
    """Give the rows of which two engines have the words."""
    typed = is_typed(common)
    return tuple(
        row for row in ROWS if ACTS[row.key].words <= common and (typed or row.key not in UNTYPED)
    )


def _first(draft: Draft) -> None:
    draft.leaf(draft.numbers(draft.random.choice(((), (3,), (2, 3)))))


class Generator:
    """Draws programs for two engines."""

    def __init__(
        self,
        oracle: Subject,
        subject: Subject,
        *,
        least: int = LEAST,
        most: int = MOST,
        sound: bool = False,
    ) -> None:
        self.sound = sound
        self.oracle, self.subject = oracle, subject
        self.rows = rows_of(oracle.abilities & subject.abilities)
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(row.group, []).append(row)
        self._groups = {
            group: (rows, [*itertools.accumulate(row.weight for row in rows)])
            for group, rows in groups.items()
        }
        self._steps = (least, most)

    @property
    def engines(self) -> tuple[str, str]:
        """The names of the oracle and of the subject."""
        return self.oracle.engine.name, self.subject.engine.name

    def program(self, seed: int) -> Drawn:
        """Draw the program of a seed; the same seed gives the same program."""
        chance = random.Random(f"gradspec {seed}")  # noqa: S311 - nothing is kept secret by it
        pair = Pair(self.oracle, self.subject, sound=self.sound)
        draft = Draft(chance, pair, chance.choice(DATA))
        difference = None
        with quietly():
            try:
                self._draw(draft, seed)
                pair.end()
            except Found as found:
                difference = found.difference
            except Outside:
                pass
            finally:
                pair.abandon()
        return Drawn(seed, pair.steps, difference, pair.tried, pair.succeeded)

    def _draw(self, draft: Draft, seed: int) -> None:
        weights = self._swarm(draft.random)
        names, sizes = list(weights), list(weights.values())
        for _ in range(FIRST):
            self._tried(draft, _first)
        length = draft.random.randint(*self._steps)
        own = self.rows[seed % len(self.rows)]  # each row has programs of its own
        at = draft.random.randint(0, min(length, 8))
        while len(draft.pair.views) < length and draft.number < 20 * length:
            if at == 0 and self._tried(draft, own.draw) and own.key.startswith("op:"):
                self._tried(draft, tape.behind)  # an act of its own is differentiated, too
            at -= 1
            for _ in range(TRIES):
                group = draft.random.choices(names, sizes)[0]
                if self._tried(draft, self._row(draft, group)):
                    break
            draft.number += 1  # a program in which nothing fits comes to its end too

    def _row(self, draft: Draft, group: str) -> Any:
        match group:
            case "everyday":
                return operators.everyday
            case "leaving":
                return leave
        rows, weights = self._groups[group]
        return draft.random.choices(rows, cum_weights=weights)[0].draw

    def _tried(self, draft: Draft, draw: Any) -> bool:
        try:
            draw(draft)
        except NothingFits:
            return False
        return True

    def _swarm(self, chance: random.Random) -> dict[str, float]:
        """Draw the groups of a program, and their weights."""
        always = ("leaves", "everyday", "passes", "leaving")
        there = (g for g in WEIGHTS if g in self._groups or g in ("everyday", "leaving"))
        return {
            group: WEIGHTS[group] * chance.choice((0.5, 1.0, 2.0))
            for group in there
            if group in always or chance.random() < SUBSET
        }
