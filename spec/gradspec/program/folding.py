"""Folding: calls that are alike become one body, steps that repeat become a loop.

Two calls are alike if they are equal up to the numbers that were born in them.  A call that the
engine cut short is the beginning of a whole one.  What one call made and another uses keeps its
call apart.  In the end the numbers follow the order of birth, whatever engine the program was
recorded on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from gradspec.program.loops import with_loops
from gradspec.program.steps import (
    Body,
    Function,
    Program,
    Step,
    canonical,
    functions,
    numbers,
    renumbered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def folded(program: Program) -> Program:
    """Give a program that does the same in as few steps; the one given stays as it is."""
    frames = _Frames()
    frames.walk(program.steps, ())
    steps = [_with_folded_functions(step, frames) for step in program.steps]
    steps = with_loops(steps, frames.uses, frames.fresh)
    return Program(in_order_of_birth(steps))


Path = tuple[int, ...]


@dataclass
class _Frames:
    """Where each number was born, and which are used in a frame that does not see them."""

    births: dict[int, Path] = field(default_factory=dict)
    used: list[tuple[int, Path]] = field(default_factory=list)
    calls: int = 0

    @cached_property
    def fresh(self) -> Iterator[int]:
        """Numbers that nothing has yet."""
        return count(1 + max(self.births, default=0))

    @cached_property
    def leaked(self) -> set[int]:
        """The numbers that are used where they are not seen; also by what is written before."""
        places = ((number, path, self.births.get(number, ())) for number, path in self.used)
        return {number for number, path, born in places if path[: len(born)] != born}

    @cached_property
    def uses(self) -> Counter[int]:
        """How often each number is used."""
        return Counter(number for number, _ in self.used)

    def walk(self, steps: Sequence[Step], path: Path) -> None:
        for step in steps:
            self._use(numbers(step.given), path)
            for function in functions(step.given):
                self.births.setdefault(function.number, path)
                self._use(numbers(function.signature), path)
                for body in function.bodies:
                    self._body(body, path)
            for number in numbers(step.makes):
                self.births.setdefault(number, path)
            if step.steps is not None:
                self.walk(step.steps, path)

    def _body(self, body: Body, path: Path) -> None:
        self.calls += 1
        inside = (*path, self.calls)
        for number in numbers([body.arguments, body.keywords]):
            self.births.setdefault(number, inside)
        self.walk(body.steps, inside)
        self._use(numbers(body.returned), inside)

    def _use(self, used: Iterable[int], path: Path) -> None:
        self.used += ((number, path) for number in used)


def born_in(steps: Iterable[Step]) -> Iterator[int]:
    """Give the numbers that are born in steps, in functions and blocks inside them too."""
    for step in steps:
        for function in functions(step.given):
            yield function.number
            for body in function.bodies:
                yield from born_in_body(body)
        yield from numbers(step.makes)
        if step.act == "repeat":
            yield from (inside.number for inside, _, _ in step.given["carried"])
        if step.steps is not None:
            yield from born_in(step.steps)


def born_in_body(body: Body) -> Iterator[int]:
    """Give the numbers that are born in a call."""
    yield from numbers([body.arguments, body.keywords])
    yield from born_in(body.steps)


# alike calls --------------------------------------------------------------------------
def _with_folded_functions(step: Step, frames: _Frames) -> Step:
    given = {name: _folded_value(value, frames) for name, value in step.given.items()}
    steps = step.steps
    if steps is not None:
        steps = [_with_folded_functions(s, frames) for s in steps]
    return replace(step, given=given, steps=steps)


def _folded_value(value: Any, frames: _Frames) -> Any:
    return _folded_function(value, frames) if isinstance(value, Function) else value


def _folded_function(function: Function, frames: _Frames) -> Function:
    """Keep one of the calls that are alike, and say which one each call was."""
    calls = [_folded_body(body, frames) for body in function.bodies]
    keys = [_key(body) for body in calls]
    bodies: list[Body] = []
    places: dict[Any, int] = {}
    for call, key in zip(calls, keys, strict=True):
        if key not in places and not call.cut:
            places[key] = len(bodies)
            bodies.append(call)
    place_of = []
    for call, own in zip(calls, keys, strict=True):
        key = next((whole for whole in places if call.cut and _begins(own, whole)), own)
        if key not in places:
            places[key] = len(bodies)
            bodies.append(call)
        place_of.append(places[key])
    return replace(function, bodies=bodies, turns=[place_of[turn] for turn in function.turns])


def _folded_body(body: Body, frames: _Frames) -> Body:
    exports = tuple(n for n in born_in_body(body) if n in frames.leaked)
    steps = [_with_folded_functions(step, frames) for step in body.steps]
    return replace(body, steps=with_loops(steps, frames.uses, frames.fresh), exports=exports)


def _key(body: Body) -> tuple[Any, ...]:
    """Describe a call up to the numbers born in it; one that others use is like no other."""
    births = list(dict.fromkeys(born_in_body(body)))
    alike = renumbered(body, {number: -1 - place for place, number in enumerate(births)})
    head = canonical((alike.arguments, alike.keywords))
    tail = canonical((alike.returned, alike.raised, alike.cut))
    return (head, tuple(map(canonical, alike.steps)), tail, body.exports)


def _begins(cut: tuple[Any, ...], whole: tuple[Any, ...]) -> bool:
    """Say whether a call that was cut is the beginning of a whole one.

    Its last act was cut itself, and made nothing.
    """
    (head, steps, _, exports), (other, wholly, _, exported) = cut, whole
    if head != other or len(steps) > len(wholly) or exports or exported:
        return False
    if not steps:
        return True
    last = len(steps) - 1
    return bool(steps[:last] == wholly[:last] and steps[last][:3] == wholly[last][:3])


# numbers ------------------------------------------------------------------------------
def in_order_of_birth(steps: list[Step]) -> list[Step]:
    """Give the objects of a program new numbers, as they are born."""
    births = dict.fromkeys(born_in(steps))
    numbers_of = {n: place for place, n in enumerate(births)}
    return [renumbered(step, numbers_of) for step in steps]
