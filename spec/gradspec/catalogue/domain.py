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


@dataclass(frozen=True, slots=True)
class Symmetric(Domain):
    """Symmetric matrices; `shift` is added to the diagonal."""

    shift: float = 0.0

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], taken: set[Any]) -> Any:
        """Draw matrices, and mirror the lower triangle."""
        lower = np.tril(Domain.draw(self, random, shape, taken))
        mirrored = np.tril(lower, -1).swapaxes(-1, -2)
        return lower + mirrored + self.shift * np.eye(shape[-1])


@dataclass(frozen=True, slots=True)
class Complex(Domain):
    """Complex numbers, of which no part is zero: `values` are the real parts, and `others` too."""

    others: tuple[Any, ...] = ()

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], taken: set[Any]) -> Any:
        """Draw the real parts, and then the imaginary ones."""
        parts = Domain.draw(self, random, shape, taken)
        return np.asarray(parts + 1j * Domain(self.others, repeats=True).draw(random, shape, taken))


REAL: Final = Domain.between(-2, 2)
FINE: Final = Domain.between(-2, 2, 1 / 64)
"""Four times as many, for operators that read many entries."""

POSITIVE: Final = Domain.between(1 / 4, 3)
ABOVE_MINUS_ONE: Final = Domain.between(-3 / 4, 2)
INSIDE_ONE: Final = Domain.between(-7 / 8, 7 / 8)
ABOVE_ONE: Final = Domain.between(5 / 4, 3)
SHARE: Final = Domain.between(1 / 16, 15 / 16, 1 / 32)
"""Strictly between 0 and 1."""

BETWEEN_POLES: Final = Domain(tuple(n + i / 16 for n in (-3, -2, -1) for i in range(4, 13)))
"""Of the gamma function, whose poles are 0 and the negative integers."""

BELOW_A_POLE: Final = Domain.between(-5 / 4, 5 / 4)
"""Of the tangent, whose poles are at plus and minus 1.57."""

WIDE: Final = Domain(tuple(v / 4 + 1 / 16 for v in range(-30, 31)))
"""On both sides of -3, 0, 3 and 6, and none of them."""

PAST_ONE: Final = Domain.between(1, 2)
NEAR: Final = Domain.between(-7 / 16, 7 / 16)
LOW: Final = Domain.between(-2, -1 / 4)
HIGH: Final = Domain.between(1 / 4, 2)
ODD: Final = Domain.between(-31 / 16, 31 / 16, 1 / 8)
"""Odd sixteenths: no integer, no half, no multiple of an eighth, so no step of a step function."""

EVEN: Final = Domain.between(-2, 2, 1 / 8)
EIGHTHS: Final = Domain.between(3 / 4, 2, 1 / 8)
ABOUT_ONE: Final = Domain.between(3 / 4, 5 / 4, 1 / 8)
FAR_BELOW: Final = Domain.between(-15 / 2, -25 / 4)
FAR_ABOVE: Final = Domain.between(25 / 4, 15 / 2)
"""Beyond every bend of an activation."""

SPACED: Final = Domain.between(-9, 9, 3 / 8)
"""No two of them a margin apart, and many of them farther."""

VAST: Final = Domain.between(-44.0, 44.0, 8.0)
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
NEAR_ZERO: Final = Domain((1 / 128, -1 / 256))
ENDLESS: Final = Domain((math.inf, 1.5, -math.inf, math.nan, -2.0), repeats=True)
WHOLE: Final = Domain((*range(-7, 0), *range(1, 8)))
NAN: Final = Domain((float("nan"),), repeats=True)
HIGHEST: Final = Domain((math.inf,), repeats=True)
LOWEST: Final = Domain((-math.inf,), repeats=True)
TRUE: Final = Domain((True,), repeats=True)
FALSE: Final = Domain((False,), repeats=True)
FEW: Final = Domain((-1.0, 0.0, 2.0), repeats=True)
ZERO_OR_ONE: Final = Domain((0.0, 1.0), repeats=True)
NUMBER_OR_NAN: Final = Domain((float("nan"), 1.5, -2.25), repeats=True)
TRUTH: Final = Domain((True, False), repeats=True)
OFF_THE_AXIS: Final = tuple(sign * n / 16 for n in range(4, 13) for sign in (1, -1))
"""Imaginary parts of which none is near zero, where many functions are cut, and none near 1."""

COMPLEX: Final = Complex(REAL.values, others=OFF_THE_AXIS)
SYMMETRIC: Final = Symmetric(REAL.values)
DEFINITE: Final = Symmetric(Domain.between(-1, 1).values, shift=4.0)
"""The shift is larger than all else in a row."""


def places(count: int) -> Domain:
    """Give the places of a dimension of this length; each is drawn, and some twice."""
    return Domain(tuple(range(count)), repeats=True)


@dataclass(frozen=True, slots=True)
class Operand:
    """A tensor to be drawn."""

    shape: tuple[int, ...]
    domain: Domain = REAL
