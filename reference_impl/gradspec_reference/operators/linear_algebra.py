"""Square matrices and stacks of them: determinants, inverses, solutions; start at `inv_rule`.

The matrix is the last two dimensions.  A is what torch calls it here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import diagonal_sum, on_stacks, shifted
from gradspec_reference.operators.conjugation import adjoint, conj, is_complex
from gradspec_reference.operators.forward import linear, multilinear, written
from gradspec_reference.operators.products import transposed
from gradspec_reference.operators.row import Operator, both, unary_operator

WELL = 1e-8


def array_of(x: Any) -> Any:
    """Return the plain array of a saved value."""
    return getattr(x, "_array", x)


def times(xp: Any, numbers: Any, matrices: Any) -> Any:
    """Multiply each matrix of a stack by its number."""
    return xp.reshape(numbers, (*numbers.shape, 1, 1)) * matrices


def of_numbers(kernel: Any) -> Any:
    """Give NaN for a matrix that has an infinity or NaN; LAPACK gives wrong numbers for some."""

    def checked(x: Any, *rest: Any) -> Any:
        result = kernel(x, *rest)
        if np.isfinite(x).all():
            return result
        whole = np.isfinite(x).all((-2, -1))[..., None, None]
        return np.where(whole, result, np.array(np.nan, result.dtype))

    return checked


def inv_rule(xp: Any, g: Any, result: Any) -> Any:
    """d X^-1 = -X^-1 dX X^-1."""
    back = transposed(xp, result)
    return -xp.matmul(back, xp.matmul(g, back))


def is_well_conditioned(x: Any) -> bool:
    """Tell whether every matrix of a stack is far enough from a singular one to be inverted."""
    try:
        size = np.abs(x).sum(-2).max(-1, initial=0) * np.abs(np.linalg.inv(x)).sum(-2).max(
            -1, initial=0
        )
    except np.linalg.LinAlgError:
        return False
    return bool(np.all(size * WELL < 1))


def finite(x: Any) -> Any:
    """Return a matrix of numbers; LAPACK may never end with one that has an infinity or NaN."""
    if not np.isfinite(x).all():
        raise np.linalg.LinAlgError("the matrix has an infinity or NaN in it")
    return x


def cofactors(x: Any) -> Any:
    """Return the derivative of the determinant, also where it is zero."""
    if not np.isfinite(x).all():
        return np.full_like(x, np.nan)
    left, sizes, right = np.linalg.svd(x)
    sign = np.linalg.det(left) * np.linalg.det(right)
    others = np.prod(np.where(np.eye(x.shape[-1], dtype=bool), 1, sizes[..., None, :]), -1)
    return (left.conj() * (others * sign[..., None])[..., None, :]) @ right.conj()


def minors(xp: Any, x: Any) -> Any:
    """Return for each entry the matrix without its row and its column."""
    n = x.shape[-1]
    rest = np.array([[i for i in range(n) if i != k] for k in range(n)], int).reshape(n, n - 1)
    return xp.pick(x, (..., rest[:, None, :, None], rest[None, :, None, :]))


def det_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Return the cofactors; they are a polynomial, and the inverse is the short way to them."""
    array = array_of(x)
    if is_well_conditioned(array):
        return times(xp, g * result, transposed(xp, xp.inv(x)))
    if x is array:
        return times(xp, g, cofactors(x))
    n = array.shape[-1]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return times(xp, g, xp.mul(xp.det(minors(xp, x)), signs.astype(array.dtype)))


def slogdet_rule(xp: Any, g: list[Any], x: Any) -> Any:
    """d log |det X| = Re tr X^-1 dX; the sign turns by the imaginary part, and real ones stay."""
    of_sign, of_logarithm = g
    weight = None if of_logarithm is None else of_logarithm
    if is_complex(x) and of_sign is not None:
        turned = xp.imaginary_part(conj(xp, of_sign) * xp.slogdet(x)[0]) * -1j
        weight = turned if weight is None else weight + turned
    if weight is None:  # the sign of a real matrix alone: it has no gradient, not one of zeros
        return None
    return times(xp, weight, adjoint(xp, xp.inv(x)))


