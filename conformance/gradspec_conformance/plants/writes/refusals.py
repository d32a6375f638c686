"""Faults in which writes are refused."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import at, instead
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import backward, inplace, layout, node, versions, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import (
    InplaceDtypeError,
    InplaceShapeError,
    LeafInplaceError,
    MultiViewInplaceError,
    OverlappingMemoryError,
)

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(inplace, "check_not_a_leaf"),
    {"inp-004": "no error"},
    "Lightning-AI/lightning-thunder#1458",
)
def leaf_inplace_ok(_sound: Any, *_: Any) -> Any:
    """A recorded write to a leaf that requires grad is let through."""
    return None


@plant(
    at(inplace, "apply_inplace"),
    {"inp-004/zero": "no error", "inp-020/number": "value"},
    "common where zero_ and fill_ are initialisers",
)
def overwriting_is_initialising(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """A write of constants, which ignores the old value, is neither checked nor recorded."""
    constant = operator.name == "copy" and not operands[1].requires_grad
    if constant or operator.name in ("fill", "zero"):
        return unrecorded(sound, operator, operands, *params)
    return sound(operator, operands, *params)


@compound({"inp-006": "value", "inp-219": "value"}, "pytorch/pytorch#2940")
def refused_after_the_write(swap: Swap) -> None:
    """Whether a tensor may be written is checked after the data was changed."""
    check = inplace.check_may_be_written
    unchecked: list[Any] = []

    def store(sound: Any, target: Any, result: Any) -> None:
        sound(target, result)
        while unchecked:
            check(unchecked.pop())

    swap(at(inplace, "check_may_be_written"), instead(unchecked.append))
    swap(at(inplace, "store"), store)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-007": "leaf-inplace", "inp-029d": "leaf-inplace"},
    "common in engines with immutable leaves",
)
def leaves_are_never_written(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """No leaf is written in place, in no mode, whether or not it requires grad."""
    if operands[0].is_leaf:
        raise LeafInplaceError("a leaf was written in place")
    return sound(operator, operands, *params)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-206": "aliasing", "inp-009": "aliasing"},
    "common where the in-place form wraps the plain one",
)
def write_returns_another_tensor(sound: Any, *arguments: Any) -> Any:
    """A write returns a view of the written tensor instead of the tensor itself."""
    return sound(*arguments)[...]


@compound(
    {"inp-032": "no error"},
    "common in teaching engines: self.data = self.data + other",
)
def target_grows(swap: Swap) -> None:
    """A write gives its target the shape and the dtype of the result."""

    def store(_sound: Any, target: Any, result: Any) -> None:
        target._array = np.array(result)
        versions.bump(target)

    swap(at(inplace, "check_result"), lambda _sound, *_: None)
    swap(at(inplace, "store"), store)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-032a": "inplace-shape", "inp-047a": "inplace-shape"},
    "common where in-place forms take equal shapes only",
)
def operand_must_have_the_target_shape(
    sound: Any, operator: Any, operands: Any, *params: Any
) -> Any:
    """A write refuses an operand that would have to be broadcast."""
    others = [x for x in operands[1:] if isinstance(x, Tensor)]
    if any(x.shape != operands[0].shape for x in others):
        raise InplaceShapeError("the operand of a write had another shape")
    return sound(operator, operands, *params)


@compound(
    {"inp-230/dtype": "value", "inp-032/dtype": "no error"}, "common on NumPy with casting='unsafe'"
)
def result_is_cut_to_the_target_dtype(swap: Swap) -> None:
    """A write rounds its result to the target's dtype without a word."""

    def check_result(sound: Any, array: Any, result: Any) -> None:
        try:
            sound(array, result)
        except InplaceDtypeError:
            swap.took_effect()

    swap(at(inplace, "check_result"), check_result)


