"""A program with what was done on the engine in place of the acts that it does not have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gradspec.program.steps import Function, Program, Ref, Step, functions, numbers, renumbered
from gradspec.program.uses import forgotten, use_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


READS: Final = frozenset({"tensor", "get:grad", "or_zero", "op:clone", "op:detach"})
"""What a derivation does that nobody need see where nobody uses it."""


def in_own_words(program: Program) -> Program:
    """Put the steps that were performed in place of products; numbers are those of the recorder.

    A number is given once in what was recorded, so that whatever is the same has one name, wherever
    it is used.  What the program lets go of keeps a name of its own.
    """
    words = _OwnWords(forgotten(program.steps))
    steps = [renumbered(step, words.names) for step in list(words.said(program.steps))]
    while unused := words.read - use_counts(steps).keys():
        words.read -= unused
        steps = list(_without(steps, unused))
    return Program(steps)


def is_performed(steps: Sequence[Step]) -> bool:
    """Say whether it is known what was done for each product; in a stored program it is not."""
    return all(
        (step.act != "vjp" or step.derived is not None)
        and is_performed(step.steps or [])
        and all(is_performed(b.steps) for f in functions(step.given) for b in f.bodies)
        for step in steps
    )


def _without(steps: Sequence[Step], unused: set[int]) -> Iterator[Step]:
    """Leave out, in functions and blocks too, the steps that made these and nothing else."""
    for step in steps:
        if isinstance(step.makes, Ref) and step.makes.number in unused:
            continue
        given = {
            name: _changed(value, lambda inside: _without(inside, unused))
            for name, value in step.given.items()
        }
        inside = None if step.steps is None else list(_without(step.steps, unused))
        yield replace(step, given=given, steps=inside)


def _changed(value: Any, change: Callable[[Sequence[Step]], Iterable[Step]]) -> Any:
    """Change what a function did."""
    if not isinstance(value, Function):
        return value
    return replace(value, bodies=[replace(b, steps=list(change(b.steps))) for b in value.bodies])


class _OwnWords:
    """What is the same under another number, and what a derivation merely read."""

    def __init__(self, forgotten: set[int]) -> None:
        self.names: dict[int, int] = {}
        self.read: set[int] = set()
        self._forgotten = forgotten

    def said(self, steps: Sequence[Step], *, aside: bool = False) -> Iterator[Step]:
        for step in steps:
            if step.act == "same":
                yield from self._named(step)
                yield from self.said(step.steps or [])
            elif step.derived is not None:
                yield from self.said(step.derived, aside=True)
            else:
                if aside and step.act in READS:
                    self.read |= set(numbers(step.makes))
                given = {name: _changed(value, self.said) for name, value in step.given.items()}
                inside = None if step.steps is None else list(self.said(step.steps, aside=aside))
                yield replace(step, given=given, steps=inside)

    def _named(self, step: Step) -> Iterator[Step]:
        for one, other in zip(step.given["x"], step.makes, strict=True):
            if other.number in self._forgotten:
                yield Step("same", {"x": one}, other)
            else:
                self.names[other.number] = self.names.get(one.number, one.number)
