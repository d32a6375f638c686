"""Error function, gamma function and logarithms with a factor, where complex numbers are allowed.

NumPy has none of them.  A series whose terms have one sign, or an asymptotic one far to the right,
gives each to the last bits on the real line and an imaginary hair beside it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import (
    ABOVE_MINUS_ONE,
    BETWEEN_POLES,
    ENDLESS,
    HIGH,
    INSIDE_ONE,
    LOW,
    NAN,
    POSITIVE,
    REAL,
    ZERO,
)
from gradspec.catalogue.ends import INF, NO_NUMBER, at, far, outside
from gradspec.catalogue.entrywise import IN_PLACE, one, real, two
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, End, of, on, or_nan, point, row

OVER_ROOT_PI: Final = 2 / math.sqrt(math.pi)
TERMS: Final = 80
NEWTON: Final = 6
"""Steps; each doubles the digits."""

FAR: Final = 16
OVERFLOW: Final = 2.5e305
LARGE: Final = float(np.finfo(np.float64).max)
EULER: Final = 0.57721566490153286
BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""Of even number: the second, the fourth and so on."""


def erf(x: Any) -> Any:
    """Give the error function, whose series knows no infinity."""
    return np.where(np.isinf(real(x)), np.sign(real(x)), erf_by_series(x))


def erf_by_series(x: Any) -> Any:
    """Give exp(-x x) times a series of which all terms have one sign."""
    term = total = x
    for k in range(1, TERMS):
        term = term * (2 * x * x / (2 * k + 1))
        total = total + term
    return OVER_ROOT_PI * np.exp(-x * x) * total


def erfinv(x: Any) -> Any:
    """Give the inverse of the error function, by Newton's method from a bound: it is monotonic."""
    y = np.copysign(np.sqrt(-np.log(1 - real(x) ** 2) * math.pi / 4), real(x))
    for _ in range(NEWTON):
        y = y - (erf_by_series(y) - x) * np.exp(y * y) * (math.sqrt(math.pi) / 2)
    return y


def hurwitz(power: int, x: Any) -> Any:
    """Give the sum of (x + k)**-power over all k, of which Euler and Maclaurin know the end."""
    y = x + FAR
    total = sum(1 / (x + k) ** power for k in range(FAR))
    total = total + y ** (1 - power) / (power - 1) + y**-power / 2
    for k, b in enumerate(BERNOULLI, 1):
        rising = math.prod(range(power, power + 2 * k - 1))
        total = total + b / math.factorial(2 * k) * rising * y ** (1 - power - 2 * k)
    return total


