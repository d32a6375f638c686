"""Functions of each element, made from their rows, and comparisons of pairs of elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gradspec_reference.engine import inplace, recording, refusals
from gradspec_reference.errors import NoComplexRuleError
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar
    from gradspec_reference.engine.shapes import LeftOut
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "abs",
    "abs_",
    "absolute",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan_",
    "atanh",
    "atanh_",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "ceil_",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "deg2rad",
    "deg2rad_",
    "eq",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expm1",
    "expm1_",
    "floor",
    "floor_",
    "frac",
    "frac_",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "le",
    "log",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log10",
    "log10_",
    "log_",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "neg",
    "neg_",
    "negative",
    "rad2deg",
    "rad2deg_",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "round",
    "round_",
    "rsqrt",
    "rsqrt_",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signbit",
    "sin",
    "sin_",
    "sinh",
    "sinh_",
    "sqrt",
    "sqrt_",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "trunc",
    "trunc_",
]

F = TypeVar("F", bound="Callable[..., Any]")


def unary_function(name: str) -> Callable[[Tensor], Tensor]:
    """Make the function of a row with one operand."""

    def function(input: Tensor) -> Tensor:
        return recording.unary(OPERATORS[name], input)

    return documented(function, name, f"Return {name} of each element (torch.{name}).")


def unary_inplace(name: str, row: str = "") -> Callable[[Tensor], Tensor]:
    """Make the in-place function of a row with one operand."""
    row = row or name

    def function(input: Tensor) -> Tensor:
        return inplace.apply_inplace(OPERATORS[row], (input,))

    return documented(function, f"{name}_", f"Replace each element by its {name}.")


def comparison(name: str) -> Callable[[Tensor, Any], Tensor]:
    """Make the function of a row with two operands whose result has no history."""

    def function(input: Tensor, other: Tensor | Scalar) -> Tensor:
        return recording.apply_pointwise(OPERATORS[name], (input, other))

    return documented(function, name, f"Return {name} of each pair of elements (torch.{name}).")


def bitwise(name: str) -> Callable[[Any, Any], Tensor]:
    """Make the function of a row with two operands of integers or booleans."""

    def function(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
        return recording.apply_pointwise(OPERATORS[name], (input, other))

    return documented(function, name, f"Return {name} of each pair of elements (torch.{name}).")


def logical(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Make the function of a row with two tensors whose elements count as true or false."""

    def function(input: Tensor, other: Tensor) -> Tensor:
        return recording.apply_pointwise(OPERATORS[name], (input, other))

    return documented(function, name, f"Return {name} of each pair of elements (torch.{name}).")


def pairwise_inplace(name: str, row: str, kind: Any) -> Callable[..., Tensor]:
    """Make the in-place function of a row with two operands of which truth or bits are taken."""

    def function(input: Tensor, other: Any) -> Tensor:
        arrays = (input.materialise(), getattr(other, "_array", other))
        refusals.check_shapes(OPERATORS[row], arrays)
        inplace.check_shape(arrays[0], np.broadcast(*arrays))
        return inplace.apply_inplace(OPERATORS[row], (input, other))

    function.__annotations__["other"] = kind
    return documented(function, f"{name}_", f"Replace each element by {name} of it and another.")


