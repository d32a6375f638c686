"""Numbers that are wrong in the same way are told in the same words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradspec.judging.wrongness import ANOTHER, unsummed, wrong_shape, wrongness

RIGHT = np.array([[1.0, -2.0, 5.0], [0.5, 3.0, -7.0]])
SQUARE = np.array([[1.0, 2.0], [5.0, 3.0]])


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        (-RIGHT, RIGHT, "has the opposite sign"),
        ((-RIGHT).astype("float32"), RIGHT, "has the opposite sign"),
        (2 * RIGHT, RIGHT, "is twice what it should be"),
        (RIGHT / 2, RIGHT, "is half of what it should be"),
        (0 * RIGHT, RIGHT, "is zero and should not be"),
        (RIGHT, 0 * RIGHT, "is not zero and should be"),
        (RIGHT * [np.nan, 1, 1], RIGHT, "is NaN where it should be a number"),
        (RIGHT * [np.inf, 1, 1], RIGHT, "is infinite where it should be finite"),
        (RIGHT * [1, 1, 1 + 1e-7], RIGHT, "is off by less than 1 in 100,000"),
        (RIGHT * [1, -1, 1], RIGHT, "has the opposite sign in some entries"),
        (RIGHT * [1, 0, 1], RIGHT, "is zero in some entries and should not be"),
        (RIGHT[:, ::-1], RIGHT, "has its entries in another order"),
        (RIGHT.T, RIGHT, "is transposed"),
        (SQUARE.T, SQUARE, "is transposed"),
        (RIGHT.sum(0), RIGHT, "has too few dimensions"),
        (RIGHT[None], RIGHT, "has too many dimensions"),
        (RIGHT[:, :2], RIGHT, "has another shape than it should"),
        (RIGHT + 0.25, RIGHT, ANOTHER),
        (3.0, np.inf, "is finite where it should not be"),
        (4.0, 3.0, ANOTHER),
        (True, False, "is True and should be False"),
        (np.array([True, False]), np.array([False, True]), "has its entries in another order"),
        ("a", 1.0, ANOTHER),
        ([[1.0], [1.0, 2.0]], RIGHT, ANOTHER),
    ],
)
def test_it_is_told_how_numbers_are_wrong(found: Any, expected: Any, words: str) -> None:
    assert wrongness(found, expected) == words


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ((2, 3), (3, 2), "is transposed"),
        ((2,), (3, 2), "has too few dimensions"),
        ((2, 1, 1), (3, 2), "has too many dimensions"),
        ((2,), (3,), "has another shape than it should"),
    ],
)
def test_it_is_told_how_a_shape_is_wrong(found: Any, expected: Any, words: str) -> None:
    assert wrong_shape(found, expected) == words


@pytest.mark.parametrize(
    ("found", "expected", "is_so"),
    [
        (RIGHT, RIGHT.sum(0), True),
        (RIGHT, RIGHT.sum(1, keepdims=True), True),
        (RIGHT, float(RIGHT.sum()), True),
        (RIGHT, 2 * RIGHT.sum(0), False),
        (RIGHT.sum(0), RIGHT, False),
        (RIGHT, RIGHT, False),
        (RIGHT, None, False),
        ((2, 3), (1, 3), True),
        ((2, 3), (3,), True),
        ((2, 3), (2,), False),
        ((2, 3), (2, 3), False),
        ((RIGHT, RIGHT[0]), (RIGHT, SQUARE), False),
        ((RIGHT, RIGHT), (RIGHT, -RIGHT), False),
    ],
)
def test_it_is_told_what_was_not_summed(found: Any, expected: Any, is_so: bool) -> None:
    assert unsummed(found, expected) is is_so
