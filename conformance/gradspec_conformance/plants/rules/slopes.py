"""Faults in rules: a wrong local derivative, or none."""

from __future__ import annotations

import numpy as np

from gradspec_conformance.plants.places import at, instead, rule
from gradspec_conformance.plants.plant import TEACHING, after, compound, plant
from gradspec_reference.names.functions import reductions
from gradspec_reference.operators import OPERATORS


@plant(rule("pow_scalar", "self"), "value: op-001/pow ho-204/power_2_order_2", TEACHING)
def power_rule_without_exponent(_sound, xp, g, x, exponent):
    """The derivative of x^n lacks the factor n."""
    return g * xp.pow_scalar(x, exponent - 1)


@plant(rule("sin", "self"), "value: bwd-202/the_sine_of_a_square", TEACHING)
def sine_is_differentiated_at_its_result(_sound, xp, g, x):
    """The derivative of the sine is evaluated at its result, which is at hand, not at its input."""
    return g * xp.cos(xp.sin(x))


@plant(rule("mean", "self"), "value: bwd-202/a_mean_of_squares", TEACHING)
def mean_is_differentiated_as_a_sum(_sound, *arguments):
    """The gradient of a mean is not divided by the number of entries."""
    return OPERATORS["sum"].vjp["self"](*arguments)


@plant(
    rule("relu", "self"), "value: op-209/relu__array", "where the mask is found in the wrong half"
)
def relu_tests_its_result_for_negatives(_f, xp, g, r):
    """relu() blocks the gradient where its result is negative, which it never is."""
    return xp.where(r < 0, 0.0, g)


@plant(rule("exp", "self"), "value: op-209/exp_", "pytorch/pytorch#4355")
def exp_ignores_what_arrives(_f, _xp, _g, result):
    """The rule of exp gives its result, whatever gradient arrives from above."""
    return result


@plant(rule("neg", "self"), "value: op-209/neg_", TEACHING)
def neg_passes_the_gradient_on(_sound, _xp, g, *_rest):
    """The gradient goes through a change of sign unchanged."""
    return g


@plant(rule("abs", "self"), "value: op-209/abs__negative", TEACHING)
def abs_passes_the_gradient_on(_sound, _xp, g, *_rest):
    """The gradient goes through abs unchanged, as if nothing were negative."""
    return g


@plant(rule("div", "self"), "value: op-209/div_ op-209/itruediv", TEACHING)
def div_scales_up(_f, _xp, g, other, *_):
    """The gradient of a quotient is multiplied by the divisor, as that of a product."""
    return g * other


@plant(rule("masked_fill", "self"), "value: op-209/masked_fill_", "apache/mxnet#17893")
def masked_fill_turns_its_mask_round(_f, xp, g, mask, _value):
    """masked_fill passes the gradient on where the mask is true, and blocks it elsewhere."""
    return xp.where(mask, g, 0.0)


@plant(rule("clamp", "self"), "value: op-209/clamp_", "straight-through estimators")
def clamp_passes_everything(_sound, _xp, g, *_rest):
    """clamp() passes the gradient on outside its bounds too."""
    return g


@plant(rule("fill_tensor", "self"), "value: inp-020/slice", "pytorch/xla#1718")
def fill_keeps_old(_sound, _xp, g, *_rest):
    """A constant that is filled in passes the gradient on to the value that it overwrote."""
    return g


@plant(rule("zero", "self"), "value: inp-046/zero", "pytorch/xla#1718")
def zero_keeps_old(_sound, _xp, g, *_rest):
    """zero_() passes the gradient on to the value that it overwrote."""
    return g


@plant(rule("copy", "self"), "value: inp-046/copy inp-021/number", "pytorch/pytorch#15115")
def copy_keeps_old(_sound, _xp, g, *_rest):
    """copy_() passes the gradient to the old value too."""
    return g


@plant(rule("copy", "src"), "value: inp-021/number inp-047", "twitter-archive/torch-autograd#139")
def assigned_value_gets_zeros(_sound, xp, g, *_rest):
    """A tensor that is assigned or copied in receives zeros."""
    return xp.zeros_like(g)


@compound("value: rec-017", TEACHING)
def dot_operands_swapped(swap):
    """The two factors of a dot product receive each other's gradients."""
    first, second = OPERATORS["dot"].rules
    swap(rule("dot", "self"), instead(second))
    swap(rule("dot", "tensor"), instead(first))


@after(at(reductions, "_arg"), "flag: rec-021/argmax rec-021/argmin", "tinygrad/tinygrad#3037")
def argmax_records(result, _kernel, source, *_):
    """The position of an extreme entry requires grad if the entries do."""
    result._requires_grad = source.requires_grad


@after(at(reductions, "sort"), "flag: rec-021/sort", "ml-explore/mlx#4114")
def sort_indices_record(found, _source, *_):
    """The indices of a sort share the history of its values."""
    found.indices._grad_fn = found.values._grad_fn


@plant(rule("clone", "self"), "value: leaf-031b leaf-213/clone", "pytorch/pytorch#4355")
def a_clone_passes_ones(_sound, _xp, cotangent):
    """The derivative of clone is its local one, 1, without the cotangent that arrives."""
    return cotangent * 0 + 1


@plant(rule("cast", "self"), "dtype: leaf-026a", "pytorch/pytorch#76785")
def conversions_pass_gradients_on(_sound, _xp, g, *_dtypes):
    """The gradient of a conversion is passed back in the data type of the result."""
    return g


@compound("value: vjp-005 vjp-002/ones", TEACHING)
def mul_swapped(swap):
    """The two operands of a product are given each other's gradient."""
    swap(rule("mul", "self"), lambda _, _xp, g, other, x: g * (other if x is None else x))
    swap(rule("mul", "other"), lambda _, _xp, g, other, x: g * (x if other is None else other))


@plant(rule("sum", "self"), "value: vjp-014 vjp-002/sum", "where a sum and a mean share their rule")
def sum_shares_out(sound, xp, g, shape):
    """A sum divides what it receives among its entries instead of giving it to each."""
    return sound(xp, g / max(np.prod(shape), 1), shape)


@plant(rule("index_put", "self"), "value: inp-020/list inp-020/mask", "pytorch/xla#1718")
def indexed_assignment_keeps_old(_sound, _xp, g, *_rest):
    """Assigning by a list or a mask passes the gradient on to the values that it overwrote."""
    return g


@plant(
    rule("index_put", "values"),
    "value: inp-021/list inp-021/mask",
    "twitter-archive/torch-autograd#139",
)
def indexed_assignment_gives_zeros(sound, xp, g, *rest):
    """A tensor that is assigned by a list or a mask receives zeros."""
    return xp.zeros_like(sound(xp, g, *rest))


@plant(rule("pow_scalar", "self"), "value: bwd-203", "rules made of logarithmic derivatives")
def power_rule_divides_by_the_base(_sound, xp, g, x, n):
    """The derivative of x^n is n times the result divided by x."""
    return g * (xp.pow_scalar(x, n) * n / x)


@plant(rule("pow", "self"), "value: bwd-211/2", "rules made of logarithmic derivatives")
def power_of_a_tensor_divides_by_the_base(_sound, xp, g, x, n, *_):
    """The derivative of x^n by x, n a tensor, is n times the result divided by x."""
    return g * (xp.pow(x, n) * n / x)


@plant(rule("embedding", "weight"), "value: op-095", TEACHING)
def embedding_learns_its_padding(sound, xp, g, indices, shape, _padding, *rest):
    """The row of padding receives a gradient like any other."""
    return sound(xp, g, indices, shape, -1, *rest)
