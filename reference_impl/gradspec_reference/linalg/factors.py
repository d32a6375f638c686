"""Factors of a matrix, and singular values and eigenvalues (torch.linalg)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.recording import several
from gradspec_reference.names import arguments, return_types
from gradspec_reference.names.functions import assembly, products
from gradspec_reference.names.functions.matrices import check_matrices, matrix_transpose
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "eigh",
    "eigvalsh",
    "qr",
    "svd",
    "svdvals",
]

MODES = ("reduced", "complete", "r")


def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """Return eigenvalues, smallest first, and eigenvectors of a symmetric matrix.

    Each vector is determined up to its sign.  Source: torch.linalg.eigh docstring.
    """
    return return_types.linalg_eigh(*_eigh("eigh", A, UPLO))


def _eigh(name: str, A: Tensor, UPLO: str) -> Any:
    if not (A.numel() or A.dtype.is_floating_point):  # as in torch, whichever dtype has no entry
        return [part.to(A.dtype) for part in _eigh(name, A.double(), UPLO)]
    check_matrices(name, A)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"{name} was given {UPLO!r}; the triangle is 'L' or 'U'")
    return several(OPERATORS["eigh"], A, UPLO.upper())


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Return the eigenvalues of a symmetric matrix, smallest first (torch.linalg.eigvalsh)."""
    values: Tensor = _eigh("eigvalsh", A, UPLO)[0]
    return values


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Return left vectors, singular values, largest first, and right vectors as rows.

    Each pair of vectors is determined up to a sign; those beside the singular values, of full
    matrices, are not recorded.  Source: torch.linalg.svd docstring.
    """
    check_driver(driver)
    check_matrices("svd", A, square=False)
    if full_matrices and A._array.shape[-1] != A._array.shape[-2]:
        return return_types.linalg_svd(*several(OPERATORS["full_svd"], A))
    return return_types.linalg_svd(*several(OPERATORS["svd"], A))


def check_driver(driver: str | None) -> None:
    """Refuse to choose among methods that are for another device."""
    if driver is not None:
        raise RuntimeError(f"svd was given the driver {driver!r}; there is a choice on CUDA only")


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Return the singular values, largest first (torch.linalg.svdvals)."""
    check_driver(driver)
    check_matrices("svdvals", A, square=False)
    return several(OPERATORS["svd"], A)[1]


def qr(A: Tensor, mode: str = "reduced") -> Any:
    """Return an orthogonal factor and an upper triangle (torch.linalg.qr).

    Each column of the first, with its row of the second, is determined up to a sign.
    """
    check_matrices("qr", A, square=False)
    if mode not in MODES:
        raise RuntimeError(f"qr was given the mode {mode!r}; choose one of {MODES}")
    *_, m, n = A._array.shape
    if m >= n or mode == "r":
        how = "reduced" if mode == "complete" and m == n else mode
        return return_types.linalg_qr(*several(OPERATORS["qr"], A, how))
    # of a wide matrix the first columns decide, and the others are turned with them
    first, second = several(OPERATORS["split_with_sizes"], A, (m, n - m), A.ndim - 1)
    q, r = several(OPERATORS["qr"], first, "reduced")
    rest = products.matmul(matrix_transpose(q), second)
    return return_types.linalg_qr(q, assembly.cat([r, rest], -1))


arguments.put_doors(sys.modules[__name__])
