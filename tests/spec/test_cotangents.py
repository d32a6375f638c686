"""What derivatives are asked with: nothing that a wrong rule could hide behind.

A cotangent of ones cannot tell a sum from a mean of the wrong place, nor a matrix from its
transposed; nor can one with a zero tell what is wrong there.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec import chapters
from gradspec.program.recorder import Recorder
from gradspec.writing.clause import CLAUSES
from gradspec.writing.notation import Autograd
from gradspec_conformance.adapters.reference import ReferenceEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.writing.clause import Clause

chapters.load()
ASKING = {"op-001": 16, "op-203": 16, "op-209": 16, "op-220": 1024, "op-221": 16, "op-222": 16}
"""Clauses that ask for derivatives over the catalogue, and in what parts of one they ask."""


def drawn(case: Clause, parts: int) -> list[Any]:
    """Give what a clause draws at random, as coarse as it is used."""
    found = []

    class Watched(Autograd):
        def random(self, *shape: int, positive: bool = False) -> Any:
            one = super().random(*shape, positive=positive)
            found.append(np.squeeze(np.round(one * parts) / parts))
            return one

    with Recorder(ReferenceEngine()) as recorder:
        case.perform(Watched(recorder))
    return found


def turned(array: Any) -> Iterator[Any]:
    """Give an array with its axes in other orders, and each reversed and rolled."""
    for axes in itertools.permutations(range(array.ndim)):
        if axes != tuple(range(array.ndim)):
            yield array.transpose(axes)
    for axis, length in enumerate(array.shape):
        if length > 1:
            yield np.flip(array, axis)
            yield np.roll(array, 1, axis)


@pytest.mark.parametrize(("clause", "parts"), ASKING.items())
def test_a_cotangent_is_random_and_of_no_symmetry(clause: str, parts: int) -> None:
    for case in CLAUSES[clause].cases:
        cotangents = drawn(case, parts)

        assert any(c.size for c in cotangents), case.id
        for one in cotangents:
            assert np.all(np.abs(one) >= 1 / 2)
            assert not any(np.array_equal(one, other) for other in turned(one)), case.id
