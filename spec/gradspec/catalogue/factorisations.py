"""Factors of a matrix that are determined up to signs; what is asked of them is `settled`.

The squares of the entries do not depend on the signs, and the product tells the entries of one
column, which have one sign in common, apart.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import SYMMETRIC
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.linear_algebra import linalg, symmetric
from gradspec.catalogue.operator import ALWAYS, ANALYTIC, SPECTRAL, on

NO_GAP: Final = 1e-9


def turned(matrix: Any) -> Any:
    """Give the transposed matrix, of an engine or of NumPy."""
    return matrix.T if isinstance(matrix, np.ndarray) else matrix.transpose(0, 1)


def of_eigenvectors(values: Any, vectors: Any) -> Any:
    """Give eigenvalues, squares of eigenvectors, and the matrix that they make."""
    return values, vectors * vectors, (vectors * values) @ turned(vectors)


def of_singular_vectors(left: Any, values: Any, right: Any) -> Any:
    """Give squares of singular vectors, singular values, and the matrix that they make."""
    return left * left, values, right * right, (left * values) @ right


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


ROWS: Final = (
    linalg(
        *("eigh(x, UPLO='L')", eigh, SPECTRAL, on(3, 3, domain=SYMMETRIC)),
        upper=on(2, 2, domain=SYMMETRIC, UPLO="U"),
        several=ALWAYS,
        settled=of_eigenvectors,
        keeps="result0 result1",
        factors=True,
    ),
    linalg(
        *("svd(x, full_matrices=True)", svd, SPECTRAL, on(3, 3)),
        tall=on(3, 2, full_matrices=False),
        wide=on(2, 3, full_matrices=False),
        several=ALWAYS,
        settled=of_singular_vectors,
        keeps="result0 result1 result2",
        factors=True,
    ),
    linalg(
        *("qr(x, mode='reduced')", qr, ANALYTIC, on(3, 3)),
        tall=on(4, 2),
        wide=on(2, 3),
        complete=on(2, 3, mode="complete"),
        several=ALWAYS,
        settled=of_triangle,
        keeps="result0 result1",
        factors=True,
    ),
)
