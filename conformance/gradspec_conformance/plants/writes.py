"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at, instead
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import (
    inplace,
    modes,
    recording,
    versions,
    views,
)
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import NO_EDGE
from gradspec_reference.engine.saved import SavedResult
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import CopySlices, Creation
from gradspec_reference.errors import (
    InplaceDtypeError,
    InplaceShapeError,
    LeafInplaceError,
    MultiViewInplaceError,
    OutRequiresGradError,
)
from gradspec_reference.names import interop

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


def unrecorded(function: Function, *arguments: Any) -> Any:
    """Call a function while recording is off."""
    before = modes.enter(False)
    try:
        return function(*arguments)
    finally:
        modes.leave(before)


Function = Callable[..., Any]


@plant(
    at(inplace, "old_value"),
    {"inp-018b": "value", "inp-018e": "value"},
    "common in engines that save a reference",
)
def inplace_saves_new(_sound: Any, target: Any, _sources: Any) -> Any:
    """A write saves its target as it is after the write, and takes it for the old value."""
    return Tensor(target.materialise())


@compound(
    {"inp-018c": "value", "inp-018d": "value"},
    "common where the in-place form reuses a saved operand",
)
def inplace_saves_old_as_result(swap: Swap) -> None:
    """A write whose derivative is computed from its result saves the old value for it."""
    old: list[Any] = []

    def stored(sound: Any, target: Any, result: Any) -> None:
        old[:] = [target._array.copy()]
        sound(target, result)

    def saved(sound: Any, operator: Any, node: Any, target: Any, requires: Any) -> None:
        sound(operator, node, target, requires)
        results = SavedResult(Tensor(old[0]), 0)
        node.saved = tuple(results if isinstance(s, SavedResult) else s for s in node.saved)

    swap(at(inplace, "store"), stored)
    swap(at(inplace, "save_results"), saved)


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
    {"inp-008a": "aliasing", "inp-008b": "value"},
    "common in teaching engines: self.data += other.data",
)
def inplace_not_recorded(sound: Any, *arguments: Any) -> Any:
    """A write changes the value, and the history stays that of the old value."""
    return unrecorded(sound, *arguments)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-008": "aliasing", "inp-009": "aliasing"},
    "common where the in-place form wraps the plain one",
)
def write_returns_another_tensor(sound: Any, *arguments: Any) -> Any:
    """A write returns a view of the written tensor instead of the tensor itself."""
    return sound(*arguments)[...]


@plant(at(inplace, "prepare"), {"inp-008": "value", "inp-008c": "value"}, "pytorch/pytorch#5871")
def inplace_drops_operand_edge(sound: Any, *arguments: Any) -> Any:
    """A recorded write has an edge to the old value and none to its other operands."""
    node = sound(*arguments)
    first, *others = node.next_functions
    node.next_functions = (first, *(NO_EDGE for _ in others))
    return node


