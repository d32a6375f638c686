"""`climbed(judged, choices)`: how far up the ladder an engine stands, from numbers to hooks.

What is on the ladder are clauses about values and safety: a convention is no step that a sound
engine has to take, nor is what it refuses aloud because it was built that way.  A clause stands on
the first rung where it finds every word that it needs, and no lower than a rung that names it.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gradspec import edition
from gradspec.catalogue.operators import OPERATORS
from gradspec.port.abilities import WORDS, expanded
from gradspec.rank import Nature
from gradspec_conformance.execution.verdict import Kind, Outcome
from gradspec_conformance.known.entry import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gradspec.edition import Demand
    from gradspec_conformance.execution.verdict import Verdict
    from gradspec_conformance.known.entry import Entry
    from gradspec_conformance.run.judgement import Judged

IN_PLACE: Final = " ".join(f"op:{o.name}" for o in OPERATORS.values() if o.inplace)
OUT_OF_PLACE: Final = " ".join(
    word for word in WORDS if word.startswith("op:") and word not in IN_PLACE.split()
)
EVERYTHING: Final = " ".join(WORDS)

CHOSEN: Final = (Cause.CHOICE, Cause.MISSING)
"""What a known failure may be called and be no fault."""

SILENT: Final = (
    *(Kind.VALUE, Kind.MISSING_GRADIENT, Kind.UNEXPECTED_GRADIENT, Kind.NO_ERROR, Kind.ALIASING),
)
"""Kinds of failure that leave something wrong of which nobody is told."""


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
        f"dtype:bool dtype:int64 several_dims negative_dims {OUT_OF_PLACE}",
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
        "complex_numbers",
    ),
)
"""From the ground up."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a run found on a rung.

    `left` failed, or build on what is left; `choices` are known failures that are no fault;
    `lacking` are the words for want of which clauses were not asked, and how many each.
    """

    rung: Rung
    passed: int = 0
    left: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    lacking: tuple[tuple[str, int], ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether something passed and nothing is left."""
        return self.passed > 0 and not self.left

    @property
    def not_asked(self) -> int:
        """How many were not asked."""
        return sum(count for _, count in self.lacking)

    @property
    def is_empty(self) -> bool:
        """Whether the run was not about it."""
        return not (self.passed or self.left or self.choices or self.lacking)


@dataclass(frozen=True, slots=True)
class Ladder:
    """How far a run came, rung by rung from the ground up."""

    steps: tuple[Step, ...]

    @property
    def reached(self) -> tuple[Step, ...]:
        """The rungs that are held, up to the first that is not."""
        return tuple(itertools.takewhile(lambda step: step.is_held, self.steps))

    @property
    def next(self) -> Step | None:
        """The rung above them."""
        return next(iter(self.steps[len(self.reached) :]), None)

    @property
    def left(self) -> tuple[str, ...]:
        """Everything that is left, on whatever rung."""
        return tuple(identifier for step in self.steps for identifier in step.left)

    @property
    def choices(self) -> tuple[str, ...]:
        """Every known failure that is no fault."""
        return tuple(identifier for step in self.steps for identifier in step.choices)

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(step.passed for step in self.steps)

    @property
    def is_correct(self) -> bool:
        """Whether something passed, and nothing that was asked is left."""
        return self.passed > 0 and not self.left


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


def is_choice(verdict: Verdict, entry: Entry | None) -> bool:
    """Whether a known failure is no fault: it has a reason, and nothing wrong goes unsaid."""
    if entry is None or not entry.foresees(verdict) or verdict.kind in SILENT:
        return False
    return entry.cause in CHOSEN and verdict.outcome in (Outcome.FAILED, Outcome.ERRORED)


def climbed(judged: Sequence[Judged], choices: frozenset[str] = frozenset()) -> Ladder:
    """Sum up a run by rungs; `choices` are the ids of known failures that are no fault."""
    found: dict[str, list[Judged]] = {rung.name: [] for rung in RUNGS}
    for one in judged:
        demand = edition.demand(one.id)
        rung = None if demand is None else rung_of(demand)
        if rung is not None:
            found[rung.name].append(one)
    failing = {one.clause: one for one in judged if one.verdict.outcome is not Outcome.PASSED}
    failing |= {one.id: one for one in judged}
    steps = (_step(rung, found[rung.name], failing, choices) for rung in RUNGS)
    return Ladder(tuple(step for step in steps if not step.is_empty))


def _step(
    rung: Rung, here: Iterable[Judged], failing: Mapping[str, Judged], choices: frozenset[str]
) -> Step:
    passed, lacking = 0, Counter[str]()
    left: list[str] = []
    chosen: list[str] = []
    for one in here:
        match one.verdict.outcome:
            case Outcome.PASSED:
                passed += 1
            case Outcome.UNSUPPORTED:
                lacking[one.verdict.lacking or "a word"] += 1
            case Outcome.BLOCKED if (ground := _ground(one, failing)) and _is_free(ground, choices):
                lacking[ground] += 1
            case _:
                (chosen if one.id in choices else left).append(one.id)
    return Step(rung, passed, tuple(left), tuple(chosen), tuple(lacking.most_common()))


def _ground(judged: Judged, failing: Mapping[str, Judged]) -> str | None:
    """Name what a blocked clause builds on in the end."""
    name, one = None, failing.get(judged.id)
    while one is not None and one.verdict.foundation is not None:
        name = one.verdict.foundation
        one = failing.get(name)
    return name if one is None else one.id


def _is_free(identifier: str, choices: frozenset[str]) -> bool:
    """Whether a sound engine may fail it."""
    demand = edition.demand(identifier)
    is_convention = demand is not None and demand.nature is Nature.CONVENTION
    return is_convention or identifier in choices
