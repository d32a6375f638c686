"""Faults in the flag `requires_grad`: who is a variable, and since when."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_conformance.plants.rows import every
from gradspec_conformance.plants.tensors_and_leaves.attributes import assigning
from gradspec_reference.engine import node, recording, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import factories, random


def without_flag(swap: Swap, module: Any, name: str) -> None:
    """Let a factory take the argument requires_grad and ignore it."""
    sound = getattr(module, name)

    def factory(*arguments: Any, requires_grad: bool = False, **options: Any) -> Any:
        del requires_grad
        return sound(*arguments, **options)

    swap(module, name, factory)


@plant(
    kills={
        "leaf-001": "flag",
        "leaf-001a/zeros": "flag",
        "leaf-001a/ones": "flag",
        "leaf-001a/full": "flag",
        "leaf-001a/eye": "flag",
        "leaf-001a/arange": "flag",
        "leaf-001a/linspace": "flag",
        "leaf-001a/rand": "flag",
        "leaf-001a/randn": "flag",
        "leaf-001a/empty": "flag",
        "leaf-001a/zeros_like": "flag",
        "leaf-001a/ones_like": "flag",
        "leaf-001a/full_like": "flag",
        "leaf-001a/empty_like": "flag",
        "leaf-001a/tensor_of_a_tensor": "flag",
        "leaf-001a/new_tensor": "flag",
        "leaf-010/a_computed_constant": "flag",
        "leaf-017": "unexpected gradient",
        "leaf-038b/a_constant": "array-requires-grad",
        "leaf-044/a_constant": "text",
        "leaf-048": "flag",
    },
    modelled_on="micrograd habit",
)
def every_tensor_is_a_variable(swap: Swap) -> None:
    """Every floating-point tensor that a constructor or factory makes requires grad."""
    sound = factories.made
    swap(
        factories,
        "made",
        lambda array, requires_grad: sound(array, requires_grad or array.dtype.kind == "f"),
    )


@plant(kills={"leaf-001a/zeros_like": "flag"}, modelled_on="pytorch/pytorch#76375")
def like_takes_the_flag(swap: Swap) -> None:
    """A factory modelled on a tensor takes the tensor's flag together with its shape."""
    sound = factories.zeros_like

    def zeros_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
        return sound(input, dtype=dtype, requires_grad=requires_grad or input.requires_grad)

    swap(factories, "zeros_like", zeros_like)


@plant(
    kills={
        "leaf-002/tensor": "flag",
        "leaf-002/zeros": "flag",
        "leaf-002/ones": "flag",
        "leaf-002/full": "flag",
        "leaf-002/eye": "flag",
        "leaf-002/arange": "flag",
        "leaf-002/linspace": "flag",
        "leaf-002/rand": "flag",
        "leaf-002/randn": "flag",
        "leaf-002/empty": "flag",
        "leaf-002/zeros_like": "flag",
        "leaf-002/ones_like": "flag",
        "leaf-002/full_like": "flag",
        "leaf-002/empty_like": "flag",
        "leaf-002/tensor_of_a_tensor": "flag",
        "leaf-002/new_tensor": "flag",
        "leaf-202/zeros": "root-without-grad",
        "leaf-202/ones": "root-without-grad",
        "leaf-202/full": "root-without-grad",
    },
    modelled_on="candle-org/candle#285",
)
def flag_argument_is_ignored(swap: Swap) -> None:
    """Constructors and factories take the argument requires_grad and ignore it."""
    sound = factories.made
    swap(factories, "made", lambda array, _requires_grad: sound(array, requires_grad=False))


