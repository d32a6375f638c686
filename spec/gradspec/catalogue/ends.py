"""How the ends of an operator's domain are written in its row.

The points are in arrays, so that an engine of Python's numbers, where a division by zero is an
error, is not asked.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gradspec.catalogue.operator import End, OrNan, point

INF: Final = math.inf
NO_NUMBER: Final = math.nan
FAR: Final = 1000.0
"""Where exponentials overflow in every data type."""


def at(x: Any, limit: Any = None, choice: Any = None, *, weights: Any = 1.0, **given: Any) -> End:
    """Write an end: points, what slopes tend to there, torch's choice, and other arguments."""
    others = {n: np.array(v) if isinstance(v, list) else v for n, v in given.items()}
    return End(point(x, **others), limit, choice, weights)


def far(low: float, high: float) -> dict[str, End]:
    """Say what a slope tends to far below and far above zero."""
    return {"far": at([-INF, -FAR, FAR, INF], [low, low, high, high])}


def at_nan(choice: float, **given: Any) -> dict[str, End]:
    """Say what torch gives where the operand is no number, and every slope is as good.

    Of elu, celu, selu, hardswish, hardtanh, relu6 and the shrinking ones nothing can be said: torch
    answers one way where entries are taken several at a time, and another way for those left over.
    """
    return {"nan": at([NO_NUMBER], None, choice, **given)}


def outside(x: float, choice: float = NO_NUMBER) -> dict[str, End]:
    """Say what torch gives outside the domain."""
    return {"outside": at([x], None, choice)}


def of_each(said: Any, count: int) -> tuple[Any, ...]:
    """Give what is said of each variable."""
    return said if isinstance(said, tuple) else (said,) * count


def is_determined(end: End) -> bool:
    """Say whether mathematics knows the gradient by some variable."""
    known = of_each(end.limit, 1)
    return any(limit is not None and not isinstance(limit, OrNan) for limit in known)


def is_bounded(end: End) -> bool:
    """Say whether it leaves room for the gradient by some variable."""
    return any(isinstance(limit, OrNan) for limit in of_each(end.limit, 1))
