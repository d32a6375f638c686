"""What is computed of many numbers together, in loops on the numbers of mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
from network_definitions import built

if TYPE_CHECKING:
    from collections.abc import Callable


def per_row(function: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """Apply a function from a list to a number along a dimension, or to all numbers."""

    def applied(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        rows = x.ravel() if dim is None else np.moveaxis(x, dim, -1)
        found = built(rows.shape[:-1], lambda *at: function(list(rows[at])))
        if not keepdim:
            return found
        return found.reshape((1,) * x.ndim) if dim is None else np.expand_dims(found, dim)

    return applied


def area(v: list[Any], at: list[Any]) -> Any:
    steps = range(len(v) - 1)
    return mp.fsum((at[i + 1] - at[i]) * (v[i] + v[i + 1]) / 2 for i in steps)


def places(v: list[Any], at: Any, dx: Any) -> list[Any]:
    width = mp.mpf(1 if dx is None else dx)
    return [i * width for i in range(len(v))] if at is None else list(at)


def trapezoid(x: Any, at: Any = None, dx: Any = None, dim: int = -1) -> Any:
    return per_row(lambda v: area(v, places(v, at, dx)))(x, dim)


def cumulative(x: Any, at: Any = None, dx: Any = None, dim: int = -1) -> Any:
    ends = range(2, x.shape[dim] + 1)
    parts = [per_row(lambda v, n=n: area(v[:n], places(v, at, dx)))(x, dim) for n in ends]
    return np.stack(parts, dim)


def quantile(
    x: Any, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear"
) -> Any:
    def at_share(share: Any) -> Any:
        def found(v: list[Any]) -> Any:
            ordered = sorted(e for e in v if not mp.isnan(e))
            place = share * (len(ordered) - 1)
            low, high = ordered[int(mp.floor(place))], ordered[int(mp.ceil(place))]
            off = place - mp.floor(place)
            shares = {"linear": off, "lower": 0, "higher": 1, "midpoint": mp.mpf(0.5)}
            return low + (high - low) * shares.get(interpolation, mp.nint(off))

        return per_row(found)(x, dim, keepdim)

    if isinstance(q, float):
        return at_share(mp.mpf(q))
    return np.stack([at_share(share) for share in q])


def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    def place(v: list[Any]) -> int:
        ordered = sorted((e, i) for i, e in enumerate(v) if not mp.isnan(e))
        return ordered[(len(ordered) - 1) // 2][1]

    values = per_row(lambda v: v[place(v)])(x, dim, keepdim)
    return values if dim is None else (values, per_row(place)(x, dim, keepdim))


def cov(x: Any, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    rows = x if x.ndim > 1 else x[None]
    columns = range(rows.shape[1])
    often = [1] * rows.shape[1] if fweights is None else [int(f) for f in fweights]
    heavy = [mp.mpf(1)] * rows.shape[1] if aweights is None else list(aweights)
    total = mp.fsum(f * a for f, a in zip(often, heavy, strict=True))
    squares = mp.fsum(f * a * a for f, a in zip(often, heavy, strict=True))

    def entry(i: int, j: int) -> Any:
        means = [mp.fsum(often[k] * heavy[k] * rows[r, k] for k in columns) / total for r in (i, j)]
        terms = (
            often[k] * heavy[k] * (rows[i, k] - means[0]) * (rows[j, k] - means[1]) for k in columns
        )
        return mp.fsum(terms) / (total - correction * squares / total)

    found = built((len(rows), len(rows)), entry)
    return found if x.ndim > 1 else found.reshape(())


def corrcoef(x: Any) -> Any:
    c = cov(x)
    return built(c.shape, lambda i, j: c[i, j] / mp.sqrt(c[i, i] * c[j, j]))


def vander(x: Any, N: int | None = None) -> Any:  # noqa: N803
    count = x.shape[-1] if N is None else N
    return built((*x.shape, count), lambda *at: x[at[:-1]] ** at[-1])


def powers(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    count = len(x) if N is None else N
    return built((len(x), count), lambda i, j: x[i] ** (j if increasing else count - 1 - j))


def dist(x: Any, other: Any, p: int = 2) -> Any:
    off = np.ravel(x - other).tolist()
    if not p:
        return np.array(mp.mpf(sum(e != 0 for e in off)), object)
    return np.array(mp.fsum(abs(e) ** p for e in off) ** (mp.mpf(1) / p), object)


STATISTICS: dict[str, Callable[..., Any]] = {
    "trapezoid": trapezoid,
    "cumulative_trapezoid": cumulative,
    "quantile": quantile,
    "nanquantile": quantile,
    "nanmedian": nanmedian,
    "cov": cov,
    "corrcoef": corrcoef,
    "vander": vander,
    "powers": powers,
    "dist": dist,
}
