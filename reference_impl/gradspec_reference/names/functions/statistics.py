"""Sums under a line, shares of what is ordered, and how rows vary together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import narrow
from gradspec_reference.engine.batched import Batched, anywhere
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandDtypeError, OperandShapeError
from gradspec_reference.names import return_types
from gradspec_reference.names.functions import (
    arithmetic,
    assembly,
    complex_numbers,
    elementwise,
    indexing,
    normalised,
    parts,
    products,
    reductions,
    running,
    selection,
    shapes,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "corrcoef",
    "cov",
    "cumulative_trapezoid",
    "dist",
    "nanmedian",
    "nanquantile",
    "quantile",
    "trapezoid",
    "trapz",
    "vander",
]

MATRIX: Final = 2
ROUNDED: Final[dict[str, Any]] = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}
BETWEEN: Final = ("linear", "midpoint", *ROUNDED)


def trapezoid(
    y: Tensor, x: Tensor | LeftOut = None, *, dx: float | LeftOut = None, dim: int = -1
) -> Tensor:
    """Return the area under a line through points (torch.trapezoid)."""
    check_spacing("trapezoid", x, dx)
    return area("trapezoid", y, x, dx, normal_dim(dim, y.ndim))


def trapz(
    y: Tensor, x: Tensor | LeftOut = None, *, dx: float | LeftOut = None, dim: int = -1
) -> Tensor:
    """Return the area under a line through points (torch.trapz)."""
    check_spacing("trapz", x, dx)
    width = None if dx is None else float(dx)
    return area("trapz", y, x, width, normal_dim(dim, y.ndim))


def area(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> Tensor:
    """Return the area; where all points are as far apart, all count in full but the outer two."""
    if not y.shape[dim]:
        return reductions.sum(y.detach(), dim, dtype=y.dtype)
    twice = trapezoids(name, y, x, dx, dim)
    if x is not None:
        return reductions.sum(twice, dim) / 2.0
    outer = parts.select(y, dim, 0) + parts.select(y, dim, -1)
    whole = reductions.sum(y, dim) * 2 - outer
    return whole * (1 if dx is None else dx) / 2.0


def cumulative_trapezoid(
    y: Tensor, x: Tensor | LeftOut = None, *, dx: float | LeftOut = None, dim: int = -1
) -> Tensor:
    """Return the area under a line up to each point (torch.cumulative_trapezoid)."""
    check_spacing("cumulative_trapezoid", x, dx)
    if x is None:
        check_are_numbers("cumulative_trapezoid", y, dx)
    dim = normal_dim(dim, y.ndim)
    sums = reductions.cumsum(trapezoids("cumulative_trapezoid", y, x, dx, dim), dim)
    return sums * ((1 if dx is None else dx) / 2.0)


def check_spacing(name: str, x: Tensor | None, dx: Any) -> None:
    """Refuse to be told twice how far points are apart."""
    if x is not None and dx is not None:
        raise TypeError(f"{name} was given x and dx; give one of them")


def check_are_numbers(name: str, *given: Any) -> None:
    """Refuse booleans, among tensors and numbers."""
    if any(isinstance(x, bool) or getattr(x, "dtype", None) is dtypes.bool_ for x in given):
        raise RuntimeError(f"{name} was given booleans; convert them with to()")


def trapezoids(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> Tensor:
    """Return twice the area between each point and the next, a width of dx apart or as x says."""
    check_are_numbers(name, y, x, dx)
    count = max(y.shape[dim] - 1, 0)
    before = parts.narrow(y, dim, 0, count)
    after = parts.narrow(y, dim, min(1, y.shape[dim]), count)
    if x is None:
        return before + after
    if x.ndim == 1 and x.shape[0] == y.shape[dim]:
        x = shapes.reshape(x, [-1 if d == dim else 1 for d in range(y.ndim)])
    elif x.ndim == 1:
        raise OperandShapeError(f"{name} was given {x.shape[0]} places for {y.shape[dim]} points")
    else:
        x = shapes.reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    return (before + after) * running.diff(x, 1, dim)


def quantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Return what a share of the elements is not larger than (torch.quantile); NaN of a NaN."""
    return quantiles("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """Return what a share of the numbers is not larger than (torch.nanquantile)."""
    return quantiles("nanquantile", input, q, dim, keepdim, interpolation)


def quantiles(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str
) -> Tensor:
    """Return quantiles, in the first dimension if there may be several."""
    check_quantiles(name, input, q, interpolation)
    kept = None if dim is None else normal_dim(dim, input.ndim)
    if kept is None:
        rows = shapes.reshape(input, (-1,))
    else:
        rows = shapes.movedim(input, kept, -1) if input.ndim else shapes.reshape(input, (1,))
    ordered = reductions.sort(rows, -1)[0]
    missing = np.isnan(ordered._array)
    length = ordered.shape[-1]
    counts = (~missing).sum(-1) if name == "nanquantile" else np.full(missing.shape[:-1], length)
    shares = q if isinstance(q, Tensor) else Tensor(np.asarray(q, input._array.dtype))
    last = Tensor(np.maximum(counts - 1, 0).astype(input._array.dtype)[None])
    place = shapes.reshape(shares, (-1,) + (1,) * counts.ndim) * last
    if name == "quantile" and anywhere(missing):  # NaN is the last of all
        place = selection.where(Tensor(missing.any(-1)[None]), length - 1.0, place)
    rounded = ROUNDED.get(interpolation, np.floor)(place._array)
    found = read_at(ordered, rounded)
    if interpolation not in ROUNDED:
        weight: Any = place - Tensor(rounded) if interpolation == "linear" else 0.5
        found = found + (read_at(ordered, np.ceil(place._array)) - found) * weight
    if keepdim:
        shape = [1] * input.ndim if kept is None else list(input.shape)
        if kept is not None and shape:
            shape[kept] = 1
        found = shapes.reshape(found, (found.shape[0], *shape))
    several = isinstance(q, Tensor) and q.ndim
    result: Tensor = found if several else shapes.squeeze(found, 0)
    return result if input.ndim or kept is None else shapes.reshape(result, result.shape)


def read_at(ordered: Tensor, places: Any) -> Tensor:
    """Return the entries at places of each row."""
    index = Tensor(np.moveaxis(places.astype(np.int64), 0, -1).copy())
    return shapes.movedim(indexing.gather(ordered, -1, index), -1, 0)


def check_quantiles(name: str, input: Tensor, q: Any, interpolation: str) -> None:
    """Refuse what has no quantiles."""
    if not input.numel():
        raise RuntimeError(f"{name} was given no elements")
    if isinstance(q, Tensor) and q.ndim > 1:
        raise RuntimeError(f"{name} was given shares of {list(q.shape)}; give a number or a row")
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name} was given {input.dtype}; use float32 or float64")
    if isinstance(q, Tensor) and q.dtype != input.dtype:
        raise RuntimeError(f"{name} was given {input.dtype} and shares of {q.dtype}; convert one")
    if interpolation not in BETWEEN:
        raise RuntimeError(f"{name} was given {interpolation!r}; use one of {BETWEEN}")
    shares = q._array if isinstance(q, Tensor) else np.asarray(q)
    if not ((shares >= 0) & (shares <= 1)).all():
        raise RuntimeError(f"{name} was given a share outside 0 to 1")


def nanmedian(input: Tensor, dim: int | LeftOut = None, keepdim: bool = False) -> Any:
    """Return the median of what is a number, the lower of two (torch.nanmedian)."""
    if input._array.dtype.kind not in "fV" or dim is None:
        missing = np.isnan(input._array)
        if dim is not None:
            return as_nanmedian(reductions.median(input, dim, keepdim))
        if type(input) is Batched:
            return of_those_equal(input, nanmedian(shapes.reshape(input, (-1,)), 0)[0])
        if not missing.any() or missing.all():
            return reductions.median(input)
        return reductions.median(indexing.masked_select(input, Tensor(~missing)))
    array = narrow.widened(input._array)  # where NaN is sorted last
    dim = normal_dim(dim, array.ndim)
    if not array.ndim or not array.shape[dim]:
        return as_nanmedian(reductions.median(input, dim, keepdim))
    order = np.argsort(array, axis=dim, kind="stable")
    middle = np.maximum((~np.isnan(array)).sum(dim, keepdims=True) - 1, 0) // 2
    places = Tensor(np.take_along_axis(order, middle, dim))
    return as_nanmedian(reductions.extreme("median_dim", input, places, dim, keepdim))


def of_those_equal(input: Tensor, value: Tensor) -> Tensor:
    """Return a value of some elements, which share its gradient."""
    equal = elementwise.eq(input, value.detach())
    result: Tensor = reductions.sum(selection.where(equal, input, 0.0)) / reductions.sum(equal)
    return result


def as_nanmedian(found: Any) -> Any:
    """Give a median and its place under the other name."""
    return found if isinstance(found, Tensor) else return_types.nanmedian(*found)


def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """Return how rows vary together, by frequencies and weights of columns (torch.cov)."""
    if input.ndim > MATRIX:
        raise RuntimeError(f"cov was given {input.ndim} dimensions; it needs a matrix")
    if input.dtype == dtypes.bool_:
        raise RuntimeError("cov was given booleans; convert them with to()")
    rows = shapes.reshape(input, (1, input.numel())) if input.ndim < MATRIX else input
    count = rows.shape[1]
    check_weights("fweights", fweights, count, "iu")
    check_weights("aweights", aweights, count, "f")
    weights: Any = fweights if aweights is None else aweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    if weights is None:
        total: Any = count
        off = rows - reductions.sum(rows, 1, keepdim=True) / count
        weighted = off
        squares: Any = count
    else:
        total = reductions.sum(weights)
        if not total._array:
            raise RuntimeError("cov was given weights that come to nothing")
        off = rows - reductions.sum(rows * weights, 1, keepdim=True) / total
        weighted = off * weights
        squares = total if aweights is None else reductions.sum(weights * aweights)
    norm = total - correction * (squares / total if aweights is not None else 1)
    if isinstance(norm, Tensor):
        norm = selection.clamp(norm, 0)
    else:
        norm = Tensor(np.asarray(max(norm, 0), off._array.real.dtype))
    found = products.matmul(weighted, shapes.t(complex_numbers.conj(off))) / norm
    return found if rows.shape[0] != 1 else shapes.reshape(found, ())


def check_weights(name: str, weights: Tensor | None, count: int, kinds: str) -> None:
    """Refuse weights that are not one a column, or are negative."""
    if weights is None:
        return
    if weights.ndim > 1 or weights.numel() != count:
        raise OperandShapeError(
            f"{name} of shape {list(weights.shape)} were given for {count} columns"
        )
    if weights._array.dtype.kind not in kinds:
        raise OperandDtypeError(f"{name} were given as {weights.dtype}")
    if count and anywhere(weights._array < 0):
        raise RuntimeError(f"{name} were given of which one is negative")


def corrcoef(input: Tensor) -> Tensor:
    """Return the correlations of rows (torch.corrcoef)."""
    if input.ndim > MATRIX:
        raise RuntimeError(f"corrcoef was given {input.ndim} dimensions; it needs a matrix")
    together = cov(input)
    if together.ndim == 0:
        return together / together
    deviations = unary(OPERATORS["sqrt"], parts.diagonal(together))
    found = together / shapes.unsqueeze(deviations, 1) / shapes.unsqueeze(deviations, 0)
    if found.dtype.is_complex:
        real, imaginary = (selection.clamp(part, -1, 1) for part in (found.real, found.imag))
        return complex_numbers.complex(real, imaginary)
    result: Tensor = selection.clamp(found, -1, 1)
    return result


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803
    """Return the matrix of powers of numbers (torch.vander)."""
    if x.ndim != 1:
        raise RuntimeError(f"vander was given {x.ndim} dimensions; it needs a row")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError(f"vander was asked for {count} columns")
    powers = powers_of(x, count)
    return powers if increasing or not count else assembly.flip(powers, (1,))


def powers_of(x: Tensor, count: int) -> Tensor:
    """Return powers from none on, as columns."""
    dtype = x.dtype if x.dtype.category >= dtypes.FLOAT else dtypes.int64
    x = shapes.unsqueeze(x.to(dtype), -1)
    shape = (*x.shape[:-1], min(count, 1))
    ones = Tensor(np.ones(shape, dtype.numpy))
    if count <= 1:
        return ones
    rest = shapes.expand(x, *x.shape[:-1], count - 1)
    return assembly.cat([ones, running.cumprod(rest, -1)], -1)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """Return the norm of a difference (torch.dist)."""
    return normalised.norm(arithmetic.sub(input, other), p)
