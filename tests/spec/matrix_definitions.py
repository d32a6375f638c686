"""What products of matrices are, and what linear algebra computes, in loops and by mpmath."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def entries(shape: Any, entry: Callable[..., Any]) -> Any:
    """Build an array entry by entry."""
    result = np.empty(shape, object)
    for at in np.ndindex(*result.shape):
        result[at] = entry(*at)
    return result


def contracted(equation: str, operands: list[Any]) -> Any:
    """Sum over all labels that the result lacks; there are no dots and an arrow."""
    left, _, result = equation.partition("->")
    terms = left.split(",")
    sizes = {
        label: length
        for term, x in zip(terms, operands, strict=True)
        for label, length in zip(term, x.shape, strict=True)
    }
    summed = [label for label in sizes if label not in result]

    def entry(*at: int) -> Any:
        products = []
        for rest in np.ndindex(*(sizes[label] for label in summed)):
            place = dict(zip([*result, *summed], [*at, *rest], strict=True))
            factors = [
                x[tuple(place[label] for label in term)]
                for term, x in zip(terms, operands, strict=True)
            ]
            products.append(mp.fprod(factors))
        return mp.fsum(products)

    return entries([sizes[label] for label in result], entry)


def einsum(equation: str, operands: list[Any]) -> Any:
    written = {"ii": "ii->", "i,j": "i,j->ij"}.get(equation, equation)
    if "..." not in written:
        return contracted(written, operands)
    (matrices, vector) = operands  # ...ij,...j->...i
    return contracted("baij,j->bai", [matrices[:, None], vector])[:, 0]


def outer(x: Any, y: Any) -> Any:
    return entries((*x.shape, *y.shape), lambda *at: x[at[: x.ndim]] * y[at[x.ndim :]])


def tensordot(x: Any, other: Any, dims: Any = 2) -> Any:
    if isinstance(dims, int):
        dims = (list(range(x.ndim - dims, x.ndim)), list(range(dims)))
    ours, theirs = ([d % a.ndim for d in ds] for ds, a in zip(dims, (x, other), strict=True))
    labels = iter("ABCDEFGH")
    shared = [next(labels) for _ in ours]
    first = [shared[ours.index(d)] if d in ours else next(labels) for d in range(x.ndim)]
    second = [shared[theirs.index(d)] if d in theirs else next(labels) for d in range(other.ndim)]
    kept = [label for label in [*first, *second] if label not in shared]
    return contracted(f"{''.join(first)},{''.join(second)}->{''.join(kept)}", [x, other])


def inner(x: Any, other: Any) -> Any:
    return tensordot(x, other, ([-1], [-1])) if x.ndim and other.ndim else x * other


def kron(x: Any, other: Any) -> Any:
    rank = max(x.ndim, other.ndim)
    x, y = (a.reshape((1,) * (rank - a.ndim) + a.shape) for a in (x, other))

    def entry(*at: int) -> Any:
        pairs = [divmod(i, n) for i, n in zip(at, y.shape, strict=True)]
        return x[tuple(p[0] for p in pairs)] * y[tuple(p[1] for p in pairs)]

    return entries(np.multiply(x.shape, y.shape), entry)


def cross(x: Any, other: Any, dim: int = -1) -> Any:
    x, y = (np.moveaxis(a, dim, -1) for a in np.broadcast_arrays(x, other))

    def entry(*at: int) -> Any:
        *row, k = at
        (a, b), (u, v) = ([m[(*row, (k + i) % 3)] for i in (1, 2)] for m in (x, y))
        return a * v - b * u

    return np.moveaxis(entries(x.shape, entry), -1, dim)


def vecdot(x: Any, other: Any, dim: int = -1) -> Any:
    x, y = (np.moveaxis(a, dim, -1) for a in np.broadcast_arrays(x, other))
    return entries(x.shape[:-1], lambda *at: mp.fdot(x[at], y[at]))


def multi_dot(tensors: list[Any]) -> Any:
    product, *rest = tensors
    for x in rest:
        product = tensordot(product, x, 1)
    return product


def bmm(x: Any, mat2: Any) -> Any:
    return contracted("bij,bjk->bik", [x, mat2])


def added(product: Callable[..., Any]) -> Callable[..., Any]:
    def total(x: Any, first: Any, second: Any, beta: Any = 1, alpha: Any = 1) -> Any:
        made = product(first, second)
        whole = np.broadcast_to(x, made.shape)
        return entries(made.shape, lambda *at: mp.mpf(beta) * whole[at] + mp.mpf(alpha) * made[at])

    return total


def by_matrix(function: Callable[[mp.matrix], Any]) -> Callable[..., Any]:
    """Apply a function of a matrix of mpmath to each matrix of a stack."""

    def applied(x: Any, *given: Any, **named: Any) -> Any:
        stack = x.shape[:-2]
        made = [
            as_array(function(mp.matrix(x[at].tolist()), *given, **named))
            for at in np.ndindex(*stack)
        ]
        flat = np.empty((len(made), *made[0].shape), object)
        for number, one in enumerate(made):
            flat[number] = one
        return flat.reshape((*stack, *made[0].shape))

    return applied


def as_array(x: Any) -> Any:
    if isinstance(x, mp.matrix):
        return np.array(x.tolist(), object).reshape(x.rows, x.cols)
    return np.array(x, object)


def symmetric(x: mp.matrix) -> mp.matrix:
    return (x + x.T) / 2


def determinant(x: mp.matrix) -> Any:
    def sign(order: tuple[int, ...]) -> int:
        return (-1) ** sum(a > b for a, b in itertools.combinations(order, 2))

    every = itertools.permutations(range(x.rows))
    return mp.fsum(sign(o) * mp.fprod(x[i, j] for i, j in enumerate(o)) for o in every)


def logarithm(x: mp.matrix) -> Any:
    value = determinant(x)
    return [mp.sign(value), mp.log(abs(value))]


def slogdet(x: Any) -> Any:
    both = by_matrix(logarithm)(x)
    return both[..., 0], both[..., 1]


def solve(x: Any, other: Any, left: bool = True) -> Any:
    if other.ndim == 1:
        return solve(x, other[:, None])[:, 0]
    stack = np.broadcast_shapes(x.shape[:-2], other.shape[:-2])
    a, b = (np.broadcast_to(m, (*stack, *m.shape[-2:])) for m in (by_matrix(mp.inverse)(x), other))
    first, second = (a, b) if left else (b, a)
    labels = "ab"[: len(stack)]
    return contracted(f"{labels}ij,{labels}jk->{labels}ik", [first, second])


def solve_triangular(
    x: Any, other: Any, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    def entry(*at: int) -> Any:
        *_, i, j = at
        if i == j and unitriangular:
            return mp.mpf(1)
        return x[at] if i == j or (i < j) == upper else mp.mpf(0)

    return solve(entries(x.shape, entry), other, left)


def cholesky(x: mp.matrix, upper: bool = False) -> mp.matrix:
    lower = mp.cholesky(symmetric(x))
    return lower.T if upper else lower


def pinv(x: mp.matrix) -> mp.matrix:
    if x.rows < x.cols:
        return pinv(x.T).T
    return mp.inverse(x.T * x) * x.T


def eigvalsh(x: mp.matrix, _uplo: str = "L", **_named: str) -> Any:
    return sorted(mp.eigsy(symmetric(x), eigvals_only=True))


def singular_values(x: mp.matrix) -> Any:
    wide = x.rows < x.cols
    return sorted(mp.svd_r(x.T if wide else x, compute_uv=False), reverse=True)


def squares(x: Any) -> Any:
    return x * x


def of_each(factors: Callable[..., Any]) -> Callable[..., Any]:
    """Factor each matrix of a stack."""

    def of_stack(x: Any, *how: Any, **named: Any) -> Any:
        if x.ndim == 2:
            return factors(x, *how, **named)
        return tuple(map(np.stack, zip(*(of_stack(m, *how, **named) for m in x), strict=True)))

    return of_stack


def eigh(x: Any, *_uplo: str, **_named: str) -> Any:
    values, vectors = mp.eigsy(symmetric(mp.matrix(x.tolist())))
    whole = vectors * mp.diag(values) * vectors.T
    return np.array(list(values), object), squares(as_array(vectors)), as_array(whole)


def svd(x: Any, *_full: bool, **_named: bool) -> Any:
    matrix = mp.matrix(x.tolist())
    left, values, right = mp.svd_r(matrix)
    return (
        squares(as_array(left)),
        np.array(list(values), object),
        squares(as_array(right)),
        as_array(left * mp.diag(values) * right),
    )


def qr(x: Any, *_mode: str, **_named: str) -> Any:
    matrix = mp.matrix(x.tolist())
    square = matrix[:, : min(x.shape)]
    orthogonal, _ = mp.qr(square, mode="skinny")
    triangle = orthogonal.T * matrix
    kept = entries(as_array(triangle).shape, lambda i, j: triangle[i, j] if i <= j else mp.mpf(0))
    return squares(as_array(orthogonal)), squares(kept), as_array(orthogonal * triangle)


def norm_of(x: mp.matrix, order: Any) -> Any:
    sizes = np.array([[abs(e) for e in row] for row in x.tolist()], object)
    if order == "fro":
        return mp.sqrt(mp.fsum(e * e for e in sizes.ravel()))
    if order == "nuc":
        return mp.fsum(singular_values(x))
    if abs(order) == 2:
        every = singular_values(x)
    else:
        every = sizes.sum(0 if abs(order) == 1 else 1).tolist()
    return max(every) if order > 0 else min(every)


def matrix_norm(x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    dims = [d % x.ndim for d in dim]
    norm = by_matrix(norm_of)(np.moveaxis(x, dims, (-2, -1)), ord)
    if not keepdim:
        return norm
    return norm.reshape([1 if d in dims else n for d, n in enumerate(x.shape)])


def cdist(x: Any, x2: Any, p: Any = 2.0, **_how: Any) -> Any:
    stack = np.broadcast_shapes(x.shape[:-2], x2.shape[:-2])
    a, b = (np.broadcast_to(m, (*stack, *m.shape[-2:])) for m in (x, x2))

    def distance(*at: int) -> Any:
        *place, i, j = at
        sizes = [abs(u - v) for u, v in zip(a[(*place, i)], b[(*place, j)], strict=True)]
        if mp.isinf(p):
            return max(sizes)
        return mp.fsum(e**p for e in sizes) ** (1 / mp.mpf(p))

    return entries((*stack, x.shape[-2], x2.shape[-2]), distance)


MATRICES: dict[str, Callable[..., Any]] = {
    "trace": lambda x: mp.fsum(x[i, i] for i in range(min(x.shape))),
    "det": by_matrix(determinant),
    "slogdet": slogdet,
    "logdet": by_matrix(lambda x: mp.log(determinant(x))),
    "inv": by_matrix(mp.inverse),
    "matrix_power": by_matrix(lambda x, n: x**n),
    "matrix_exp": by_matrix(mp.expm),
    "pinv": lambda x, *_how: by_matrix(pinv)(x),
    "solve": solve,
    "solve_triangular": solve_triangular,
    "cholesky": by_matrix(cholesky),
    "eigvalsh": by_matrix(eigvalsh),
    "svdvals": by_matrix(singular_values),
    "eigh": of_each(eigh),
    "svd": of_each(svd),
    "qr": of_each(qr),
    "matrix_norm": matrix_norm,
    "cdist": cdist,
    "vdot": lambda x, other: contracted("i,i->", [x, other]),
    "bmm": bmm,
    "inner": inner,
    "kron": kron,
    "tensordot": tensordot,
    "einsum": einsum,
    "cross": cross,
    "vecdot": vecdot,
    "multi_dot": multi_dot,
    "addmm": added(lambda x, y: tensordot(x, y, 1)),
    "addmv": added(lambda x, y: tensordot(x, y, 1)),
    "addr": added(outer),
    "baddbmm": added(bmm),
    "addbmm": added(lambda x, y: contracted("bij,bjk->ik", [x, y])),
}