@plant(at(inplace, "check_may_be_written"), {"inp-034a": "no error"}, "pytorch/pytorch#32839")
def nograd_view_ok(sound: Any, target: Any) -> None:
    """A view that was made in no_grad is written in grad mode like any other."""
    if target._view is None or target._view.creation is not views.Creation.NO_GRAD:
        sound(target)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-029d": "multi-view-inplace"},
    "common where the ban does not ask who requires grad",
)
def multiview_ban_without_grad(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """One of several views is not written, also where nothing requires grad."""
    relation = operands[0]._view
    if relation is not None and relation.creation is Creation.SEVERAL:
        raise MultiViewInplaceError("one of several views was written in place")
    return sound(operator, operands, *params)


@compound({"inp-237": "value"}, "pytorch/pytorch#1424")
def repeated_address_is_written_again(swap: Swap) -> None:
    """A write adds to an address once for each index that it has."""
    overlaps = layout.overlaps_itself

    def store(sound: Any, target: Any, result: Any) -> None:
        if not overlaps(target._array):
            sound(target, result)
            return
        change = result - target._array
        for index in np.ndindex(change.shape):
            target._array[index] += change[index]
        versions.bump(target)

    swap(at(layout, "overlaps_itself"), lambda _sound, *_: False)
    swap(at(inplace, "store"), store)


@compound({"inp-238": "value"}, "pytorch/pytorch#2940")
def overlap_is_noticed_after_the_write(swap: Swap) -> None:
    """A write to a tensor in which one address has several indices is refused once it is made."""
    overlaps = layout.overlaps_itself

    def store(sound: Any, target: Any, result: Any) -> None:
        sound(target, result)
        if overlaps(target._array):
            raise OverlappingMemoryError("several indices of the target are one address")

    swap(at(layout, "overlaps_itself"), lambda _sound, *_: False)
    swap(at(inplace, "store"), store)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-201": "value"},
    "common in teaching engines: self.data += other.data",
)
def leaf_write_goes_unnoticed(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """A write to a leaf that requires grad is neither refused, nor recorded, nor counted."""
    leaf = operands[0]
    if not (leaf.requires_grad and leaf.is_leaf):
        return sound(operator, operands, *params)
    unrecorded(sound, operator, operands, *params)
    versions.counter_of(leaf).value -= 1
    return leaf


@compound({"inp-202": "missing gradient"}, "Lightning-AI/lightning-thunder#1458")
def written_leaf_is_lost(swap: Swap) -> None:
    """A write to a leaf that requires grad is let through, and cuts it off from its gradient."""

    def prepare(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
        made = sound(operator, operands, *rest)
        if operands[0].requires_grad and operands[0].is_leaf:
            made.next_functions = (node.NO_EDGE, *made.next_functions[1:])
        return made

    swap(at(inplace, "check_not_a_leaf"), lambda _sound, *_: None)
    swap(at(inplace, "prepare"), prepare)


@plant(
    at(inplace, "result_for"),
    {"inp-230/shape": "shape"},
    "common where a loop runs over the target",
)
def result_is_cut_to_the_target_shape(sound: Any, operator: Any, operands: Any, params: Any) -> Any:
    """A write whose result is larger than its target takes as much of it as there is room for."""
    result = sound(operator, operands, params)
    shape = operands[0]._array.shape
    if np.size(result) > np.prod(shape):
        return np.resize(result, shape)
    return result


@compound({"inp-231/shape": "shape", "inp-231/dtype": "value"}, "pytorch/pytorch#2940")
def misfit_is_noticed_after_the_write(swap: Swap) -> None:
    """A result that does not fit is stored, and refused then."""
    check = inplace.check_result

    def store(sound: Any, target: Any, result: Any) -> None:
        before = target._array
        if before.shape == result.shape and before.dtype == result.dtype:
            sound(target, result)
            return
        target._array = np.array(result)
        check(before, result)

    swap(at(inplace, "check_result"), lambda _sound, *_: None)
    swap(at(inplace, "store"), store)


@plant(at(backward, "check_still_leaf"), {"inp-260": "unexpected gradient"}, "torch rule")
def a_leaf_that_became_a_result_is_filled(_sound: Any, _tensor: Any) -> None:
    """A gradient for a leaf is stored in what a recorded write has made of it."""