def documented(function: F, name: str, text: str) -> F:
    """Give a made function its name and docstring."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


abs = unary_function("abs")
acos = unary_function("acos")
asin = unary_function("asin")
atan = unary_function("atan")
bitwise_not = unary_function("bitwise_not")
ceil = unary_function("ceil")
cos = unary_function("cos")
cosh = unary_function("cosh")
exp = unary_function("exp")
exp2 = unary_function("exp2")
expm1 = unary_function("expm1")
floor = unary_function("floor")
isfinite = unary_function("isfinite")
isinf = unary_function("isinf")
isnan = unary_function("isnan")
log = unary_function("log")
log10 = unary_function("log10")
log1p = unary_function("log1p")
log2 = unary_function("log2")
logical_not = unary_function("logical_not")
neg = unary_function("neg")
reciprocal = unary_function("reciprocal")
relu = unary_function("relu")
rsqrt = unary_function("rsqrt")
sigmoid = unary_function("sigmoid")
sign = unary_function("sign")
signbit = unary_function("signbit")
sin = unary_function("sin")
sinh = unary_function("sinh")
sqrt = unary_function("sqrt")
tan = unary_function("tan")
tanh = unary_function("tanh")
trunc = unary_function("trunc")
acosh = unary_function("acosh")
asinh = unary_function("asinh")
atanh = unary_function("atanh")
deg2rad = unary_function("deg2rad")
frac = unary_function("frac")
rad2deg = unary_function("rad2deg")
isneginf = unary_function("isneginf")
isposinf = unary_function("isposinf")
absolute = abs
negative = neg

acos_ = unary_inplace("acos")
asin_ = unary_inplace("asin")
atan_ = unary_inplace("atan")
bitwise_not_ = unary_inplace("bitwise_not")
ceil_ = unary_inplace("ceil")
cos_ = unary_inplace("cos")
cosh_ = unary_inplace("cosh")
exp_ = unary_inplace("exp")
exp2_ = unary_inplace("exp2")
expm1_ = unary_inplace("expm1")
floor_ = unary_inplace("floor")
log_ = unary_inplace("log")
log10_ = unary_inplace("log10")
log1p_ = unary_inplace("log1p")
log2_ = unary_inplace("log2")
logical_not_ = unary_inplace("logical_not", "logical_not_")
neg_ = unary_inplace("neg")
reciprocal_ = unary_inplace("reciprocal")
relu_ = unary_inplace("relu")
rsqrt_ = unary_inplace("rsqrt")
sigmoid_ = unary_inplace("sigmoid")
sign_ = unary_inplace("sign")
sin_ = unary_inplace("sin")
sinh_ = unary_inplace("sinh")
sqrt_ = unary_inplace("sqrt")
tan_ = unary_inplace("tan")
tanh_ = unary_inplace("tanh")
trunc_ = unary_inplace("trunc")
acosh_ = unary_inplace("acosh")
asinh_ = unary_inplace("asinh")
atanh_ = unary_inplace("atanh")
deg2rad_ = unary_inplace("deg2rad")
frac_ = unary_inplace("frac")
rad2deg_ = unary_inplace("rad2deg")

eq = comparison("eq")
ne = comparison("ne")
lt = comparison("lt")
le = comparison("le")
gt = comparison("gt")
ge = comparison("ge")
bitwise_and = bitwise("bitwise_and")
bitwise_or = bitwise("bitwise_or")
bitwise_xor = bitwise("bitwise_xor")
logical_and = logical("logical_and")
logical_or = logical("logical_or")
logical_xor = logical("logical_xor")
eq_ = pairwise_inplace("eq", "eq_", "Tensor | Scalar")
ne_ = pairwise_inplace("ne", "ne_", "Tensor | Scalar")
lt_ = pairwise_inplace("lt", "lt_", "Tensor | Scalar")
le_ = pairwise_inplace("le", "le_", "Tensor | Scalar")
gt_ = pairwise_inplace("gt", "gt_", "Tensor | Scalar")
ge_ = pairwise_inplace("ge", "ge_", "Tensor | Scalar")
bitwise_and_ = pairwise_inplace("bitwise_and", "bitwise_and", "Tensor | Scalar")
bitwise_or_ = pairwise_inplace("bitwise_or", "bitwise_or", "Tensor | Scalar")
bitwise_xor_ = pairwise_inplace("bitwise_xor", "bitwise_xor", "Tensor | Scalar")
logical_and_ = pairwise_inplace("logical_and", "logical_and_", "Tensor")
logical_or_ = pairwise_inplace("logical_or", "logical_or_", "Tensor")
logical_xor_ = pairwise_inplace("logical_xor", "logical_xor_", "Tensor")


def abs_(input: Tensor) -> Tensor:
    """Replace each element by its size; RuntimeError for complex numbers (torch.abs_)."""
    if input._array.dtype.kind == "c":
        raise NoComplexRuleError("abs_ was given complex numbers, whose sizes are real; use abs")
    return inplace.apply_inplace(OPERATORS["abs"], (input,))


def round(input: Tensor, *, decimals: int | LeftOut = None) -> Tensor:
    """Return the nearest whole number, or number with so many decimals (torch.round)."""
    if decimals is None:
        return recording.unary(OPERATORS["round"], input)
    check_has_decimals(input)
    return recording.unary(OPERATORS["round_decimals"], input, decimals)


def round_(input: Tensor, *, decimals: int | LeftOut = None) -> Tensor:
    """Round in place (torch.Tensor.round_)."""
    if decimals is None:
        return inplace.apply_inplace(OPERATORS["round"], (input,))
    check_has_decimals(input)
    return inplace.apply_inplace(OPERATORS["round_decimals"], (input,), decimals)


def check_has_decimals(input: Tensor) -> None:
    """Refuse to round integers to decimals."""
    if input._array.dtype.kind not in "fV":
        raise NotImplementedError(f"round was given decimals and {input.dtype}; leave decimals out")
