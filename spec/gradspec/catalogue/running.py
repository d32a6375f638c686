"""What runs along a dimension, up to each entry, and differences of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.ends import FAR, INF, NO_NUMBER, at
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.operator import (
    ALWAYS,
    ANALYTIC,
    LINEAR,
    PIECEWISE,
    Kink,
    of,
    on,
    or_nan,
    point,
    row,
)
from gradspec.catalogue.reductions import FIRST, MASKED, OF_A_TYPE, ONE, SHARE

if TYPE_CHECKING:
    from collections.abc import Callable


def so_far(extreme: np.ufunc) -> Callable[..., Any]:
    """Give the formula of an extreme up to each entry, and the last place where it was."""

    def formula(x: Any, dim: int) -> Any:
        every = np.moveaxis(real(x), dim, -1)
        attained = (every == extreme.accumulate(every, axis=-1)) | np.isnan(every)
        places = np.where(attained, np.arange(every.shape[-1]), 0)
        where = np.moveaxis(np.maximum.accumulate(places, axis=-1), -1, dim)
        return np.take_along_axis(x, where, dim), where

    return formula


def differences(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Give differences of neighbours, n times over."""
    given = [each for each in (prepend, x, append) if each is not None]
    return np.diff(np.concatenate(given, dim), n, dim)


LAST: Final = np.array([1.0, 1.0, 1.0])

LEADING: Final = [1.0, 1 + SHARE, 1 - SHARE]

ROWS: Final = (
    row(
        *(f"cumprod(x, dim{OF_A_TYPE}", lambda x, dim: x.cumprod(dim), ANALYTIC, ONE),
        first=FIRST,
        one_zero=point([[1.5, 0.0, -2.0], [0.5, 2.0, 1.5]], dim=1),
        two_zeros=point([1.5, 0.0, -2.0, 0.0, 0.5], dim=0),
        zero_first=point([[0.0, 2.0], [1.5, 0.5], [-2.0, 0.0]], dim=0),
        ends={
            "with_infinity": at([2.0, INF], or_nan([INF, 2.0]), [INF, NO_NUMBER], dim=0),
            "of_zero_and_infinity": at([0.0, INF], [INF, 0.0], dim=0),
        },
        keeps="result x",
        has_inplace=True,
        cancels=True,
        apart="dtype",
        holomorphic=True,
    ),
    row(
        *("logcumsumexp(x, dim)", lambda x, dim: np.log(np.exp(x).cumsum(dim)), ANALYTIC, ONE),
        first=FIRST,
        ends={
            "masked": at(MASKED, [2 + SHARE, 0.0, 1 - SHARE], dim=0),
            "masked_first": at([-INF, 0.0, 1.0], or_nan(LEADING), [NO_NUMBER, *LEADING[1:]], dim=0),
            "far": at([-FAR, FAR], 1.0, dim=0),
        },
        keeps="result x",
        holomorphic=True,
    ),
    row(
        *("cummax(x, dim)", so_far(np.maximum), PIECEWISE, on(2, 5, dim=1)),
        first=on(4, 3, dim=0),
        kinks={"": Kink(point([1.0, 2.0, 2.0], dim=0), None, LAST)},
        several=ALWAYS,
        keeps="?",
    ),
    row(
        *("cummin(x, dim)", so_far(np.minimum), PIECEWISE, on(2, 5, dim=1)),
        first=on(4, 3, dim=0),
        kinks={"": Kink(point([2.0, 1.0, 1.0], dim=0), None, LAST)},
        several=ALWAYS,
        keeps="?",
    ),
    row(
        *("diff(x, n=1, dim=-1, prepend=None, append=None)", differences, LINEAR, on(2, 4)),
        thrice=on(2, 5, n=3),
        first=on(3, 2, dim=0),
        beside=on(2, 3, prepend=of(2, 1), append=of(2, 2)),
        holomorphic=True,
    ),
)
