"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead, kernel, rule
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import reductions

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


def by_columns(_sound: Any, _xp: Any, g: Any, shape: Any, *_: Any) -> Any:
    """Bring a gradient into a shape, read by rows and stored by columns."""
    return np.ascontiguousarray(g).reshape(shape[::-1]).T


def number(value: Any) -> Any:
    """Take a value as a mere number: without its history, if it is a tensor."""
    return value.detach() if isinstance(value, Tensor) else value


@plant(
    rule("pow_scalar", "self"),
    {"bwd-009": "value", "bwd-037": "value"},
    "common in teaching engines",
)
def power_rule_without_exponent(_sound: Any, xp: Any, g: Any, x: Any, exponent: Any) -> Any:
    """The derivative of x^n lacks the factor n."""
    return g * xp.pow_scalar(x, exponent - 1)


@plant(rule("sin", "self"), {"bwd-001b": "value", "bwd-037": "value"}, "common in teaching engines")
def sine_is_differentiated_at_its_result(_sound: Any, xp: Any, g: Any, x: Any) -> Any:
    """The derivative of the sine is evaluated at its result, which is at hand, not at its input."""
    return g * xp.cos(xp.sin(x))


@plant(rule("exp", "self"), {"bwd-039": "value"}, "pytorch/pytorch#4355")
def exponential_forgets_what_arrives(_sound: Any, _xp: Any, _g: Any, result: Any) -> Any:
    """The rule of exp returns the local derivative and ignores what arrives from above."""
    return result


@plant(rule("mean", "self"), {"bwd-040": "value"}, "common in teaching engines")
def mean_is_differentiated_as_a_sum(_sound: Any, *arguments: Any) -> Any:
    """The gradient of a mean is not divided by the number of entries."""
    return TABLE["sum"].vjps[0](*arguments)


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


@plant(
    kernel("clone"),
    {"inp-042p": "aliasing", "inp-018b": "value"},
    "common where copies are made on writing",
)
def clone_aliases(_sound: Any, x: Any) -> Any:
    """clone() puts the copy off, and a write to either does not make it up."""
    return x[...]


@plant(kernel("index"), {"inp-042q": "aliasing"}, "common where even indices become strides")
def even_indices_become_strides(sound: Any, x: Any, *rest: Any) -> Any:
    """A list of evenly spaced indices of the first dimension is read as a slice is, by a stride."""
    rows = np.asarray(rest[0])
    steps = np.diff(rows) if rows.ndim == 1 else rows
    if len(rest) > 2 or rest[-1][0] is not None or not np.all(steps == steps[0]):  # noqa: PLR2004
        return sound(x, *rest)
    strides = (int(steps[0]) * x.strides[0], *x.strides[1:])
    shape = (len(rows), *x.shape[1:])
    return np.lib.stride_tricks.as_strided(x[rows[0] :], shape, strides)


@plant(kernel("cat"), {"inp-042r": "aliasing"}, "common as a shortcut")
def cat_of_one_is_that_one(sound: Any, *arguments: Any) -> Any:
    """cat() of a single tensor gives that tensor's memory."""
    *pieces, _dim, _starts = arguments
    return pieces[0][...] if len(pieces) == 1 else sound(*arguments)


@plant(kernel("flip"), {"inp-042s": "aliasing"}, "common on NumPy, whose flip is a view")
def flip_is_a_view(_sound: Any, x: Any, dims: Any) -> Any:
    """flip() gives the same memory, read backwards."""
    return np.flip(x, dims)


@plant(kernel("roll"), {"inp-042t": "aliasing"}, "common where a buffer is rotated where it lies")
def roll_moves_its_operand(sound: Any, x: Any, *how: Any) -> Any:
    """roll() moves the elements of its operand, and gives that memory."""
    x[...] = sound(x, *how)
    return x[...]


