"""Faults in what a write saves and records."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.history import unrecorded
from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import inplace, recording
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import NO_EDGE
from gradspec_reference.engine.saved import SavedResult
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.engine.views import CopySlices

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap


@plant(
    at(inplace, "old_value"),
    {"inp-018/pow": "value", "inp-018/log": "value"},
    "common in engines that save a reference",
)
def inplace_saves_new(_sound: Any, target: Any, _sources: Any) -> Any:
    """A write saves its target as it is after the write, and takes it for the old value."""
    return Tensor(target.materialise())


@compound(
    {"inp-018/sqrt": "value", "inp-018/tanh": "value"},
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
    at(inplace, "prepare"), {"inp-008a": "aliasing"}, "common where the old value is copied first"
)
def old_value_is_a_recorded_copy(sound: Any, operator: Any, operands: Any, *rest: Any) -> Any:
    """The old value is copied before a write, and the copy is what the new node leads to."""
    return sound(operator, (operands[0].clone(), *operands[1:]), *rest)


@compound({"inp-008b": "value", "inp-018": "value"}, "PaddlePaddle/Paddle#37367")
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
    {"inp-207": "root-without-grad", "inp-022": "flag"},
    "common where only the target decides",
)
def plain_target_stays_plain(sound: Any, operator: Any, operands: Any, *params: Any) -> Any:
    """A write is recorded only if its target requires grad already."""
    if recording.needs_grad(operands[0]):
        return sound(operator, operands, *params)
    return unrecorded(sound, operator, operands, *params)


@plant(
    at(inplace, "prepare"),
    {"inp-207": "missing gradient", "inp-021": "missing gradient"},
    "pytorch/pytorch#5871",
)
def inplace_drops_operand_edge(sound: Any, *arguments: Any) -> Any:
    """A recorded write has an edge to the old value and none to its other operands."""
    node = sound(*arguments)
    first, *others = node.next_functions
    node.next_functions = (first, *(NO_EDGE for _ in others))
    return node


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
    at(inplace, "apply_inplace"),
    {"inp-008": "value", "inp-020": "value"},
    "common in teaching engines: self.data += other.data",
)
def inplace_not_recorded(sound: Any, *arguments: Any) -> Any:
    """A write changes the value, and the history stays that of the old value."""
    return unrecorded(sound, *arguments)


@compound({"inp-259": "value"}, "NumPy's integer powers")
def powers_in_place_are_cut_off(swap: Swap) -> None:
    """A power in place is cut off to the data type of its target."""

    def result_for(sound: Any, operator: Any, operands: Any, params: Any) -> Any:
        result = sound(operator, operands, params)
        power = operator.name.startswith("pow")
        return result.astype(operands[0]._array.dtype) if power else result

    swap(at(inplace, "result_for"), result_for)
    swap(at(inplace, "check_dtype"), lambda _sound, _array, _dtype: None)
