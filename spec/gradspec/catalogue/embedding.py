"""Complex matrices as real ones of twice the size: a number a + bi is the block [[a, -b], [b, a]].

Sums, products, inverses and conjugate transposes of such matrices are those of the blocks, and a
real number is a multiple of the identity.  So what real matrices have in factors, complex ones have
in blocks of them, and a formula of real numbers is one of the parts of complex numbers, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.catalogue import parts

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY: slice = slice(None, None, 2)
OTHERS: slice = slice(1, None, 2)


def embedded(x: Any) -> Any:
    """Give the real matrices of twice the size."""
    re, im = parts.real(x), parts.imag(x)
    blocks = np.stack([np.stack([re, -im], -1), np.stack([im, re], -1)], -2)
    *stack, rows, columns = re.shape
    return np.moveaxis(blocks, -2, -3).reshape((*stack, 2 * rows, 2 * columns))


def read_back(matrix: Any) -> Any:
    """Give the complex matrices that were embedded."""
    return parts.joined(matrix[..., EVERY, EVERY], matrix[..., OTHERS, EVERY])


def of_blocks(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Give the formula of complex matrices, of one that gives a matrix for real matrices."""
    return lambda x: read_back(formula(embedded(x)))


def of_pairs(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Give the formula of a spectrum: each number is there twice for real matrices."""
    return lambda x: formula(embedded(x))[..., EVERY]


def squares(matrix: Any) -> Any:
    """Give squares of moduli, of vectors in the columns, as complex numbers.

    Two columns are one vector, turned by any angle and by a quarter more.
    """
    summed = matrix[..., EVERY, EVERY] + matrix[..., OTHERS, EVERY]
    return parts.joined(summed, 0.0 * summed)


def squares_of_rows(matrix: Any) -> Any:
    """Give squares of moduli, of vectors in the rows."""
    summed = matrix[..., EVERY, EVERY] + matrix[..., EVERY, OTHERS]
    return parts.joined(summed, 0.0 * summed)


def determinant(x: Any) -> Any:
    """Give the determinant of a matrix, by its first row."""
    return parts.joined(*_by_first_row(parts.real(x), parts.imag(x)))


def _by_first_row(re: Any, im: Any) -> tuple[Any, Any]:
    if not len(re):
        return np.ones(()), np.zeros(())
    total = np.zeros(()), np.zeros(())
    for j in range(len(re)):
        a, b = (-1) ** j * re[0, j], (-1) ** j * im[0, j]
        c, d = _by_first_row(np.delete(re[1:], j, 1), np.delete(im[1:], j, 1))
        total = total[0] + a * c - b * d, total[1] + a * d + b * c
    return total


def sign_and_logarithm(x: Any) -> Any:
    """Give the direction of the determinant, and the logarithm of its modulus."""
    value = determinant(x)
    return parts.direction(value), np.log(parts.modulus(value))
