"""Faults in what the pass computes: what engines get wrong about values at the leaves."""
# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.plant import plant
from gradspec_conformance.plants.rows import every
from gradspec_reference.engine import accumulation, cotangents, modes
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.operator import TABLE
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories
from gradspec_reference.names.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.plants.plant import Swap


def replace_rule(swap: Swap, row: str, rule: Callable[..., Any]) -> None:
    """Give the only operand of a row another rule, which is counted when it runs."""

    def counted(*arguments: Any) -> Any:
        swap.took_effect()
        return rule(*arguments)

    swap(TABLE[row], "vjps", (counted,))


@plant(
    kills={"bwd-001a": "unexpected gradient", "vjp-012": "unexpected gradient"},
    modelled_on="tinygrad/tinygrad#16230",
)
def gradients_begin_at_zero(swap: Swap) -> None:
    """The gradient of a leaf that no pass has reached is zero."""
    original: Any = Tensor.grad

    def grad(self: Any) -> Any:
        if self._grad is None and self._requires_grad:
            swap.took_effect()
            return Tensor(np.zeros_like(self._array))
        return original.fget(self)

    swap(Tensor, "grad", property(grad, original.fset, original.fdel))


@plant(
    kills={
        "bwd-001e": "unexpected gradient",
        "bwd-006": "no error",
        "bwd-006a": "no error",
        "bwd-007": "wrong error",
        "bwd-027": "no error",
        "bwd-045": "unexpected gradient",
    },
    modelled_on="karpathy/micrograd, where every value requires grad",
)
def everything_requires_grad(swap: Swap) -> None:
    """Every tensor that is made of numbers requires grad."""
    original = factories.tensor

    def tensor(data: Any, *arguments: Any, **keywords: Any) -> Any:
        made = original(data, *arguments, **keywords)
        return made.requires_grad_(made._array.dtype.kind == "f")

    swap(factories, "tensor", tensor)


@plant(
    kills={
        "bwd-001b": "shape",
        "bwd-008a": "shape",
        "bwd-202/a_sum_of_squares": "shape",
        "bwd-202/a_mean_of_squares": "shape",
    },
    modelled_on="engines for scalars that were given arrays",
)
def leaf_holds_one_number(swap: Swap) -> None:
    """A leaf that is an array is given the sum of its partial derivatives."""

    def accumulate_array(leaf: Any, gradient: Any, _status: int) -> None:
        total = np.array(gradient.sum())
        leaf._grad = Tensor(total if leaf._grad is None else leaf._grad._array + total)

    swap(accumulation, "accumulate_array", accumulate_array)


@plant(
    kills={"bwd-002": "unexpected gradient"}, modelled_on="engines whose backward() can be chained"
)
def backward_returns_its_root(swap: Swap) -> None:
    """backward() returns the tensor on which it was called."""
    original = METHODS["backward"]

    def returning(self: Any, *arguments: Any, **keywords: Any) -> Any:
        original(self, *arguments, **keywords)
        return self

    swap(Tensor, "backward", returning)