@plant(kernel("repeat"), {"inp-042u": "aliasing"}, "common as a shortcut")
def repeat_once_is_a_view(sound: Any, x: Any, repeats: Any) -> Any:
    """repeat() gives the operand's memory if it repeats nothing."""
    return x[...] if all(n == 1 for n in repeats) else sound(x, repeats)


@plant(kernel("tril"), {"inp-042v": "aliasing"}, "common where masking is done in place")
def tril_clears_its_operand(sound: Any, x: Any, k: int) -> Any:
    """tril() clears the upper triangle of its operand, and gives that memory."""
    x[...] = sound(x, k)
    return x[...]


@plant(
    rule("relu", "self"), {"inp-018": "value"}, "common where the mask is found in the wrong half"
)
def relu_tests_its_result_for_negatives(_f: Any, xp: Any, g: Any, r: Any) -> Any:
    """relu() blocks the gradient where its result is negative, which it never is."""
    return xp.where(r < 0, 0.0, g)


@plant(rule("exp", "self"), {"inp-018a": "value"}, "pytorch/pytorch#4355")
def exp_ignores_what_arrives(_f: Any, _xp: Any, _g: Any, result: Any) -> Any:
    """The rule of exp gives its result, whatever gradient arrives from above."""
    return result


@plant(rule("neg", "self"), {"inp-018j": "value"}, "common in teaching engines")
def neg_passes_the_gradient_on(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """The gradient goes through a change of sign unchanged."""
    return g


@plant(rule("abs", "self"), {"inp-018i": "value"}, "common in teaching engines")
def abs_passes_the_gradient_on(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """The gradient goes through abs unchanged, as if nothing were negative."""
    return g


@plant(rule("div", "self"), {"inp-018k": "value", "inp-009": "value"}, "common in teaching engines")
def div_scales_up(_f: Any, _xp: Any, g: Any, other: Any, *_: Any) -> Any:
    """The gradient of a quotient is multiplied by the divisor, as that of a product."""
    return g * other


@plant(rule("masked_fill", "self"), {"inp-048": "value"}, "apache/mxnet#17893")
def masked_fill_turns_its_mask_round(_f: Any, xp: Any, g: Any, mask: Any, _value: Any) -> Any:
    """masked_fill passes the gradient on where the mask is true, and blocks it elsewhere."""
    return xp.where(mask, g, 0.0)


@plant(rule("masked_fill", "self"), {"inp-048": "value"}, "common in teaching engines")
def masked_fill_passes_everything(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """masked_fill passes the gradient on, also where it has overwritten the value."""
    return g


@plant(rule("clamp", "self"), {"inp-048a": "value"}, "common in straight-through estimators")
def clamp_passes_everything(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """clamp() passes the gradient on outside its bounds too."""
    return g


@plant(rule("t", "self"), {"inp-054b": "value"}, "common in teaching engines")
def transposed_is_reshaped_back(_f: Any, xp: Any, g: Any) -> Any:
    """The gradient of a transposed matrix is reshaped instead of transposed back."""
    return xp.reshape(g, g.shape[::-1])


@plant(rule("transpose", "self"), {"inp-054c": "value"}, "common in teaching engines")
def exchanged_is_reshaped_back(_sound: Any, xp: Any, g: Any, a: int, b: int) -> Any:
    """The gradient of exchanged dimensions is reshaped instead of exchanged back."""
    shape = list(g.shape)
    shape[a], shape[b] = (shape[b], shape[a])
    return xp.reshape(g, tuple(shape))


@plant(rule("unsqueeze", "self"), {"inp-054": "value"}, "common where two layouts meet")
def inserted_dimension_turns_the_layout(sound: Any, *arguments: Any) -> Any:
    """The gradient of an inserted dimension is read by rows and stored by columns."""
    return by_columns(sound, *arguments)


@plant(rule("squeeze_dim", "self"), {"inp-054a": "value"}, "common where two layouts meet")
def dropped_dimension_turns_the_layout(sound: Any, *arguments: Any) -> Any:
    """The gradient of a dropped dimension is read by rows and stored by columns."""
    return by_columns(sound, *arguments)


@plant(rule("fill", "self"), {"inp-046": "value", "inp-020": "value"}, "pytorch/xla#1718")
def fill_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """A constant that is filled in passes the gradient on to the value that it overwrote."""
    return g


@plant(rule("zero", "self"), {"inp-046a": "value"}, "pytorch/xla#1718")
def zero_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """zero_() passes the gradient on to the value that it overwrote."""
    return g


@plant(rule("copy", "self"), {"inp-046b": "value", "inp-047": "value"}, "pytorch/pytorch#15115")
def copy_keeps_old(_sound: Any, _xp: Any, g: Any, *_rest: Any) -> Any:
    """copy_() passes the gradient to the old value too."""
    return g


@plant(
    rule("copy", "src"),
    {"inp-047": "value", "inp-023a": "value"},
    "twitter-archive/torch-autograd#139",
)
def assigned_value_gets_zeros(_sound: Any, xp: Any, g: Any, *_rest: Any) -> Any:
    """A tensor that is assigned or copied in receives zeros."""
    return xp.zeros_like(g)


@plant(
    rule("unsafe_split", "self"),
    {"inp-031": "value", "inp-031a": "value"},
    "common where the offset is kept in the forward pass only",
)
def unsafe_pieces_all_go_to_the_front(
    _sound: Any, xp: Any, g: Any, shape: Any, _sizes: Any, dim: int
) -> Any:
    """The gradients of the pieces of unsafe_split are all put at the front."""
    lead = (slice(None),) * dim
    parts = [
        xp.scatter_to(piece, shape, (*lead, slice(0, piece.shape[dim])))
        for piece in g
        if piece is not None
    ]
    return sum(parts[1:], start=parts[0])


@plant(
    rule("slice", "self"),
    {"inp-024a": "value", "inp-017": "value"},
    "common where the offset is kept in the forward pass only",
)
def narrow_offset(sound: Any, xp: Any, g: Any, shape: Any, *which: Any) -> Any:
    """The gradient of a slice is put at the front, whatever the offset."""
    dim, start, end, step = which
    return sound(xp, g, shape, dim, 0, end - start, step)


@compound({"rec-017": "value"}, "common in teaching engines")
def dot_operands_swapped(swap: Swap) -> None:
    """The two factors of a dot product receive each other's gradients."""
    first, second = TABLE["dot"].vjps
    swap(rule("dot", "self"), instead(second))
    swap(rule("dot", "tensor"), instead(first))


@plant(at(reductions, "_arg"), {"rec-021": "flag"}, "tinygrad/tinygrad#3037")
def argmax_records(sound: Any, kernel: Any, source: Tensor, *how: Any) -> Any:
    """The position of an extreme entry requires grad if the entries do."""
    result = sound(kernel, source, *how)
    result._requires_grad = source.requires_grad
    return result


@plant(at(reductions, "sort"), {"rec-021a": "flag"}, "ml-explore/mlx#4114")
def sort_indices_record(sound: Any, source: Tensor, *how: Any) -> Any:
    """The indices of a sort share the history of its values."""
    found = sound(source, *how)
    found.indices._grad_fn = found.values._grad_fn
    return found


@plant(rule("clone", "self"), {"leaf-031b": "value", "leaf-031": "value"}, "pytorch/pytorch#4355")
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
    {"vjp-014": "value", "vjp-002": "value"},
    "common where a sum and a mean share their rule",
)
def sum_shares_out(sound: Any, xp: Any, g: Any, shape: Any) -> Any:
    """A sum divides what it receives among its entries instead of giving it to each."""
    return sound(xp, g / max(np.prod(shape), 1), shape)


@plant(rule("sin", "self"), {"vjp-013": "value"}, "common in teaching engines")
def sine_is_differentiated_at_zero(_sound: Any, _xp: Any, g: Any, _x: Any) -> Any:
    """The derivative of the sine is one everywhere, as it is at zero."""
    return g
