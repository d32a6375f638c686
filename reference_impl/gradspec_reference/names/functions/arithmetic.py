"""Pointwise functions; the simple ones are made from their rows, see `unary`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import inplace, recording
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar

F = TypeVar("F", bound="Callable[..., Any]")

UNARY = [
    "abs",
    "acos",
    "asin",
    "atan",
    "bitwise_not",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "neg",
    "reciprocal",
    "relu",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
]
COMPARISONS = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "logical_and",
    "logical_or",
    "logical_xor",
]


def unary(name: str) -> Callable[[Tensor], Tensor]:
    """Make the function of a row with one operand."""
    operator = OPERATORS[name]

    def function(input: Tensor) -> Tensor:
        return recording.unary(operator, input)

    return documented(function, name, f"Return {name} of each element (torch.{name}).")


def unary_inplace(name: str) -> Callable[[Tensor], Tensor]:
    """Make the in-place function of a row with one operand."""
    operator = OPERATORS[name]

    def function(input: Tensor) -> Tensor:
        return inplace.apply_inplace(operator, (input,))

    return documented(function, f"{name}_", f"Replace each element by its {name}.")


def comparison(name: str) -> Callable[[Tensor, Any], Tensor]:
    """Make the function of a row with two operands whose result has no history."""
    operator = OPERATORS[name]

    def function(input: Tensor, other: Any) -> Tensor:
        return recording.apply_pointwise(operator, (input, other))

    return documented(function, name, f"Return {name} of each pair of elements (torch.{name}).")


def documented(function: F, name: str, text: str) -> F:
    """Give a made function its name and docstring."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


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
    dtype = dtypes.result_type(input._array, *(n for n in numbers if n is not None))
    result: Tensor = input.to(dtype)
    return result


def pow_(input: Tensor, exponent: Any) -> Tensor:
    """Replace each element by its power (torch.Tensor.pow_)."""
    if isinstance(exponent, Tensor):
        return inplace.apply_inplace(OPERATORS["pow"], (input, exponent))
    return inplace.apply_inplace(OPERATORS["pow_scalar"], (input,), exponent)


def square(input: Tensor) -> Tensor:
    """Return input ** 2 (torch.square)."""
    return pow(input, 2)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Return the larger of each pair; a tie shares the gradient (torch.maximum)."""
    return recording.binary(OPERATORS["maximum"], input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Return the smaller of each pair; a tie shares the gradient (torch.minimum)."""
    return recording.binary(OPERATORS["minimum"], input, other)


def remainder(input: Any, other: Any) -> Tensor:
    """Return the remainder of input / other, which has the sign of other (torch.remainder).

    RuntimeError for integers and a zero.
    """
    check_divisor(input, other)
    return recording.apply_pointwise(OPERATORS[_remainder(other)], (input, other))


def remainder_(input: Tensor, other: Any) -> Tensor:
    """Replace each element by its remainder (torch.Tensor.remainder_)."""
    check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS[_remainder(other)], (input, other))


def check_divisor(*operands: Any) -> None:
    """Refuse to divide integers by zero."""
    arrays = [x._array if isinstance(x, Tensor) else x for x in operands]
    if not dtypes.result_type(*arrays).is_floating_point and not np.all(arrays[1]):
        raise RuntimeError("integers were divided by zero; convert to a floating dtype first")


def _remainder(other: Any) -> str:
    return "remainder" if isinstance(other, Tensor) else "remainder_scalar"


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 below zero, 1 above, and at zero the value given (torch.heaviside).

    RuntimeError for two dtypes, and when it is differentiated.
    """
    if input._array.dtype != values._array.dtype:
        raise RuntimeError(
            f"heaviside was given {input.dtype} and {values.dtype}; convert one with to()"
        )
    return recording.apply(OPERATORS["heaviside"], (input, values))


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """Return input where the condition holds, other elsewhere (torch.where)."""
    return recording.apply(OPERATORS["where"], (condition, input, other))


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Return each element, but at least min and at most max (torch.clamp).

    The gradient is 1 at the bounds.  RuntimeError if both bounds are None.
    """
    operator, operands, params = _clamp_call(input, min, max)
    if not params:
        return recording.apply_pointwise(operator, operands)
    return recording.apply(operator, (widened(input, *params),), *params)


def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Clamp in place (torch.Tensor.clamp_)."""
    operator, operands, params = _clamp_call(input, min, max)
    return inplace.apply_inplace(operator, operands, *params)


def _clamp_call(input: Tensor, low: Any, high: Any) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    if low is None and high is None:
        raise RuntimeError("clamp was given neither min nor max; give at least one of them")
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        lowest, highest = _limits(input)
        low = lowest if low is None else low
        high = highest if high is None else high
        return OPERATORS["clamp_between"], (input, low, high), ()
    return OPERATORS["clamp"], (input,), (low, high)


def _limits(input: Tensor) -> tuple[float, float]:
    dtype = input._array.dtype
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return -math.inf, math.inf


def check_is_mask(name: str, mask: Tensor) -> None:
    """Refuse a mask that is not boolean."""
    if mask._array.dtype != np.bool_:
        raise RuntimeError(f"{name} was given a mask of {mask.dtype}; it must be boolean")


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return input with value where the mask holds (torch.masked_fill)."""
    check_is_mask("masked_fill", mask)
    if isinstance(value, Tensor):
        return recording.apply(OPERATORS["masked_fill_tensor"], (input, mask, value))
    return recording.apply(OPERATORS["masked_fill"], (input, mask), value)


def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Store value where the mask holds (torch.Tensor.masked_fill_)."""
    check_is_mask("masked_fill_", mask)
    if isinstance(value, Tensor):
        return inplace.apply_inplace(OPERATORS["masked_fill_tensor"], (input, mask, value))
    return inplace.apply_inplace(OPERATORS["masked_fill"], (input, mask), value)


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


def copy_(input: Tensor, src: Any) -> Tensor:
    """Store another tensor's values (torch.Tensor.copy_); its history replaces the target's."""
    return inplace.apply_inplace(OPERATORS["copy"], (input, src))


def fill_(input: Tensor, value: Any) -> Tensor:
    """Store one value everywhere (torch.Tensor.fill_)."""
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"fill_ was given {value.ndim} dimensions; use copy_()")
        return copy_(input, value)
    return inplace.apply_inplace(OPERATORS["fill"], (input,), value)


def zero_(input: Tensor) -> Tensor:
    """Store zero everywhere (torch.Tensor.zero_)."""
    return inplace.apply_inplace(OPERATORS["zero"], (input,))