@plant(
    kills={
        "bwd-001": "value",
        "bwd-003": "value",
        "bwd-003a": "value",
        "bwd-004/one_dimension": "value",
        "bwd-004/two_dimensions": "value",
        "bwd-008": "value",
        "bwd-019": "value",
        "bwd-204/one_element": "value",
        "bwd-204/one_element_in_two_dimensions": "value",
        "bwd-206/none_for_a_root_of_one_element": "value",
    },
    modelled_on="micrograd without its line self.grad = 1",
)
def pass_starts_from_zero(swap: Swap) -> None:
    """The implicit starting gradient is zero."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        one = original(root, shape, dtype)
        return None if one is None else one * 0.0

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-003": "value", "bwd-008": "value", **every("bwd-041", "value")},
    modelled_on="common in teaching engines",
)
def pass_starts_from_the_result(swap: Swap) -> None:
    """The implicit starting gradient is the value of the root."""
    original = cotangents.default

    def default(root: Any, shape: Any, dtype: Any) -> Any:
        one = original(root, shape, dtype)
        return None if one is None else Tensor(root._array.copy())

    swap(cotangents, "default", default)


@plant(
    kills={"bwd-008": "root-without-grad", "bwd-008a": "root-without-grad"},
    modelled_on="engines that ask a root for its operation",
)
def leaf_is_no_root(swap: Swap) -> None:
    """A leaf is refused as a root, because no operation computed it."""
    original = cotangents.edge_of

    def edge_of(root: Any, position: int) -> Any:
        is_leaf = isinstance(root, Tensor) and root.is_leaf
        return original(Tensor(root._array) if is_leaf else root, position)

    swap(cotangents, "edge_of", edge_of)


@plant(kills={"bwd-008a": "value"}, modelled_on="engines whose optimiser need not clear gradients")
def every_pass_overwrites(swap: Swap) -> None:
    """What a pass brings to a leaf replaces what earlier passes left there."""

    def accumulate_array(leaf: Any, gradient: Any, _status: int) -> None:
        leaf._grad = Tensor(np.array(gradient))

    swap(accumulation, "accumulate_array", accumulate_array)


@plant(
    kills={
        "bwd-009": "value",
        "bwd-202/the_sine_of_a_square": "value",
        "bwd-202/five_functions_in_a_row": "value",
        "bwd-202/a_sum_of_squares": "value",
    },
    modelled_on="common in teaching engines",
)
def power_rule_without_exponent(swap: Swap) -> None:
    """The derivative of x^n lacks the factor n."""

    def rule(xp: Any, g: Any, x: Any, exponent: Any) -> Any:
        return g * xp.pow_scalar(x, exponent - 1)

    replace_rule(swap, "pow_scalar", rule)


@plant(
    kills={
        "bwd-001b": "value",
        "bwd-001d": "value",
        "bwd-202/the_sine_of_a_square": "value",
        "bwd-202/five_functions_in_a_row": "value",
    },
    modelled_on="common in teaching engines",
)
def sine_is_differentiated_at_its_result(swap: Swap) -> None:
    """The derivative of the sine is evaluated at its result, which is at hand, not at its input."""
    replace_rule(swap, "sin", lambda xp, g, x: g * xp.cos(xp.sin(x)))


@plant(kills={"bwd-202/five_functions_in_a_row": "value"}, modelled_on="pytorch/pytorch#4355")
def exponential_forgets_what_arrives(swap: Swap) -> None:
    """The rule of exp returns the local derivative and ignores what arrives from above."""
    replace_rule(swap, "exp", lambda _xp, _g, result: result)


@plant(kills={"bwd-202/a_mean_of_squares": "value"}, modelled_on="common in teaching engines")
def mean_is_differentiated_as_a_sum(swap: Swap) -> None:
    """The gradient of a mean is not divided by the number of entries."""
    original = TABLE["sum"].vjps[0]
    replace_rule(swap, "mean", original)


@plant(kills={"bwd-032": "missing gradient"}, modelled_on="common in teaching engines")
def nothing_runs_while_recording_is_off(swap: Swap) -> None:
    """The pass does nothing where operations are not recorded."""
    original = BackwardPass.run

    def run(self: Any) -> None:
        if modes.state.recording:
            original(self)

    swap(BackwardPass, "run", run)


@plant(
    kills={
        "bwd-001b": "value",
        "bwd-202/the_sine_of_a_square": "value",
        "bwd-202/five_functions_in_a_row": "value",
        "bwd-049": "value",
    },
    modelled_on="engines that linearise where the pass is and not where the program was",
)
def derivatives_are_taken_at_the_leaves(swap: Swap) -> None:
    """Local derivatives are evaluated with zero in the place of each intermediate value."""
    original = BackwardPass.differentiate

    def differentiate(self: Any, node: Any, cotangent: Any, status: int) -> None:
        held = node.saved
        node.saved = tuple(forgotten(item) for item in held or ())
        original(self, node, cotangent, status)
        node.saved = held

    swap(BackwardPass, "differentiate", differentiate)


def forgotten(item: Any) -> Any:
    """Return a saved value, or zeros in the place of one that was computed."""
    if type(item) is not SavedTensor or item.tensor._grad_fn is None:
        return item
    return SavedTensor(Tensor(np.zeros_like(item.tensor._array)))


@plant(kills=every("bwd-203", "value"), modelled_on="rules made of logarithmic derivatives")
def power_rule_divides_by_the_base(swap: Swap) -> None:
    """The derivative of x^n is n times the result divided by x."""
    replace_rule(swap, "pow_scalar", lambda xp, g, x, n: g * (xp.pow_scalar(x, n) * n / x))
