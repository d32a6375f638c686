"""What is between real numbers and complex ones, entry by entry, on the numbers of mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
from matrix_definitions import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    return np.vectorize(function, otypes=[object])


def pairs(x: Any) -> Any:
    return entries((*x.shape, 2), lambda *at: (mp.re if at[-1] == 0 else mp.im)(x[at[:-1]]))


def variance(x: Any) -> Any:
    mean = mp.fsum(x.flat) / x.size
    return np.array(mp.fsum(abs(e - mean) ** 2 for e in x.flat) / (x.size - 1), object)


def conjugated_products(x: Any, other: Any) -> Any:
    """Sum along the last dimension."""
    products = each(mp.conj)(x) * other
    return entries(x.shape[:-1], lambda *at: mp.fsum(products[at]))


def with_mean(moment: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: (moment(x), number(mp.fsum(x.flat) / x.size))


def number(x: Any) -> Any:
    found = np.empty((), object)
    found[()] = x
    return found


def length(x: Any) -> Any:
    return mp.sqrt(mp.fsum(abs(e) ** 2 for e in x.flat))


def covariance(x: Any) -> Any:
    rows, count = x.shape
    off = [[e - mp.fsum(row) / count for e in row] for row in x]

    def entry(i: int, j: int) -> Any:
        terms = zip(off[i], off[j], strict=True)
        return mp.fsum(a * mp.conj(b) for a, b in terms) / (count - 1)

    return entries((rows, rows), entry)


def correlation(x: Any) -> Any:
    found = covariance(x)
    alone = [mp.sqrt(mp.re(found[i, i])) for i in range(len(found))]
    return entries(found.shape, lambda i, j: found[i, j] / alone[i] / alone[j])


def row_distances(x: Any, x2: Any) -> Any:
    return entries(x.shape[:1], lambda i: length(x[i] - x2[i] + mp.mpf(1e-6)))


# matrices, by mpmath ------------------------------------------------------------------
def matrix(x: Any) -> Any:
    return mp.matrix(x.tolist())


def hermitian(x: Any) -> Any:
    return (matrix(x) + matrix(x).H) / 2


def array(x: Any) -> Any:
    return entries((x.rows, x.cols), lambda i, j: x[i, j])


def sign_and_logarithm(x: Any) -> Any:
    value = mp.det(matrix(x))
    return number(value / abs(value)), number(mp.log(abs(value)))


def pseudo_inverse(x: Any) -> Any:
    return array(mp.inverse(matrix(x).H * matrix(x)) * matrix(x).H)


def in_a_row(values: Any) -> Any:
    return entries((len(values),), lambda i: values[i])


def squares(x: Any) -> Any:
    return each(lambda e: mp.mpc(abs(e) ** 2))(array(x))


def eigenvectors(x: Any) -> Any:
    values, vectors = mp.eighe(hermitian(x))
    return in_a_row(values), squares(vectors), array(hermitian(x))


def singular_vectors(x: Any) -> Any:
    left, values, right = mp.svd_c(matrix(x), full_matrices=True)
    return squares(left), in_a_row(values), squares(right), x


def triangle(x: Any) -> Any:
    orthogonal, upper = mp.qr(matrix(x))
    return squares(orthogonal), squares(upper), x


# spectra ------------------------------------------------------------------------------
SCALES: dict[Any, tuple[float, float]] = {
    **dict.fromkeys((None, "backward"), (0.0, 1.0)),
    "ortho": (0.5, 0.5),
    "forward": (1.0, 0.0),
}
"""Norm -> the powers of the length that are divided by, forward and the other way."""


def turned(v: Sequence[Any], *, forward: bool, norm: Any) -> list[Any]:
    """Sum numbers, each turned by its place times that of the sum."""
    count, sign = len(v), -1 if forward else 1
    scale = mp.mpf(count) ** SCALES[norm][0 if forward else 1]
    return [
        mp.fsum(e * mp.expjpi(mp.mpf(2 * sign * j * k) / count) for j, e in enumerate(v)) / scale
        for k in range(count)
    ]


def fitted(v: Sequence[Any], count: int | None) -> list[Any]:
    """Cut a list to a length, or fill it with zeros."""
    return list(v) if count is None else [*v, *[mp.mpf(0)] * count][:count]


def whole(v: Sequence[Any], count: int | None, **how: Any) -> list[Any]:
    return turned(fitted(v, count), **how)


def half(v: Sequence[Any], count: int | None, **how: Any) -> list[Any]:
    found = whole(v, count, **how)
    return found[: len(found) // 2 + 1]


def mirrored(v: Sequence[Any], count: int | None, **how: Any) -> list[Any]:
    """Complete a half by conjugates, which makes sums real; so is what is its own mirror image."""
    count = 2 * (len(v) - 1) if count is None else count
    given = fitted(v, count // 2 + 1)
    own = {0, count / 2}
    full = [
        mp.re(given[k]) if k in own else given[k] if k < len(given) else mp.conj(given[count - k])
        for k in range(count)
    ]
    return [mp.re(e) for e in turned(full, **how)]


def along(way: Callable[..., list[Any]], x: Any, dim: int, count: int | None, **how: Any) -> Any:
    moved = np.moveaxis(x, dim, -1)
    flat = [way(list(v), count, **how) for v in moved.reshape(-1, moved.shape[-1])]
    return np.moveaxis(np.array(flat, object).reshape(*moved.shape[:-1], -1), -1, dim)


def of_one(last: Callable[..., list[Any]], *, forward: bool) -> Callable[..., Any]:
    """Transform along one dimension."""

    def transformed(x: Any, n: int | None = None, dim: int = -1, norm: Any = None) -> Any:
        return along(last, x, dim, n, forward=forward, norm=norm)

    return transformed


def of_several(
    last: Callable[..., list[Any]], *, forward: bool, flat: bool = False
) -> Callable[..., Any]:
    """Transform along dimensions, the last of which has another way.

    One half of real numbers is told by what is left of them, so it is taken first; and what is made
    of one half is made last.
    """

    def transformed(x: Any, s: Any = None, dim: Any = None, norm: Any = None) -> Any:
        every = range(x.ndim)
        dims = [*(every if dim is None else dim)]
        dims = [-2, -1] if flat and dim is None else dims[-len(s) :] if s else dims
        ways = [(whole, d, n) for d, n in zip(dims, s or [None] * len(dims), strict=True)]
        (_, final, size) = ways.pop()
        steps = [(last, final, size), *ways] if last is half else [*ways, (last, final, size)]
        for way, d, n in steps:
            x = along(way, x, d, n, forward=forward, norm=norm)
        return x

    return transformed


KINDS = {"fft": (whole, True), "ifft": (whole, False), "rfft": (half, True)} | {
    "irfft": (mirrored, False),
    "hfft": (mirrored, True),
    "ihfft": (half, False),
}
"""Name -> what becomes of one dimension, and whether forward."""


def rolled(shift: Callable[[int], int]) -> Callable[..., Any]:
    def moved(x: Any, dim: Any = None) -> Any:
        dims = range(x.ndim) if dim is None else (dim,)

        def entry(*at: int) -> Any:
            lengths = enumerate(zip(at, x.shape, strict=True))
            return x[tuple((i - shift(n)) % n if d in dims else i for d, (i, n) in lengths)]

        return entries(x.shape, entry)

    return moved


SPECTRA: dict[str, Callable[..., Any]] = {
    **{name: of_one(way, forward=forward) for name, (way, forward) in KINDS.items()},
    **{f"{name}n": of_several(way, forward=forward) for name, (way, forward) in KINDS.items()},
    **{
        f"{name}2": of_several(way, forward=forward, flat=True)
        for name, (way, forward) in KINDS.items()
    },
    "fftshift": rolled(lambda n: n // 2),
    "ifftshift": rolled(lambda n: (n + 1) // 2),
}

DEFINITIONS: dict[str, Callable[..., Any]] = {
    "real": each(mp.re),
    "imag": each(mp.im),
    "complex": each(mp.mpc),
    "view_as_real": pairs,
    "view_as_complex": lambda x: entries(
        x.shape[:-1], lambda *at: mp.mpc(x[(*at, 0)], x[(*at, 1)])
    ),
    **{name: each(mp.conj) for name in ("conj", "conj_physical")},
    **{name: lambda x: x for name in ("resolve_conj", "resolve_neg")},
    "polar": each(lambda x, angle: x * mp.expj(angle)),
    "angle": each(mp.arg),
    "sgn": each(lambda x: x / abs(x)),
    **SPECTRA,
}

OF_COMPLEX: dict[str, Callable[..., Any]] = {
    "abs": each(abs),
    "var": variance,
    "std": lambda x: each(mp.sqrt)(variance(x)),
    **dict.fromkeys(("vdot", "vecdot"), conjugated_products),
    "softsign": each(lambda x: x / (1 + abs(x))),
    **dict.fromkeys(
        ("norm", "vector_norm", "linalg_norm", "matrix_norm"), lambda x: number(length(x))
    ),
    "var_mean": with_mean(variance),
    "std_mean": with_mean(lambda x: each(mp.sqrt)(variance(x))),
    "cov": covariance,
    "corrcoef": correlation,
    "dist": lambda x, other: number(length(x - other)),
    "pairwise_distance": row_distances,
    "normalize": lambda x: entries(x.shape, lambda i, j: x[i, j] / length(x[i])),
    "l1_loss": lambda x, target: number(mp.fsum(abs(e) for e in (x - target).flat) / x.size),
    "slogdet": sign_and_logarithm,
    "pinv": pseudo_inverse,
    "cholesky": lambda x: array(mp.cholesky(hermitian(x))),
    "eigvalsh": lambda x: in_a_row(mp.eighe(hermitian(x), eigvals_only=True)),
    "svdvals": lambda x: in_a_row(mp.svd_c(matrix(x), compute_uv=False)),
    "eigh": eigenvectors,
    "svd": singular_vectors,
    "qr": triangle,
}
"""What is another function of complex numbers than that of real ones."""
