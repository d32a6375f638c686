"""Faults in what may be written: leaves let through, leaves locked, gradients out of reach."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import gradspec_reference
from gradspec_conformance.plants.in_place.tools import unrecorded
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import inplace
from gradspec_reference.engine.grads import HasGradient
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import LeafInplaceError
from gradspec_reference.names.methods import METHODS


@plant(
    kills={
        "inp-004": "no error",
        "inp-004a": "no error",
        "inp-006": "no error",
        "inp-055": "no error",
        "inp-009a": "no error",
    },
    modelled_on="Lightning-AI/lightning-thunder#1458",
)
def leaf_inplace_ok(swap: Swap) -> None:
    """A recorded write to a leaf that requires grad is let through."""
    swap(inplace, "check_not_a_leaf", lambda *_: None)


@plant(
    kills={
        "inp-004a": "no error",
        "inp-005a": "no error",
        "inp-020": "value",
        "inp-046": "value",
        "inp-046a": "value",
    },
    modelled_on="common where zero_ and fill_ are initialisers",
)
def overwriting_is_initialising(swap: Swap) -> None:
    """A write that ignores the old value is neither checked nor recorded."""
    original = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        if operator.name in ("fill", "zero"):
            return unrecorded(original, operator, operands, *params)
        return original(operator, operands, *params)

    swap(inplace, "apply_inplace", apply_inplace)


@plant(
    kills={
        "inp-004a": "value",
        "inp-006": "value",
        "inp-009a": "value",
        "inp-005": "value",
        "inp-005a": "value",
        "inp-029": "value",
        "inp-029a": "value",
        "inp-029b": "value",
        "inp-029c": "value",
    },
    modelled_on="pytorch/pytorch#2940",
)
def refused_after_the_write(swap: Swap) -> None:
    """Whether a tensor may be written is checked after the data was changed."""
    check, original = inplace.check_may_be_written, inplace.store
    unchecked: list[Any] = []

    def store(target: Any, result: Any) -> None:
        original(target, result)
        while unchecked:
            check(unchecked.pop())

    swap(inplace, "check_may_be_written", unchecked.append)
    swap(inplace, "store", store)


@plant(kills={"inp-055": "value"}, modelled_on="common where activations overwrite their input")
def relu_reuses_its_operand(swap: Swap) -> None:
    """relu() writes its result over its operand too, uncounted, to save memory."""
    original = gradspec_reference.relu

    def relu(input: Any) -> Any:
        result = original(input)
        input.materialise()[...] = result._array
        return result

    swap(gradspec_reference, "relu", relu)


@plant(
    kills={
        "inp-007": "leaf-inplace",
        "inp-049": "leaf-inplace",
        "inp-045": "leaf-inplace",
        "inp-049a": "leaf-inplace",
        "inp-022": "leaf-inplace",
        "inp-029d": "leaf-inplace",
        "inp-032a": "leaf-inplace",
    },
    modelled_on="common in engines with immutable leaves",
)
def leaves_are_never_written(swap: Swap) -> None:
    """No leaf is written in place, in no mode, whether or not it requires grad."""
    original = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        if operands[0].is_leaf:
            raise LeafInplaceError("a leaf was written in place")
        return original(operator, operands, *params)

    swap(inplace, "apply_inplace", apply_inplace)


@plant(
    kills={"inp-009": "aliasing", "inp-009a": "no error"},
    modelled_on="common in teaching engines, which have no __iadd__",
)
def augmented_makes_a_new_tensor(swap: Swap) -> None:
    """Augmented assignment computes a new tensor, as Python does without __iadd__ and the like."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        swap(Tensor, f"__i{sign}__", METHODS[f"__{sign}__"])


@plant(
    kills={"inp-009": "value", "inp-009a": "no error"},
    modelled_on="common in teaching engines: self.data += other.data",
)
def augmented_is_not_recorded(swap: Swap) -> None:
    """Augmented assignment changes the data and leaves the history as it was."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        original = METHODS[f"__i{sign}__"]
        swap(Tensor, f"__i{sign}__", lambda x, y, f=original: unrecorded(f, x, y))


@plant(
    kills={"inp-045": "value", "inp-046a": "value", "inp-004a": "no error"},
    modelled_on="common in engines with immutable arrays",
)
def zero_is_out_of_place(swap: Swap) -> None:
    """zero_() returns zeros and leaves the tensor alone."""
    swap(Tensor, "zero_", gradspec_reference.zeros_like)


@plant(kills={"inp-045": "aliasing"}, modelled_on="tinygrad/tinygrad#13674")
def gradient_is_another_tensor_each_time(swap: Swap) -> None:
    """Reading the gradient gives another tensor each time, on the same memory."""
    read: Any = vars(HasGradient)["grad"].fget

    def grad(tensor: Any) -> Any:
        swap.took_effect()
        gradient = read(tensor)
        return None if gradient is None else gradient.alias()

    swap(Tensor, "grad", vars(HasGradient)["grad"].getter(grad))


@plant(
    kills={"inp-045": "aliasing", "inp-049": "value", "inp-049a": "value"},
    modelled_on="common in engines with immutable arrays",
)
def gradients_are_read_as_copies(swap: Swap) -> None:
    """Reading the gradient gives a copy, so that a write to it is lost."""
    read: Any = vars(HasGradient)["grad"].fget

    def grad(tensor: Any) -> Any:
        swap.took_effect()
        gradient = read(tensor)
        return None if gradient is None else gradient.clone()

    swap(Tensor, "grad", vars(HasGradient)["grad"].getter(grad))
