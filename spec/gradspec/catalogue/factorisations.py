"""Factors of a matrix that are determined up to signs; what is asked of them is `settled`.

The squares of the entries do not depend on the signs, and the product tells the entries of one
column, which have one sign in common, apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import SYMMETRIC
from gradspec.catalogue.embedding import EVERY, embedded, read_back, squares, squares_of_rows
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.linear_algebra import linalg, symmetric
from gradspec.catalogue.operator import ALWAYS, ANALYTIC, SPECTRAL, on

if TYPE_CHECKING:
    from collections.abc import Callable

NO_GAP: Final = 1e-9
MATRIX: Final = 2


def turned(matrix: Any) -> Any:
    """Give the transposed matrix, of an engine or of NumPy."""
    rows, columns = len(matrix.shape) - 2, len(matrix.shape) - 1
    if isinstance(matrix, np.ndarray):
        return matrix.swapaxes(rows, columns)
    return matrix.transpose(rows, columns)


def of_columns(values: Any) -> Any:
    """Give numbers for the columns of a matrix, or of each of a stack."""
    *stack, count = values.shape
    return values.reshape((*stack, 1, count)) if stack else values


def of_eigenvectors(values: Any, vectors: Any) -> Any:
    """Give eigenvalues, squares of eigenvectors, and the matrix that they make."""
    return values, vectors * vectors, (vectors * of_columns(values)) @ turned(vectors)


def of_singular_vectors(left: Any, values: Any, right: Any) -> Any:
    """Give squares of singular vectors, singular values, and the matrix that they make.

    Vectors that belong to no singular value are determined together alone.
    """
    count = values.shape[-1]
    left = left if left.shape[-1] == count else left[..., :count]
    right = right if right.shape[-2] == count else right[..., :count, :]
    return left * left, values, right * right, (left * of_columns(values)) @ right


def of_each(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Give the formula of stacks of matrices."""

    def of_stack(x: Any, *how: Any, **given: Any) -> Any:
        if x.ndim == MATRIX:
            return formula(x, *how, **given)
        return tuple(map(np.stack, zip(*(of_stack(one, *how, **given) for one in x), strict=True)))

    return of_stack


def of_triangle(orthogonal: Any, triangle: Any) -> Any:
    """Give the squares of both factors, and their product."""
    return orthogonal * orthogonal, triangle * triangle, orthogonal @ triangle


def spectrum(x: Any) -> Any:
    """Give eigenvalues, smallest first, and eigenvectors of a symmetric matrix, to first order."""
    values, vectors = np.linalg.eigh(real(x))
    if not np.iscomplexobj(x):
        return values, vectors
    moved = vectors.T @ x.imag @ vectors
    gaps = values - values[:, None]
    turns = np.where(np.abs(gaps) < NO_GAP, 0.0, moved / np.where(gaps, gaps, 1.0))
    return values + 1j * np.diagonal(moved), vectors + 1j * (vectors @ turns)


def eigh(x: Any, UPLO: str = "L") -> Any:  # noqa: N803 - torch's name
    """Give what is determined of the eigenvectors of the symmetric part."""
    del UPLO
    values, vectors = spectrum(symmetric(x))
    return values, vectors * vectors, (vectors * values) @ vectors.T


def svd(x: Any, full_matrices: bool = True) -> Any:
    """Give what is determined of the singular vectors: those of x beside its transposed."""
    del full_matrices
    m, n = x.shape
    values, vectors = spectrum(np.block([[np.zeros((m, m)), x], [x.T, np.zeros((n, n))]]))
    first = slice(None, -min(m, n) - 1, -1)
    left, right = vectors[:m, first] * np.sqrt(2), vectors[m:, first].T * np.sqrt(2)
    return left * left, values[first], right * right, (left * values[first]) @ right


def qr(x: Any, mode: str = "reduced") -> Any:
    """Give what is determined of the columns made orthogonal one after the other."""
    if mode == "complete" and len(x) > len(x.T):
        raise ValueError("there are columns that nothing determines")
    columns: list[Any] = []
    for j in range(min(x.shape)):
        rest = x[:, j]
        for _ in range(2):  # once more, for what rounding left
            for done in columns:
                rest = rest - done * (done @ rest)
        columns.append(rest / np.sqrt(rest @ rest))
    orthogonal = np.reshape(columns, (len(columns), len(x))).T
    triangle = np.triu(orthogonal.T @ x)
    return orthogonal * orthogonal, triangle * triangle, orthogonal @ triangle


# of complex matrices, which have a phase where real ones have a sign -----------------------
def of_complex_eigenvectors(values: Any, vectors: Any) -> Any:
    """Give eigenvalues, squares of moduli, and the matrix that the eigenvectors make."""
    conjugates = vectors.conj()
    return values, vectors * conjugates, (vectors * of_columns(values)) @ turned(conjugates)


def of_complex_singular_vectors(left: Any, values: Any, right: Any) -> Any:
    """Give squares of moduli of singular vectors, singular values, and the matrix they make."""
    product = (left * of_columns(values)) @ right
    return left * left.conj(), values, right * right.conj(), product


def of_complex_triangle(orthogonal: Any, triangle: Any) -> Any:
    """Give the squares of the moduli of both factors, and their product."""
    product = orthogonal @ triangle
    return orthogonal * orthogonal.conj(), triangle * triangle.conj(), product


def eigh_of_parts(x: Any) -> Any:
    """Give what is determined of the eigenvectors of the Hermitian part."""
    values, vectors, product = eigh(embedded(x))
    return values[EVERY], squares(vectors), read_back(product)


def svd_of_parts(x: Any) -> Any:
    """Give what is determined of the singular vectors."""
    left, values, right, product = svd(embedded(x))
    return squares(left), values[EVERY], squares_of_rows(right), read_back(product)


def qr_of_parts(x: Any) -> Any:
    """Give what is determined of the columns made orthogonal one after the other."""
    orthogonal, triangle, product = qr(embedded(x))
    return squares(orthogonal), squares(triangle), read_back(product)


ROWS: Final = (
    linalg(
        *("eigh(x, UPLO='L')", of_each(eigh), SPECTRAL, on(3, 3, domain=SYMMETRIC)),
        upper=on(2, 2, domain=SYMMETRIC, UPLO="U"),
        stack=on(2, 2, 2, domain=SYMMETRIC),
        several=ALWAYS,
        settled=of_eigenvectors,
        of_parts=eigh_of_parts,
        settled_of_parts=of_complex_eigenvectors,
        keeps="result0 result1",
        factors=True,
    ),
    linalg(
        *("svd(x, full_matrices=True)", of_each(svd), SPECTRAL, on(3, 3)),
        tall=on(3, 2, full_matrices=False),
        wide=on(2, 3, full_matrices=False),
        stack=on(2, 3, 2, full_matrices=False),
        full_tall=on(3, 2),
        full_wide=on(2, 3),
        several=ALWAYS,
        settled=of_singular_vectors,
        of_parts=svd_of_parts,
        settled_of_parts=of_complex_singular_vectors,
        keeps="result0 result1 result2",
        factors=True,
    ),
    linalg(
        *("qr(x, mode='reduced')", of_each(qr), ANALYTIC, on(3, 3)),
        tall=on(4, 2),
        wide=on(2, 3),
        stack=on(2, 3, 2),
        complete=on(2, 3, mode="complete"),
        several=ALWAYS,
        settled=of_triangle,
        of_parts=qr_of_parts,
        settled_of_parts=of_complex_triangle,
        keeps="result0 result1",
        factors=True,
    ),
)
