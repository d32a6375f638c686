"""`is_costly(steps)`: whether a program is deep, or exponential for who visits nodes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec.program.folding import born_in
from gradspec.program.steps import Ref, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec.program.steps import Step

MANY: Final = 10_000
"""Paths from a result to the leaves, or steps that are repeated."""


def is_costly(steps: Sequence[Step]) -> bool:
    """Count the paths through the graph that the steps make, and what loops make of them."""
    return _paths(steps, {}) > MANY


def _paths(steps: Sequence[Step], paths: dict[int, int]) -> int:
    most = 0
    for step in steps:
        if step.act == "repeat":
            made = len(list(born_in(step.steps or [])))
            most = max(most, step.given["times"] * made)
            for _ in range(min(step.given["times"], MANY.bit_length() + 1)):
                for inside, first, last in step.given["carried"]:
                    known = paths.get(last.number)
                    start = next((paths.get(n, 1) for n in numbers(first)), 1)
                    paths[inside.number] = start if known is None else known
                most = max(most, _paths(step.steps or [], paths))
        elif step.steps is not None:
            most = max(most, _paths(step.steps, paths))
        elif isinstance(step.makes, Ref):
            paths[step.makes.number] = 1 + sum(paths.get(n, 0) for n in numbers(step.given))
            most = max(most, paths[step.makes.number])
    return most
