"""Faults in recording a write: histories that miss it, and gradients that take a wrong way."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

from typing import Any

from gradspec_conformance.plants.in_place.tools import blocked, passed_on, rule, unrecorded
from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference.engine import hooks, inplace, recording, shapes
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import NO_EDGE
from gradspec_reference.engine.tensor import Tensor


@plant(
    kills={
        "inp-008": "value",
        "inp-008a": "aliasing",
        "inp-020": "value",
        "inp-021": "value",
        "inp-022": "flag",
        "inp-024": "value",
        "inp-046": "value",
        "inp-017": "value",
    },
    modelled_on="common in teaching engines: self.data += other.data",
)
def inplace_not_recorded(swap: Swap) -> None:
    """A write changes the value, and the history stays that of the old value."""
    original = inplace.apply_inplace
    swap(inplace, "apply_inplace", lambda *arguments: unrecorded(original, *arguments))


@plant(
    kills={"inp-206": "aliasing", "inp-009": "aliasing"},
    modelled_on="common where the in-place form wraps the plain one",
)
def write_returns_another_tensor(swap: Swap) -> None:
    """A write returns a view of the written tensor instead of the tensor itself."""
    original = inplace.apply_inplace
    swap(inplace, "apply_inplace", lambda *arguments: original(*arguments)[...])


@plant(
    kills={
        "inp-207": "missing gradient",
        "inp-021": "missing gradient",
        "inp-047": "missing gradient",
        "inp-221": "missing gradient",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#5871",
)
def inplace_drops_operand_edge(swap: Swap) -> None:
    """A recorded write has an edge to the old value and none to its other operands."""
    original = inplace.prepare

    def prepare(*arguments: Any) -> Any:
        node = original(*arguments)
        first, *others = node.next_functions
        node.next_functions = (first, *(NO_EDGE for _ in others))
        return node

    swap(inplace, "prepare", prepare)


@plant(kills={"inp-008a": "aliasing"}, modelled_on="common where the old value is copied first")
def old_value_is_a_recorded_copy(swap: Swap) -> None:
    """The old value is copied before a write, and the copy is what the new node leads to."""
    original = inplace.prepare

    def prepare(operator: Any, operands: Any, *rest: Any) -> Any:
        return original(operator, (operands[0].clone(), *operands[1:]), *rest)

    swap(inplace, "prepare", prepare)


@plant(
    kills={"inp-008b": "value", "inp-018": "value", "inp-203": "value"},
    modelled_on="PaddlePaddle/Paddle#37367",
)
def inplace_root_counted_twice(swap: Swap) -> None:
    """The cotangent of a root that was just written is counted once too often."""
    prepare, start = inplace.prepare, BackwardPass.start

    def marked(*arguments: Any) -> Any:
        node = prepare(*arguments)
        node.metadata["written"] = True
        return node

    def started(self: Any, roots: Any, cotangents: Any) -> None:
        pairs = zip(roots, cotangents, strict=True)
        start(self, roots, [c + c if "written" in n.metadata else c for (n, _), c in pairs])

    swap(inplace, "prepare", marked)
    swap(BackwardPass, "start", started)


@plant(kills={"inp-008c": "value", "inp-024a": "value"}, modelled_on="PaddlePaddle/Paddle#44020")
def old_value_without_history(swap: Swap) -> None:
    """The old value that a write saves is a constant to second derivatives."""
    original = inplace.old_value

    def old_value(target: Any, sources: Any) -> Any:
        return original(target.detach(), sources)

    swap(inplace, "old_value", old_value)


@plant(
    kills={
        "inp-207": "root-without-grad",
        "inp-022": "flag",
        "inp-023": "flag",
        "inp-023a": "flag",
    },
    modelled_on="common where only the target decides",
)
def plain_target_stays_plain(swap: Swap) -> None:
    """A write is recorded only if its target requires grad already."""
    original = inplace.apply_inplace

    def apply_inplace(operator: Any, operands: Any, *params: Any) -> Any:
        if recording.needs_grad(operands[0]):
            return original(operator, operands, *params)
        return unrecorded(original, operator, operands, *params)

    swap(inplace, "apply_inplace", apply_inplace)


@plant(
    kills={
        "inp-020/number": "value",
        "inp-020/slice": "value",
        "inp-046/fill": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/xla#1718",
)
def fill_keeps_old(swap: Swap) -> None:
    """A constant that is filled in passes the gradient on to the value that it overwrote."""
    rule(swap, "fill", "self", passed_on)


@plant(
    kills={"inp-046/zero": "value"},
    modelled_on="pytorch/xla#1718",
)
def zero_keeps_old(swap: Swap) -> None:
    """zero_() passes the gradient on to the value that it overwrote."""
    rule(swap, "zero", "self", passed_on)


@plant(
    kills={
        "inp-021/number": "value",
        "inp-021/slice": "value",
        "inp-046/copy": "value",
        "inp-047": "value",
        "inp-017": "value",
    },
    modelled_on="pytorch/pytorch#15115",
)
def copy_keeps_old(swap: Swap) -> None:
    """copy_() passes the gradient to the old value too."""
    rule(swap, "copy", "self", passed_on)


@plant(
    kills={
        "inp-021/number": "value",
        "inp-021/slice": "value",
        "inp-047": "value",
        "inp-047a": "value",
        "inp-017": "value",
    },
    modelled_on="twitter-archive/torch-autograd#139",
)
def assigned_value_gets_zeros(swap: Swap) -> None:
    """A tensor that is assigned or copied in receives zeros."""
    rule(swap, "copy", "src", blocked)


@plant(
    kills={"inp-021/slice": "shape", "inp-047a": "shape"},
    modelled_on="Lightning-AI/lightning-thunder#1962",
)
def assigned_value_is_not_summed(swap: Swap) -> None:
    """The gradient of a broadcast operand is not summed to the operand's shape."""
    swap(shapes, "unbroadcast", lambda _xp, gradient, _shape: gradient)


