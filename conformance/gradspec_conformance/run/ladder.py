"""`climbed(judged)`: how far up the ladder an engine stands, from single numbers to hooks.

What is on the ladder are clauses about values and safety: a convention is no step that a sound
engine has to take.  A clause stands on the first rung where it finds every word that it needs, and
no lower than a rung that names it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import WORDS, expanded
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec.edition import Demand
    from gradspec_conformance.run.judgement import Judged

IN_PLACE: Final = " ".join(f"op:{o.name}" for o in OPERATORS.values() if o.inplace)
OUT_OF_PLACE: Final = " ".join(f"op:{o.name}" for o in OPERATORS.values() if not o.inplace)
EVERYTHING: Final = " ".join(WORDS)
NOT_LEFT: Final = (Outcome.PASSED, Outcome.UNSUPPORTED)


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung: the words that it adds, and what is put here by name.

    That are chapters, clauses, and rows in whose name `rows` is.
    """

    name: str
    sentence: str
    words: str = ""
    chapter: str = ""
    clauses: str = ""
    rows: str = ""

    def names(self, demand: Demand) -> bool:
        """Whether the rung names the clause or row."""
        of_rows = bool(self.rows and self.rows in demand.row)
        return of_rows or demand.chapter == self.chapter or demand.clause in self.clauses.split()


RUNGS: Final = (
    Rung(
        "scalars",
        "The derivative of a function of single numbers, with branches and loops.",
        "values tape vjp control_flow dtype:float64 op:relu op:tanh op:exp",
    ),
    Rung(
        "paths that meet",
        "What is used twice sums what comes back, in one pass and over several.",
        "retain_graph several_roots",
        clauses="acc-002 acc-003 acc-017 acc-017a bwd-001c bwd-001d life-202 life-206 rec-006 "
        "rec-013 rec-013a rec-013b rec-014 rec-015",
    ),
    Rung(
        "arrays",
        "Tensors of any shape, with cotangents and queries.",
        "arrays cotangent grad_api flags detach modes dtypes dtype:float32 op:sum op:reshape",
    ),
    Rung(
        "broadcasting",
        "What was stretched gets back the sum over its copies.",
        clauses="acc-024b leaf-016a rec-204 vjp-001b",
        rows="broadcast",
    ),
    Rung(
        "operators",
        "Every operator of the catalogue has its value and its derivative.",
        f"dtype:bool dtype:int64 {OUT_OF_PLACE}",
    ),
    Rung("second order", "Derivatives of derivatives.", "create_graph", "higher_order"),
    Rung(
        "safety in place",
        "After a write every gradient is refused or right.",
        f"inplace {IN_PLACE}",
        "in_place",
    ),
    Rung("views", "A write to a part is a write to the whole.", "views layout"),
    Rung(
        "hooks and the rest",
        "Hooks, retained gradients, memory, copies and what else there is.",
        EVERYTHING,
    ),
)
"""From the ground up."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a run found on a rung: how many passed, what is left, and how many were not asked."""

    rung: Rung
    passed: int = 0
    left: tuple[str, ...] = ()
    not_asked: int = 0

    @property
    def is_held(self) -> bool:
        """Whether something passed and nothing is left."""
        return self.passed > 0 and not self.left

    @property
    def asked(self) -> int:
        """How many were asked."""
        return self.passed + len(self.left)


@functools.cache
def _allowed() -> tuple[frozenset[str], ...]:
    """Give the words that each rung and those below it have."""
    sums: list[frozenset[str]] = []
    for rung in RUNGS:
        sums.append(expanded(rung.words.split()).union(*sums[-1:]))
    return tuple(sums)


@functools.cache
def rung_of(demand: Demand) -> Rung | None:
    """Place a clause or row on the ladder; a convention has no place."""
    if demand.nature is Nature.CONVENTION:
        return None
    by_words = next(n for n, words in enumerate(_allowed()) if demand.needs <= words)
    named = [n for n, rung in enumerate(RUNGS) if rung.names(demand)]
    return RUNGS[max(by_words, *named)] if named else RUNGS[by_words]


def climbed(judged: Iterable[Judged]) -> tuple[Step, ...]:
    """Sum up a run by rungs, from the ground up."""
    found: dict[str, list[Judged]] = {rung.name: [] for rung in RUNGS}
    for one in judged:
        demand = edition.demand(one.id)
        rung = None if demand is None else rung_of(demand)
        if rung is not None:
            found[rung.name].append(one)
    return tuple(_step(rung, found[rung.name]) for rung in RUNGS)


def _step(rung: Rung, here: list[Judged]) -> Step:
    passed = sum(one.verdict.outcome is Outcome.PASSED for one in here)
    left = [one.id for one in here if one.verdict.outcome not in NOT_LEFT]
    not_asked = sum(one.verdict.outcome is Outcome.UNSUPPORTED for one in here)
    return Step(rung, passed, tuple(left), not_asked)