def over_matrices(xp: Any, numbers: Any) -> Any:
    """Sum the entries of each matrix of a stack."""
    rank = len(numbers.shape)
    return xp.sum_dim(numbers, (rank - 2, rank - 1), False)


def inv_jvp(xp: Any, t: Any, result: Any) -> Any:
    """d X^-1 = -X^-1 dX X^-1."""
    return -xp.matmul(result, xp.matmul(t, result))


def det_jvp(xp: Any, t: Any, x: Any, result: Any) -> Any:
    """Return the sum of the cofactors, each times how its entry moves."""
    return over_matrices(xp, det_rule(xp, xp.zeros_like(result) + 1, x, result) * t)


def slogdet_jvp(xp: Any, t: Any, x: Any) -> list[Any]:
    """d log |det X| = Re tr X^-1 dX; the sign turns by the imaginary part, and real ones stay."""
    moved = over_matrices(xp, transposed(xp, xp.inv(x)) * t)
    if not is_complex(moved):
        return [xp.zeros_like(moved), moved]
    return [xp.slogdet(x)[0] * xp.imaginary_part(moved) * 1j, xp.real_part(moved)]


def solve_jvp(xp: Any, t: list[Any], a: Any, result: Any) -> Any:
    """A dX = dB - dA X."""
    of_a, of_b = t
    right = None if of_a is None else -xp.matmul(of_a, result)
    if of_b is not None:
        right = of_b if right is None else of_b + right
    return xp.solve(a, right)


def solve_left(xp: Any, g: Any, a: Any, result: Any) -> Any:
    """Return -A^-T g X^T."""
    return -xp.matmul(xp.solve(transposed(xp, a), g), transposed(xp, result))


def solve_right(xp: Any, g: Any, a: Any, _result: Any) -> Any:
    """Return A^-T g."""
    return xp.solve(transposed(xp, a), g)


def triangle(x: Any, upper: bool, unitriangular: bool) -> Any:
    """Return a triangle of a matrix, with ones on the diagonal if it is not to be looked at."""
    kept = np.triu(x) if upper else np.tril(x)
    return np.where(np.eye(x.shape[-1], dtype=bool), 1, kept) if unitriangular else kept


def solve_triangular_kernel(a: Any, b: Any, upper: bool, unitriangular: bool) -> Any:
    """Solve by substitution: elimination finds nothing to do in an upper triangle."""
    kept = triangle(a, upper, unitriangular)
    if upper:
        return solve_upper(kept, b)
    turned = solve_upper(kept[..., ::-1, ::-1], b[..., ::-1, :])
    return np.ascontiguousarray(turned[..., ::-1, :])


def solve_upper(a: Any, b: Any) -> Any:
    """Solve with an upper triangle; what is divided by 0 is infinite, and NaN stays in its row."""
    try:
        solved = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return substituted(a, b)
    return solved if np.isfinite(solved).all() else substituted(a, b)


