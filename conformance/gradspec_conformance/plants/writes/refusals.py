"""Faults in which writes are refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import APPLY_INPLACE, STORE, at, instead
from gradspec_conformance.plants.plant import before, compound, plant
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


@plant(at(inplace, "check_not_a_leaf"), "no error: inp-004", "Lightning-AI/lightning-thunder#1458")
def leaf_inplace_ok(_sound, *_):
    """A recorded write to a leaf that requires grad is let through."""
    return


@plant(APPLY_INPLACE, "no error: inp-004/zero; value: inp-020/number", "zero_ as an initialiser")
def overwriting_is_initialising(sound, operator, operands, *params):
    """A write of constants, which ignores the old value, is neither checked nor recorded."""
    constant = operator.name == "copy" and not operands[1].requires_grad
    if constant or operator.name in ("fill", "zero"):
        return unrecorded(sound, operator, operands, *params)
    return sound(operator, operands, *params)


@compound("value: inp-006 inp-219", "pytorch/pytorch#2940")
def refused_after_the_write(swap):
    """Whether a tensor may be written is checked after the data was changed."""
    check = inplace.check_may_be_written
    unchecked: list[Any] = []

    @swap.after(STORE)
    def store(_, *_rest):
        while unchecked:
            check(unchecked.pop())

    swap(at(inplace, "check_may_be_written"), instead(unchecked.append))


@before(APPLY_INPLACE, "leaf-inplace: inp-007 inp-029d", "engines with immutable leaves")
def leaves_are_never_written(_operator, operands, *_):
    """No leaf is written in place, in no mode, whether or not it requires grad."""
    if operands[0].is_leaf:
        raise LeafInplaceError("a leaf was written in place")


@plant(APPLY_INPLACE, "aliasing: inp-206 inp-009", "where the in-place form wraps the plain one")
def write_returns_another_tensor(sound, *arguments):
    """A write returns a view of the written tensor instead of the tensor itself."""
    return sound(*arguments)[...]


@compound("no error: inp-032", "teaching engines: self.data = self.data + other")
def target_grows(swap):
    """A write gives its target the shape and the dtype of the result."""

    @swap.into(STORE)
    def store(_sound, target, result):
        target._array = np.array(result)
        versions.bump(target)

    swap(at(inplace, "check_result"), lambda _sound, *_: None)


@before(APPLY_INPLACE, "inplace-shape: inp-032a inp-047a", "in-place forms for equal shapes only")
def operand_must_have_the_target_shape(_operator, operands, *_):
    """A write refuses an operand that would have to be broadcast."""
    others = [x for x in operands[1:] if isinstance(x, Tensor)]
    if any(x.shape != operands[0].shape for x in others):
        raise InplaceShapeError("the operand of a write had another shape")


@plant(
    at(inplace, "check_result"), "value: inp-230/dtype; no error: inp-032/dtype", "casting='unsafe'"
)
def result_is_cut_to_the_target_dtype(sound, array, result):
    """A write rounds its result to the target's dtype without a word."""
    with suppress(InplaceDtypeError):
        sound(array, result)


@plant(at(inplace, "check_may_be_written"), "no error: inp-034a", "pytorch/pytorch#32839")
def nograd_view_ok(sound, target):
    """A view that was made in no_grad is written in grad mode like any other."""
    if target._view is None or target._view.creation is not views.Creation.NO_GRAD:
        sound(target)


@before(APPLY_INPLACE, "multi-view-inplace: inp-029d", "a ban that does not ask who requires grad")
def multiview_ban_without_grad(_operator, operands, *_):
    """One of several views is not written, also where nothing requires grad."""
    relation = operands[0]._view
    if relation is not None and relation.creation is Creation.SEVERAL:
        raise MultiViewInplaceError("one of several views was written in place")


@compound("value: inp-237", "pytorch/pytorch#1424")
def repeated_address_is_written_again(swap):
    """A write adds to an address once for each index that it has."""
    overlaps = layout.overlaps_itself

    @swap.into(STORE)
    def store(sound, target, result):
        if not overlaps(target._array):
            sound(target, result)
            return
        change = result - target._array
        for index in np.ndindex(change.shape):
            target._array[index] += change[index]
        versions.bump(target)

    swap(at(layout, "overlaps_itself"), lambda _sound, *_: False)


@compound("value: inp-238", "pytorch/pytorch#2940")
def overlap_is_noticed_after_the_write(swap):
    """A write to a tensor in which one address has several indices is refused once it is made."""
    overlaps = layout.overlaps_itself

    @swap.after(STORE)
    def store(_, target, *_rest):
        if overlaps(target._array):
            raise OverlappingMemoryError("several indices of the target are one address")

    swap(at(layout, "overlaps_itself"), lambda _sound, *_: False)


@plant(APPLY_INPLACE, "value: inp-201", "teaching engines: self.data += other.data")
def leaf_write_goes_unnoticed(sound, operator, operands, *params):
    """A write to a leaf that requires grad is neither refused, nor recorded, nor counted."""
    leaf = operands[0]
    if not (leaf.requires_grad and leaf.is_leaf):
        return sound(operator, operands, *params)
    unrecorded(sound, operator, operands, *params)
    versions.counter_of(leaf).value -= 1
    return leaf


@compound("missing gradient: inp-202", "Lightning-AI/lightning-thunder#1458")
def written_leaf_is_lost(swap):
    """A write to a leaf that requires grad is let through, and cuts it off from its gradient."""

    @swap.after(at(inplace, "prepare"))
    def prepare(made, _operator, operands, *_):
        if operands[0].requires_grad and operands[0].is_leaf:
            made.lead_to((node.NO_EDGE, *made.next_functions[1:]))

    swap(at(inplace, "check_not_a_leaf"), lambda _sound, *_: None)


@plant(at(inplace, "result_for"), "shape: inp-230/shape", "where a loop runs over the target")
def result_is_cut_to_the_target_shape(sound, operator, operands, params):
    """A write whose result is larger than its target takes as much of it as there is room for."""
    result = sound(operator, operands, params)
    shape = operands[0]._array.shape
    if np.size(result) > np.prod(shape):
        return np.resize(result, shape)
    return result


@compound("shape: inp-231/shape; value: inp-231/dtype", "pytorch/pytorch#2940")
def misfit_is_noticed_after_the_write(swap):
    """A result that does not fit is stored, and refused then."""
    check = inplace.check_result

    @swap.into(STORE)
    def store(sound, target, result):
        before = target._array
        if before.shape == result.shape and before.dtype == result.dtype:
            sound(target, result)
            return
        target._array = np.array(result)
        check(before, result)

    swap(at(inplace, "check_result"), lambda _sound, *_: None)


@plant(at(backward, "check_still_leaf"), "unexpected gradient: inp-260", "torch rule")
def a_leaf_that_became_a_result_is_filled(_sound, _tensor):
    """A gradient for a leaf is stored in what a recorded write has made of it."""
