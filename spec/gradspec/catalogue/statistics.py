"""Areas under lines, shares of what is ordered, and how rows vary together."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import POSITIVE, SHARE
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, REFUSED, Given, of, on, point, row


def areas(x: Any, at: Any, dx: Any, dim: int) -> Any:
    """Give the area between each point and the next, with the dimension last."""
    heights = np.moveaxis(x, dim, -1)
    widths = (1.0 if dx is None else dx) if at is None else np.diff(at)
    return (heights[..., 1:] + heights[..., :-1]) / 2 * widths


def trapezoid(x: Any, at: Any = None, dx: Any = None, dim: int = -1) -> Any:
    """Give the area under a line through points."""
    return areas(x, at, dx, dim).sum(-1)


def cumulative_trapezoid(x: Any, at: Any = None, dx: Any = None, dim: int = -1) -> Any:
    """Give the area under a line up to each point but the first."""
    return np.moveaxis(areas(x, at, dx, dim).cumsum(-1), -1, dim)


def quantile(
    x: Any, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear"
) -> Any:
    """Give what a share of the numbers is not larger than, and NaN of what is no number."""
    found = quantile_of_numbers(x, q, dim, keepdim, interpolation)
    none = np.isnan(real(x)).any(dim, keepdims=keepdim)
    return np.where(none, math.nan, found)


def quantile_of_numbers(
    x: Any, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear"
) -> Any:
    """Give what a share of the numbers is not larger than."""
    if not x.size:
        raise ValueError("no share of nothing is less")
    rows = x.ravel() if dim is None else np.moveaxis(x, dim, -1)
    flat = [in_order(v[~np.isnan(real(v))]) for v in rows.reshape(-1, rows.shape[-1])]
    found = [[between(v, share, interpolation) for v in flat] for share in np.atleast_1d(q)]
    whole = np.reshape(found, (*np.shape(q), *rows.shape[:-1]))
    if not keepdim:
        return whole
    beside = range(-x.ndim, 0) if dim is None else [dim if dim < 0 else dim - x.ndim]
    return np.expand_dims(whole, tuple(beside))


def in_order(row: Any) -> Any:
    """Sort numbers by their real parts: of equal ones each stays one of its own."""
    return row[np.argsort(real(row), kind="stable")]


def between(ordered: Any, share: Any, interpolation: str) -> Any:
    """Give what is at a share of the way through numbers in order."""
    place = share * (len(ordered) - 1)
    low, high = (ordered[int(end(real(place)))] for end in (np.floor, np.ceil))
    if interpolation == "linear":
        return low + (high - low) * (place - np.floor(real(place)))
    nearest = high if real(place) % 1 > 1 / 2 else low
    return {"lower": low, "higher": high, "midpoint": (low + high) / 2, "nearest": nearest}[
        interpolation
    ]


def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Give the median of what is a number, the lower of two, and where it is."""
    if dim is None and not x.size:
        return np.array(np.nan)
    rows = np.moveaxis(x.ravel() if dim is None else x, -1 if dim is None else dim, -1)
    counts = (~np.isnan(real(rows))).sum(-1)
    order = np.argsort(real(rows), -1)
    where = np.take_along_axis(order, ((counts - 1) // 2)[..., None], -1)
    found = np.take_along_axis(rows, where, -1)
    if dim is None:
        return found[0]
    pair = (np.moveaxis(v, -1, dim) for v in (found, where))
    return tuple(v if keepdim else v.squeeze(dim) for v in pair)


def cov(x: Any, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Give how rows vary together, by how often columns were seen and how much they weigh."""
    rows = np.atleast_2d(x)
    often = np.ones(rows.shape[1]) if fweights is None else fweights
    weights = often * (1.0 if aweights is None else aweights)
    off = rows - (rows * weights).sum(1, keepdims=True) / weights.sum()
    mean = weights.sum() if aweights is None else (weights * aweights).sum() / weights.sum()
    less = 1 if aweights is None else mean
    if weights.sum() <= 0 and not (fweights is None and aweights is None):
        raise ValueError("the weights come to nothing")
    together = (off * weights) @ off.T / max(weights.sum() - correction * less, 0.0)
    return together if x.ndim > 1 else together[0, 0]


def corrcoef(x: Any) -> Any:
    """Give how rows vary together, over how they vary alone."""
    together = np.atleast_2d(cov(x))
    alone = np.sqrt(np.diagonal(together))
    found = together / alone[:, None] / alone
    return found if x.ndim > 1 else found[0, 0]


def vander(x: Any, N: int | None = None) -> Any:  # noqa: N803
    """Give the powers of numbers, from none on."""
    return np.stack([x**n for n in range(x.shape[-1] if N is None else N)], -1)


def powers(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    """Give the powers of numbers in a row, down to none, or from none on."""
    found = vander(x, N)
    return found if increasing else found[..., ::-1]


def dist(x: Any, other: Any, p: float = 2) -> Any:
    """Give the norm of a difference; of order 0 how many entries differ."""
    off = size(x - other)
    if not p:
        return np.sum(real(off) != 0, dtype=np.float64)
    if off.size and not np.any(real(off)):
        raise ValueError("the points are one, where a distance has a kink")
    return off[np.argmax(real(off))] if p == math.inf else (off**p).sum() ** (1 / p)


NAN: Final = math.nan
SOME_NUMBERS: Final = [[1.5, NAN, -2.0, 0.5, 0.25], [NAN, 0.75, NAN, -0.5, 1.0]]
OFTEN: Final = np.array([1, 2, 1, 3])
SHARES: Final[Given] = {"q": of(2, domain=SHARE)}
AREA: Final = "$x, $(x=$at), $(dx=$dx), $(dim=$dim))"

ROWS: Final = (
    row(
        *("trapezoid(x, at=None, *, dx=None, dim=-1)", trapezoid, ANALYTIC, on(2, 4)),
        at=on(2, 4, at=of(4)),
        dx=on(3, 2, dx=0.5, dim=0),
        torch=f"torch.trapezoid({AREA}",
        dimensioned=True,
        cancels=True,
        holomorphic=True,
    ),
    row(
        *("cumulative_trapezoid(x, at=None, *, dx=None, dim=-1)", cumulative_trapezoid),
        *(ANALYTIC, on(2, 4)),
        at=on(2, 4, at=of(4)),
        dx=on(3, 2, dx=0.5, dim=0),
        torch=f"torch.cumulative_trapezoid({AREA}",
        holomorphic=True,
    ),
    row(
        *("quantile(x, q, dim=None, keepdim=False, *, interpolation='linear')", quantile),
        *(PIECEWISE, on(2, 3, q=0.375)),
        dim=on(2, 5, q=0.375, dim=1),
        shares=on(4, 2, dim=0, keepdim=True, **SHARES),
        midpoint=on(2, 5, q=0.4375, dim=-1, interpolation="midpoint"),
        nearest=on(2, 5, q=0.4375, dim=1, interpolation="nearest"),
        lower=on(2, 5, q=0.375, dim=1, interpolation="lower"),
        higher=on(2, 5, q=0.375, dim=1, interpolation="higher"),
        keeps="",
        halves=False,
    ),
    row(
        "nanquantile(x, q, dim=None, keepdim=False, *, interpolation='linear')",
        *(quantile_of_numbers, PIECEWISE, point(SOME_NUMBERS, q=0.375)),
        dim=point(SOME_NUMBERS, q=0.375, dim=1),
        keepdim=point(SOME_NUMBERS, q=0.375, dim=1, keepdim=True),
        lower=point(SOME_NUMBERS, q=0.375, dim=1, interpolation="lower"),
        keeps="",
        halves=False,
        takes_nan=True,
    ),
    row(
        *("nanmedian(x, dim=None, keepdim=False)", nanmedian, PIECEWISE, point(SOME_NUMBERS)),
        dim=point(SOME_NUMBERS, dim=1),
        keepdim=point(SOME_NUMBERS, dim=-1, keepdim=True),
        several="dim",
        keeps="result x",
        takes_nan=True,
    ),
    row(
        *("cov(x, *, correction=1, fweights=None, aweights=None)", cov, ANALYTIC, on(2, 4)),
        vector=on(5),
        correction=on(2, 4, correction=0),
        fweights=on(2, 4, fweights=OFTEN),
        aweights=on(2, 4, aweights=of(4, domain=POSITIVE)),
        both=on(2, 4, fweights=OFTEN, aweights=of(4, domain=POSITIVE)),
        keeps="",
        of_parts=parts.covariance,
    ),
    row(*("corrcoef(x)", corrcoef, ANALYTIC, on(3, 4)), keeps="", of_parts=parts.correlation),
    row(
        *("vander(x, *, N=None)", vander, ANALYTIC, on(3)),
        fewer=on(2, 3, N=2),
        more=on(2, N=4),
        torch="torch.linalg.vander($x, $(N=$N))",
        halves=False,
        holomorphic=True,
    ),
    row(
        *("powers(x, N=None, increasing=False)", powers, REFUSED, on(3)),
        fewer=on(4, N=2),
        increasing=on(2, N=4, increasing=True),
        torch="torch.vander($x, $(N=$N), $(increasing=$increasing))",
        halves=False,
        particular=True,
    ),
    row(
        *("dist(x, other, p=2)", dist, PIECEWISE, on(2, 3, other=of(2, 3))),
        sums=on(2, 3, other=of(3), p=1),
        cubes=on(3, other=of(2, 1), p=3),
        count=on(2, 3, other=of(2, 3), p=0),
        keeps="?",
        of_parts=lambda x, other: np.sqrt((parts.distance(x, other) ** 2).sum()),
    ),
)
