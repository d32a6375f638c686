"""Numbers without rounding, and arrays and batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st


def eighths() -> st.SearchStrategy[float]:
    """Draw multiples of 1/8 between -2 and 2: exact in every floating-point type."""
    return st.integers(-16, 16).map(lambda n: n / 8)


def arrays(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Draw an array of this shape with entries from `eighths`."""
    size = int(np.prod(shape))
    return st.lists(eighths(), min_size=size, max_size=size).map(
        lambda entries: np.array(entries).reshape(shape)
    )


def batch_strategy() -> st.SearchStrategy[list[list[float]]]:
    """Draw a few batches of a few numbers."""
    return st.lists(st.lists(eighths(), min_size=1, max_size=3), min_size=1, max_size=4)
