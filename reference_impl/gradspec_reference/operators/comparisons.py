"""Comparisons, logic and tests, whose results have no history.

Written over numbers that had one, truth is flat: what they were computed from receives zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import Operator, both, no_slope, unary_operator

OF_TWO = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}

OF_ONE: dict[str, Any] = {
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isposinf": np.isposinf,
    "isneginf": np.isneginf,
    "isfinite": np.isfinite,
    "signbit": np.signbit,
    "logical_not": np.logical_not,
    "bitwise_not": np.invert,
}

OF_COMPLEX = frozenset(
    {
        *("eq", "ne", "logical_and", "logical_or", "logical_xor"),
        *("isnan", "isinf", "isfinite", "logical_not"),
    }
)
"""What asks neither for an order nor for bits, and so is asked of complex numbers too."""

OF_SIGN = frozenset({"isposinf", "isneginf"})


def on_complex(name: str) -> str:
    """Tell whether a comparison or a test takes complex numbers."""
    if name in OF_SIGN:
        return "undefined"
    return "as written" if name in OF_COMPLEX else ""


OF_NUMBERS = [name for name in OF_TWO if not name.startswith("bitwise")]

JVP = symmetric
BATCH = entrywise
ROWS = (
    *(
        Operator(
            f"{name}_",
            on_complex=on_complex(name),
            kernel=OF_TWO[name],
            node=f"{name.title().replace('_', '')}Backward1",
            operands="self other",
            pointwise=True,
            vjp=both(no_slope, no_slope),
        )
        for name in OF_NUMBERS
    ),
    unary_operator("logical_not_", on_complex="as written", kernel=np.logical_not, vjp=no_slope),
    *(
        Operator(
            name,
            on_complex=on_complex(name),
            kernel=kernel,
            operands="self other",
            pointwise=True,
        )
        for name, kernel in OF_TWO.items()
    ),
    Operator(
        "isclose",
        on_complex="as written",
        kernel=np.isclose,
        operands="self other",
        params="rtol atol equal_nan",
    ),
    *(
        unary_operator(name, on_complex=on_complex(name), kernel=kernel)
        for name, kernel in OF_ONE.items()
    ),
)
