"""Faults in rules: right the first time, wrong when they are differentiated themselves."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import at, rule
from gradspec_conformance.plants.plant import plant
from gradspec_reference.engine import recording
from gradspec_reference.engine.tensor import Tensor


@plant(rule("pow_scalar", "self"), {"ho-003a": "value"}, "common in tables of derivatives")
def zeroth_power_goes_on(sound: Any, xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """The rule for powers takes x**0 for x."""
    return g if exponent == 0 else sound(xp, g, x, exponent)


@plant(
    rule("pow_scalar", "self"),
    {"ho-016": "structure", "ho-003a": "value"},
    "common where a rule scales raw data",
)
def power_scales_unrecorded(_sound: Any, xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """The rule for powers records the power and multiplies the factors into its data."""
    part = xp.pow_scalar(x, exponent - 1)
    if not isinstance(part, Tensor):
        return g * part * exponent
    part.data = part.detach() * number(g) * exponent
    return part


@plant(rule("div", "other"), {"ho-008": "value"}, "pytorch/pytorch#104040")
def quotient_is_a_number(_sound: Any, _xp: Any, g: Any, other: Any, self: Any) -> Any:
    """The rule for a divisor takes the dividend as a mere number."""
    return -g * (number(self) / other / other)


@plant(rule("mul", "self"), {"ho-018": "value", "ho-008": "value"}, "pytorch/pytorch#104040")
def second_factor_is_a_number(_sound: Any, _xp: Any, g: Any, other: Any, _self: Any) -> Any:
    """The rule for a product's first factor takes the second as a mere number."""
    return g * number(other)


@plant(rule("mv", "vec"), {"ho-009a": "value"}, "common: a forgotten transpose")
def matrix_not_transposed(_sound: Any, xp: Any, g: Any, _vector: Any, matrix: Any) -> Any:
    """The rule for a matrix times a vector applies the matrix, and not its transpose."""
    return xp.mv(matrix, g)


@plant(
    rule("threshold_backward", "self"),
    {"ho-013": "value", "ho-005a": "value"},
    "common where a mask is differentiated as what it masks",
)
def mask_bends(_sound: Any, _xp: Any, g: Any, _result: Any) -> Any:
    """The mask of relu is differentiated as if it were the value that it was made from."""
    return g


@plant(rule("relu", "self"), {"ho-013b": "value", "ho-013": "value"}, "Theano/Theano#4353")
def mask_is_a_quotient(_sound: Any, xp: Any, g: Any, result: Any) -> Any:
    """The mask of relu is r / r where r is positive, and its derivative no number elsewhere."""
    return g * xp.where(result > 0, result / result, 0.0)


@plant(
    rule("sign", "self"),
    {"ho-013a": "value"},
    "common: the straight-through estimator where it does not belong",
)
def sign_bends(_sound: Any, _xp: Any, g: Any) -> Any:
    """The sign of a number is differentiated as the number itself."""
    return g


@plant(rule("relu", "self"), {"ho-005a": "flag"}, "common in engines that store masks as numbers")
def mask_rg_lost(sound: Any, xp: Any, g: Any, result: Any) -> Any:
    """The gradient of relu does not depend on relu's result."""
    return sound(xp, g, number(result))


@plant(rule("softmax", "self"), {"ho-018a": "value"}, "pytorch/pytorch#58509")
def softmax_result_is_a_number(_sound: Any, xp: Any, g: Any, result: Any, dim: int) -> Any:
    """The derivative of softmax takes one of its two uses of the result for a number."""
    return (g - xp.sum_dim(g * result, (dim,), True)) * number(result)


@plant(rule("sort_values", "self"), {"ho-018b": "nonfloat-requires-grad"}, "ml-explore/mlx#4114")
def sort_index_differentiable(sound: Any, xp: Any, g: Any, indices: Any, *rest: Any) -> Any:
    """A recorded pass through sort asks the places of the values for a gradient."""
    if isinstance(indices, Tensor):
        indices.requires_grad_()
    return sound(xp, g, indices, *rest)


@plant(rule("max_dim", "self"), {"ho-202/max_dim": "missing gradient"}, "pytorch/pytorch#58509")
def largest_of_a_dimension_is_a_number(sound: Any, xp: Any, g: Any, *saved: Any) -> Any:
    """The derivative of the largest entry of a dimension is not differentiated further."""
    return number(sound(xp, g, *saved))


@plant(rule("topk_values", "self"), {"ho-202/topk": "missing gradient"}, "pytorch/pytorch#58509")
def largest_entries_are_numbers(sound: Any, xp: Any, g: Any, *saved: Any) -> Any:
    """The derivative of the largest entries is not differentiated further."""
    return number(sound(xp, g, *saved))


@plant(
    rule("pow_scalar", "self"),
    {"ho-204/power_2_order_3": "value", "ho-204/power_3_order_4": "value"},
    "common where the rule for powers divides",
)
def powers_end_below_nothing(_sound: Any, xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """The derivative of x^0 is 0 times x^-1, which is no number at zero."""
    return g * exponent * xp.pow_scalar(x, exponent - 1)


@plant(at(recording, "binary"), {"ho-203": "missing gradient"}, "common where constants are folded")
def constant_sum_is_constant(sound: Any, row: Any, one: Any, other: Any, *rest: Any) -> Any:
    """The sum of a result and a constant has no history."""
    result = sound(row, one, other, *rest)
    folded = row.name == "add" and not isinstance(other, Tensor) and one._grad_fn is not None
    return result.detach() if folded else result
