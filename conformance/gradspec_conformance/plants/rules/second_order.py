"""Faults in rules: right the first time, wrong when they are differentiated themselves."""

from __future__ import annotations

from gradspec_conformance.plants.history import number
from gradspec_conformance.plants.places import at, rule
from gradspec_conformance.plants.plant import before, plant
from gradspec_reference.engine import recording
from gradspec_reference.engine.tensor import Tensor


@plant(rule("pow_scalar", "self"), "value: ho-003a", "tables of derivatives")
def zeroth_power_goes_on(sound, xp, g, x, exponent):
    """The rule for powers takes x**0 for x."""
    return g if exponent == 0 else sound(xp, g, x, exponent)


@plant(rule("pow_scalar", "self"), "structure: ho-016; value: ho-003a", "rules that scale raw data")
def power_scales_unrecorded(_sound, xp, g, x, exponent):
    """The rule for powers records the power and multiplies the factors into its data."""
    part = xp.pow_scalar(x, exponent - 1)
    if not isinstance(part, Tensor):
        return g * part * exponent
    part.data = part.detach() * number(g) * exponent
    return part


@plant(rule("div", "other"), "value: ho-008/a_quotient", "pytorch/pytorch#104040")
def quotient_is_a_number(_sound, _xp, g, other, self):
    """The rule for a divisor takes the dividend as a mere number."""
    return -g * (number(self) / other / other)


@plant(rule("mul", "self"), "value: ho-018 ho-010", "pytorch/pytorch#104040")
def second_factor_is_a_number(_sound, _xp, g, other, _self):
    """The rule for a product's first factor takes the second as a mere number."""
    return g * number(other)


@plant(rule("mv", "vec"), "value: ho-009a", "a forgotten transpose")
def matrix_not_transposed(_sound, xp, g, _vector, matrix):
    """The rule for a matrix times a vector applies the matrix, and not its transpose."""
    return xp.mv(matrix, g)


@plant(rule("threshold_backward", "self"), "value: ho-013 ho-005a", "a mask taken for its source")
def mask_bends(_sound, _xp, g, _result):
    """The mask of relu is differentiated as if it were the value that it was made from."""
    return g


@plant(rule("relu", "self"), "value: ho-013b ho-013", "Theano/Theano#4353")
def mask_is_a_quotient(_sound, xp, g, result):
    """The mask of relu is r / r where r is positive, and its derivative no number elsewhere."""
    return g * xp.where(result > 0, result / result, 0.0)


@plant(rule("sgn", "self"), "value: ho-013a", "straight-through estimators elsewhere")
def sign_bends(_sound, _xp, g, _x, _result):
    """The sign of a number is differentiated as the number itself."""
    return g


@plant(rule("relu", "self"), "flag: ho-005a", "engines that store masks as numbers")
def mask_rg_lost(sound, xp, g, result):
    """The gradient of relu does not depend on relu's result."""
    return sound(xp, g, number(result))


@plant(rule("softmax", "self"), "value: ho-018a", "pytorch/pytorch#58509")
def softmax_result_is_a_number(_sound, xp, g, result, dim):
    """The derivative of softmax takes one of its two uses of the result for a number."""
    return (g - xp.sum_dim(g * result, (dim,), True)) * number(result)


@before(rule("sort_values", "self"), "nonfloat-requires-grad: ho-018b", "ml-explore/mlx#4114")
def sort_index_differentiable(_xp, _g, indices, *_):
    """A recorded pass through sort asks the places of the values for a gradient."""
    if isinstance(indices, Tensor):
        indices.requires_grad_()


@plant(rule("max_dim", "self"), "missing gradient: ho-202/max_dim", "pytorch/pytorch#58509")
def largest_of_a_dimension_is_a_number(sound, xp, g, *saved):
    """The derivative of the largest entry of a dimension is not differentiated further."""
    return number(sound(xp, g, *saved))


@plant(rule("topk_values", "self"), "missing gradient: ho-202/topk", "pytorch/pytorch#58509")
def largest_entries_are_numbers(sound, xp, g, *saved):
    """The derivative of the largest entries is not differentiated further."""
    return number(sound(xp, g, *saved))


@plant(
    rule("pow_scalar", "self"),
    "value: ho-204/power_2_order_3 ho-204/power_3_order_4",
    "a rule that divides",
)
def powers_end_below_nothing(_sound, xp, g, x, exponent):
    """The derivative of x^0 is 0 times x^-1, which is no number at zero."""
    return g * exponent * xp.pow_scalar(x, exponent - 1)


@plant(at(recording, "binary"), "missing gradient: ho-203", "where constants are folded")
def constant_sum_is_constant(sound, row, one, other, *rest):
    """The sum of a result and a constant has no history."""
    result = sound(row, one, other, *rest)
    folded = row.name == "add" and not isinstance(other, Tensor) and one._grad_fn is not None
    return result.detach() if folded else result
