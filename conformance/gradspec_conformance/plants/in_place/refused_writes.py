"""Faults in refusing: writes that do not fit and are made, writes that fit and are refused."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.in_place.tools import unrecorded
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import inplace, layout, recording, versions, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import (
    InplaceDtypeError,
    InplaceShapeError,
    OutRequiresGradError,
    OverlappingMemoryError,
)


@plant(
    kills={"inp-032": "no error"},
    modelled_on="common in teaching engines: self.data = self.data + other",
)
def target_grows(swap: Swap) -> None:
    """A write gives its target the shape and the dtype of the result."""

    def store(target: Any, result: Any) -> None:
        target._array = np.array(result)
        versions.bump(target)

    swap(inplace, "check_result", lambda *_: None)
    swap(inplace, "store", store)


@plant(
    kills={"inp-032a": "inplace-shape", "inp-047a": "inplace-shape"},
    modelled_on="common where in-place forms take equal shapes only",
)
def operand_must_have_the_target_shape(swap: Swap) -> None:
    """A write refuses an operand that would have to be broadcast."""
    original = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        others = [x for x in operands[1:] if isinstance(x, Tensor)]
        if any(x.shape != operands[0].shape for x in others):
            raise InplaceShapeError("the operand of a write had another shape")
        return original(operator, operands, *params)

    swap(inplace, "apply_inplace", apply_inplace)


@plant(
    kills={"inp-230/dtype": "value", "inp-032/dtype": "no error"},
    modelled_on="common on NumPy with casting='unsafe'",
)
def result_is_cut_to_the_target_dtype(swap: Swap) -> None:
    """A write rounds its result to the target's dtype without a word."""
    original = inplace.check_result

    def check_result(array: Any, result: Any) -> None:
        try:
            original(array, result)
        except InplaceDtypeError:
            swap.took_effect()

    swap(inplace, "check_result", check_result)


@plant(kills={"inp-034": "no error"}, modelled_on="pytorch/pytorch#1424")
def expand_inplace_ok(swap: Swap) -> None:
    """A write to a tensor in which one address has several indices is let through."""
    swap(layout, "overlaps_itself", lambda *_: False)


@plant(
    kills={"inp-232": "value", "inp-233": "value", "inp-035": "no error"},
    modelled_on="common where out= goes past the recorder",
)
def out_is_a_plain_write(swap: Swap) -> None:
    """out= takes the result whoever requires grad, and nothing is recorded."""
    original = inplace.into_out
    swap(inplace, "into_out", lambda *arguments: unrecorded(original, *arguments))


@plant(
    kills={"inp-035/argument": "no error", "inp-035/target": "no error"},
    modelled_on="common where out= is made of copy_",
)
def out_is_recorded(swap: Swap) -> None:
    """out= becomes the result of the operation, history and all."""

    def into_out(out: Any, result: Any, _operands: Any) -> Any:
        return out.copy_(result)

    swap(inplace, "into_out", into_out)


@plant(
    kills={"inp-233": "value", "inp-035/target": "no error", "inp-035/leaf": "no error"},
    modelled_on="common where only the arguments are looked at",
)
def out_target_is_not_looked_at(swap: Swap) -> None:
    """out= may be a tensor that requires grad, if no argument does."""
    original = inplace.into_out

    def into_out(out: Any, result: Any, operands: Any) -> Any:
        if any(map(recording.needs_grad, operands)):
            return original(out, result, operands)
        return unrecorded(original, out, result, operands)

    swap(inplace, "into_out", into_out)


@plant(
    kills={"inp-235": "out-requires-grad"},
    modelled_on="common where the check does not ask for the mode",
)
def out_is_refused_in_every_mode(swap: Swap) -> None:
    """out= refuses arguments that require grad in no_grad too."""
    original = inplace.into_out

    def into_out(out: Any, result: Any, operands: Any) -> Any:
        if any(map(recording.needs_grad, operands)):
            raise OutRequiresGradError("out= was given with arguments that require grad")
        return original(out, result, operands)

    swap(inplace, "into_out", into_out)


