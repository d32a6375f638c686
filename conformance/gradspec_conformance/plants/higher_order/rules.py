"""Faults in rules: right the first time, wrong when they are differentiated themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import replace_rule
from gradspec_reference.engine import saved
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node

    Rule = Callable[..., Any]


def number(value: Any) -> Any:
    """Take a value as a mere number: without its history, if it is a tensor."""
    return value.detach() if isinstance(value, Tensor) else value


@plant(
    kills={
        "ho-010": "value",
        "ho-010a": "value",
        "ho-003": "missing gradient",
        "ho-008": "missing gradient",
        "ho-009": "missing gradient",
        "ho-009a": "missing gradient",
        "ho-010b": "missing gradient",
        "ho-004": "root-without-grad",
        "ho-019": "root-without-grad",
        "ho-017": "root-without-grad",
        "ho-001": "root-without-grad",
        "ho-006": "unused-input",
        "ho-001a": "flag",
    },
    modelled_on="pytorch/pytorch#58509",
)
def saved_detached_double_backward(swap: Swap) -> None:
    """Saved values come back without their histories."""
    original = saved.unpack

    def unpack(node: Node, items: tuple[Any, ...], as_tensors: bool) -> list[Any]:
        return [number(value) for value in original(node, items, as_tensors)]

    swap(saved, "unpack", unpack)


@plant(kills={"ho-003a": "value"}, modelled_on="common in tables of derivatives")
def zeroth_power_goes_on(swap: Swap) -> None:
    """The rule for powers takes x**0 for x."""
    rule = OPERATORS["pow_scalar"].vjp["self"]

    def power(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
        return g if exponent == 0 else rule(xp, g, x, exponent)

    replace_rule(swap, "pow_scalar", "self", power)


@plant(
    kills={
        "ho-003": "value",
        "ho-003a": "value",
        "ho-009": "value",
        "ho-004": "value",
        "ho-014": "value",
        "ho-018b": "value",
        "ho-016": "structure",
    },
    modelled_on="common where a rule scales raw data",
)
def power_scales_unrecorded(swap: Swap) -> None:
    """The rule for powers records the power and multiplies the factors into its data."""

    def power(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
        part = xp.pow_scalar(x, exponent - 1)
        if not isinstance(part, Tensor):
            return g * part * exponent
        part.data = part.detach() * number(g) * exponent
        return part

    replace_rule(swap, "pow_scalar", "self", power)


@plant(kills={"ho-008": "value"}, modelled_on="pytorch/pytorch#104040")
def quotient_is_a_number(swap: Swap) -> None:
    """The rule for a divisor takes the dividend as a mere number."""

    def divisor(_xp: Any, g: Any, other: Any, self: Any) -> Any:
        return -g * ((number(self) / other) / other)

    replace_rule(swap, "div", "other", divisor)


@plant(
    kills={
        "ho-018": "value",
        "ho-008": "value",
        "ho-009a": "value",
        "ho-010": "value",
        "ho-010a": "value",
        "ho-010b": "value",
        "ho-006": "value",
    },
    modelled_on="pytorch/pytorch#104040",
)
def second_factor_is_a_number(swap: Swap) -> None:
    """The rule for a product's first factor takes the second as a mere number."""
    replace_rule(swap, "mul", "self", lambda _xp, g, other, _self: g * number(other))


@plant(kills={"ho-009a": "value"}, modelled_on="common: a forgotten transpose")
def matrix_not_transposed(swap: Swap) -> None:
    """The rule for a matrix times a vector applies the matrix, and not its transpose."""
    replace_rule(swap, "mv", "vec", lambda xp, g, _vector, matrix: xp.mv(matrix, g))


@plant(
    kills={"ho-013": "value", "ho-005a": "value"},
    modelled_on="common where a mask is differentiated as what it masks",
)
def mask_bends(swap: Swap) -> None:
    """The mask of relu is differentiated as if it were the value that it was made from."""
    replace_rule(swap, "threshold_backward", "self", lambda _xp, g, _result: g)


@plant(kills={"ho-013": "value", "ho-013b": "value"}, modelled_on="Theano/Theano#4353")
def mask_is_a_quotient(swap: Swap) -> None:
    """The mask of relu is r / r where r is positive, and its derivative no number elsewhere."""

    def quotient(xp: Any, g: Any, result: Any) -> Any:
        return g * xp.where(result > 0, result / result, 0.0)

    replace_rule(swap, "relu", "self", quotient)


@plant(
    kills={"ho-013a": "value"},
    modelled_on="common: the straight-through estimator where it does not belong",
)
def sign_bends(swap: Swap) -> None:
    """The sign of a number is differentiated as the number itself."""
    replace_rule(swap, "sign", "self", lambda _xp, g: g)


@plant(kills={"ho-005a": "flag"}, modelled_on="common in engines that store masks as numbers")
def mask_rg_lost(swap: Swap) -> None:
    """The gradient of relu does not depend on relu's result."""
    rule = OPERATORS["relu"].vjp["self"]
    replace_rule(swap, "relu", "self", lambda xp, g, result: rule(xp, g, number(result)))


@plant(kills={"ho-018a": "value"}, modelled_on="pytorch/pytorch#58509")
def softmax_result_is_a_number(swap: Swap) -> None:
    """The derivative of softmax takes one of its two uses of the result for a number."""

    def half_recorded(xp: Any, g: Any, result: Any, dim: int) -> Any:
        return (g - xp.sum_dim(g * result, (dim,), True)) * number(result)

    replace_rule(swap, "softmax", "self", half_recorded)


@plant(kills={"ho-018b": "nonfloat-requires-grad"}, modelled_on="ml-explore/mlx#4114")
def sort_index_differentiable(swap: Swap) -> None:
    """A recorded pass through sort asks the places of the values for a gradient."""
    rule = OPERATORS["sort_values"].vjp["self"]

    def values(xp: Any, g: Any, indices: Any, *rest: Any) -> Any:
        if isinstance(indices, Tensor):
            indices.requires_grad_()
        return rule(xp, g, indices, *rest)

    replace_rule(swap, "sort_values", "self", values)
