"""Factors of a matrix that are determined up to signs: QR, eigenvectors, singular vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.batching import on_stacks
from gradspec_reference.operators.conjugation import adjoint, is_complex, real_part
from gradspec_reference.operators.forward import written
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


def of_real_diagonal(xp: Any, square: Any) -> Any:
    """Return matrices without the imaginary parts of their diagonals."""
    if not is_complex(square):
        return square
    return square - diagonal_matrix(xp, xp.imaginary_part(diagonal_of(xp, square)) * 1j)


def check_phases(xp: Any, product: Any) -> None:
    """Refuse to differentiate what depends on the phases of vectors, which are anybody's choice."""
    if not is_complex(product):
        return
    turns = array_of(xp.imaginary_part(diagonal_of(xp, product)))
    if not np.allclose(turns, 0, 1e-2, 1e-2):
        raise RuntimeError(
            "the derivative of vectors was asked for that are determined up to a phase, of a "
            "function that depends on their phases; use one that does not, such as abs()"
        )


def eigh_kernel(x: Any, uplo: Any) -> list[Any]:
    """Return eigenvalues, smallest first, and eigenvectors."""
    return [*np.linalg.eigh(x, uplo)]


def eigh_rule(xp: Any, g: list[Any], results: list[Any], _uplo: str) -> Any:
    """Return V (diag(of values) + K / (their differences)) V^H.

    K is the antisymmetric part of V^H (of vectors): the matrix stays symmetric when it moves.
    """
    of_values, of_vectors = g
    values, vectors = results
    back = adjoint(xp, vectors)
    parts = []
    if of_values is not None:
        parts.append(xp.matmul(vectors * columns(xp, of_values), back))
    if of_vectors is not None:
        product = xp.matmul(back, of_vectors) * 0.5
        check_phases(xp, product)
        turned = without_diagonal(xp, product - adjoint(xp, product), differences(xp, values))
        parts.append(xp.matmul(vectors, xp.matmul(turned, back)))
    return parts[0] + parts[1] if len(parts) > 1 else parts[0]


def eigh_jvp(xp: Any, t: Any, results: list[Any], _uplo: str) -> list[Any]:
    """Return the diagonal of V^H dX V, and V times what is off it, over differences of values."""
    values, vectors = results
    moved = xp.matmul(adjoint(xp, vectors), xp.matmul(t, vectors))
    turned = without_diagonal(xp, moved, differences(xp, values))
    return [real_part(xp, diagonal_of(xp, moved)), xp.matmul(vectors, turned)]


def diagonal_of(xp: Any, square: Any) -> Any:
    """Return the diagonals of matrices."""
    rank = len(square.shape)
    return xp.diagonal(square, 0, rank - 2, rank - 1)


def svd_kernel(x: Any) -> list[Any]:
    """Return left vectors, singular values, largest first, and right vectors as rows."""
    return [*np.linalg.svd(finite(x), full_matrices=False)]


def svd_rule(xp: Any, g: list[Any], results: list[Any]) -> Any:
    """Return U (diag(of values) + what turns the vectors) V^H, and what leaves their planes."""
    of_left, of_values, of_right = g
    left, values, right = results
    left_back, right_back = adjoint(xp, left), adjoint(xp, right)
    *_, m, k = left.shape
    n = right.shape[-1]
    squares = differences(xp, values * values)
    sizes = columns(xp, values)
    parts = []
    phases = None
    if of_values is not None:
        parts.append(diagonal_matrix(xp, of_values))
    if of_left is not None:
        product = phases = xp.matmul(left_back, of_left)
        turned = without_diagonal(xp, product - adjoint(xp, product), squares)
        parts.append(turned * sizes)
    if of_right is not None:
        product = xp.matmul(right, adjoint(xp, of_right))
        turned = without_diagonal(xp, product - adjoint(xp, product), squares)
        parts.append(adjoint(xp, adjoint(xp, turned) * sizes))
        phases = product if phases is None else phases + product
    if phases is not None and is_complex(phases):
        check_phases(xp, phases)
        if of_left is not None and of_right is not None:
            turns = xp.imaginary_part(diagonal_of(xp, xp.matmul(left_back, of_left)))
            parts.append(diagonal_matrix(xp, turns / values * 1j))
    inside = added(parts)
    whole = [xp.matmul(left, xp.matmul(inside, right))]
    if of_left is not None and m > k:
        scaled = of_left / sizes
        outside = scaled - xp.matmul(left, xp.matmul(left_back, scaled))
        whole.append(xp.matmul(outside, right))
    if of_right is not None and n > k:
        scaled = adjoint(xp, adjoint(xp, of_right) / sizes)
        outside = scaled - xp.matmul(xp.matmul(scaled, right_back), right)
        whole.append(xp.matmul(left, outside))
    return added(whole)


