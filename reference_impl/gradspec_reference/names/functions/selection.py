"""Choosing between elements: the larger, the one where a condition holds, the one within bounds."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.dtypes import check_holds, number_for
from gradspec_reference.engine import inplace, recording, refusals
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandDtypeError
from gradspec_reference.names.functions import queries
from gradspec_reference.names.functions.arithmetic import widened
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import Scalar
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "clamp",
    "clamp_",
    "heaviside",
    "masked_fill",
    "maximum",
    "minimum",
    "where",
]


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Return the larger of each pair; a tie shares the gradient (torch.maximum)."""
    return recording.binary(OPERATORS["maximum"], input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Return the smaller of each pair; a tie shares the gradient (torch.minimum)."""
    return recording.binary(OPERATORS["minimum"], input, other)


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 below zero, 1 above, and at zero the value given (torch.heaviside).

    RuntimeError for two dtypes, and when it is differentiated.
    """
    check_of_one_dtype(input, values)
    return recording.apply(OPERATORS["heaviside"], (input, values))


def heaviside_(input: Tensor, values: Tensor) -> Tensor:
    """Put 0 below zero, 1 above, and at zero the value given (torch.Tensor.heaviside_)."""
    check_of_one_dtype(input, values)
    return inplace.apply_inplace(OPERATORS["heaviside"], (input, values))


def check_of_one_dtype(input: Tensor, values: Tensor) -> None:
    """Refuse a step whose value is of another dtype."""
    if input._array.dtype != values._array.dtype:
        raise RuntimeError(
            f"heaviside was given {input.dtype} and {values.dtype}; convert one with to()"
        )


def where(
    condition: Tensor,
    input: Tensor | Scalar | LeftOut = None,
    other: Tensor | Scalar | LeftOut = None,
) -> Any:
    """Return input where the condition holds, other elsewhere (torch.where).

    Of a condition alone, the positions where it holds.
    """
    if input is None and other is None:
        return queries.nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where was given one value; give one for where the condition holds not")
    if condition._array.dtype == np.uint8:
        warnings.warn("where was given a uint8 condition; use booleans", UserWarning, stacklevel=2)
        condition = Tensor(condition._array.astype(np.bool_))
    check_is_mask("where", condition)
    arrays = [x._array if isinstance(x, Tensor) else x for x in (input, other)]
    check_holds(dtypes.promoted_dtype(*arrays).numpy, input, other)
    return recording.apply(OPERATORS["where"], (condition, input, other))


def clamp(
    input: Tensor, min: Tensor | Scalar | None = None, max: Tensor | Scalar | None = None
) -> Tensor:
    """Return each element, but at least min and at most max (torch.clamp).

    The gradient is 1 at the bounds.  RuntimeError if both bounds are None.
    """
    operator, operands, params = _clamp_call(input, min, max)
    if not params:
        return recording.apply_pointwise(operator, operands)
    wide = widened(input, *params)
    check_holds(wide._array.dtype, *params)
    return recording.unary(operator, wide, *params)


def clamp_(
    input: Tensor, min: Tensor | Scalar | None = None, max: Tensor | Scalar | None = None
) -> Tensor:
    """Clamp in place (torch.Tensor.clamp_)."""
    operator, operands, params = _clamp_call(input, min, max)
    if params:
        wide = widened(input, *params).dtype
        inplace.check_dtype(input.materialise(), wide)
        check_holds(wide.numpy, *params)
    return inplace.apply_inplace(operator, operands, *params)


def _clamp_call(input: Tensor, low: Any, high: Any) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    if isinstance(low, Tensor) != isinstance(high, Tensor) and None not in (low, high):
        mixed = (type(low).__name__, type(high).__name__)
        raise TypeError(f"clamp was given bounds of types {mixed}; give two tensors or two numbers")
    if input._array.dtype.kind == "u" and type(low) is int:  # which nothing is below
        low = max(low, 0)
    if complex in map(type, (low, high)):
        raise RuntimeError(
            f"clamp was given the bounds {low} and {high}; complex ones bound nothing"
        )
    if low is None and high is None:
        raise RuntimeError("clamp was given neither min nor max; give at least one of them")
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        if low is not None and high is not None:
            arrays = [each._array for each in (input, low, high)]
            refusals.refuse_booleans(OPERATORS["clamp"], arrays)
        lowest, highest = _limits(input, low, high)
        low = lowest if low is None else low
        high = highest if high is None else high
        return OPERATORS["clamp_between"], (input, low, high), ()
    return OPERATORS["clamp"], (input,), (low, high)


def _limits(*bounded: Any) -> tuple[float, float]:
    """Return bounds that bind nothing in the dtype of an operation on these."""
    arrays = [x._array if isinstance(x, Tensor) else x for x in bounded if x is not None]
    dtype = dtypes.promoted_dtype(*arrays).numpy
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return (False, True) if dtype.kind == "b" else (-math.inf, math.inf)


def check_is_mask(name: str, mask: Tensor) -> None:
    """Refuse a mask that is not boolean."""
    if mask._array.dtype != np.bool_:
        raise OperandDtypeError(f"{name} was given a mask of {mask.dtype}; it must be boolean")


def check_is_one_value(name: str, value: Tensor, kept_in: Tensor) -> None:
    """Refuse a tensor with dimensions where one value is stored in many places.

    A complex one is refused among real numbers, where it would lose its imaginary part.
    """
    if value.ndim:
        raise RuntimeError(f"{name} was given a value of {value.ndim} dimensions; give a 0-d one")
    if value.is_complex() and kept_in._array.dtype.kind not in "cb":
        raise RuntimeError(
            f"{name} was given a value of {value.dtype} for {kept_in.dtype}; give its real part"
        )


def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Scalar) -> Tensor:
    """Return input with value where the mask holds (torch.masked_fill)."""
    check_is_mask("masked_fill", mask)
    if isinstance(value, Tensor):
        check_is_one_value("masked_fill", value, input)
        return recording.apply(OPERATORS["masked_fill_tensor"], (input, mask, value))
    check_holds(input._array.dtype, value)
    return recording.apply(OPERATORS["masked_fill"], (input, mask), value)


def masked_fill_(input: Tensor, mask: Tensor, value: Tensor | Scalar) -> Tensor:
    """Store value where the mask holds (torch.Tensor.masked_fill_)."""
    check_is_mask("masked_fill_", mask)
    if isinstance(value, Tensor):
        check_is_one_value("masked_fill_", value, input)
        if input._array.dtype.kind in "iu":
            number_for(value._array.item(), input._array.dtype)
        return inplace.apply_inplace(OPERATORS["masked_fill_tensor"], (input, mask, value))
    check_holds(input._array.dtype, value)
    return inplace.apply_inplace(OPERATORS["masked_fill"], (input, mask), value)
