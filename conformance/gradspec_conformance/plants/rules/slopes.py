"""Faults in rules: a wrong local derivative, or none."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.names.functions import reductions
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap
    from gradspec_reference.engine.tensor import Tensor


@plant(
    rule("pow_scalar", "self"),
    {"bwd-009": "value", "bwd-202/the_sine_of_a_square": "value"},
    "common in teaching engines",
)
def power_rule_without_exponent(_sound: Any, xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """The derivative of x^n lacks the factor n."""
    return g * xp.pow_scalar(x, exponent - 1)


@plant(
    rule("sin", "self"),
    {"bwd-001b": "value", "bwd-202/the_sine_of_a_square": "value"},
    "common in teaching engines",
)
def sine_is_differentiated_at_its_result(_sound: Any, xp: Any, g: Any, x: Any) -> Any:
    """The derivative of the sine is evaluated at its result, which is at hand, not at its input."""
    return g * xp.cos(xp.sin(x))


@plant(rule("mean", "self"), {"bwd-202/a_mean_of_squares": "value"}, "common in teaching engines")
def mean_is_differentiated_as_a_sum(_sound: Any, *arguments: Any) -> Any:
    """The gradient of a mean is not divided by the number of entries."""
    return OPERATORS["sum"].vjp["self"](*arguments)


@plant(
    rule("relu", "self"),
    {"inp-018/relu": "value"},
    "common where the mask is found in the wrong half",
)
def relu_tests_its_result_for_negatives(_f: Any, xp: Any, g: Any, r: Any) -> Any:
    """relu() blocks the gradient where its result is negative, which it never is."""
    return xp.where(r < 0, 0.0, g)


@plant(rule("exp", "self"), {"inp-018/exp": "value"}, "pytorch/pytorch#4355")
def exp_ignores_what_arrives(_f: Any, _xp: Any, _g: Any, result: Any) -> Any:
    """The rule of exp gives its result, whatever gradient arrives from above."""
    return result


@plant(rule("neg", "self"), {"inp-018/neg": "value"}, "common in teaching engines")
def neg_passes_the_gradient_on(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """The gradient goes through a change of sign unchanged."""
    return g


@plant(rule("abs", "self"), {"inp-018/abs": "value"}, "common in teaching engines")
def abs_passes_the_gradient_on(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """The gradient goes through abs unchanged, as if nothing were negative."""
    return g


@plant(
    rule("div", "self"),
    {"inp-018/div": "value", "inp-203/itruediv": "value"},
    "common in teaching engines",
)
def div_scales_up(_f: Any, _xp: Any, g: Any, other: Any, *_: Any) -> Any:
    """The gradient of a quotient is multiplied by the divisor, as that of a product."""
    return g * other


@plant(rule("masked_fill", "self"), {"inp-018/masked_fill": "value"}, "apache/mxnet#17893")
def masked_fill_turns_its_mask_round(_f: Any, xp: Any, g: Any, mask: Any, _value: Any) -> Any:
    """masked_fill passes the gradient on where the mask is true, and blocks it elsewhere."""
    return xp.where(mask, g, 0.0)


@plant(rule("clamp", "self"), {"inp-018/clamp": "value"}, "common in straight-through estimators")
def clamp_passes_everything(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """clamp() passes the gradient on outside its bounds too."""
    return g


@plant(rule("fill_tensor", "self"), {"inp-020/slice": "value"}, "pytorch/xla#1718")
def fill_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """A constant that is filled in passes the gradient on to the value that it overwrote."""
    return g


@plant(rule("zero", "self"), {"inp-046/zero": "value"}, "pytorch/xla#1718")
def zero_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """zero_() passes the gradient on to the value that it overwrote."""
    return g


@plant(
    rule("copy", "self"),
    {"inp-046/copy": "value", "inp-021/number": "value"},
    "pytorch/pytorch#15115",
)
def copy_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """copy_() passes the gradient to the old value too."""
    return g


@plant(
    rule("copy", "src"),
    {"inp-021/number": "value", "inp-047": "value"},
    "twitter-archive/torch-autograd#139",
)
def assigned_value_gets_zeros(_sound: Any, xp: Any, g: Any, *_rest: Any) -> Any:
    """A tensor that is assigned or copied in receives zeros."""
    return xp.zeros_like(g)


@compound({"rec-017": "value"}, "common in teaching engines")
def dot_operands_swapped(swap: Swap) -> None:
    """The two factors of a dot product receive each other's gradients."""
    first, second = OPERATORS["dot"].rules
    swap(rule("dot", "self"), instead(second))
    swap(rule("dot", "tensor"), instead(first))


