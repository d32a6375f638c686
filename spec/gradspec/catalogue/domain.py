"""`Domain`: the numbers that an operand is drawn from, and how a sample of it is drawn.

Samples are multiples of a power of two, exact in every floating-point type, so that an engine that
computes in few bits is asked about the same point.  The entries of all operands of a call are
different where a tie would be a kink, and no entry is zero unless the domain says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that entries are drawn from; `repeats` if one value may be drawn twice."""

    values: tuple[Any, ...]
    repeats: bool = False

    @classmethod
    def between(cls, low: float, high: float, step: float = 1 / 16) -> Self:
        """Give every step from `low` to `high`, without zero."""
        count = round((high - low) / step) + 1
        return cls(tuple(low + step * i for i in range(count) if low + step * i))

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], taken: set[Any]) -> Any:
        """Draw an array, and add its entries to those that are taken."""
        size = math.prod(shape)
        if self.repeats:
            return np.resize(random.permutation(np.array(self.values)), size).reshape(shape)
        entries = random.permutation(np.array([v for v in self.values if v not in taken]))[:size]
        taken.update(entries.tolist())
        return entries.reshape(shape)


REAL: Final = Domain.between(-2, 2)
FINE: Final = Domain.between(-2, 2, 1 / 64)
"""Four times as many, for operators that read many entries."""

POSITIVE: Final = Domain.between(1 / 4, 3)
ABOVE_MINUS_ONE: Final = Domain.between(-3 / 4, 2)
BELOW_A_POLE: Final = Domain.between(-5 / 4, 5 / 4)
"""Of the tangent, whose poles are at plus and minus 1.57."""

LOW: Final = Domain.between(-2, -1 / 4)
HIGH: Final = Domain.between(1 / 4, 2)
ODD: Final = Domain.between(-31 / 16, 31 / 16, 1 / 8)
"""Odd sixteenths: no integer, no half, no multiple of an eighth, so no step of a step function."""

EIGHTHS: Final = Domain.between(3 / 4, 2, 1 / 8)
BELOW_ZERO: Final = Domain.between(-1, -1 / 4)
ABOVE_ZERO: Final = Domain.between(1 / 4, 1)
ODD_AND_POSITIVE: Final = Domain.between(17 / 16, 31 / 16, 1 / 8)
ODD_AND_NEGATIVE: Final = Domain.between(-31 / 16, -17 / 16, 1 / 8)
INNER: Final = Domain.between(-1, 1)
SPREAD: Final = Domain((-1.75, 0.15625, 1.5625))
"""Below all of `INNER`, between them, above them."""

BOTH_SIGNS: Final = Domain((0.75, -0.875, 1.0, -1.125, 1.25, -1.5))
UNLIKE: Final = Domain(tuple(v * (-1) ** i for i, v in enumerate(POSITIVE.values)))
"""No two of one modulus."""

ONE: Final = Domain((1.0,), repeats=True)
ZERO: Final = Domain((0.0,), repeats=True)
NAN: Final = Domain((float("nan"),), repeats=True)
TRUE: Final = Domain((True,), repeats=True)
FALSE: Final = Domain((False,), repeats=True)
FEW: Final = Domain((-1.0, 0.0, 2.0), repeats=True)
ZERO_OR_ONE: Final = Domain((0.0, 1.0), repeats=True)
NUMBER_OR_NAN: Final = Domain((float("nan"), 1.5, -2.0), repeats=True)
TRUTH: Final = Domain((True, False), repeats=True)


def places(count: int) -> Domain:
    """Give the places of a dimension of this length; each is drawn, and some twice."""
    return Domain(tuple(range(count)), repeats=True)


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor to be drawn."""

    shape: tuple[int, ...]
    domain: Domain = REAL
