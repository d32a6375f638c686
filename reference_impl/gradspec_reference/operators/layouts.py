"""How results lie in memory: row by row, or as the operand does.

NumPy lets a result lie as its operands do wherever it can; torch does so element by element, and
otherwise writes new memory row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def in_rows(array: Any) -> Any:
    """Return an array row by row."""
    return array if array.flags.c_contiguous else array.copy("C")


def empty_as(x: Any, dtype: Any) -> Any:
    """Return new memory in the order of an array, without its gaps; row by row if it repeats."""
    return np.empty_like(x, dtype, "C" if 0 in x.strides else "K")


def laid_as(x: Any, array: Any) -> Any:
    """Return an array of the same shape in the order of another."""
    if x.flags.c_contiguous and array.flags.c_contiguous:
        return array
    made = empty_as(x, array.dtype)
    made[...] = array
    return made
