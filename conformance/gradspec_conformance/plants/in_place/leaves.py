"""Faults in what may be written: leaves let through, leaves locked, gradients out of reach."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import gradspec_reference
from gradspec_conformance.plants.in_place.tools import unrecorded
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import inplace, node, versions
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import LeafInplaceError
from gradspec_reference.names.methods import METHODS


@plant(
    kills={"inp-004": "no error"},
    modelled_on="Lightning-AI/lightning-thunder#1458",
)
def leaf_inplace_ok(swap: Swap) -> None:
    """A recorded write to a leaf that requires grad is let through."""
    swap(inplace, "check_not_a_leaf", lambda *_: None)


@plant(
    kills={
        "inp-004/zero": "no error",
        "inp-020/number": "value",
        "inp-020/slice": "value",
        "inp-046/fill": "value",
        "inp-046/zero": "value",
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
    kills={"inp-006": "value", "inp-219": "value", "inp-227": "value", "inp-236": "value"},
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
        "inp-029d": "leaf-inplace",
        "inp-032a": "leaf-inplace",
        "inp-049": "leaf-inplace",
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
    kills={"inp-009": "aliasing", "inp-004/iadd": "no error"},
    modelled_on="common in teaching engines, which have no __iadd__",
)
def augmented_makes_a_new_tensor(swap: Swap) -> None:
    """Augmented assignment computes a new tensor, as Python does without __iadd__ and the like."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        swap(Tensor, f"__i{sign}__", METHODS[f"__{sign}__"])


@plant(
    kills={
        "inp-004/iadd": "no error",
        "inp-203/imul": "value",
        "inp-203/itruediv": "value",
        "inp-203/ipow": "value",
    },
    modelled_on="common in teaching engines: self.data += other.data",
)
def augmented_is_not_recorded(swap: Swap) -> None:
    """Augmented assignment changes the data and leaves the history as it was."""
    for sign in ("add", "sub", "mul", "truediv", "pow"):
        original = METHODS[f"__i{sign}__"]
        swap(Tensor, f"__i{sign}__", lambda x, y, f=original: unrecorded(f, x, y))


@plant(
    kills={"inp-204": "value", "inp-001/zero": "value", "inp-046/zero": "value"},
    modelled_on="common in engines with immutable arrays",
)
def zero_is_out_of_place(swap: Swap) -> None:
    """zero_() returns zeros and leaves the tensor alone."""
    swap(Tensor, "zero_", gradspec_reference.zeros_like)


@plant(kills={"inp-045": "aliasing"}, modelled_on="tinygrad/tinygrad#13674")
def gradient_is_another_tensor_each_time(swap: Swap) -> None:
    """Reading the gradient gives another tensor each time, on the same memory."""
    read: Any = vars(Tensor)["grad"].fget

    def grad(tensor: Any) -> Any:
        swap.took_effect()
        gradient = read(tensor)
        return None if gradient is None else gradient.alias()

    swap(Tensor, "grad", vars(Tensor)["grad"].getter(grad))


@plant(
    kills={"inp-204": "value", "inp-049": "value", "inp-049a": "value"},
    modelled_on="common in engines with immutable arrays",
)
def gradients_are_read_as_copies(swap: Swap) -> None:
    """Reading the gradient gives a copy, so that a write to it is lost."""
    read: Any = vars(Tensor)["grad"].fget

    def grad(tensor: Any) -> Any:
        swap.took_effect()
        gradient = read(tensor)
        return None if gradient is None else gradient.clone()

    swap(Tensor, "grad", vars(Tensor)["grad"].getter(grad))


@plant(
    kills={"inp-201": "value"}, modelled_on="common in teaching engines: self.data += other.data"
)
def leaf_write_goes_unnoticed(swap: Swap) -> None:
    """A write to a leaf that requires grad is neither refused, nor recorded, nor counted."""
    original = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        leaf = operands[0]
        if not (leaf.requires_grad and leaf.is_leaf):
            return original(operator, operands, *params)
        unrecorded(original, operator, operands, *params)
        versions.counter_of(leaf).value -= 1
        return leaf

    swap(inplace, "apply_inplace", apply_inplace)


@plant(kills={"inp-202": "missing gradient"}, modelled_on="Lightning-AI/lightning-thunder#1458")
def written_leaf_is_lost(swap: Swap) -> None:
    """A write to a leaf that requires grad is let through, and cuts it off from its gradient."""
    original = inplace.prepare

    def prepare(operator: Any, operands: Any, *rest: Any) -> Any:
        made = original(operator, operands, *rest)
        if operands[0].requires_grad and operands[0].is_leaf:
            made.next_functions = (node.NO_EDGE, *made.next_functions[1:])
        return made

    swap(inplace, "check_not_a_leaf", lambda *_: None)
    swap(inplace, "prepare", prepare)


@plant(kills={"inp-205": "lifetime"}, modelled_on="common where the accumulator is stored")
def leaf_owns_its_accumulator(swap: Swap) -> None:
    """A leaf owns the node that adds to its gradient, and the node owns the leaf."""
    original = node.accumulator

    def accumulator(leaf: Any) -> Any:
        made = original(leaf)
        leaf.leaf_state().accumulator = lambda: made
        return made

    swap(node, "accumulator", accumulator)
