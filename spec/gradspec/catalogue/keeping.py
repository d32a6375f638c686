"""Which of its operands and results torch keeps for the derivative of an operator.

It is about the call that `Operator.telling` names, where all operands require grad.  It keeps what
its slope varies with, and all operands where it has kinks; a row says what is otherwise.  Left open
is what is composed of others or makes several views or overlapping ones, and where torch keeps a
whole operand of which the derivative needs only the shape.  In place x is not kept, but what it
was; on which side of a kink that is, torch reads from the result of some, and so it is left open.
"""

from __future__ import annotations

import functools
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.operator import (
    ANALYTIC,
    LINEAR,
    PIECEWISE,
    is_tensor,
    map_arrays,
    variables,
)
from gradspec.catalogue.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec.catalogue.operator import Call, Given, Operator

STEP: Final = 1 / 64
ROUNDING: Final = 1e-6


def is_open(operator: Operator) -> bool:
    """Say whether it is left open what an operator keeps."""
    has_kinks = operator.keeps is None and operator.smoothness is PIECEWISE
    return operator.keeps == "?" or (operator.inplace and has_kinks)


@functools.cache
def kept(name: str) -> frozenset[str]:
    """Name what an operator keeps: parameters, and `result`, or `result0` and its like."""
    operator = OPERATORS[name]
    if operator.inplace:
        return _kept(operator) - {"x"}
    return _kept(operator)


def _kept(operator: Operator) -> frozenset[str]:
    if operator.keeps is not None:
        return frozenset(operator.keeps.split())
    call = operator.telling()
    sample = call.sample()
    operands = [n for n, value in sample.items() if is_tensor(value)]
    if operator.smoothness in (LINEAR, ANALYTIC):
        operands = [n for n in operands if _bends(call, sample, n)]
    return frozenset(operands)


def _bends(call: Call, sample: Given, operand: str) -> bool:
    """Say whether a slope varies with an operand, as it does with all that count or choose."""
    points = [n for n, value in sample.items() if is_tensor(value) and _is_variable(value)]
    if operand not in points:
        return True

    def at(*names: str) -> Any:
        """Compute the value where these operands are smaller; one that stands twice, twice."""
        moved = {
            n: map_arrays({n: v}, partial(_less, names.count(n) * (1 + place / 4)))[n]
            for place, (n, v) in enumerate(sample.items())  # alike, two bends could cancel
        }
        value = call.value(moved)
        values = value if isinstance(value, tuple) else (value,)
        return np.concatenate([np.ravel(v) for v in values])

    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        bend = at(operand, *points) - at(*points) - at(operand) + at()
    return bool(np.max(np.abs(bend), initial=0.0) > ROUNDING)


def _is_variable(value: Any) -> bool:
    return any(True for _ in variables({"": value}))


def _less(times: float, array: Any) -> Any:
    """Take some of it away, of each entry another part."""
    if array.dtype.kind != "f":
        return array
    part = np.linspace(1 / 2, 1, array.size).reshape(array.shape)
    return array - array * part * times * STEP
