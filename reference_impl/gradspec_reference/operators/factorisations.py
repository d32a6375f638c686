"""Factors of a matrix that are determined up to signs: QR, eigenvectors, singular vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.linear_algebra import array_of, finite
from gradspec_reference.operators.products import transposed
from gradspec_reference.operators.row import unary_operator


def diagonal_matrix(xp: Any, entries: Any) -> Any:
    """Return matrices with these diagonals."""
    *stack, n = entries.shape
    rank = len(stack)
    return xp.place_diagonal(entries, (*stack, n, n), 0, rank, rank + 1)


def columns(xp: Any, entries: Any) -> Any:
    """Return a number for each column, to multiply matrices by."""
    *stack, n = entries.shape
    return xp.reshape(entries, (*stack, 1, n))


def without_diagonal(xp: Any, square: Any, denominators: Any) -> Any:
    """Divide off the diagonal, and put zeros on it."""
    on = np.eye(square.shape[-1], dtype=bool)
    return xp.where(on, 0.0, square / xp.where(on, 1.0, denominators))


def differences(xp: Any, values: Any) -> Any:
    """Return the value of the column less the value of the row."""
    *stack, n = values.shape
    return xp.reshape(values, (*stack, 1, n)) - xp.reshape(values, (*stack, n, 1))


def eigh_kernel(x: Any, uplo: Any) -> list[Any]:
    """Return eigenvalues, smallest first, and eigenvectors."""
    return [*np.linalg.eigh(x, uplo)]


def eigh_rule(xp: Any, g: list[Any], results: list[Any], _uplo: str) -> Any:
    """Return V (diag(of values) + K / (their differences)) V^T.

    K is the antisymmetric part of V^T (of vectors): the matrix stays symmetric when it moves.
    """
    of_values, of_vectors = g
    values, vectors = results
    back = transposed(xp, vectors)
    parts = []
    if of_values is not None:
        parts.append(xp.matmul(vectors * columns(xp, of_values), back))
    if of_vectors is not None:
        product = xp.matmul(back, of_vectors) * 0.5
        turned = without_diagonal(xp, product - transposed(xp, product), differences(xp, values))
        parts.append(xp.matmul(vectors, xp.matmul(turned, back)))
    return parts[0] + parts[1] if len(parts) > 1 else parts[0]


def svd_kernel(x: Any) -> list[Any]:
    """Return left vectors, singular values, largest first, and right vectors as rows."""
    return [*np.linalg.svd(finite(x), full_matrices=False)]


def svd_rule(xp: Any, g: list[Any], results: list[Any]) -> Any:
    """Return U (diag(of values) + what turns the vectors) V^T, and what leaves their planes."""
    of_left, of_values, of_right = g
    left, values, right = results
    left_back, right_back = transposed(xp, left), transposed(xp, right)
    *_, m, k = left.shape
    n = right.shape[-1]
    squares = differences(xp, values * values)
    sizes = columns(xp, values)
    parts = []
    if of_values is not None:
        parts.append(diagonal_matrix(xp, of_values))
    if of_left is not None:
        product = xp.matmul(left_back, of_left)
        turned = without_diagonal(xp, product - transposed(xp, product), squares)
        parts.append(turned * sizes)
    if of_right is not None:
        product = xp.matmul(right, transposed(xp, of_right))
        turned = without_diagonal(xp, product - transposed(xp, product), squares)
        parts.append(transposed(xp, transposed(xp, turned) * sizes))
    inside = added(parts)
    whole = [xp.matmul(left, xp.matmul(inside, right))]
    if of_left is not None and m > k:
        scaled = of_left / sizes
        outside = scaled - xp.matmul(left, xp.matmul(left_back, scaled))
        whole.append(xp.matmul(outside, right))
    if of_right is not None and n > k:
        scaled = transposed(xp, transposed(xp, of_right) / sizes)
        outside = scaled - xp.matmul(xp.matmul(scaled, right_back), right)
        whole.append(xp.matmul(left, outside))
    return added(whole)


def full_svd_rule(xp: Any, g: list[Any], results: list[Any]) -> Any:
    """Return what comes through the singular values and their vectors, not through the others."""
    _, values, _ = results
    first = slice(0, values.shape[-1])
    keys = ((..., first), (...,), (..., first, slice(None)))
    narrow = [
        [None if x is None else xp.pick(x, k) for x, k in zip(p, keys, strict=True)]
        for p in (g, results)
    ]
    return svd_rule(xp, *narrow)


def added(parts: list[Any]) -> Any:
    """Add one or several."""
    total, *rest = parts
    for part in rest:
        total = total + part
    return total


def qr_kernel(x: Any, mode: Any) -> list[Any]:
    """Return an orthogonal factor and a triangle; nothing for the first if it is not wanted."""
    if mode == "r":
        return [np.zeros(0, x.dtype), np.linalg.qr(x, "r")]
    return [*np.linalg.qr(x, mode)]


def qr_rule(xp: Any, g: list[Any], results: list[Any], mode: str) -> Any:
    """Return (of Q + Q M) R^-T: M is the upper triangle of (of R) R^T - Q^T (of Q), both ways."""
    of_q, of_r = g
    q, r = results
    *_, m, k = q.shape
    if mode == "r" or m < r.shape[-1] or k > r.shape[-1]:
        raise RuntimeError(
            f"the derivative of qr was asked for, with mode {mode!r} and R of shape "
            f"{list(array_of(r).shape)}; it needs both factors, as the reduced mode gives them"
        )
    parts = []
    if of_r is not None:
        parts.append(xp.matmul(of_r, transposed(xp, r)))
    if of_q is not None:
        parts.append(-xp.matmul(transposed(xp, q), of_q))
    upper = xp.triu(added(parts), 0)
    both_ways = upper + transposed(xp, xp.triu(upper, 1))
    total = xp.matmul(q, both_ways)
    total = total if of_q is None else total + of_q
    return transposed(xp, xp.solve_triangular(r, transposed(xp, total), True, False))


ROWS = (
    unary_operator(
        "eigh",
        node="LinalgEighBackward0",
        kernel=eigh_kernel,
        params="UPLO",
        saves="result",
        vjp=eigh_rule,
        several=True,
    ),
    unary_operator(
        "svd",
        node="LinalgSvdBackward0",
        kernel=svd_kernel,
        saves="result",
        vjp=svd_rule,
        several=True,
    ),
    unary_operator(
        "full_svd",
        inner=True,
        node="LinalgSvdBackward0",
        kernel=lambda x: [*np.linalg.svd(finite(x))],
        saves="result",
        vjp=full_svd_rule,
        several=True,
    ),
    unary_operator(
        "qr",
        node="LinalgQrBackward0",
        kernel=qr_kernel,
        params="mode",
        saves="result",
        vjp=qr_rule,
        several=True,
    ),
)
