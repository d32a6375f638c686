"""Entries by their rank, places in an order, and counts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import FEW, ZERO_OR_ONE
from gradspec.catalogue.ends import NO_NUMBER, at
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.operator import (
    ALWAYS,
    CONSTANT,
    PIECEWISE,
    REFUSED,
    Kink,
    of,
    on,
    point,
    row,
)
from gradspec.catalogue.reductions import largest, ranked, smallest, sort, tied

BOUNDS: Final = np.array([-1.0, 0.25, 1.0, 1.5])
BOUNDS_OF_ROWS: Final = np.array([[-1.0, 0.5, 1.0], [-0.5, 0.25, 2.0]])
UNSORTED: Final = np.array([0.25, 1.5, -1.0, 1.0])
ORDER: Final = np.array([2, 0, 3, 1])
AT_A_BOUND: Final = np.array([0.25, 1.25, -2.0])


def most_frequent(x: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """Give the entry that occurs most often, the smallest of several, and where it is last."""
    every = np.moveaxis(x, dim, -1)
    where = np.zeros(every.shape[:-1], int)
    for place in np.ndindex(*where.shape):
        values, counts = np.unique(real(every[place]), return_counts=True)
        where[place] = np.flatnonzero(real(every[place]) == values[counts.argmax()])[-1]
    places = np.expand_dims(where, dim)
    found = np.take_along_axis(x, places, dim)
    return (found, places) if keepdim else (found.squeeze(dim), where)


def kth(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """Give the k-th entry, counted from the smallest, and where it is."""
    return ranked(x, k - 1, dim, keepdim)


def extremes(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the smallest and the largest entry."""
    ends = smallest(x, dim, keepdim), largest(x, dim, keepdim)
    return ends if dim is None else (ends[0][0], ends[1][0])


def below(sorted_sequence: Any, x: Any, right: bool = False, **more: Any) -> Any:
    """Count the bounds that are below each number; on the right side, also those that equal it."""
    bounds, side, sorter = sorted_sequence, more.get("side"), more.get("sorter")
    bounds = bounds if sorter is None else np.take_along_axis(bounds, sorter, -1)
    each, bounds = x[..., None], bounds if bounds.ndim == 1 else bounds[..., None, :]
    return (~(bounds > each) if right or side == "right" else ~(bounds >= each)).sum(-1)


def distinct(
    x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Give each number once, in order, or each slice; where each then is, and how often it was."""
    _, first, inverse, counts = np.unique(real(x), True, True, True, dim)
    found = [x.ravel()[first] if dim is None else x.take(first, dim)]
    found += [inverse.reshape(x.shape)] if return_inverse else []
    found += [counts] if return_counts else []
    return found if return_counts else found[0]


def counted(x: Any, weights: Any, minlength: int = 0) -> Any:
    """Add up the weights of each whole number from 0 to the largest, or to more."""
    return np.array([np.sum(weights[x == n]) for n in range(max(np.max(x) + 1, minlength))])


def between(x: Any, boundaries: Any, right: bool = False) -> Any:
    """Count the boundaries below each number."""
    return below(boundaries, x, right)


EITHER: Final = (np.array([0.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0]))
MODE_KINKS: Final = {
    "": Kink(point([2.0, 1.0, 2.0, 0.5]), None, np.array([0.0, 0.0, 1.0, 0.0]), tie=True),
    "first": Kink(
        point([[2.0, 3.0, 3.0], [2.0, 0.5, 3.0]], dim=0),
        *(None, np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])),
    ),
}

ROWS: Final = (
    row(
        *("mode(x, dim=-1, keepdim=False)", most_frequent, PIECEWISE, on(2, 3)),
        first=on(3, 2, dim=0),
        keepdim=on(2, 3, 2, dim=1, keepdim=True),
        kinks=MODE_KINKS,
        ends={"no_number": at([[NO_NUMBER, 0.75], [0.75, NO_NUMBER]], [[0.0, 1.0], [1.0, 0.0]])},
        several=ALWAYS,
        keeps="result1",
        takes_nan=True,
    ),
    row(
        *("kthvalue(x, k, dim=-1, keepdim=False)", kth, PIECEWISE, on(2, 4, k=2)),
        first=on(4, 2, k=3, dim=0),
        keepdim=on(2, 3, 2, k=1, dim=1, keepdim=True),
        kinks={"": Kink(point([2.0, 1.0, 2.0], k=2), EITHER, tie=True)},
        several=ALWAYS,
        keeps="result1",
        takes_nan=True,
    ),
    row(
        *("aminmax(x, *, dim=None, keepdim=False)", extremes, PIECEWISE, on(2, 3)),
        dim=on(3, 2, dim=0),
        keepdim=on(2, 3, 2, dim=1, keepdim=True),
        kinks=tied(-1.0, shared=True),
        several=ALWAYS,
        keeps="?",
    ),
    row("msort(x)", lambda x: sort(x, 0)[0], PIECEWISE, on(3, 2), keeps="", takes_nan=True),
    row(
        "argsort(x, dim=-1, descending=False, *, stable=False)",
        lambda *given, **more: sort(*given, **more)[1],
        CONSTANT,
        on(2, 3),
        descending=on(3, 2, dim=0, descending=True),
        stable=on(2, 5, domain=FEW, stable=True),
        stable_descending=on(5, 2, domain=FEW, dim=0, descending=True, stable=True),
        apart="stable",
    ),
    row(
        "count_nonzero(x, dim=None)",
        lambda x, dim=None: np.count_nonzero(x, dim),
        CONSTANT,
        on(2, 4, domain=FEW),
        dim=on(2, 4, domain=FEW, dim=1),
        dims=on(2, 3, 4, domain=FEW, dim=(0, 2)),
    ),
    row(
        "searchsorted(sorted_sequence, x, *, right=False, side=None, sorter=None, out_int32=False)",
        below,
        CONSTANT,
        {"sorted_sequence": BOUNDS, "x": of(2, 3)},
        rows={"sorted_sequence": BOUNDS_OF_ROWS, "x": of(2, 4)},
        right={"sorted_sequence": BOUNDS, "x": AT_A_BOUND, "right": True},
        side={"sorted_sequence": BOUNDS, "x": AT_A_BOUND, "side": "right"},
        sorter={"sorted_sequence": UNSORTED, "x": of(2, 3), "sorter": ORDER},
        torch="torch.searchsorted($sorted_sequence, $x, $(right=$right), $(side=$side), "
        "$(sorter=$sorter), $(out_int32=$out_int32))",
        apart="out_int32",
    ),
    row(
        *("bucketize(x, boundaries, *, right=False, out_int32=False)", between, CONSTANT),
        on(2, 3, boundaries=BOUNDS),
        right={"x": AT_A_BOUND, "boundaries": BOUNDS, "right": True},
        apart="out_int32",
    ),
    row(
        "unique(x, return_inverse=False, return_counts=False, dim=None)",
        *(distinct, REFUSED, on(2, 3)),
        repeats=on(2, 3, domain=FEW),
        counts=on(2, 3, domain=FEW, return_inverse=True, return_counts=True),
        dim=on(2, 4, domain=ZERO_OR_ONE, dim=1),
        several="return_counts",
        apart="return_inverse return_counts dim",
    ),
    row(
        *("bincount(x, weights, minlength=0)", counted, REFUSED),
        {"x": np.array([1, 0, 3, 1]), "weights": of(4)},
        minlength={"x": np.array([1, 0, 3, 1]), "weights": of(4), "minlength": 6},
        apart="minlength",
    ),
)
