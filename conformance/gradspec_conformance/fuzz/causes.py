"""`Cause`: what differs for one reason, with the smallest program that shows it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gradspec.rank import Nature
from gradspec_conformance.fuzz.comparing import NUMBERS
from gradspec_conformance.fuzz.storing import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.program.steps import Step
    from gradspec_conformance.fuzz.comparing import Difference


def cause_of(difference: Difference, steps: Iterable[Step]) -> tuple[str, ...]:
    """Give what is the same for all differences of one cause, of a program that was shortened."""
    operators = sorted({key for key in acts_of(steps) if key.startswith("op:")})
    both = difference.observable in NUMBERS and difference.found is not None
    apart = operators if both else []
    is_state = difference.observable.startswith("get:") and difference.act.startswith("op:")
    act = "an operator" if is_state else difference.act
    return (act, difference.observable, *difference.words, *apart)


def acts_of(steps: Iterable[Step]) -> Iterator[str]:
    """Give the acts of a program, those in its blocks too."""
    return (step.act for step in every(steps))


def every(steps: Iterable[Step]) -> Iterator[Step]:
    """Give the steps of a program, those in its blocks too."""
    for step in steps:
        yield step
        yield from every(step.steps or [])


@dataclass
class Cause:
    """One cause: how often it was met, by which seeds, and the smallest program of it."""

    key: tuple[str, ...]
    nature: str
    count: int
    seeds: list[int]
    steps: list[dict[str, Any]]
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """The number of steps of the smallest program."""
        return sum(1 for _ in acts_of(read(self.steps)))

    @property
    def sentence(self) -> str:
        """Say what differs."""
        act, observable, expected, found, *_ = self.key
        of = "" if observable in ("answer", "mode") else f" of {observable.removeprefix('get:')}"
        if expected == found:
            return f"after {act}, another value{of}"
        return f"after {act}{of}: the oracle says {expected}, the subject {found}"


RANKS: Final = {Nature.VALUE: 0, Nature.SAFETY: 1, Nature.CONVENTION: 2}


def merged(found: Iterable[dict[str, Any]]) -> list[Cause]:
    """Put together what blocks found; the gravest stand first, then the most frequent."""
    causes: dict[tuple[str, ...], Cause] = {}
    for one in found:
        key = tuple(one["key"])
        new = Cause(key, one["nature"], one["count"], one["seeds"], one["steps"], one["told"])
        known = causes.get(key)
        if known is None:
            causes[key] = new
            continue
        smaller = min(known, new, key=lambda cause: cause.length)
        known.steps, known.told = smaller.steps, smaller.told
        known.count += new.count
        known.seeds = sorted({*known.seeds, *new.seeds})[:SEEDS]
    ranks = {str(nature): rank for nature, rank in RANKS.items()}
    return sorted(causes.values(), key=lambda c: (ranks[c.nature], -c.count, c.key))


SEEDS: Final = 5
"""How many seeds are kept of a cause."""


def coverage(blocks: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Say of each act how often it was tried, and how often it succeeded."""
    tried: Counter[str] = Counter()
    succeeded: Counter[str] = Counter()
    for block in blocks:
        tried.update(block["tried"])
        succeeded.update(block["succeeded"])
    return {key: (tried[key], succeeded[key]) for key in sorted(tried)}
