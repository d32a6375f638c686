"""Reductions, and what else looks at many entries at once: softmax, sums that run, sorting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import UNLIKE, ZERO_OR_ONE
from gradspec.catalogue.ends import FAR, INF, NO_NUMBER, at
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.linear_algebra import matrix_norm
from gradspec.catalogue.operator import (
    ALWAYS,
    ANALYTIC,
    CONSTANT,
    LINEAR,
    PIECEWISE,
    Kink,
    Operator,
    Smoothness,
    on,
    or_nan,
    point,
    row,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DIM: Final = "x, dim=None, keepdim=False"
OF_A_TYPE: Final = ", *, dtype=None)"
CORRECTION: Final = "x, dim=None, *, correction=1, keepdim=False, unbiased=None"
ONE: Final = on(2, 3, dim=1)
FIRST: Final = on(2, 3, dim=0)
KEPT: Final = on(2, 3, 2, dim=1, keepdim=True)
DIMS: Final = on(2, 3, 4, dim=(0, 2))
TIED: Final = np.array([1.0, 2.0, 2.0])
BETWEEN_TIED: Final = (np.array([0.0, 0.0, 0.0]), np.array([0.0, 1.0, 1.0]))
HALVES: Final = np.array([0.0, 0.5, 0.5])


def reduction(
    called: str, formula: Callable[..., Any], smoothness: Smoothness, **more: Any
) -> Operator:
    """Write the row of a reduction: of all entries, along a dimension, and with it kept."""
    calls = {"dim": ONE, "keepdim": KEPT} | more
    return row(called, formula, smoothness, on(2, 3), **calls)


def total(x: Any, dim: Any = None, keepdim: bool = False, dtype: str | None = None) -> Any:
    """Give the sum, in the type that is asked for."""
    return x.sum(dim, dtype=dtype, keepdims=keepdim)


def mean(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the mean."""
    return x.mean(dim, keepdims=keepdim)


