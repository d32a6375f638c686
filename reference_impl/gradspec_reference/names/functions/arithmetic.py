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
    "mul",
    "multiply",
    "pow",
    "remainder",
    "rsub",
    "square",
    "sub",
    "subtract",
    "true_divide",
]


def add(input: Tensor, other: Any, *, alpha: Scalar = 1, out: Tensor | None = None) -> Tensor:
    """Return input + alpha * other (torch.add)."""
    result = recording.binary(OPERATORS["add"], input, other, alpha)
    return result if out is None else inplace.into_out(out, result, (input, other))


def sub(input: Tensor, other: Any, *, alpha: Scalar = 1, out: Tensor | None = None) -> Tensor:
    """Return input - alpha * other (torch.sub)."""
    result = recording.binary(OPERATORS["sub"], input, other, alpha)
    return result if out is None else inplace.into_out(out, result, (input, other))


def rsub(input: Tensor, other: Any, *, alpha: Scalar = 1) -> Tensor:
    """Return other - alpha * input (torch.rsub)."""
    return recording.binary(OPERATORS["rsub"], input, other, alpha)


def mul(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return input * other (torch.mul)."""
    result = recording.binary(OPERATORS["mul"], input, other)
    return result if out is None else inplace.into_out(out, result, (input, other))


def div(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return input / other, in floating point (torch.div)."""
    result = recording.binary(OPERATORS["div"], input, other)
    return result if out is None else inplace.into_out(out, result, (input, other))


def pow(input: Any, exponent: Any) -> Tensor:
    """Return input ** exponent; one of them may be a number (torch.pow)."""
    if not isinstance(input, Tensor):
        return recording.apply(OPERATORS["rpow"], (widened(exponent, input),), input)
    if isinstance(exponent, Tensor):
        return recording.apply_pointwise(OPERATORS["pow"], (input, exponent))
    return recording.unary(OPERATORS["pow_scalar"], widened(input, exponent), exponent)


def widened(input: Tensor, *numbers: Any) -> Tensor:
    """Return a tensor in the dtype that it has in an operation with these numbers."""
    if input._array.dtype.kind == "f":
        return input
    dtype = dtypes.promoted_dtype(input._array, *(n for n in numbers if n is not None))
    result: Tensor = input.to(dtype)
    return result


def square(input: Tensor) -> Tensor:
    """Return input ** 2 (torch.square)."""
    return pow(input, 2)


def remainder(input: Any, other: Any) -> Tensor:
    """Return the remainder of input / other, which has the sign of other (torch.remainder).

    RuntimeError for integers and a zero.
    """
    check_divisor(input, other)
    return recording.apply_pointwise(OPERATORS[_remainder(other)], (input, other))


def check_divisor(*operands: Any) -> None:
    """Refuse to divide integers by zero."""
    arrays = [x._array if isinstance(x, Tensor) else x for x in operands]
    if not dtypes.promoted_dtype(*arrays).is_floating_point and not np.all(arrays[1]):
        raise RuntimeError("integers were divided by zero; convert to a floating dtype first")


def _remainder(other: Any) -> str:
    return "remainder" if isinstance(other, Tensor) else "remainder_scalar"


def add_(input: Tensor, other: Any, *, alpha: Scalar = 1) -> Tensor:
    """Add in place (torch.Tensor.add_)."""
    return inplace.apply_inplace(OPERATORS["add"], (input, other), alpha)


def sub_(input: Tensor, other: Any, *, alpha: Scalar = 1) -> Tensor:
    """Subtract in place (torch.Tensor.sub_)."""
    return inplace.apply_inplace(OPERATORS["sub"], (input, other), alpha)


def mul_(input: Tensor, other: Any) -> Tensor:
    """Multiply in place (torch.Tensor.mul_)."""
    return inplace.apply_inplace(OPERATORS["mul"], (input, other))


def div_(input: Tensor, other: Any) -> Tensor:
    """Divide in place (torch.Tensor.div_)."""
    return inplace.apply_inplace(OPERATORS["div"], (input, other))


def pow_(input: Tensor, exponent: Any) -> Tensor:
    """Replace each element by its power (torch.Tensor.pow_)."""
    if isinstance(exponent, Tensor):
        return inplace.apply_inplace(OPERATORS["pow"], (input, exponent))
    inplace.check_dtype(input._array, dtypes.promoted_dtype(input._array, exponent))
    return inplace.apply_inplace(OPERATORS["pow_scalar"], (input,), exponent)


def remainder_(input: Tensor, other: Any) -> Tensor:
    """Replace each element by its remainder (torch.Tensor.remainder_)."""
    check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS[_remainder(other)], (input, other))


multiply = mul
divide = true_divide = div
subtract = sub
