"""Faults in which writes are refused."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import at, instead
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, versions, views
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import Creation
from gradspec_reference.errors import (
    InplaceDtypeError,
    InplaceShapeError,
    LeafInplaceError,
    MultiViewInplaceError,
)

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(inplace, "check_not_a_leaf"),
    {"inp-004": "no error", "inp-006": "no error"},
    "Lightning-AI/lightning-thunder#1458",
)
def leaf_inplace_ok(_sound: Any, *_: Any) -> Any:
    """A recorded write to a leaf that requires grad is let through."""
    return None


@plant(
    at(inplace, "apply_inplace"),
    {"inp-046": "value", "inp-004a": "no error"},
    "common where zero_ and fill_ are initialisers",
)
def overwriting_is_initialising(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """A write that ignores the old value is neither checked nor recorded."""
    if operator.name in ("fill", "zero"):
        return unrecorded(sound, operator, operands, *params)
    return sound(operator, operands, *params)


@compound({"inp-006": "value", "inp-029a": "value"}, "pytorch/pytorch#2940")
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
    {"inp-007": "leaf-inplace", "inp-049": "leaf-inplace"},
    "common in engines with immutable leaves",
)
def leaves_are_never_written(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """No leaf is written in place, in no mode, whether or not it requires grad."""
    if operands[0].is_leaf:
        raise LeafInplaceError("a leaf was written in place")
    return sound(operator, operands, *params)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-008": "aliasing", "inp-009": "aliasing"},
    "common where the in-place form wraps the plain one",
)
def write_returns_another_tensor(sound: Any, *arguments: Any) -> Any:
    """A write returns a view of the written tensor instead of the tensor itself."""
    return sound(*arguments)[...]


@compound(
    {"inp-032": "no error", "inp-033": "no error"},
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


@compound({"inp-033": "no error"}, "common on NumPy with casting='unsafe'")
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