@plant(
    kills={
        "leaf-002/tensor": "flag",
        "leaf-002/zeros": "flag",
        "leaf-002/ones": "flag",
        "leaf-002/full": "flag",
        "leaf-002/eye": "flag",
        "leaf-002/arange": "flag",
        "leaf-002/linspace": "flag",
        "leaf-002/rand": "flag",
        "leaf-002/randn": "flag",
        "leaf-002/empty": "flag",
        "leaf-002/zeros_like": "flag",
        "leaf-002/ones_like": "flag",
        "leaf-002/full_like": "flag",
        "leaf-002/empty_like": "flag",
        "leaf-002/tensor_of_a_tensor": "flag",
        "leaf-002/new_tensor": "flag",
        "leaf-202/zeros": "missing gradient",
        "leaf-202/ones": "missing gradient",
        "leaf-202/full": "missing gradient",
        "leaf-010/a_variable": "flag",
    },
    modelled_on="Oneflow-Inc/oneflow#7460",
)
def flag_is_set_before_the_last_copy(swap: Swap) -> None:
    """Constructors set the flag first and convert then, so that they give a result, no leaf."""
    sound = factories.made

    def made(array: Any, requires_grad: bool) -> Any:
        tensor = sound(array, requires_grad)
        return tensor.clone() if requires_grad else tensor

    swap(factories, "made", made)


@plant(
    kills={"leaf-202/full": "root-without-grad", "leaf-002/full": "flag"},
    modelled_on="pytorch/pytorch#36455",
)
def full_ignores_the_flag(swap: Swap) -> None:
    """The factory full takes the argument requires_grad and ignores it."""
    without_flag(swap, factories, "full")


@plant(kills={"leaf-002/linspace": "flag"}, modelled_on="candle-org/candle#285")
def linspace_ignores_the_flag(swap: Swap) -> None:
    """The factory linspace takes the argument requires_grad and ignores it."""
    without_flag(swap, factories, "linspace")


@plant(kills={"leaf-002/empty": "flag"}, modelled_on="pytorch/pytorch#36455")
def empty_ignores_the_flag(swap: Swap) -> None:
    """The factory empty takes the argument requires_grad and ignores it."""
    without_flag(swap, factories, "empty")


@plant(kills={"leaf-002/randn": "flag"}, modelled_on="common in teaching engines")
def randn_ignores_the_flag(swap: Swap) -> None:
    """The factory randn takes the argument requires_grad and ignores it."""
    without_flag(swap, random, "randn")


@plant(kills={"leaf-002/zeros_like": "flag"}, modelled_on="pytorch/pytorch#36455")
def zeros_like_ignores_the_flag(swap: Swap) -> None:
    """The factory zeros_like takes the argument requires_grad and ignores it."""
    without_flag(swap, factories, "zeros_like")


@plant(
    kills={
        **every("leaf-003", "aliasing"),
        "leaf-004/by_assignment": "root-without-grad",
        "leaf-005/true": "flag",
        "leaf-005/false": "flag",
        "leaf-007": "aliasing",
    },
    modelled_on="common in engines of pure functions",
)
def requires_grad_returns_a_copy(swap: Swap) -> None:
    """requires_grad_() leaves its tensor alone and returns another one with the flag."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        return sound(self.alias(), requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(
    kills={"leaf-003/false": "flag", "leaf-005/false": "flag", "leaf-049": "unexpected gradient"},
    modelled_on="torch rule",
)
def leaf_rg_sticky(swap: Swap) -> None:
    """requires_grad_(False) on a leaf does nothing: once a variable, always a variable."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        return sound(self, requires_grad or self._requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(kills={"leaf-003/nothing": "flag"}, modelled_on="common in teaching engines")