def substituted(a: Any, b: Any) -> Any:
    """Find the last unknown, and so on backwards."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.array(np.broadcast_to(b, (*stack, *b.shape[-2:])))
    with np.errstate(all="ignore"):
        for i in reversed(range(a.shape[-1])):
            x[..., i, :] /= a[..., i, i, None]
            x[..., :i, :] -= a[..., :i, i, None] * x[..., i, None, :]
    return x


def triangular_right(
    xp: Any, g: Any, a: Any, _result: Any, upper: bool, unitriangular: bool
) -> Any:
    """Return A^-T g."""
    return xp.solve_triangular(transposed(xp, a), g, not upper, unitriangular)


def triangular_left(xp: Any, g: Any, a: Any, result: Any, upper: bool, unitriangular: bool) -> Any:
    """Return the triangle of -A^-T g X^T, without the diagonal if nobody looks at it."""
    solved = xp.solve_triangular(transposed(xp, a), g, not upper, unitriangular)
    whole = -xp.matmul(solved, transposed(xp, result))
    aside = int(unitriangular)
    return xp.triu(whole, aside) if upper else xp.tril(whole, -aside)


def triangular_jvp(
    xp: Any, t: list[Any], a: Any, result: Any, upper: bool, unitriangular: bool
) -> Any:
    """A dX = dB - dA X, with the triangle of dA that is looked at."""
    of_a, of_b = t
    right = of_b
    if of_a is not None:
        aside = int(unitriangular)
        seen = xp.triu(of_a, aside) if upper else xp.tril(of_a, -aside)
        moved = -xp.matmul(seen, result)
        right = moved if of_b is None else of_b + moved
    return xp.solve_triangular(a, right, upper, unitriangular)


def cholesky_kernel(x: Any) -> Any:
    """Return the lower triangle; one that has NaN on its diagonal is no root."""
    root = np.linalg.cholesky(x)
    if np.isnan(np.diagonal(root, 0, -2, -1)).any():
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    return root


def cholesky_rule(xp: Any, g: Any, result: Any) -> Any:
    """Return what the symmetric matrix receives: L^-H P L^-1, made symmetric, or Hermitian.

    P is the lower triangle of L^H g, with half of the diagonal.
    """
    back = adjoint(xp, result)
    once = xp.solve_triangular(back, half_of(xp, xp.matmul(back, g)), True, False)
    twice = xp.solve_triangular(back, adjoint(xp, once), True, False)
    return (twice + adjoint(xp, twice)) * 0.5


def half_of(xp: Any, square: Any) -> Any:
    """Return the lower triangle, with half of the diagonal."""
    return (xp.tril(square, 0) + xp.tril(square, -1)) * 0.5


def cholesky_jvp(xp: Any, t: Any, result: Any) -> Any:
    """d L = L P; P is the lower triangle of L^-1 dX L^-H, with half of the diagonal."""
    once = xp.solve_triangular(result, adjoint(xp, t), False, False)
    twice = xp.solve_triangular(result, adjoint(xp, once), False, False)
    return xp.matmul(result, half_of(xp, twice))


def pinv_jvp(xp: Any, t: Any, x: Any, p: Any, _rcond: float) -> Any:
    """Return the derivative at constant rank: of the inverse, and of the two null spaces."""
    back, moved = adjoint(xp, p), adjoint(xp, t)
    inside = -xp.matmul(p, xp.matmul(t, p))
    columns = xp.matmul(p, xp.matmul(back, moved))
    columns = columns - xp.matmul(columns, xp.matmul(x, p))
    rows = xp.matmul(moved, xp.matmul(back, p))
    rows = rows - xp.matmul(p, xp.matmul(x, rows))
    return inside + columns + rows


def pinv_rule(xp: Any, g: Any, x: Any, p: Any, _rcond: float) -> Any:
    """Return the derivative at constant rank: of the inverse, and of the two null spaces."""
    back, g_back = adjoint(xp, p), adjoint(xp, g)
    inside = -xp.matmul(back, xp.matmul(g, back))
    columns = xp.matmul(g_back, xp.matmul(p, back))
    columns = columns - xp.matmul(x, xp.matmul(p, columns))
    rows = xp.matmul(xp.matmul(back, p), g_back)
    rows = rows - xp.matmul(xp.matmul(rows, p), x)
    return inside + columns + rows


def block_rule(xp: Any, g: Any, x: Any) -> Any:
    """Return the upper right block of the exponential of X^T beside g over X^T."""
    n = x.shape[-1]
    back, shape = transposed(xp, x), (*x.shape[:-2], 2 * n, 2 * n)
    first, second = slice(0, n), slice(n, 2 * n)
    blocks = (
        xp.scatter_to(back, shape, (..., first, first))
        + xp.scatter_to(back, shape, (..., second, second))
        + xp.scatter_to(g, shape, (..., first, second))
    )
    return xp.pick(xp.matrix_exp(blocks), (..., first, second))


def block_jvp(xp: Any, t: Any, x: Any) -> Any:
    """Return the upper right block of the exponential of X beside dX over X."""
    return block_rule(xp, t, transposed(xp, x))


PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0),
    *(129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0),
    *(40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
REACH = 5.371920351148152
"""Up to this 1-norm the approximation is exact in double precision."""


def matrix_exp_kernel(x: Any) -> Any:
    """Return the exponential: a Pade approximation of a small power, squared again and again."""
    if not x.size:
        return x.copy()
    largest = float(np.abs(x).sum(-2).max())
    finite = 0 < largest < math.inf
    squarings = max(0, int(np.ceil(np.log2(largest / REACH)))) if finite else 0
    small = x / x.dtype.type(2**squarings)
    one = np.eye(x.shape[-1], dtype=x.dtype)
    b = [x.dtype.type(number / PADE[0]) for number in PADE]
    x2 = small @ small
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = (
        x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one
    )
    odd = small @ odd
    even = (
        x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    )
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result


def cross_kernel(x: Any, other: Any, dim: int) -> Any:
    """Return the vectors that stand on two vectors each."""
    return np.cross(x, other, axis=dim)


OF_SOLUTION = {"A": "A result", "B": "A result"}
ON_COMPLEX = "holomorphic"
BATCH = on_stacks(2)
ROWS = (
    unary_operator(
        "trace",
        on_complex="as written",
        kernel=lambda x: np.trace(x) if x.dtype.kind in "fc" else np.trace(x, dtype=np.int64),
        saves="self_shape",
        vjp=lambda xp, g, shape: xp.place_diagonal(xp.spread(g, (min(shape),)), shape, 0, 0, 1),
        jvp=linear,
        batch=diagonal_sum,
    ),
    unary_operator(
        "det",
        node="LinalgDetBackward0",
        kernel=np.linalg.det,
        saves="self result",
        vjp=det_rule,
        jvp=written(det_jvp),
    ),
    unary_operator(
        "slogdet",
        on_complex="as written",
        node="LinalgSlogdetBackward0",
        kernel=lambda x: [*np.linalg.slogdet(x)],
        saves="self",
        vjp=slogdet_rule,
        jvp=written(slogdet_jvp),
        several=True,
    ),
    unary_operator(
        "inv",
        node="LinalgInvExBackward0",
        kernel=of_numbers(np.linalg.inv),
        saves="result",
        vjp=inv_rule,
        jvp=written(inv_jvp),
    ),
    Operator(
        "solve",
        node="LinalgSolveExBackward0",
        kernel=of_numbers(np.linalg.solve),
        operands="A B",
        saves=OF_SOLUTION,
        vjp={"A": solve_left, "B": solve_right},
        jvp=written(solve_jvp),
    ),
    Operator(
        "solve_triangular",
        node="LinalgSolveTriangularBackward0",
        kernel=solve_triangular_kernel,
        operands="self B",
        params="upper unitriangular",
        saves={"self": "self result", "B": "self result"},
        vjp={"self": triangular_left, "B": triangular_right},
        jvp=written(triangular_jvp),
    ),
    unary_operator(
        "cholesky",
        on_complex="as written",
        node="LinalgCholeskyExBackward0",
        kernel=cholesky_kernel,
        saves="result",
        vjp=cholesky_rule,
        jvp=written(cholesky_jvp),
    ),
    unary_operator(
        "pinv",
        on_complex="as written",
        node="LinalgPinvBackward0",
        kernel=lambda x, rcond: np.linalg.pinv(finite(x), rcond),
        params="rcond",
        saves="self result",
        vjp=pinv_rule,
        jvp=written(pinv_jvp),
    ),
    unary_operator(
        "matrix_exp",
        node="LinalgMatrixExpBackward0",
        kernel=matrix_exp_kernel,
        saves="self",
        vjp=block_rule,
        jvp=written(block_jvp),
    ),
    Operator(
        "cross",
        node="LinalgCrossBackward0",
        kernel=cross_kernel,
        operands="self other",
        params="dim",
        saves={"self": "other", "other": "self"},
        vjp=both(
            lambda xp, g, other, _self, dim: xp.cross(other, g, dim),
            lambda xp, g, _other, self, dim: xp.cross(g, self, dim),
        ),
        jvp=multilinear,
        batch=shifted,
    ),
)