@plant(
    at(inplace, "prepare"), {"inp-008a": "aliasing"}, "common where the old value is copied first"
)
def old_value_is_a_recorded_copy(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
    """The old value is copied before a write, and the copy is what the new node leads to."""
    return sound(operator, (operands[0].clone(), *operands[1:]), *rest)


@compound({"inp-008b": "value", "inp-008c": "value"}, "PaddlePaddle/Paddle#37367")
def inplace_root_counted_twice(swap: Swap) -> None:
    """The cotangent of a root that was just written is counted once too often."""

    def marked(sound: Any, *arguments: Any) -> Any:
        node = sound(*arguments)
        node.metadata["written"] = True
        return node

    def started(sound: Any, self: Any, roots: Any, cotangents: Any) -> None:
        pairs = zip(roots, cotangents, strict=True)
        sound(self, roots, [c + c if "written" in n.metadata else c for (n, _), c in pairs])

    swap(at(inplace, "prepare"), marked)
    swap(at(BackwardPass, "start"), started)


@plant(
    at(inplace, "old_value"),
    {"inp-008c": "value", "inp-024a": "value"},
    "PaddlePaddle/Paddle#44020",
)
def old_value_without_history(sound: Any, target: Any, sources: Any) -> Any:
    """The old value that a write saves is a constant to second derivatives."""
    return sound(target.detach(), sources)


@plant(
    at(inplace, "apply_inplace"),
    {"inp-022": "flag", "inp-023": "flag"},
    "common where only the target decides",
)
def plain_target_stays_plain(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """A write is recorded only if its target requires grad already."""
    if recording.needs_grad(operands[0]):
        return sound(operator, operands, *params)
    return unrecorded(sound, operator, operands, *params)


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


@plant(
    at(inplace, "into_out"),
    {"inp-035": "no error", "inp-035a": "no error"},
    "common where out= goes past the recorder",
)
def out_is_a_plain_write(sound: Any, *arguments: Any) -> Any:
    """out= takes the result whoever requires grad, and nothing is recorded."""
    return unrecorded(sound, *arguments)


@plant(
    at(inplace, "into_out"),
    {"inp-035": "no error", "inp-035a": "no error"},
    "common where out= is made of copy_",
)
def out_is_recorded(_sound: Any, out: Any, result: Any, _operands: Any) -> Any:
    """out= becomes the result of the operation, history and all."""
    return out.copy_(result)


@plant(
    at(inplace, "into_out"),
    {"inp-035a": "no error"},
    "common where only the arguments are looked at",
)
def out_target_is_not_looked_at(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= may be a tensor that requires grad, if no argument does."""
    if any(map(recording.needs_grad, operands)):
        return sound(out, result, operands)
    return unrecorded(sound, out, result, operands)


@plant(
    at(inplace, "into_out"),
    {"inp-035b": "out-requires-grad"},
    "common where the check does not ask for the mode",
)
def out_is_refused_in_every_mode(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= refuses arguments that require grad in no_grad too."""
    if any(map(recording.needs_grad, operands)):
        raise OutRequiresGradError("out= was given with arguments that require grad")
    return sound(out, result, operands)


@plant(at(inplace, "into_out"), {"inp-035b": "value"}, "common where out= goes past the counter")
def out_is_not_counted(sound: Any, out: Any, result: Any, operands: Any) -> Any:
    """out= takes the result without counting as a write."""
    sound(out, result, operands)
    versions.counter_of(out).value -= 1
    return out


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


@plant(at(inplace, "store"), {"inp-001": "value", "inp-010": "no error"}, "pytorch/pytorch#197887")
def inplace_no_bump(_sound: Any, target: Any, result: Any) -> None:
    """A write in place does not raise the version."""
    np.copyto(target._array, result, casting="unsafe")


@plant(
    at(inplace, "store"),
    {"inp-001": "value", "inp-001b": "value"},
    "common where checking and storing both count",
)
def write_counts_twice(sound: Any, target: Any, result: Any) -> None:
    """A write in place raises the version by two."""
    sound(target, result)
    versions.bump(target)


@plant(
    at(inplace, "store"),
    {"inp-001b": "value"},
    "common where changes are found by comparing values",
)
def only_changes_are_counted(sound: Any, target: Any, result: Any) -> None:
    """A write is counted only if a value differs afterwards."""
    if np.array_equal(target._array, result):
        return
    sound(target, result)


@plant(at(CopySlices, "unpack"), {"inp-024a": "value"}, "pytorch/pytorch#15219")
def region_operands_without_history(sound: Any, self: Any, as_tensors: bool) -> Any:
    """What a write through a view has saved is constant to second derivatives."""
    values = sound(self, as_tensors)
    return [v.detach() if hasattr(v, "detach") else v for v in values]


@plant(
    at(CopySlices, "name"), {"inp-028": "text"}, "common in engines that lower writes to scatters"
)
def base_gets_a_scatter(_sound: Any, *_: Any) -> Any:
    """The node that a write through a view gives to the base is named for a scatter."""
    return "SliceScatterBackward0"


@plant(
    at(interop, "increment_version"),
    {"inp-037": "value", "inp-038": "no error"},
    "common in engines that accept torch's calls as stubs",
)
def increment_version_noop(_sound: Any, *_: Any) -> Any:
    """increment_version() does nothing."""
    return None


@plant(
    at(interop, "increment_version"),
    {"inp-037": "value"},
    "common where an argument may be one or several",
)
def increment_version_of_the_first(sound: Any, tensor: Any) -> Any:
    """increment_version() of a list raises the version of its first tensor only."""
    return sound(tensor if isinstance(tensor, Tensor) else tensor[0])