def lgamma(x: Any) -> Any:
    """Give log |gamma x|: a series about 2, and the way there."""
    steps = 2 - np.round(real(x))
    z = x + steps - 2
    total = z * (1 - EULER)
    for k in range(2, TERMS // 2):
        total = total + (-z) ** k * (hurwitz(k, 2.0) / k)
    for j in range(-FAR, FAR):
        passed = ((j >= 0) & (j < steps)) | ((j < 0) & (j >= steps))
        way = np.log(np.where(passed, x + j, 1.0) ** 2) / 2
        total = total - way if j >= 0 else total + way
    beyond = np.where(real(x) > 0, math.inf, math.nan)
    return np.where(np.abs(real(x)) > OVERFLOW, beyond, total)


def digamma(x: Any) -> Any:
    """Give the slope of lgamma, in more digits than are kept: near its zero most of them cancel."""
    z = np.asarray(x).astype(np.result_type(x, np.longdouble))
    y = z + FAR
    series = sum(b / (2 * k * y ** (2 * k)) for k, b in enumerate(BERNOULLI, 1))
    slope = np.log(y) - 1 / (2 * y) - series - sum(1 / (z + k) for k in range(FAR))
    return slope.astype(np.result_type(x, np.float64))


def polygamma(n: int, x: Any) -> Any:
    """Give the nth derivative of digamma."""
    if n == 0:
        return digamma(x)
    series = (-1) ** (n + 1) * math.factorial(n) * hurwitz(n + 1, x)
    return np.where(real(x) == -math.inf, math.nan, series)


def xlogy(x: Any, other: Any) -> Any:
    """Give x log other, and 0 where both are 0."""
    none = (real(x) == 0) & (real(other) == 0)
    return x * np.log(other + none)


def nan_to_num(x: Any, nan: float = 0.0, posinf: float = LARGE, neginf: float = -LARGE) -> Any:
    """Give x, with numbers for NaN and the infinities."""
    replaced = np.where(np.isnan(real(x)), nan, np.where(real(x) > 0, posinf, neginf))
    return np.where(np.isfinite(real(x)), x, replaced)


def of_logarithm(zero: float) -> dict[str, End]:
    """Say what x log y does where y is at the end of the logarithm."""
    here = [zero, zero]
    return {
        "zero": at([1.0, -2.0], ([-INF, -INF], [INF, -INF]), other=here),
        "no_times_zero": at(
            [0.0], (or_nan(-INF, 0.0), or_nan(0.0)), (0.0, NO_NUMBER), other=here[:1]
        ),
    }


FUNCTIONS: Final = (
    one("erf", erf, ends=far(0.0, 0.0), condition=4.0, **IN_PLACE),  # terms of its series cancel
    one("erfc", lambda x: 1 - erf(x), ends=far(0.0, 0.0), **IN_PLACE),
    one(
        *("erfinv", erfinv),
        domain=INSIDE_ONE,
        ends={"ends": at([-1.0, 1.0], INF), **outside(2.0)},
        **IN_PLACE,
    ),
    one(
        *("lgamma", lgamma, PIECEWISE, POSITIVE),
        means="log(abs(gamma(x)))",
        below=on(domain=BETWEEN_POLES),
        negative=on(2, 3, domain=BETWEEN_POLES),
        ends={"zero": at([0.0], -INF), "infinity": at([INF], INF), **outside(-1.0)},
        **IN_PLACE,
        cancels=True,
    ),
    one(
        *("digamma", digamma, ANALYTIC, POSITIVE),
        negative=on(2, 3, domain=BETWEEN_POLES),
        ends={"zero": at([0.0], INF), "infinity": at([INF], 0.0)},
        **IN_PLACE,
    ),
    row(
        *("polygamma(n, x)", polygamma, ANALYTIC, {"n": 0, **on(domain=POSITIVE)}),
        means="psi(n, x)",
        first={"n": 1, **on(2, 3, domain=POSITIVE)},
        second={"n": 2, **on(2, 3, domain=BETWEEN_POLES)},
        third={"n": 3, **on(2, 3, domain=POSITIVE)},
        ends={"zero": End({"n": 1, **point([0.0])}, -INF)},
        cancels=True,
    ),
    two(
        *("xlogy(x, other)", xlogy, ANALYTIC, (REAL, POSITIVE)),
        means="x * log(other)",
        ends=of_logarithm(0.0),
        nothing=on(domain=ZERO, other=of(domain=POSITIVE)),
        number=on(2, 3, other=1.75),
        of_number={"x": 2.5, "other": of(2, 3, domain=POSITIVE)},
        **IN_PLACE,
    ),
    two(
        *("xlog1py(x, other)", lambda x, other: xlogy(x, 1 + other), ANALYTIC),
        domains=(REAL, ABOVE_MINUS_ONE),
        means="x * log(1 + other)",
        ends=of_logarithm(-1.0),
        torch="torch.special.xlog1py($x, $other)",
        nothing=on(domain=ZERO, other=of(domain=POSITIVE)),
        nothing_below=point(0.0, other=np.array(-0.75)),
        number=on(2, 3, other=1.75),
        of_number={"x": 2.5, "other": of(2, 3, domain=POSITIVE)},
    ),
    row(
        "nan_to_num(x, nan=0.0, posinf=None, neginf=None)",
        *(nan_to_num, PIECEWISE, on(domain=HIGH)),
        means="nan if isnan(x) else posinf if x == inf else neginf if x == ninf else x",
        negative=on(domain=LOW),
        no_number=on(domain=NAN),
        infinite=on(2, 4, domain=ENDLESS, posinf=7.0, neginf=-3.0),
        nan=on(2, 4, domain=ENDLESS, nan=0.5, posinf=-1.5, neginf=2.0),
        **IN_PLACE,
        takes_nan=True,
    ),
)
