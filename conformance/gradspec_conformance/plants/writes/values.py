"""Faults in what a write saves and records."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import APPLY_INPLACE, STORE, at, step
from gradspec_conformance.plants.plant import after, compound, plant
from gradspec_reference.engine import inplace, linking
from gradspec_reference.engine.node import NO_EDGE
from gradspec_reference.engine.saved import SavedResult
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import CopySlices


@plant(at(inplace, "old_value"), "value: op-209/pow_ op-209/log_", "engines that save a reference")
def inplace_saves_new(_sound, target, _sources):
    """A write saves its target as it is after the write, and takes it for the old value."""
    return Tensor(target.materialise())


@plant(
    at(inplace, "has_rules"),
    "value: op-285/gt_ op-285/logical_not_",
    "torch's logical_and_, which keeps the history of what it overwrote",
)
def truth_keeps_the_history_of_numbers(sound, operator, target):
    """What truth is written over keeps its history."""
    return not operator.name.endswith("_") and sound(operator, target)


@compound("value: op-209/sqrt_ op-209/tanh_", "where the in-place form reuses a saved operand")
def inplace_saves_old_as_result(swap):
    """A write whose derivative is computed from its result saves the old value for it."""
    old: list[Any] = []

    @swap.before(STORE)
    def stored(target, *_):
        old[:] = [target._array.copy()]

    @swap.after(at(inplace, "save_results"))
    def saved(_, _operator, node, *_rest):
        results = SavedResult(Tensor(old[0]), 0)
        node.saved = tuple(results if isinstance(s, SavedResult) else s for s in node.saved)


@plant(at(inplace, "prepare"), "aliasing: inp-008a", "where the old value is copied first")
def old_value_is_a_recorded_copy(sound, operator, operands, *rest):
    """The old value is copied before a write, and the copy is what the new node leads to."""
    return sound(operator, (operands[0].clone(), *operands[1:]), *rest)


@plant(STORE, "value: op-234/exp_ op-235/exp_", "kernels that take every target for contiguous")
def memory_is_written_in_order(sound, target, result):
    """A write fills the memory of its target in order, whatever its strides."""
    if not target._array.flags.c_contiguous:
        result = np.reshape(np.ravel(result), target._array.shape, order="F")
    sound(target, result)


@after(STORE, "dtype: op-240/exp_ op-241/exp_", "teaching engines: self.data = self.data + other")
def a_write_gives_double_precision(_, target, *_rest):
    """What was written is of double precision."""
    if target._array.dtype.kind == "f":
        target._array = target._array.astype(np.float64)


@compound("value: inp-008b op-209/exp_", "PaddlePaddle/Paddle#37367")
def inplace_root_counted_twice(swap):
    """The cotangent of a root that was just written is counted once too often."""

    @swap.after(at(inplace, "prepare"))
    def marked(node, *_):
        node.metadata["written"] = True

    @swap.into(step("start"))
    def started(sound, self, roots, cotangents):
        pairs = zip(roots, cotangents, strict=True)
        sound(self, roots, [c + c if "written" in n.metadata else c for (n, _), c in pairs])


@plant(at(inplace, "old_value"), "value: inp-008c inp-024a", "PaddlePaddle/Paddle#44020")
def old_value_without_history(sound, target, sources):
    """The old value that a write saves is a constant to second derivatives."""
    return sound(target.detach(), sources)


@plant(APPLY_INPLACE, "root-without-grad: inp-207; flag: inp-022", "where only the target decides")
def plain_target_stays_plain(sound, operator, operands, *params):
    """A write is recorded only if its target requires grad already."""
    if linking.needs_grad(operands[0]):
        return sound(operator, operands, *params)
    return unrecorded(sound, operator, operands, *params)


@after(at(inplace, "prepare"), "missing gradient: inp-207 inp-021", "pytorch/pytorch#5871")
def inplace_drops_operand_edge(node, *_):
    """A recorded write has an edge to the old value and none to its other operands."""
    first, *others = node.next_functions
    node.lead_to((first, *(NO_EDGE for _ in others)))


@plant(at(CopySlices, "unpack"), "value: inp-024a", "pytorch/pytorch#15219")
def region_operands_without_history(sound, self, as_tensors):
    """What a write through a view has saved is constant to second derivatives."""
    values = sound(self, as_tensors)
    return [v.detach() if hasattr(v, "detach") else v for v in values]


@plant(at(CopySlices, "name"), "text: inp-028", "engines that lower writes to scatters")
def base_gets_a_scatter(_sound, *_):
    """The node that a write through a view gives to the base is named for a scatter."""
    return "SliceScatterBackward0"


@plant(APPLY_INPLACE, "value: inp-008 inp-020", "teaching engines: self.data += other.data")
def inplace_not_recorded(sound, *arguments):
    """A write changes the value, and the history stays that of the old value."""
    return unrecorded(sound, *arguments)


@compound("value: inp-259", "NumPy's integer powers")
def powers_in_place_are_cut_off(swap):
    """A power in place is cut off to the data type of its target."""
    swap(at(inplace, "check_dtype"), lambda _sound, _array, _dtype: None)

    @swap.into(at(inplace, "result_for"))
    def _(sound, operator, operands, params):
        result = sound(operator, operands, params)
        power = operator.name.startswith("pow")
        return result.astype(operands[0]._array.dtype) if power else result