@plant(
    kills={"inp-021/slice": "value", "inp-047a": "value"},
    modelled_on="common where one copy stands for all",
)
def broadcast_takes_the_mean(swap: Swap) -> None:
    """The gradient of a broadcast operand is the mean over the copies, not the sum."""
    original = shapes.unbroadcast

    def unbroadcast(xp: Any, gradient: Any, shape: Any) -> Any:
        total = original(xp, gradient, shape)
        return total * (total.size / gradient.size)

    swap(shapes, "unbroadcast", unbroadcast)


@plant(
    kills={f"inp-02{n}/{row}": "value" for n in "01" for row in ("list", "mask")},
    modelled_on="pytorch/xla#1718",
)
def indexed_assignment_keeps_old(swap: Swap) -> None:
    """Assigning by a list or a mask passes the gradient on to the values that it overwrote."""
    rule(swap, "index_put", "self", passed_on)


@plant(
    kills={"inp-021/list": "value", "inp-021/mask": "value"},
    modelled_on="twitter-archive/torch-autograd#139",
)
def indexed_assignment_gives_zeros(swap: Swap) -> None:
    """A tensor that is assigned by a list or a mask receives zeros."""

    def zeros(sound: Any, xp: Any, g: Any, *rest: Any) -> Any:
        return xp.zeros_like(sound(xp, g, *rest))

    rule(swap, "index_put", "values", zeros)


@plant(kills={"inp-208": "value"}, modelled_on="engines that accept torch's calls as stubs")
def detach_in_place_noop(swap: Swap) -> None:
    """detach_() leaves the history as it was."""
    swap(Tensor, "detach_", lambda self: self)


@plant(kills={"inp-209": "order"}, modelled_on="common where hooks are kept by the tensor")
def hooks_follow_the_tensor(swap: Swap) -> None:
    """The hooks of a tensor that is written move to the node of its new value."""
    original = hooks.move_retained

    def move_retained(tensor: Any, node: Any) -> None:
        original(tensor, node)
        old = tensor._grad_fn
        if old is not None:
            node.hooks, old.hooks = old.hooks, None

    swap(hooks, "move_retained", move_retained)