@plant(
    at(reductions, "_arg"),
    {"rec-021/argmax": "flag", "rec-021/argmin": "flag"},
    "tinygrad/tinygrad#3037",
)
def argmax_records(sound: Any, kernel: Any, source: Tensor, *how: Any) -> Any:
    """The position of an extreme entry requires grad if the entries do."""
    result = sound(kernel, source, *how)
    result._requires_grad = source.requires_grad
    return result


@plant(at(reductions, "sort"), {"rec-021/sort": "flag"}, "ml-explore/mlx#4114")
def sort_indices_record(sound: Any, source: Tensor, *how: Any) -> Any:
    """The indices of a sort share the history of its values."""
    found = sound(source, *how)
    found.indices._grad_fn = found.values._grad_fn
    return found


@plant(
    rule("clone", "self"), {"leaf-031b": "value", "leaf-213/clone": "value"}, "pytorch/pytorch#4355"
)
def a_clone_passes_ones(_sound: Any, _xp: Any, cotangent: Any) -> Any:
    """The derivative of clone is its local one, 1, without the cotangent that arrives."""
    return cotangent * 0 + 1


@plant(rule("cast", "self"), {"leaf-026a": "dtype"}, "pytorch/pytorch#76785")
def conversions_pass_gradients_on(_sound: Any, _xp: Any, g: Any, *_dtypes: Any) -> Any:
    """The gradient of a conversion is passed back in the data type of the result."""
    return g


@plant(rule("dot", "tensor"), {"leaf-050": "value"}, "common in teaching engines")
def dot_reaches_one_operand(sound: Any, xp: Any, *arguments: Any) -> Any:
    """The derivative of a dot product with respect to its second operand is zero."""
    return xp.zeros_like(sound(xp, *arguments))


@compound({"vjp-005": "value", "vjp-003": "value"}, "common in teaching engines")
def mul_swapped(swap: Swap) -> None:
    """The two operands of a product are given each other's gradient."""

    def of_self(_sound: Any, _xp: Any, g: Any, other: Any, this: Any) -> Any:
        return g * (other if this is None else this)

    def of_other(_sound: Any, _xp: Any, g: Any, other: Any, this: Any) -> Any:
        return g * (this if other is None else other)

    swap(rule("mul", "self"), of_self)
    swap(rule("mul", "other"), of_other)


@plant(
    rule("sum", "self"),
    {"vjp-014": "value", "vjp-002/sum": "value"},
    "common where a sum and a mean share their rule",
)
def sum_shares_out(sound: Any, xp: Any, g: Any, shape: Any) -> Any:
    """A sum divides what it receives among its entries instead of giving it to each."""
    return sound(xp, g / max(np.prod(shape), 1), shape)


@plant(
    rule("index_put", "self"),
    {"inp-020/list": "value", "inp-020/mask": "value"},
    "pytorch/xla#1718",
)
def indexed_assignment_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """Assigning by a list or a mask passes the gradient on to the values that it overwrote."""
    return g


@plant(
    rule("index_put", "values"),
    {"inp-021/list": "value", "inp-021/mask": "value"},
    "twitter-archive/torch-autograd#139",
)
def indexed_assignment_gives_zeros(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
    """A tensor that is assigned by a list or a mask receives zeros."""
    return xp.zeros_like(sound(xp, g, *rest))


@plant(rule("pow_scalar", "self"), {"bwd-203": "value"}, "rules made of logarithmic derivatives")
def power_rule_divides_by_the_base(_sound: Any, xp: Any, g: Any, x: Any, n: Any) -> Any:
    """The derivative of x^n is n times the result divided by x."""
    return g * (xp.pow_scalar(x, n) * n / x)


@plant(rule("pow", "self"), {"bwd-211/2": "value"}, "rules made of logarithmic derivatives")
def power_of_a_tensor_divides_by_the_base(
    _sound: Any, xp: Any, g: Any, x: Any, n: Any, *_: Any
) -> Any:
    """The derivative of x^n by x, n a tensor, is n times the result divided by x."""
    return g * (xp.pow(x, n) * n / x)