def svd_jvp(xp: Any, t: Any, results: list[Any]) -> list[Any]:
    """Return how U, the values and V^H move: U and V turn in their planes, and leave them."""
    left, values, right = results
    left_back, right_back = adjoint(xp, left), adjoint(xp, right)
    moved = xp.matmul(left_back, xp.matmul(t, right_back))
    sizes, squares = columns(xp, values), differences(xp, values * values)
    *_, m, k = left.shape

    def turned(vectors: Any, product: Any) -> Any:
        scaled = product * sizes
        both_ways = scaled + adjoint(xp, scaled)
        return xp.matmul(vectors, without_diagonal(xp, both_ways, squares))

    of_left, of_right = turned(left, moved), turned(right_back, adjoint(xp, moved))
    if is_complex(moved):  # the phase is shared between both vectors
        turns = columns(xp, xp.imaginary_part(diagonal_of(xp, moved)) / (values * 2) * 1j)
        of_left, of_right = of_left + left * turns, of_right - right_back * turns
    if m > k:
        out = xp.matmul(t, right_back) / sizes
        of_left = of_left + out - xp.matmul(left, xp.matmul(left_back, out))
    if right.shape[-1] > k:
        out = xp.matmul(adjoint(xp, t), left) / sizes
        of_right = of_right + out - xp.matmul(right_back, xp.matmul(right, out))
    return [of_left, real_part(xp, diagonal_of(xp, moved)), adjoint(xp, of_right)]


def full_svd_jvp(xp: Any, t: Any, results: list[Any]) -> list[Any]:
    """Return how the singular values and their vectors move; of the others nothing is known."""
    left, values, right = results
    first = slice(0, values.shape[-1])
    keys = ((..., first), (...,), (..., first, slice(None)))
    narrow = [xp.pick(x, key) for x, key in zip(results, keys, strict=True)]
    of_left, of_values, of_right = svd_jvp(xp, t, narrow)
    return [
        xp.scatter_to(of_left, tuple(left.shape), keys[0]),
        of_values,
        xp.scatter_to(of_right, tuple(right.shape), keys[2]),
    ]


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


def check_both_factors(q: Any, r: Any, mode: str) -> None:
    """Refuse to differentiate where the factors do not determine each other."""
    *_, m, k = q.shape
    if mode == "r" or m < r.shape[-1] or k > r.shape[-1]:
        raise RuntimeError(
            f"the derivative of qr was asked for, with mode {mode!r} and R of shape "
            f"{list(array_of(r).shape)}; it needs both factors, as the reduced mode gives them"
        )


def qr_jvp(xp: Any, t: Any, results: list[Any], mode: str) -> list[Any]:
    """d R = M R and d Q = B - Q M, where B is dX R^-1: M is the triangle that keeps Q orthogonal.

    It is that of Q^H B, with the lower triangle added to the upper one.
    """
    q, r = results
    check_both_factors(q, r, mode)
    solved = xp.solve_triangular(transposed(xp, r), transposed(xp, t), False, False)
    over = transposed(xp, solved)
    product = xp.matmul(adjoint(xp, q), over)
    below = xp.tril(product, -1)
    kept = of_real_diagonal(xp, product - below + adjoint(xp, below))
    return [over - xp.matmul(q, kept), xp.matmul(kept, r)]


def qr_rule(xp: Any, g: list[Any], results: list[Any], mode: str) -> Any:
    """Return (of Q + Q M) R^-H: M is the upper triangle of (of R) R^H - Q^H (of Q), both ways."""
    of_q, of_r = g
    q, r = results
    check_both_factors(q, r, mode)
    parts = []
    if of_r is not None:
        parts.append(xp.matmul(of_r, adjoint(xp, r)))
    if of_q is not None:
        parts.append(-xp.matmul(adjoint(xp, q), of_q))
    upper = xp.triu(added(parts), 0)
    both_ways = of_real_diagonal(xp, upper + adjoint(xp, xp.triu(upper, 1)))
    total = xp.matmul(q, both_ways)
    total = total if of_q is None else total + of_q
    return adjoint(xp, xp.solve_triangular(r, adjoint(xp, total), True, False))


ON_COMPLEX = "as written"
BATCH = on_stacks(2)
ROWS = (
    unary_operator(
        "eigh",
        node="LinalgEighBackward0",
        kernel=eigh_kernel,
        params="UPLO",
        saves="result",
        vjp=eigh_rule,
        jvp=written(eigh_jvp),
        several=True,
    ),
    unary_operator(
        "svd",
        node="LinalgSvdBackward0",
        kernel=svd_kernel,
        saves="result",
        vjp=svd_rule,
        jvp=written(svd_jvp),
        several=True,
    ),
    unary_operator(
        "full_svd",
        inner=True,
        node="LinalgSvdBackward0",
        kernel=lambda x: [*np.linalg.svd(finite(x))],
        saves="result",
        vjp=full_svd_rule,
        jvp=written(full_svd_jvp),
        several=True,
    ),
    unary_operator(
        "qr",
        node="LinalgQrBackward0",
        kernel=qr_kernel,
        params="mode",
        saves="result",
        vjp=qr_rule,
        jvp=written(qr_jvp),
        several=True,
    ),
)
