"""`shrunk(...)`: the steps of a program without which two engines would not differ any more."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.program.steps import Function, Ref, Step, numbers, renumbered
from gradspec_conformance.fuzz.grammar.draft import LOG
from gradspec_conformance.fuzz.lockstep import difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.port.engine import Subject
    from gradspec_conformance.fuzz.comparing import Difference

LONGEST: Final = 20.0
"""Seconds after which a program is left as short as it is."""

Steps = list[Step]


def shrunk(
    steps: Steps,
    found: Difference,
    oracle: Subject,
    subject: Subject,
    *,
    seconds: float = LONGEST,
    sound: bool = False,
) -> tuple[Steps, Difference]:
    """Give the smallest program that is found to show the same difference, numbered from 0."""
    return _Shrinker(found, oracle, subject, seconds, sound=sound).shrink(steps)


class _Shrinker:
    def __init__(
        self,
        found: Difference,
        oracle: Subject,
        subject: Subject,
        seconds: float,
        *,
        sound: bool,
    ) -> None:
        self._is_sound = sound
        self._found, self._engines = found, (oracle, subject)
        self._until = time.monotonic() + seconds
        self._smaller = True

    def shrink(self, steps: Steps) -> tuple[Steps, Difference]:
        self._smaller = True
        while self._smaller and time.monotonic() < self._until:
            self._smaller = False
            for ways in (_halves, _without_one, _dissolved, _plainer):
                steps = self._through(steps, ways)
        return _numbered(steps, self._found)

    def _through(self, steps: Steps, ways: Any) -> Steps:
        """Take each way to a smaller program that still differs, until there is none."""
        place = 0
        while time.monotonic() < self._until:
            tried = next((t for n, t in enumerate(ways(steps)) if n == place), None)
            if tried is None:
                return steps
            if self._differs(tried):
                steps, self._smaller = tried, True
            else:
                place += 1
        return steps

    def _differs(self, steps: Steps) -> bool:
        found = difference(steps, *self._engines, sound=self._is_sound)
        if found is None:
            return False
        wanted = self._found
        same = (found.observable, found.words) == (wanted.observable, wanted.words)
        if same and found.act in (wanted.act, "the end"):
            self._found = replace(found, act=wanted.act)
            return True
        return False


def _halves(steps: Steps) -> Iterator[Steps]:
    """Leave out halves, quarters and eighths, the last first."""
    for parts in (2, 4, 8):
        size = len(steps) // parts
        if size > 1:
            for start in range(len(steps) - size, -1, -size):
                yield steps[:start] + steps[start + size :]


def _without_one(steps: Steps) -> Iterator[Steps]:
    """Leave out one step, later ones first, in blocks too."""
    for place in range(len(steps) - 1, -1, -1):
        step = steps[place]
        yield steps[:place] + steps[place + 1 :]
        for inside in _without_one(step.steps or []):
            yield [*steps[:place], replace(step, steps=inside), *steps[place + 1 :]]


def _dissolved(steps: Steps) -> Iterator[Steps]:
    """Leave out a mode, and keep what was done in it."""
    for place, step in enumerate(steps):
        if step.steps is not None:
            yield steps[:place] + step.steps + steps[place + 1 :]
            for inside in _dissolved(step.steps):
                yield [*steps[:place], replace(step, steps=inside), *steps[place + 1 :]]


def _plainer(steps: Steps) -> Iterator[Steps]:
    """Leave out options, make leaves smaller and their numbers plain."""
    for place, step in enumerate(steps):
        for given in _plainer_given(step):
            yield [*steps[:place], replace(step, given=given), *steps[place + 1 :]]
        for inside in _plainer(step.steps or []):
            yield [*steps[:place], replace(step, steps=inside), *steps[place + 1 :]]


def _plainer_given(step: Step) -> Iterator[dict[str, Any]]:
    required = ACTS[step.act].signature.required
    for name, value in step.given.items():
        if name not in required and name not in ("body", "forward", "backward"):
            yield {n: v for n, v in step.given.items() if n != name}
        if isinstance(value, Function):
            body = value.bodies[0]
            for steps in _without_one(body.steps):
                if not set(numbers(body.returned)) <= {*numbers(body.arguments), *_makes(steps)}:
                    continue
                shorter = replace(value, bodies=[replace(body, steps=steps)])
                yield step.given | {name: shorter}
            if body.returned is not None and value.slot.endswith("hook"):
                bare = replace(value, bodies=[replace(body, returned=None)])
                yield step.given | {name: bare}
        if isinstance(value, np.ndarray) and step.act in ("leaf", "tensor"):
            plain = np.arange(1.0, value.size + 1).reshape(value.shape).astype(value.dtype)
            if value.size and value.dtype.kind == "f" and not np.array_equal(plain, value):
                yield step.given | {name: plain}


def _makes(steps: Steps) -> Iterator[int]:
    for step in steps:
        yield from numbers(step.makes)


def _numbered(steps: Steps, found: Difference) -> tuple[Steps, Difference]:
    """Number the things of a program from 0, in the order in which they are named."""
    names: dict[int, int] = {}
    for number in _named(steps):
        names.setdefault(number, len(names))
    numbered = [renumbered(step, names) for step in steps if step.act != "log"]
    if LOG in names:
        numbered = [Step("log", {}, Ref(names[LOG], "log")), *numbered]
    shown = None if found.number is None else names.get(found.number, found.number)
    return numbered, replace(found, number=shown)


def _named(value: Any) -> Iterator[int]:
    match value:
        case Ref():
            yield value.number
        case Step():
            yield from _named([*value.given.values(), value.makes, value.steps or []])
        case Function():
            yield value.number
            for body in value.bodies:
                yield from _named([body.arguments, body.steps, body.returned])
        case list() | tuple():
            for member in value:
                yield from _named(member)
