"""Functions of two numbers, or three, beyond the four operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine import inplace, recording, refusals
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import arithmetic
from gradspec_reference.names.functions.elementwise import documented
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar

__all__ = [
    "addcdiv",
    "addcmul",
    "arctan2",
    "atan2",
    "copysign",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "lerp",
    "logaddexp",
    "logaddexp2",
    "xlogy",
    "xlogy_",
]


def of_two(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Make the function of a row with two tensors."""

    def function(input: Tensor, other: Tensor) -> Tensor:
        return recording.apply_pointwise(OPERATORS[name], (input, other))

    return documented(function, name, f"Return {name} of each pair of elements (torch.{name}).")


def of_two_inplace(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Make the in-place function of a row with two tensors."""

    def function(input: Tensor, other: Tensor) -> Tensor:
        return inplace.apply_inplace(OPERATORS[name], (input, other))

    return documented(function, f"{name}_", f"Replace each element by {name} of it and another.")


atan2 = of_two("atan2")
arctan2 = atan2
fmax = of_two("fmax")
fmin = of_two("fmin")
hypot = of_two("hypot")
logaddexp = of_two("logaddexp")
logaddexp2 = of_two("logaddexp2")
atan2_ = of_two_inplace("atan2")
arctan2_ = atan2_
hypot_ = of_two_inplace("hypot")


def copysign(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Return input with the sign of other (torch.copysign)."""
    return recording.apply_pointwise(OPERATORS["copysign"], (input, other))


def copysign_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Give each element another's sign (torch.Tensor.copysign_)."""
    return inplace.apply_inplace(OPERATORS["copysign"], (input, other))


def xlogy(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return input * log(other), and 0 where input is 0 (torch.xlogy)."""
    check_is_a_tensor("xlogy", input, other)
    return recording.apply_pointwise(OPERATORS["xlogy"], (input, other))


def xlogy_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Replace each element by its product with a logarithm (torch.Tensor.xlogy_)."""
    return inplace.apply_inplace(OPERATORS["xlogy"], (input, other))


def xlog1py(input: Tensor | Scalar, other: Tensor | Scalar) -> Tensor:
    """Return input * log(1 + other), and 0 where input is 0 (torch.special.xlog1py)."""
    check_is_a_tensor("xlog1py", input, other)
    return recording.apply_pointwise(OPERATORS["xlog1py"], (input, other))


def check_is_a_tensor(name: str, *operands: Any) -> None:
    """Refuse two numbers."""
    if not any(isinstance(x, Tensor) for x in operands):
        raise TypeError(f"{name} was given two numbers; one of them must be a tensor")


def fmod(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Return the remainder of input / other, which has the sign of input (torch.fmod).

    RuntimeError for integers and a zero.
    """
    arithmetic.check_divisor(input, other)
    return recording.apply_pointwise(OPERATORS[_fmod(other)], (input, other))


def fmod_(input: Tensor, other: Tensor | Scalar) -> Tensor:
    """Replace each element by its remainder (torch.Tensor.fmod_)."""
    arithmetic.check_divisor(input, other)
    return inplace.apply_inplace(OPERATORS[_fmod(other)], (input, other))


def _fmod(other: Any) -> str:
    return "fmod" if isinstance(other, Tensor) else "fmod_scalar"


def float_power(input: Tensor | Scalar, exponent: Tensor | Scalar) -> Tensor:
    """Return input ** exponent, computed in float64 (torch.float_power)."""
    return arithmetic.pow(wide(input), wide(exponent))


def float_power_(input: Tensor, exponent: Tensor | Scalar) -> Tensor:
    """Replace each element by its power (torch.Tensor.float_power_); RuntimeError for float32."""
    wanted = dtypes.complex128 if input.dtype.is_complex else dtypes.float64
    if input.dtype is not wanted:
        raise RuntimeError(f"float_power_ writes {wanted}, and was given {input.dtype}")
    return arithmetic.pow_(input, wide(exponent))


def wide(value: Any) -> Any:
    """Return a tensor, or a number, in float64, or in complex128."""
    if isinstance(value, Tensor):
        return value.to(dtypes.complex128 if value.dtype.is_complex else dtypes.float64)
    return value if isinstance(value, complex) else float(value)


def lerp(input: Tensor, end: Tensor, weight: Tensor | Scalar) -> Tensor:
    """Return what lies a share of the way between two tensors (torch.lerp).

    RuntimeError for two dtypes.
    """
    operator, operands, params = _lerp_call(input, end, weight)
    return recording.apply(operator, operands, *params)


def lerp_(input: Tensor, end: Tensor, weight: Tensor | Scalar) -> Tensor:
    """Move each element a share of the way (torch.Tensor.lerp_)."""
    operator, operands, params = _lerp_call(input, end, weight)
    return inplace.apply_inplace(operator, operands, *params)


def _lerp_call(input: Tensor, end: Tensor, weight: Any) -> tuple[Any, tuple[Any, ...], Any]:
    turned = weight.is_complex() if isinstance(weight, Tensor) else isinstance(weight, complex)
    if turned and not input.is_complex():
        raise RuntimeError(f"lerp was given the weight {weight} for {input.dtype}; give a real one")
    if isinstance(weight, Tensor) and not weight.ndim:  # a number, whatever its dtype
        weight = weight.to(input.dtype)
    for other in (end, weight):
        if isinstance(other, Tensor) and other.dtype is not input.dtype:
            raise RuntimeError(f"lerp was given {input.dtype} and {other.dtype}; convert one")
    operands = (input, end, weight) if isinstance(weight, Tensor) else (input, end)
    dtypes.check_holds(input._array.dtype, weight)
    refusals.refuse_booleans(OPERATORS["lerp"], [each._array for each in operands])
    if isinstance(weight, Tensor):
        return OPERATORS["lerp"], (input, end, weight), ()
    return OPERATORS["lerp_scalar"], (input, end), (weight,)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """Return input + value * tensor1 * tensor2 (torch.addcmul)."""
    return recording.apply_pointwise(OPERATORS["addcmul"], (input, tensor1, tensor2), value)


def addcmul_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """Add a product in place (torch.Tensor.addcmul_)."""
    return inplace.apply_inplace(OPERATORS["addcmul"], (input, tensor1, tensor2), value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """Return input + value * tensor1 / tensor2 (torch.addcdiv); RuntimeError for integers."""
    check_quotient(tensor1, tensor2)
    return recording.apply_pointwise(OPERATORS["addcdiv"], (input, tensor1, tensor2), value)


def addcdiv_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Scalar = 1) -> Tensor:
    """Add a quotient in place (torch.Tensor.addcdiv_)."""
    check_quotient(tensor1, tensor2)
    return inplace.apply_inplace(OPERATORS["addcdiv"], (input, tensor1, tensor2), value)


def check_quotient(tensor1: Tensor, tensor2: Tensor) -> None:
    """Refuse to divide integers by integers."""
    if max(tensor1.dtype.category, tensor2.dtype.category) < dtypes.FLOAT:
        raise RuntimeError("addcdiv was given two tensors of integers; convert one with float()")
