"""Faults in what a pass keeps, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from gradspec_conformance.plants.places import STORE_RETAINED, at, step
from gradspec_conformance.plants.plant import after, compound, plant
from gradspec_reference.engine import hooks
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.arrivals import FIRST, NOTHING
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node

Arrived = list[tuple[Any, int]]


def without_keepers(node: Node, run: Callable[[], Arrived]) -> Arrived:
    """Run something while nobody retains the gradients of a node."""
    retained, node.retained = (node.retained, None)
    try:
        return run()
    finally:
        node.retained = retained


@plant(
    step("differentiate"),
    "value: acc-004 acc-005",
    "karpathy/micrograd#102, bshillingford/autobw.torch#7",
    memory=WeakKeyDictionary,
)
def interiors_accumulate(kept, sound, self, made, cotangent, status):
    """Intermediates keep their gradients between passes, as leaves do."""
    if isinstance(cotangent, np.ndarray | np.generic):
        cotangent = kept[made] = cotangent + kept.get(made, 0)
        status = SHARED
    sound(self, made, cotangent, status)


@compound("unexpected gradient: ret-006", "engines that keep every gradient internally")
def late_request_finds_last_gradient(swap):
    """retain_grad() hands over the gradient of a pass that is already over."""

    @swap.before(step("differentiate"))
    def remembering(self, node, cotangent, *_):
        node.metadata["gradient"] = self.as_tensor(cotangent)

    @swap.after(at(hooks, "retain"))
    def handing_over(_, tensor):
        if tensor._grad_fn is not None:
            tensor._grad = tensor._grad_fn.metadata.get("gradient")


@compound("value: ret-013a ret-013", "where gradients are stored on arrival")
def contribution_is_kept(swap):
    """What is kept is the last contribution that arrived, not the sum of all."""

    @swap.before(step("deliver"))
    def kept(self, edge, part, *_):
        node, slot = edge
        keeper = (node.retained or {}).get(slot)
        tensor = None if keeper is None else keeper()
        if tensor is not None and part is not None:
            tensor._grad = self.as_tensor(part if self.create_graph else part.copy())

    swap(STORE_RETAINED, lambda _sound, *_: None)


@plant(step("run"), "missing gradient: ret-012 ret-012a", "walks that start below the root")
def root_keeps_nothing(sound, self):
    """The gradient that a pass starts from is not kept by the root that asked for it."""
    roots = {node: node.retained for _, node in self.ready}
    for node in roots:
        node.retained = None
    sound(self)
    for node, retained in roots.items():
        node.retained = retained


@plant(step("run"), "value: ret-012a", "engines that take every root for a scalar")
def root_keeps_ones(sound, self):
    """A root keeps ones, whatever cotangent it was given."""
    roots = {node: node.retained for _, node in self.ready}
    for node in roots:
        node.retained = None
    sound(self)
    for node, retained in roots.items():
        node.retained = retained
        for slot, (shape, dtype) in enumerate(node.outputs):
            hooks.store_retained(node, slot, Tensor(np.ones(shape, dtype)))


@after(step("take"), "value: ret-011", "karpathy/micrograd#102")
def kept_gradient_is_the_buffer(arrived, self, node):
    """A pass starts at an intermediate from the gradient that earlier passes left in its grad."""
    for slot, keeper in (node.retained or {}).items():
        tensor = keeper()
        if tensor is not None and tensor._grad is not None:
            total = tensor._grad if self.create_graph else tensor._grad._array.copy()
            arrived[slot] = (total, arrived[slot][1])


@plant(step("take"), "missing gradient: ret-014", "where what keeps its gradient is a leaf")
def retaining_ends_the_walk(sound, self, node):
    """A tensor that retains its gradient is taken for a leaf: nothing goes on from there."""
    arrived = sound(self, node)
    return [NOTHING] * len(arrived) if node.retained else arrived


@plant(step("take"), "value: ret-015", "pytorch/pytorch#85849")
def retain_before_hooks(sound, self, node):
    """What is kept is what arrived, before the tensor's hooks saw it."""
    for slot in node.retained or {}:
        value, _ = self.waiting[node][FIRST + slot]
        hooks.store_retained(node, slot, self.as_tensor(value))
    return without_keepers(node, lambda: sound(self, node))


@compound("order: ret-021", "engines that collect gradients in a table")
def gradients_live_as_long_as_the_pass(swap):
    """A pass lets go of the gradients of intermediates at its end, not on the way."""
    table: list[Tensor | None] = []

    @swap.into(step("as_tensor"))
    def collected(sound, self, value):
        table.append(sound(self, value))
        return table[-1]

    @swap.after(step("run"))
    def emptied(_, *_rest):
        table.clear()


@after(step("finish_leaf"), "lifetime: life-016b", "pytorch/pytorch#7343")
def leaf_node_owns_its_gradient(_, _self, node, *_rest):
    """The node of a leaf keeps the gradient it stored last, also after `.grad` was cleared."""
    node.metadata["latest"] = node.variable._grad


@plant(step("deliver"), "value: acc-019b/last acc-008a", "ooples/AiDotNet.Tensors#935")
def buffer_inplace_alias(sound, self, edge, part, status):
    """Contributions are added in place to the first of them, which others may hold as well."""
    arrivals = self.waiting[edge[0]]
    before = arrivals[edge[1] + FIRST][0]
    sound(self, edge, part, status)
    after = arrivals[edge[1] + FIRST][0]
    for other in self.waiting.values():
        for slot in range(FIRST, len(other)):
            if before is not None and other[slot][0] is before:
                other[slot] = (after, other[slot][1])


@plant(step("finish_leaf"), "unexpected gradient: leaf-049", "rsokl/MyGrad#278")
def a_leaf_that_was_turned_off_still_collects(sound, self, node, value, status):
    """A graph delivers to the leaves that required grad when it was recorded."""
    leaf = node.variable
    flag, leaf._requires_grad = (leaf._requires_grad, True)
    try:
        sound(self, node, value, status)
    finally:
        leaf._requires_grad = flag
