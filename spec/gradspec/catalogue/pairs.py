"""Functions of two numbers, or three, beyond the four operations."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import (
    ABOUT_ONE,
    BOTH_SIGNS,
    EIGHTHS,
    HIGH,
    LOW,
    NAN,
    NEAR,
    ODD,
    ODD_AND_NEGATIVE,
    PAST_ONE,
)
from gradspec.catalogue.ends import FAR, INF, NO_NUMBER, at
from gradspec.catalogue.entrywise import BY_ZERO, IN_PLACE, either, less, real, size, two
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, Kink, of, on, or_nan, point, row

FIRST: Final = {"": Kink(point(1.5, other=np.array(1.5)), (0.0, 1.0), (1.0, 0.0), tie=True)}
"""Of two that are equal the first is taken."""


def larger_number(x: Any, other: Any) -> Any:
    """Give the larger of each pair, and of a number and NaN the number."""
    return np.where((real(x) >= real(other)) | np.isnan(real(other)), x, other)


def smaller_number(x: Any, other: Any) -> Any:
    """Give the smaller of each pair, and of a number and NaN the number."""
    return np.where((real(x) <= real(other)) | np.isnan(real(other)), x, other)


def fmod(x: Any, other: Any) -> Any:
    """Give what is left of x, with the sign of x."""
    return less(x, other, np.trunc(real(x) / real(other)))


def atan2(x: Any, other: Any) -> Any:
    """Give the angle of the point (other, x): from the nearer axis, where its tangent is small."""
    steep = size(real(x)) > size(real(other))
    right = np.where(real(other) > 0, 0.0, np.where(real(x) >= 0, np.pi, -np.pi))
    top = np.where(real(x) > 0, np.pi / 2, -np.pi / 2)
    slope = np.where(steep, other, x) / np.where(steep, x, other)
    return np.where(steep, top - np.arctan(slope), right + np.arctan(slope))


def logaddexp(x: Any, other: Any) -> Any:
    """Give the logarithm of the sum of two exponentials."""
    return np.log(np.exp(x) + np.exp(other))


def logaddexp2(x: Any, other: Any) -> Any:
    """Give the same in powers of two."""
    return np.log(2.0**x + 2.0**other) / np.log(2)


def copysign(x: Any, other: Any) -> Any:
    """Give the first with the sign of the second."""
    return size(x) * np.copysign(1.0, real(other))


OF_SUMS: Final = {
    "far": at(
        [FAR, -FAR, FAR, -INF, INF],
        ([1.0, 0.0, 0.5, 0.0, 1.0], [0.0, 1.0, 0.5, 1.0, 0.0]),
        other=[-FAR, FAR, FAR, 0.0, 0.0],
    ),
    "of_nothing": at([-INF], or_nan(0.0, 1.0), NO_NUMBER, other=[-INF]),
}
"""Where exponentials overflow, and where both are zero."""

ROWS: Final = (
    two(
        *("fmod(x, other)", fmod, PIECEWISE, (ODD, EIGHTHS)),
        means="x - other * sign(x / other) * floor(abs(x / other))",
        negative=on(domain=ODD_AND_NEGATIVE, other=of(domain=EIGHTHS)),
        broadcast=on(3, 1, domain=ODD, other=of(4, domain=ABOUT_ONE)),
        number=on(2, 3, domain=ODD, other=0.75),
        divisors=on(2, 3, domain=ODD, other=of(2, 3, domain=BOTH_SIGNS)),
        ends=BY_ZERO,
        **IN_PLACE,
    ),
    either(
        *("fmax(x, other)", larger_number),
        means="other if isnan(x) else x if isnan(other) else max(x, other)",
        first_nan=on(domain=NAN, other=of()),
        second_nan=on(other=of(domain=NAN)),
        kinks=FIRST,
        takes_nan=True,
    ),
    either(
        *("fmin(x, other)", smaller_number),
        means="other if isnan(x) else x if isnan(other) else min(x, other)",
        first_nan=on(domain=NAN, other=of()),
        second_nan=on(other=of(domain=NAN)),
        kinks=FIRST,
        takes_nan=True,
    ),
    two(
        *("atan2(x, other)", atan2, PIECEWISE, (HIGH, HIGH)),
        means="atan2(x, other)",
        second=on(domain=HIGH, other=of(domain=LOW)),
        third=on(domain=LOW, other=of(domain=LOW)),
        fourth=on(domain=LOW, other=of(domain=HIGH)),
        steep=on(domain=PAST_ONE, other=of(domain=NEAR)),
        deep=on(domain=ODD_AND_NEGATIVE, other=of(domain=NEAR)),
        broadcast=on(3, 1, other=of(4)),
        ends={
            "origin": at([0.0], None, 0.0, other=[0.0]),
            "high": at([INF], (0.0, or_nan(0.0)), (None, NO_NUMBER), other=[1.0]),
            "wide": at([1.0], (or_nan(0.0), 0.0), (NO_NUMBER, None), other=[INF]),
        },
        **IN_PLACE,
    ),
    two(
        *("hypot(x, other)", lambda x, other: np.sqrt(x * x + other * other), ANALYTIC),
        means="sqrt(x * x + other * other)",
        kinks={"": Kink(point(0.0, other=np.array(0.0)), (-1.0, 1.0))},
        ends={"infinity": at([INF], (or_nan(1.0), 0.0), (NO_NUMBER, None), other=[1.0])},
        **IN_PLACE,
        keeps="other result x",
    ),
    two(
        *("logaddexp(x, other)", logaddexp, ANALYTIC),
        means="log(exp(x) + exp(other))",
        ends=OF_SUMS,
        holomorphic=True,
    ),
    two(
        *("logaddexp2(x, other)", logaddexp2, ANALYTIC),
        means="log(2**x + 2**other, 2)",
        ends=OF_SUMS,
    ),
    two(
        *("copysign(x, other)", copysign, PIECEWISE, (HIGH, HIGH)),
        means="abs(x) if other >= 0 else -abs(x)",
        negative=on(domain=LOW, other=of(domain=LOW)),
        broadcast=on(3, 1, other=of(4)),
        number=on(2, 3, other=-1.5),
        kinks={"": Kink(point(0.0, other=np.array(1.5)), (-1.0, 1.0), 0.0)},
        ends={"infinity": at([INF], (or_nan(1.0), 0.0), (NO_NUMBER, None), other=[2.0])},
        **IN_PLACE,
        keeps="result x",
        takes_nan=True,
    ),
    row(
        "lerp(x, end, weight)",
        lambda x, end, weight: x + weight * (end - x),
        *(ANALYTIC, on(end=of(), weight=0.75)),
        means="x + weight * (end - x)",
        small=on(2, 3, end=of(2, 3), weight=0.25),
        tensor=on(2, 3, end=of(3), weight=of(2, 1)),
        broadcast=on(2, 1, end=of(3), weight=of(4, 1, 1)),
        **IN_PLACE,
        promotes=False,
        cancels=True,
        holomorphic=True,
    ),
    row(
        "addcmul(x, tensor1, tensor2, *, value=1)",
        lambda x, tensor1, tensor2, value=1: x + value * tensor1 * tensor2,
        *(ANALYTIC, on(2, 3, tensor1=of(2, 1), tensor2=of(3))),
        means="x + value * tensor1 * tensor2",
        broadcast=on(3, tensor1=of(2, 1), tensor2=of(4, 1, 1)),
        value=on(2, 3, tensor1=of(2, 1), tensor2=of(3), value=2.0),
        **IN_PLACE,
        holomorphic=True,
    ),
    row(
        "addcdiv(x, tensor1, tensor2, *, value=1)",
        lambda x, tensor1, tensor2, value=1: x + value * tensor1 / tensor2,
        *(ANALYTIC, on(2, 3, tensor1=of(2, 1), tensor2=of(3))),
        means="x + value * tensor1 / tensor2",
        ends={"by_zero": at([1.0], (1.0, INF, -INF), tensor1=[1.0], tensor2=[0.0])},
        broadcast=on(3, tensor1=of(2, 1), tensor2=of(4, 1, 1)),
        value=on(2, 3, tensor1=of(2, 1), tensor2=of(3), value=2.0),
        **IN_PLACE,
        promotes=False,
        holomorphic=True,
    ),
)
