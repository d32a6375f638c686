"""Steps that repeat, as a loop: `y = y + x` twenty thousand times is one step in a `repeat`.

A step of one round may use what the same round made, what the round before made (that is *carried*
over), and what was there before the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Ref, Step, canonical, functions, numbers, renumbered

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_ROUND: Final = 12
"""How many steps a round may have."""

SHORTEST: Final = 24
"""How many steps a loop must save to be worth reading."""


def with_loops(steps: list[Step], uses: Counter[int], fresh: Iterator[int]) -> list[Step]:
    """Put loops for steps that repeat.

    `uses` counts how often each number is used anywhere; `fresh` gives numbers that are free.
    """
    if len(steps) < SHORTEST:
        return steps
    shapes = [_shape(step) for step in steps]
    found: list[Step] = []
    place = 0
    while place < len(steps):
        loop = _loop_at(steps, shapes, place, uses, fresh)
        if loop is None:
            found.append(steps[place])
            place += 1
        else:
            found.append(loop.step)
            place += loop.length
    return found


@dataclass(frozen=True, slots=True)
class _Loop:
    step: Step
    length: int


def _shape(step: Step) -> Any:
    """Describe a step without its numbers; None if it cannot be in a loop."""
    if step.steps is not None or any(functions(step.given)):
        return None
    named = set(numbers([step.given, step.makes]))
    return canonical(renumbered(step, dict.fromkeys(named, 0)))


def _loop_at(
    steps: Sequence[Step],
    shapes: Sequence[Any],
    place: int,
    uses: Counter[int],
    fresh: Iterator[int],
) -> _Loop | None:
    for size in range(1, LONGEST_ROUND + 1):
        first, second = shapes[place : place + size], shapes[place + size : place + 2 * size]
        if first == second and None not in first and not _escapes(steps, place, size, uses):
            rounds = _Rounds(steps, shapes, place, size)
            loop = _loop(rounds, uses, fresh) if rounds.saved >= SHORTEST else None
            if loop is not None:
                return loop
    return None


def _escapes(steps: Sequence[Step], place: int, size: int, uses: Counter[int]) -> bool:
    """Say whether more than this round and the next use what this round makes."""
    made = numbers([step.makes for step in steps[place : place + size]])
    used = list(numbers([step.given for step in steps[place : place + 2 * size]]))
    return any(uses[n] > used.count(n) for n in made)


class _Rounds:
    """The rounds from a place on that are alike: in shape, and in where they take things from."""

    def __init__(self, steps: Sequence[Step], shapes: Sequence[Any], place: int, size: int) -> None:
        self.size = size
        self.rounds: list[Sequence[Step]] = []
        self.made: list[list[int]] = []
        self.places: list[list[tuple[str, int]]] = []
        first = shapes[place : place + size]
        while shapes[place : place + size] == first:
            one = steps[place : place + size]
            made = list(numbers([step.makes for step in one]))
            before = self.made[-1] if self.made else []
            places = _places(one, made, before)
            if len(self.places) > 1 and places != self.places[1]:
                break
            self.rounds.append(one)
            self.made.append(made)
            self.places.append(places)
            place += size

    @property
    def saved(self) -> int:
        """How many steps a loop would save."""
        return (len(self.rounds) - 1) * self.size


def _loop(rounds: _Rounds, uses: Counter[int], fresh: Iterator[int]) -> _Loop | None:
    made, times = rounds.made, len(rounds.rounds)
    if not made[0] or _is_used_outside(rounds.rounds, made, uses):
        return None
    first = _carried(rounds.places[0], rounds.places[1])
    if first is None:
        return None
    inside = {k: next(fresh) for k in first}
    rename = {made[-2][k]: number for k, number in inside.items()}
    carried = [(Ref(inside[k]), Ref(first[k]), Ref(made[-1][k])) for k in first]
    body = [renumbered(step, rename) for step in rounds.rounds[-1]]
    step = Step("repeat", {"times": times, "carried": carried}, steps=body)
    return _Loop(step, times * rounds.size)


def _places(one: Sequence[Step], made: list[int], before: list[int]) -> list[tuple[str, int]]:
    """Say of each use in a round where it comes from: this round, the last one, or outside."""
    here = {n: k for k, n in enumerate(made)}
    there = {n: k for k, n in enumerate(before)}
    return [
        ("here", here[n]) if n in here else ("before", there[n]) if n in there else ("outside", n)
        for step in one
        for n in numbers(step.given)
    ]


def _carried(first: list[tuple[str, int]], then: list[tuple[str, int]]) -> Mapping[int, int] | None:
    """Find what the first round has in place of what later rounds carry; None if it differs."""
    begin: dict[int, int] = {}
    for (where, which), (later, what) in zip(first, then, strict=True):
        if later == "before":
            if where != "outside" or begin.setdefault(what, which) != which:
                return None
        elif (where, which) != (later, what):
            return None
    return begin


def _is_used_outside(
    rounds: Sequence[Sequence[Step]], made: Sequence[list[int]], uses: Counter[int]
) -> bool:
    """Say whether something else uses what a round made that is not the last."""
    inside: dict[int, int] = {}
    for one in rounds:
        for step in one:
            for number in numbers(step.given):
                inside[number] = inside.get(number, 0) + 1
    return any(uses[n] > inside.get(n, 0) for one in made[:-1] for n in one)
