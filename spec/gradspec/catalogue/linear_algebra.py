"""Square matrices and stacks of them: determinants, inverses, solutions, spectra and norms.

What is said of a symmetric matrix is computed of the symmetric part, so the derivative is
symmetric, too.  Only one triangle may be read; a sample has both alike.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue import embedding, parts
from gradspec.catalogue.domain import DEFINITE, INNER, SYMMETRIC, UNLIKE
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.operator import (
    ALWAYS,
    ANALYTIC,
    LINEAR,
    PIECEWISE,
    SPECTRAL,
    Kink,
    Operator,
    of,
    on,
    point,
    row,
)
from gradspec.catalogue.signature import Signature


def linalg(called: str, formula: Any, *more: Any, **calls: Any) -> Operator:
    """Write the row of what torch has in `linalg`."""
    name, _, parameters = called.removesuffix(")").partition("(")
    signature = Signature.read(parameters)
    operands = [f"${n}" for n in signature.required if n in ("x", "other", "n")]
    named = [f"{n}=${n}" for n in signature.required if n not in ("x", "other", "n")]
    options = [f"$({n}=${n})" for n in signature.defaults]
    written = ", ".join((*operands, *named, *options))
    return row(called, formula, *more, torch=f"torch.linalg.{name}({written})", **calls)


def turned(x: Any) -> Any:
    """Give the transposed matrices."""
    return x.swapaxes(-1, -2)


def symmetric(x: Any) -> Any:
    """Give the symmetric part."""
    return (x + turned(x)) / 2


def determinant(x: Any) -> Any:
    """Give the determinant, by its first row: a polynomial, also where it is zero."""
    n = x.shape[-1]
    minors = (np.delete(x[..., 1:, :], j, -1) for j in range(n))
    terms = [(-1) ** j * x[..., 0, j] * determinant(m) for j, m in enumerate(minors)]
    return sum(terms) if n else np.ones(x.shape[:-2])


def sign_and_logarithm(x: Any) -> Any:
    """Give the sign of the determinant, and the logarithm of its size."""
    value = determinant(x)
    sign = np.sign(real(value))
    return sign, np.log(value * sign)


def logarithm(x: Any) -> Any:
    """Give the logarithm of the determinant, which is positive."""
    return np.log(determinant(x))


def solution(x: Any, other: Any, left: bool = True) -> Any:
    """Give what x, from the left or from the right, takes to the other."""
    return np.linalg.solve(x, other) if left else turned(np.linalg.solve(turned(x), turned(other)))


def substituted(
    x: Any, other: Any, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """Give what one triangle of x takes to the other operand."""
    kept = np.triu(x) if upper else np.tril(x)
    if unitriangular:
        kept = np.where(np.eye(x.shape[-1], dtype=bool), 1.0, kept)
    return solution(kept, other, left)


def root(x: Any, upper: bool = False) -> Any:
    """Give the triangle with a positive diagonal that gives x if its transposed is multiplied."""
    x = symmetric(x)
    lower = np.zeros_like(x)
    for j in range(x.shape[-1]):
        done = lower[..., :j]
        rest = x[..., j:, j] - (done[..., j:, :] * done[..., j, None, :]).sum(-1)
        lower[..., j:, j] = rest / np.sqrt(rest[..., :1])
    return turned(lower) if upper else lower


def pseudo_inverse(x: Any, *_how: Any) -> Any:
    """Give the inverse on the image of a matrix of full rank; one step of Newton takes rounding."""
    if x.shape[-2] < x.shape[-1]:
        return turned(pseudo_inverse(turned(x)))
    first = np.linalg.solve(turned(x) @ x, turned(x))
    return 2 * first - first @ x @ first


def exponential(x: Any) -> Any:
    """Give the sum of the powers over the factorials."""
    total = term = np.eye(x.shape[-1]) + 0 * x
    for n in range(1, 60):
        term = term @ x / n
        total = total + term
    return total


def eigenvalues(x: Any, UPLO: str = "L") -> Any:  # noqa: N803 - torch's name
    """Give the eigenvalues of the symmetric part, smallest first, to first order."""
    del UPLO
    x = symmetric(x)
    values, vectors = np.linalg.eigh(real(x))
    if not np.iscomplexobj(x):
        return values
    return values + 1j * np.einsum("...ki,...kl,...li->...i", vectors, x.imag, vectors)


def singular_values(x: Any) -> Any:
    """Give the singular values, largest first, to first order."""
    left, values, right = np.linalg.svd(real(x), full_matrices=False)
    if not np.iscomplexobj(x):
        return values
    return values + 1j * np.einsum("...ki,...kl,...il->...i", left, x.imag, right)


def extreme(x: Any, order: float) -> Any:
    """Give the largest entry along the last dimension, or the smallest for a negative order.

    They are sizes, of which the largest of none is zero.
    """
    if order > 0 and not x.shape[-1]:
        return x.sum(-1)
    where = real(x).argmax(-1) if order > 0 else real(x).argmin(-1)
    return np.take_along_axis(x, where[..., None], -1)[..., 0]


def matrix_norm(x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """Give a norm of each matrix."""
    x = np.moveaxis(x, dim, (-2, -1))
    if ord == "fro":
        norm = np.sqrt((x * x).sum((-2, -1)))
    elif ord == "nuc":
        norm = singular_values(x).sum(-1)
    elif abs(ord) == 1:
        norm = extreme(size(x).sum(-2), ord)
    else:
        norm = extreme(size(x).sum(-1) if math.isinf(ord) else singular_values(x), ord)
    return np.expand_dims(norm, tuple(d % x.ndim for d in dim)) if keepdim else norm


def distances(x: Any, x2: Any, p: float = 2.0, **_how: Any) -> Any:
    """Give the distances of all pairs of rows, in a norm, however it is computed."""
    apart = size(x[..., :, None, :] - x2[..., None, :, :])
    if math.isinf(p):
        return extreme(apart, p)
    return np.sqrt((apart * apart).sum(-1)) if p == 2.0 else (apart**p).sum(-1) ** (1 / p)  # noqa: PLR2004 - the root is exact


SQUARE: Final = on(3, 3)
STACK: Final = on(2, 2, 2)
BETWEEN: Final = (-1.0, 1.0)

SQUARES: Final = (
    row("trace(x)", np.trace, LINEAR, on(3, 3), wide=on(2, 4), tall=on(3, 2), holomorphic=True),
    linalg(
        *("det(x)", determinant, ANALYTIC, SQUARE),
        stack=STACK,
        singular=point([[1.0, 2.0], [2.0, 4.0]]),
        singular_stack=point([[[0.0, 1.5], [0.0, -2.0]], [[0.0, 0.0], [0.0, 0.0]]]),
        singular_of_three=point([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
        keeps="result x",
        factors=True,
        holomorphic=True,
    ),
    linalg(
        "slogdet(x)",
        sign_and_logarithm,
        ANALYTIC,
        SQUARE,
        stack=STACK,
        several=ALWAYS,
        keeps="?",
        factors=True,
        of_parts=embedding.sign_and_logarithm,
    ),
    row(
        *("logdet(x)", logarithm, ANALYTIC),
        point([[1.5, -0.5, 0.25], [0.75, 2.0, -1.0], [-0.25, 0.5, 1.25]]),
        stack=point([[[2.0, 0.5], [-1.0, 1.5]], [[-1.5, 0.25], [1.0, -2.0]]]),
        factors=True,
        holomorphic=True,
    ),
    linalg(
        "inv(x)",
        np.linalg.inv,
        ANALYTIC,
        SQUARE,
        stack=STACK,
        keeps="result",
        factors=True,
        holomorphic=True,
    ),
    linalg(
        *("matrix_power(x, n)", np.linalg.matrix_power, ANALYTIC, on(3, 3, n=3)),
        cancels=True,
        one=on(2, 2, n=1),
        none=on(2, 2, n=0),
        negative=on(2, 2, n=-2),
        stack=on(2, 2, 2, n=4, domain=INNER),
        holomorphic=True,
    ),
    linalg(
        *("matrix_exp(x)", exponential, ANALYTIC, on(3, 3, domain=INNER)),
        stack=on(2, 2, 2, domain=INNER),
        far=point([[6.0, -2.0], [1.5, -4.0]]),
        factors=True,
        holomorphic=True,
    ),
    linalg(
        "pinv(x, *, hermitian=False)",
        pseudo_inverse,
        ANALYTIC,
        on(3, 2),
        wide=on(2, 4),
        stack=on(2, 3, 1),
        hermitian=on(3, 3, domain=SYMMETRIC, hermitian=True),
        keeps="result x",
        factors=True,
        lenient=True,
        of_parts=embedding.of_blocks(pseudo_inverse),
        apart="hermitian",
    ),
)

SOLUTIONS: Final = (
    linalg(
        *("solve(x, other, *, left=True)", solution, ANALYTIC, on(3, 3, other=of(3, 2))),
        vector=on(2, 2, other=of(2)),
        right=on(3, 3, other=of(2, 3), left=False),
        stack=on(2, 2, 2, other=of(2, 2, 3)),
        stretched=on(2, 2, other=of(3, 2, 1)),
        keeps="result x",
        factors=True,
        holomorphic=True,
    ),
    linalg(
        "solve_triangular(x, other, *, upper, left=True, unitriangular=False)",
        *(substituted, ANALYTIC, on(3, 3, domain=UNLIKE, other=of(3, 2), upper=True)),
        lower=on(3, 3, domain=UNLIKE, other=of(3, 2), upper=False),
        right=on(3, 3, domain=UNLIKE, other=of(2, 3), upper=True, left=False),
        lower_right=on(2, 2, domain=UNLIKE, other=of(1, 2), upper=False, left=False),
        unitriangular=on(3, 3, other=of(3, 2), upper=True, unitriangular=True),
        unitriangular_lower=on(2, 2, other=of(2, 1), upper=False, unitriangular=True),
        stack=on(2, 2, 2, domain=UNLIKE, other=of(2, 2, 1), upper=True),
        keeps="result x",
        factors=True,
        holomorphic=True,
    ),
    linalg(
        *("cholesky(x, *, upper=False)", root, ANALYTIC, on(3, 3, domain=DEFINITE)),
        upper=on(3, 3, domain=DEFINITE, upper=True),
        stack=on(2, 2, 2, domain=DEFINITE),
        keeps="result",
        factors=True,
        of_parts=embedding.of_blocks(root),
    ),
)

SPECTRA: Final = (
    linalg(
        *("eigvalsh(x, UPLO='L')", eigenvalues, SPECTRAL, on(3, 3, domain=SYMMETRIC)),
        upper=on(3, 3, domain=SYMMETRIC, UPLO="U"),
        stack=on(2, 2, 2, domain=SYMMETRIC),
        keeps="result",
        factors=True,
        of_parts=embedding.of_pairs(eigenvalues),
    ),
    linalg(
        *("svdvals(x)", singular_values, SPECTRAL, on(3, 2)),
        wide=on(2, 3),
        stack=on(2, 2, 1),
        keeps="result",
        factors=True,
        of_parts=embedding.of_pairs(singular_values),
    ),
    row(
        "matrix_norm(x, ord='fro', dim=(-2, -1), keepdim=False, *, dtype=None)",
        *(matrix_norm, PIECEWISE, on(2, 3)),
        dim=on(2, 3, 4, dim=(2, 0)),
        keepdim=on(2, 3, 4, dim=(0, 1), keepdim=True),
        columns=on(2, 3, ord=1),
        least_column=on(2, 3, ord=-1, keepdim=True),
        rows=on(2, 4, ord=math.inf),
        least_row=on(2, 3, 2, ord=-math.inf, dim=(0, 1)),
        largest=on(2, 3, ord=2),
        smallest=on(3, 2, ord=-2),
        nuclear=on(2, 3, ord="nuc"),
        nuclear_dim=on(2, 3, 2, ord="nuc", dim=(0, 1), keepdim=True),
        kinks={"": Kink(point([[0.0, 0.0]]), BETWEEN, 0.0)},
        torch="torch.linalg.matrix_norm($x, $(ord=$ord), $(dim=$dim), $(keepdim=$keepdim), "
        "$(dtype=$dtype))",
        keeps="result x",
        of_parts=parts.of_moduli(matrix_norm),
        apart="dtype",
    ),
    row(
        "cdist(x, x2, p=2.0, compute_mode='use_mm_for_euclid_dist_if_necessary')",
        *(distances, PIECEWISE, on(2, 3, x2=of(4, 3))),
        sums=on(2, 3, x2=of(1, 3), p=1.0),
        cubes=on(2, 3, x2=of(3, 3), p=3.0),
        maximum=on(2, 3, x2=of(2, 3), p=math.inf),
        stack=on(2, 1, 3, x2=of(2, 2, 3)),
        products=on(2, 3, x2=of(3, 3), compute_mode="use_mm_for_euclid_dist"),
        differences=on(3, 2, x2=of(2, 2), compute_mode="donot_use_mm_for_euclid_dist"),
        kinks={"": Kink(point([[1.0, 2.0]], x2=np.array([[1.0, 2.0]])), BETWEEN, 0.0)},
        torch="torch.cdist($x, $x2, $(p=$p), $(compute_mode=$compute_mode))",
        keeps="?",
        factors=True,
        apart="compute_mode",
    ),
)

ROWS: Final = (*SQUARES, *SOLUTIONS, *SPECTRA)