def flag_defaults_to_what_it_is(swap: Swap) -> None:
    """requires_grad_() without an argument asks for the flag that the tensor has already."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool | None = None) -> Any:
        return sound(self, self.requires_grad if requires_grad is None else requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(
    kills={
        "leaf-005/true": "flag",
        "leaf-010/a_result": "flag",
        "leaf-010/a_result_of_a_result": "flag",
        "leaf-010/a_converted_variable": "flag",
        "leaf-010/a_cloned_variable": "flag",
        "leaf-010a/a_result": "missing gradient",
        "leaf-010a/a_result_of_a_result": "missing gradient",
        "leaf-010a/a_converted_variable": "missing gradient",
        "leaf-010a/a_cloned_variable": "missing gradient",
        "leaf-213/to": "root-without-grad",
        "leaf-213/clone": "root-without-grad",
    },
    modelled_on="common in teaching engines",
)
def operations_ignore_the_flag_of_leaves(swap: Swap) -> None:
    """The flag of a leaf is written down, but operations ask for a history only."""
    swap(
        recording,
        "needs_grad",
        lambda operand: type(operand) is Tensor and operand._grad_fn is not None,
    )


@plant(kills={"leaf-010/a_result_of_a_result": "flag"}, modelled_on="common in teaching engines")
def results_do_not_pass_the_flag_on(swap: Swap) -> None:
    """Operations record what is done to leaves, and not what is done to results."""
    sound = recording.make_node

    def make_node(operator: Any, operands: tuple[Any, ...], *rest: Any) -> Any:
        declared = any(type(x) is Tensor and x._requires_grad for x in operands)
        return sound(operator, operands, *rest) if declared else None

    swap(recording, "make_node", make_node)


@plant(kills={**every("leaf-015", "unexpected gradient")}, modelled_on="MXNet attach_grad habit")
def declaring_allocates_the_gradient(swap: Swap) -> None:
    """Declaring a tensor a variable puts a tensor of zeros into its grad."""
    sound = Tensor.requires_grad_

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if requires_grad and self.is_leaf:
            self._grad = Tensor(np.zeros_like(self._array))
        return sound(self, requires_grad)

    swap(Tensor, "requires_grad_", requires_grad_)


@plant(
    kills={
        "leaf-202/zeros": "missing gradient",
        "leaf-202/ones": "missing gradient",
        "leaf-202/full": "missing gradient",
        **every("leaf-004", "missing gradient"),
        "leaf-213/to": "missing gradient",
        "leaf-213/clone": "missing gradient",
        "leaf-202/variable": "missing gradient",
        **every("leaf-202", "missing gradient"),
    },
    modelled_on="common in teaching engines",
)
def edges_skip_leaves(swap: Swap) -> None:
    """Results are recorded, but the edge to a leaf is left out, so nothing arrives there."""
    sound = node.gradient_edge
    swap(node, "gradient_edge", lambda tensor: node.NO_EDGE if tensor.is_leaf else sound(tensor))


@plant(
    kills={
        "leaf-005/false": "flag",
        "leaf-010/a_computed_constant": "flag",
        "leaf-010a/a_computed_constant": "unexpected gradient",
        "leaf-010/a_variable_declared_after_a_conversion": "flag",
        "leaf-038b/a_constant": "array-requires-grad",
        "leaf-048": "flag",
    },
    modelled_on="micrograd habit",
)
def everything_is_recorded(swap: Swap) -> None:
    """Operations on constants are recorded too, and their results have a history."""
    swap(recording, "needs_grad", lambda operand: type(operand) is Tensor)


@plant(kills={"leaf-052": "flag"}, modelled_on="common in teaching engines")
def views_do_not_ask_their_base(swap: Swap) -> None:
    """A view without history keeps the flag that it was made with, whatever its base says."""
    swap(views, "base_requires_grad", lambda _relation: False)


@plant(kills={"leaf-052": "flag"}, modelled_on="common in teaching engines")
def late_views_lead_to_their_base(swap: Swap) -> None:
    """A view taken before its base was declared is given a history when it is next used."""
    sound = views.is_outdated
    swap(
        views, "is_outdated", lambda view, relation: view._grad_fn is None or sound(view, relation)
    )


@plant(kills={"leaf-014": "no error"}, modelled_on="common in teaching engines")
def any_truth_is_a_flag(swap: Swap) -> None:
    """Whatever is assigned to requires_grad counts as the boolean that it is the truth of."""
    assigning(swap, "requires_grad", lambda tensor, value, write: write(tensor, bool(value)))


@plant(
    kills={
        "leaf-014a/by_method": "no error",
        "leaf-014a/by_assignment": "no error",
        "leaf-203/by_method": "value",
        "leaf-203/by_assignment": "value",
    },
    modelled_on="tinygrad/tinygrad#9723",
)
def int_requires_grad(swap: Swap) -> None:
    """An integer or boolean leaf may require grad."""

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        if self.is_leaf:
            self._requires_grad = requires_grad
        elif not requires_grad:
            raise self._nonleaf_flag(requires_grad)
        return self

    swap(Tensor, "requires_grad_", requires_grad_)
