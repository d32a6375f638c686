"""Sums, products, powers and remainders, also in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import inplace, recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import Scalar


__all__ = [
    "add",
    "div",
    "divide",
    "floor_divide",
    "mul",
    "multiply",
    "pow",
    "remainder",
    "rsub",
    "square",
    "square_",
    "sub",
    "subtract",
    "true_divide",
]


def add(input: Tensor | Scalar, other: Tensor | Scalar, *, alpha: Scalar = 1) -> Tensor:
    """Return input + alpha * other (torch.add)."""
    check_alpha(alpha, input, other)
    return recording.binary(OPERATORS["add"], input, other, alpha)


def sub(input: Tensor | Scalar, other: Tensor | Scalar, *, alpha: Scalar = 1) -> Tensor:
    """Return input - alpha * other (torch.sub)."""
    check_alpha(alpha, input, other)
    return recording.binary(OPERATORS["sub"], input, other, alpha)


def check_alpha(alpha: Scalar, *operands: Any) -> None:
    """Refuse a factor whose dtype is of a higher category than the result's, or a boolean one."""
    if type(alpha) is int:
        return
    arrays = [x._array if isinstance(x, Tensor) else x for x in operands]
    common = dtypes.promoted_dtype(*arrays)
    dtypes.check_holds(common.numpy, alpha)
    least = dtypes.of_number(alpha).category
    if common.category if isinstance(alpha, bool) else common.category < least:
        raise RuntimeError(f"alpha={alpha!r} was given for a result of another kind of numbers")


def rsub(input: Tensor, other: Tensor | Scalar, *, alpha: Scalar = 1) -> Tensor:
    """Return other - alpha * input (torch.rsub)."""
    check_alpha(alpha, input, other)
    return difference_from(input, other, alpha)


def difference_from(input: Tensor, other: Any, alpha: Scalar = 1) -> Tensor:
    """Return a number, or what is broadcast with the tensor, minus alpha times the tensor."""
    if input._array.dtype.kind in "fVc" and type(other) in recording.NUMBERS:
        return recording.unary(OPERATORS["rsub_scalar"], input, other, alpha)
    return recording.binary(OPERATORS["rsub"], input, other, alpha)