@plant(kills={"inp-035b": "value"}, modelled_on="common where out= goes past the counter")
def out_is_not_counted(swap: Swap) -> None:
    """out= takes the result without counting as a write."""
    original = inplace.into_out

    def into_out(out: Any, result: Any, operands: Any) -> Any:
        original(out, result, operands)
        versions.counter_of(out).value -= 1
        return out

    swap(inplace, "into_out", into_out)


@plant(
    kills={"inp-036": "no error"}, modelled_on="common in engines where shape is a plain attribute"
)
def resize_what_requires_grad(swap: Swap) -> None:
    """resize_() resizes every tensor, whatever becomes of its history."""

    def resize_(self: Any, *sizes: Any) -> Any:
        self._array = np.resize(self._array, *sizes)
        return self

    swap(Tensor, "resize_", resize_)


@plant(kills={"inp-034a": "no error"}, modelled_on="pytorch/pytorch#32839")
def nograd_view_ok(swap: Swap) -> None:
    """A view that was made in no_grad is written in grad mode like any other."""
    original = inplace.check_may_be_written

    def check_may_be_written(target: Any) -> None:
        if target._view is None or target._view.creation is not views.Creation.NO_GRAD:
            original(target)

    swap(inplace, "check_may_be_written", check_may_be_written)


@plant(kills={"inp-230/shape": "shape"}, modelled_on="common where a loop runs over the target")
def result_is_cut_to_the_target_shape(swap: Swap) -> None:
    """A write whose result is larger than its target takes as much of it as there is room for."""
    original = inplace.result_for

    def result_for(operator: Any, operands: Any, params: Any) -> Any:
        result = original(operator, operands, params)
        shape = operands[0]._array.shape
        if np.size(result) > np.prod(shape):
            return np.resize(result, shape)
        return result

    swap(inplace, "result_for", result_for)


@plant(
    kills={"inp-231/shape": "shape", "inp-231/dtype": "value"}, modelled_on="pytorch/pytorch#2940"
)
def misfit_is_noticed_after_the_write(swap: Swap) -> None:
    """A result that does not fit is stored, and refused then."""
    check, original = inplace.check_result, inplace.store

    def store(target: Any, result: Any) -> None:
        before = target._array
        if before.shape == result.shape and before.dtype == result.dtype:
            original(target, result)
            return
        target._array = np.array(result)
        check(before, result)

    swap(inplace, "check_result", lambda *_: None)
    swap(inplace, "store", store)


@plant(kills={"inp-237": "value"}, modelled_on="pytorch/pytorch#1424")
def repeated_address_is_written_again(swap: Swap) -> None:
    """A write adds to an address once for each index that it has."""
    overlaps, original = layout.overlaps_itself, inplace.store

    def store(target: Any, result: Any) -> None:
        if not overlaps(target._array):
            original(target, result)
            return
        change = result - target._array
        for index in np.ndindex(change.shape):
            target._array[index] += change[index]
        versions.bump(target)

    swap(layout, "overlaps_itself", lambda *_: False)
    swap(inplace, "store", store)


@plant(kills={"inp-238": "value"}, modelled_on="pytorch/pytorch#2940")
def overlap_is_noticed_after_the_write(swap: Swap) -> None:
    """A write to a tensor in which one address has several indices is refused once it is made."""
    overlaps, original = layout.overlaps_itself, inplace.store

    def store(target: Any, result: Any) -> None:
        original(target, result)
        if overlaps(target._array):
            raise OverlappingMemoryError("several indices of the target are one address")

    swap(layout, "overlaps_itself", lambda *_: False)
    swap(inplace, "store", store)


@plant(kills={"inp-234": "value"}, modelled_on="pytorch/pytorch#2940")
def out_is_refused_after_the_write(swap: Swap) -> None:
    """Whether out= may take a result is checked after it was stored."""
    original = inplace.into_out

    def into_out(out: Any, result: Any, operands: Any) -> Any:
        unrecorded(original, out, result, operands)
        return original(out, result, operands)

    swap(inplace, "into_out", into_out)
