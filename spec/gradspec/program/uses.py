"""Which objects of a program are used, how often, and outside of the function that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec.program.steps import Step, functions, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gradspec.program.steps import Body


def use_counts(steps: Sequence[Step]) -> dict[int, int]:
    """Count how often each object is used."""
    counts: dict[int, int] = {}
    for number in uses_of(steps):
        counts[number] = counts.get(number, 0) + 1
    return counts


def uses_of(steps: Sequence[Step]) -> Iterator[int]:
    """Give the objects that steps use, in functions and blocks inside them too."""
    for step in steps:
        yield from numbers(step.given)
        for function in functions(step.given):
            yield from numbers(function.signature)
            for body in function.bodies:
                yield from uses_in(body)
        if step.steps is not None:
            yield from uses_of(step.steps)


def uses_in(body: Body) -> Iterator[int]:
    """Give the objects that a call of a function uses."""
    yield from uses_of(body.steps)
    yield from numbers(body.returned)


def leaks(steps: Sequence[Step]) -> set[int]:
    """Find the objects that one call of a function makes and others use."""
    found: set[int] = set()
    for step in steps:
        for function in functions(step.given):
            for body in function.bodies:
                found |= {*body.exports, *leaks(body.steps)}
        if step.steps is not None:
            found |= leaks(step.steps)
    return found


def forgotten(steps: Sequence[Step]) -> set[int]:
    """Find the objects that steps let go of."""
    found: set[int] = set()
    for step in steps:
        if step.act == "forget":
            found |= set(numbers(step.given))
        for inside in (step.steps, step.derived):
            found |= forgotten(inside or [])
        for function in functions(step.given):
            for body in function.bodies:
                found |= forgotten(body.steps)
    return found