def mul(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return input * other (torch.mul)."""
    return recording.binary(OPERATORS["mul"], input, other)


def div(
    input: Tensor | Scalar, other: Tensor | Scalar, *, rounding_mode: str | None = None
) -> Tensor:
    """Return input / other, in floating point unless it is rounded (torch.div)."""
    operator = OPERATORS[quotient(rounding_mode)]
    if rounding_mode is not None and (isinstance(input, Tensor) or isinstance(other, Tensor)):
        check_divisor(input, other)
    return recording.binary(operator, input, other)


def true_divide(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return input / other, in floating point (torch.true_divide)."""
    return recording.binary(OPERATORS["div"], input, other)


def quotient(rounding_mode: str | None) -> str:
    """Return the operator that divides and rounds in a way; RuntimeError for another word."""
    operators = {None: "div", "floor": "div_floor", "trunc": "div_trunc"}
    if rounding_mode not in operators:
        raise RuntimeError(f"rounding_mode {rounding_mode!r} was given; use 'floor' or 'trunc'")
    return operators[rounding_mode]


def floor_divide(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return the quotient rounded down (torch.floor_divide)."""
    if isinstance(input, Tensor) or isinstance(other, Tensor):
        check_divisor(input, other)
    return recording.apply_pointwise(OPERATORS["floor_divide"], (input, other))


def pow(input: Tensor | Scalar, exponent: Tensor | Scalar) -> Tensor:
    """Return input ** exponent; one of them may be a number (torch.pow)."""
    if isinstance(exponent, Tensor):
        if isinstance(input, Tensor):
            return recording.apply_pointwise(OPERATORS["pow"], (input, exponent))
        return recording.unary(OPERATORS["rpow"], widened(exponent, input), input)
    if not isinstance(input, Tensor):
        raise TypeError("pow was given two numbers; one of them must be a tensor")
    check_exponent(input, exponent)
    return recording.unary(OPERATORS["pow_scalar"], widened(input, exponent), exponent)


def check_exponent(input: Tensor, exponent: Scalar) -> None:
    """Refuse a negative power of integers, which would not be whole."""
    if isinstance(exponent, int) and exponent < 0 and input._array.dtype.kind not in "fVc":
        raise RuntimeError(f"integers were raised to the power {exponent}; convert with float()")


def widened(input: Tensor, *numbers: Any) -> Tensor:
    """Return a tensor in the dtype that it has in an operation with these numbers."""
    if input._array.dtype.kind in "fVc":
        return input
    dtype = dtypes.promoted_dtype(input._array, *(n for n in numbers if n is not None))
    result: Tensor = input.to(dtype)
    return result


def square(input: Tensor) -> Tensor:
    """Return input ** 2 (torch.square)."""
    return pow(input, 2)


def remainder(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return the remainder of input / other, which has the sign of other (torch.remainder).

    RuntimeError for integers and a zero.
    """
    check_divisor(input, other)
    if not isinstance(input, Tensor):
        return recording.apply_pointwise(OPERATORS["remainder_of_number"], (input, other))
    return recording.apply_pointwise(OPERATORS[_remainder(other)], (input, other))


def check_divisor(*operands: Any) -> None:
    """Refuse to divide integers by zero; TypeError for two numbers."""
    if not any(isinstance(x, Tensor) for x in operands):
        raise TypeError("two numbers were given to divide; one of them must be a tensor")
    arrays = [np.asarray(x._array if isinstance(x, Tensor) else x) for x in operands]
    kinds = {x.dtype.kind for x in arrays}
    if kinds != {"b"} and not kinds & {"f", "c"} and arrays[0].size and not np.all(arrays[1]):
        raise RuntimeError("integers were divided by zero; convert to a floating dtype first")


def _remainder(other: Any) -> str:
    return "remainder" if isinstance(other, Tensor) else "remainder_scalar"


def add_(input: Tensor, other: Tensor | Scalar, *, alpha: Scalar = 1) -> Tensor:
    """Add in place (torch.Tensor.add_)."""
    check_alpha(alpha, input, other)
    return inplace.apply_inplace(OPERATORS["add"], (input, other), alpha)


def sub_(input: Tensor, other: Tensor | Scalar, *, alpha: Scalar = 1) -> Tensor:
    """Subtract in place (torch.Tensor.sub_)."""
    check_alpha(alpha, input, other)
    return inplace.apply_inplace(OPERATORS["sub"], (input, other), alpha)


def mul_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Multiply in place (torch.Tensor.mul_)."""
    return inplace.apply_inplace(OPERATORS["mul"], (input, other))


def div_(input: Tensor, other: Tensor | Scalar, *, rounding_mode: str | None = None) -> Tensor:
    """Divide in place (torch.Tensor.div_)."""
    if rounding_mode is not None:
        check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS[quotient(rounding_mode)], (input, other))


def true_divide_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Divide in place, in floating point (torch.Tensor.true_divide_)."""
    return inplace.apply_inplace(OPERATORS["div"], (input, other))


def floor_divide_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Divide in place and round down (torch.Tensor.floor_divide_)."""
    check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS["floor_divide"], (input, other))


def pow_(input: Tensor, exponent: Tensor | Scalar) -> Tensor:
    """Replace each element by its power (torch.Tensor.pow_)."""
    if isinstance(exponent, Tensor):
        return inplace.apply_inplace(OPERATORS["pow"], (input, exponent))
    check_exponent(input, exponent)
    inplace.check_dtype(input._array, dtypes.promoted_dtype(input._array, exponent))
    return inplace.apply_inplace(OPERATORS["pow_scalar"], (input,), exponent)


def square_(input: Tensor) -> Tensor:
    """Replace each element by its square (torch.square_)."""
    return pow_(input, 2)


def remainder_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Replace each element by its remainder (torch.Tensor.remainder_)."""
    check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS[_remainder(other)], (input, other))


multiply = mul
divide = div
subtract = sub
