"""What products of matrices are, and what linear algebra computes, in loops and by mpmath."""

from __future__ import annotations

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
        return flat.reshape(*stack, *made[0].shape)

    return applied


def as_array(x: Any) -> Any:
    if isinstance(x, mp.matrix):
        return np.array(x.tolist(), object).reshape(x.rows, x.cols)
    return np.array(x, object)


MATRICES: dict[str, Callable[..., Any]] = {
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