def multiplied(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the product."""
    return x.prod(dim, keepdims=keepdim)


def reducing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Call a function of NumPy by torch's names."""
    return lambda x, dim=None, keepdim=False: function(x, dim, keepdims=keepdim)


def variance(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
    """Give the mean square deviation, with n - correction for n."""
    deviation = x - x.mean(dim, keepdims=True)
    free = np.ones(x.shape).sum(dim, keepdims=keepdim) - correction
    squares = (deviation * deviation).sum(dim, keepdims=keepdim)
    return squares / np.maximum(free, 0.0)


def deviation(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
    """Give the root of the variance."""
    return np.sqrt(variance(x, dim, correction, keepdim))


def ranked(x: Any, rank: int, dim: int | None, keepdim: bool, *, passes_nan: bool = False) -> Any:
    """Give the entry of a rank, counted from the smallest, and where it is along a dimension.

    NaN counts as the largest, or is what is given wherever there is one.
    """
    if dim is None:
        return ranked(np.ravel(x), rank, 0, False, passes_nan=passes_nan)[0]
    where = np.take(np.argsort(real(x), dim), [rank], dim)
    if passes_nan:
        none = np.isnan(real(x))
        where = np.where(none.any(dim, keepdims=True), none.argmax(dim, keepdims=True), where)
    found = np.take_along_axis(x, where, dim)
    return (found, where) if keepdim else (found.squeeze(dim), where.squeeze(dim))


def largest(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the largest entry, and where it is along a dimension."""
    return ranked(x, -1, dim, keepdim, passes_nan=True)


def smallest(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the smallest entry, and where it is along a dimension."""
    return ranked(x, 0, dim, keepdim, passes_nan=True)


def middle(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the middle entry, the lower one of two, and where it is along a dimension."""
    count = x.size if dim is None else x.shape[dim]
    return ranked(x, (count - 1) // 2, dim, keepdim, passes_nan=True)


def extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    """Give the formula of an extreme along any dimensions, of which no place is told."""

    def formula(x: Any, dim: Any = (), keepdim: bool = False) -> Any:
        dims = (dim,) if isinstance(dim, int) else tuple(dim) or tuple(range(x.ndim))
        for one in sorted(dims, reverse=True):
            x = pick(x, one, keepdim)[0]
        return x

    return formula


def norm(x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
    """Give the norm of an order; a negative one is of something.

    Of matrices it may be the sum of the singular values.
    """
    if p == "nuc":
        return matrix_norm(x, p, (-2, -1) if dim is None else dim, keepdim)
    p = 2 if p == "fro" else p
    if p < 0 and not np.all(np.ones(x.shape).sum(dim)):
        raise ValueError("no number is neutral to a norm of negative order")
    if math.isinf(p):
        pick = largest if p > 0 else smallest
        return pick(size(x)) if dim is None else pick(size(x), dim, keepdim)[0]
    if p == 2:  # noqa: PLR2004 - the root is exact
        return np.sqrt((x * x).sum(dim, keepdims=keepdim))
    return (size(x) ** p).sum(dim, keepdims=keepdim) ** (1 / p)


def softmax(x: Any, dim: int) -> Any:
    """Give exponentials that sum to one."""
    powers = np.exp(x - real(x).max(dim, keepdims=True))
    return powers / powers.sum(dim, keepdims=True)


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Give the entries in order, NaN as the largest, and where they were.

    Of equal ones those that came first are first, if that is asked for.
    """
    turned = np.where(np.isnan(real(x)), -np.inf, -real(x))
    keys = turned if descending else real(x)
    where = np.argsort(keys, dim, kind="stable" if stable else "quicksort")
    return np.take_along_axis(x, where, dim), where


def topk(x: Any, k: int, dim: int = -1, largest: bool = True) -> Any:
    """Give the k largest entries in order, and where they were."""
    return tuple(np.take(part, range(k), dim) for part in sort(x, dim, descending=largest))


def logsumexp(x: Any, dim: Any, keepdim: bool = False) -> Any:
    """Give the logarithm of the sum of exponentials."""
    return np.log(np.exp(x).sum(dim, keepdims=keepdim))


def tied(sign: float, *, shared: bool) -> dict[str, Kink]:
    """Say what two equal entries get that are the extreme, or the middle one."""
    every = Kink(point(sign * TIED), BETWEEN_TIED, HALVES, tie=True)
    choice = HALVES if shared else None
    return {"": every, "dim": Kink(point(sign * TIED, dim=0), BETWEEN_TIED, choice, tie=True)}


AT_ZERO: Final = (-1.0, 1.0)
ONE_OF_TWO: Final = (np.array([0.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0]))
TRUTHS: Final = on(3, 2, domain=ZERO_OR_ONE, dim=0)
MANY_TRUTHS: Final = on(2, 3, 4, domain=ZERO_OR_ONE, dim=(0, 1))
TWO_ZEROS: Final = point([[0.0, 3.0, 0.0], [0.5, 0.0, 2.0]], dim=1)
MODULI: Final = Kink(
    point([2.0, -2.0], p=math.inf),
    (np.array([0.0, -1.0]), np.array([1.0, 0.0])),
    np.array([0.5, -0.5]),
)

SHARE: Final = 1 / (1 + math.e)
"""What exp 0 is of exp 0 + exp 1."""

APART: Final = [[FAR, FAR], [-FAR, -FAR]]
MASKED: Final = [0.0, -INF, 1.0]
OF_PRODUCTS: Final = {
    "with_infinity": at([2.0, INF], or_nan([INF, 2.0]), [INF, NO_NUMBER]),
    "of_zero_and_infinity": at([0.0, INF], [INF, 0.0]),
}
OF_SUMS_OF_POWERS: Final = {
    "masked": at(MASKED, [SHARE, 0.0, 1 - SHARE], dim=0),
    "far": at([FAR, -FAR], [1.0, 0.0], dim=0),
    "rows_apart": at([[FAR, 0.0], [-FAR, -2 * FAR]], [1.0, 0.0], dim=1),
    "infinity": at([INF, 1.0], or_nan([1.0, 0.0]), [NO_NUMBER, 0.0], dim=0),
    "of_nothing": at([-INF, -INF], or_nan(0.0, 1.0), NO_NUMBER, dim=0),
}
FIRST_SHARE: Final = {
    "masked": at(
        MASKED,
        [SHARE * (1 - SHARE), 0.0, -SHARE * (1 - SHARE)],
        weights=[1.0, 0.0, 0.0],
        dim=0,
    ),
    "far": at([FAR, -FAR], 0.0, weights=[1.0, 0.0], dim=0),
    "rows_apart": at(APART, [0.25, -0.25], weights=[1.0, 0.0], dim=1),
    "of_nothing": at([-INF, -INF], None, NO_NUMBER, weights=[1.0, 0.0], dim=0),
}
OF_ONE: Final = {"of_one": at([1.5], None, NO_NUMBER)}
WITH_NAN: Final = {"nan": at([1.0, NO_NUMBER], None, [0.0, 1.0])}

ROWS: Final = (
    reduction(f"sum({DIM}{OF_A_TYPE}", total, LINEAR, dims=DIMS, apart="dtype", holomorphic=True),
    reduction(f"mean({DIM}{OF_A_TYPE}", mean, LINEAR, dims=DIMS, apart="dtype", holomorphic=True),
    reduction(
        *(f"prod({DIM}{OF_A_TYPE}", multiplied, ANALYTIC),
        one_zero=point([1.5, 0.0, -2.0]),
        two_zeros=TWO_ZEROS,
        zeros=point([[0.0, 3.0], [0.5, 0.0]]),
        zero_alone=point([[0.0], [2.0]], dim=1),
        nothing_but_zero=point([0.0]),
        ends=OF_PRODUCTS,
        keeps="result x",
        cancels=True,
        apart="dtype",
        holomorphic=True,
    ),
    reduction(f"argmax({DIM})", reducing(np.argmax), CONSTANT),
    reduction(f"argmin({DIM})", reducing(np.argmin), CONSTANT),
    reduction(f"all({DIM})", reducing(np.all), CONSTANT, dim=TRUTHS, dims=MANY_TRUTHS),
    reduction(f"any({DIM})", reducing(np.any), CONSTANT, dim=TRUTHS, dims=MANY_TRUTHS),
    reduction(
        *("amax(x, dim=(), keepdim=False)", extreme(largest), PIECEWISE),
        dims=DIMS,
        kinks=tied(1.0, shared=True),
        keeps="result x",
    ),
    reduction(
        *("amin(x, dim=(), keepdim=False)", extreme(smallest), PIECEWISE),
        dims=DIMS,
        kinks=tied(-1.0, shared=True),
        keeps="result x",
    ),
    reduction(
        *(f"var({CORRECTION})", variance, ANALYTIC),
        dims=DIMS,
        correction=on(2, 3, dim=1, correction=0),
        ends=OF_ONE,
        of_parts=parts.variance,
        apart="unbiased",
    ),
    reduction(
        *(f"std({CORRECTION})", deviation, ANALYTIC),
        dims=DIMS,
        correction=on(2, 3, dim=1, correction=0),
        kinks={"": Kink(point([2.0, 2.0]), (-math.sqrt(0.5), math.sqrt(0.5)), 0.0)},
        ends=OF_ONE,
        keeps="result x",
        of_parts=parts.deviation,
        apart="unbiased",
    ),
    reduction(
        *(f"max({DIM})", largest, PIECEWISE),
        kinks=tied(1.0, shared=False),
        ends=WITH_NAN,
        several="dim",
        keeps="result x",
    ),
    reduction(
        *(f"min({DIM})", smallest, PIECEWISE),
        kinks=tied(-1.0, shared=False),
        ends=WITH_NAN,
        several="dim",
        keeps="result x",
    ),
    reduction(
        *(f"median({DIM})", middle, PIECEWISE),
        odd=on(5),
        odd_dim=on(3, 2, dim=0),
        kinks=tied(1.0, shared=False),
        ends=WITH_NAN,
        several="dim",
        keeps="result x",
    ),
    reduction(
        *("norm(x, p='fro', dim=None, keepdim=False, dtype=None)", norm, PIECEWISE),
        p1=on(2, 3, p=1, dim=1),
        p3=on(2, 3, p=3),
        maximum=on(2, 3, domain=UNLIKE, p=math.inf),
        maximum_dim=on(2, 3, domain=UNLIKE, p=math.inf, dim=0),
        nuclear=on(2, 3, p="nuc"),
        nuclear_dims=on(3, 2, 2, p="nuc", dim=(0, 2), keepdim=True),
        kinks={
            "": Kink(point([0.0, 0.0]), AT_ZERO, 0.0),
            "p1": Kink(point([0.0, 0.0], p=1), AT_ZERO, 0.0),
            "maximum": MODULI,
        },
        ends={"infinity": at([INF, 1.0], or_nan([1.0, 0.0]), [NO_NUMBER, 0.0])},
        keeps="result x",
        of_parts=parts.of_moduli(norm),
        apart="dtype",
    ),
    row(
        *("logsumexp(x, dim, keepdim=False)", logsumexp, ANALYTIC, ONE),
        keepdim=KEPT,
        dims=DIMS,
        ends=OF_SUMS_OF_POWERS,
        keeps="result x",
        holomorphic=True,
    ),
    row(
        *(f"softmax(x, dim{OF_A_TYPE}", softmax, ANALYTIC, ONE),
        first=FIRST,
        ends=FIRST_SHARE,
        keeps="result",
        cancels=True,
        apart="dtype",
    ),
    row(
        *(f"log_softmax(x, dim{OF_A_TYPE}", lambda x, dim: np.log(softmax(x, dim)), ANALYTIC),
        ONE,
        first=FIRST,
        ends={
            "masked": at(MASKED, [1 - 3 * SHARE, 1.0, 3 * SHARE - 2], dim=0),
            "far": at([FAR, -FAR], [-1.0, 1.0], dim=0),
            "rows_apart": at(APART, [0.5, -0.5], weights=[1.0, 0.0], dim=1),
            "of_nothing": at([-INF, -INF], None, NO_NUMBER, dim=0),
        },
        keeps="result",
        cancels=True,
        apart="dtype",
    ),
    row(
        *(f"cumsum(x, dim{OF_A_TYPE}", lambda x, dim: x.cumsum(dim), LINEAR, ONE),
        first=FIRST,
        has_inplace=True,
        apart="dtype",
        holomorphic=True,
    ),
    row(
        *("sort(x, dim=-1, descending=False, *, stable=False)", sort, PIECEWISE, on(2, 3)),
        descending=on(3, 2, dim=0, descending=True),
        stable=on(2, 3, dim=0, descending=True, stable=True),
        several=ALWAYS,
        keeps="result1",
        takes_nan=True,
        apart="stable",
    ),
    row(
        *("topk(x, k, dim=-1, largest=True)", topk, PIECEWISE, on(2, 4, k=2)),
        smallest=on(4, 2, k=3, dim=0, largest=False),
        kinks={"": Kink(point([2.0, 1.0, 2.0], k=1), ONE_OF_TWO, tie=True)},
        several=ALWAYS,
        keeps="result1",
        takes_nan=True,
    ),
)
