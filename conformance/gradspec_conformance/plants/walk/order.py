"""Faults in when a node runs, and in what it passes on."""

from __future__ import annotations

import gc
import heapq
import itertools
from collections import Counter
from typing import Any

import numpy as np

from gradspec_conformance.plants.places import IN_SHAPE, at, step
from gradspec_conformance.plants.plant import after, compound, plant
from gradspec_conformance.plants.walk.naive import (
    depths_below,
    leaf_of,
    propagate,
    started,
    take,
    through,
)
from gradspec_reference.engine import accumulation, arrivals
from gradspec_reference.engine.arrivals import MISSING
from gradspec_reference.engine.node import AccumulateGrad, Node
from gradspec_reference.engine.saved import SavedResult, tensor_of
from gradspec_reference.engine.tensor import Tensor

PATIENCE = 20_000
"""Visits after which a walk that would take for ever is cut short."""
ROOM = 8
"""Contributions that a leaf has room for."""
STACK = 1000
"""Calls that find room on a stack."""


def without_value(item: Any) -> Any:
    """Return a saved value, or zeros in the place of one that was computed."""
    tensor = None if isinstance(item, SavedResult) else tensor_of(item)
    if tensor is None or tensor._grad_fn is None:
        return item
    return Tensor(np.zeros_like(tensor._array))


@plant(step("start"), "value: bwd-001c bwd-001d", "karpathy/micrograd#2")
def topo_no_deps(_sound, _self, roots, cotangents):
    """A node runs at its first contribution and again, with the sum so far, at each further one."""
    sums: dict[Any, Any] = {}
    under_way = started(roots, cotangents)
    for _ in range(PATIENCE):
        if not under_way:
            return
        edge, part = under_way.pop()
        sums[edge] = sums.get(edge, 0.0) + part
        under_way += propagate(edge, part if leaf_of(edge) is not None else sums[edge])


@plant(step("start"), "value: bwd-049", "PaddlePaddle/Paddle#34023")
def topo_exponential(_sound, _self, roots, cotangents):
    """A node runs once for each path that leads to it."""
    under_way = started(roots, cotangents)
    for _ in range(PATIENCE):
        if not under_way:
            return
        under_way += propagate(*under_way.pop())


@plant(step("start"), "value: bwd-001c bwd-001d", "karpathy/micrograd#64")
def topo_dfs_preorder(_sound, _self, roots, cotangents):
    """A node runs when the walk first meets it, and passes nothing on that arrives later."""
    met = set()
    under_way = started(roots, cotangents)
    while under_way:
        edge, part = under_way.pop()
        if edge not in met or leaf_of(edge) is not None:
            met.add(edge)
            under_way += propagate(edge, part)


@plant(step("start"), "missing gradient: bwd-044", "karpathy/micrograd#91")
def topo_recursive(_sound, _self, roots, cotangents):
    """The walk calls itself for each operation, and is cut off where the stack ends."""
    depths = depths_below(roots)
    sums: dict[Any, Any] = {}
    for edge, part in started(roots, cotangents):
        sums[edge] = sums.get(edge, 0.0) + part
    for each in sorted(depths, key=lambda n: n.order):
        if depths[each] < STACK and leaf_of((each, 0)) is None:
            through(each, sums)
    for edge in list(sums):
        if leaf_of(edge) is not None:
            take(edge, sums[edge])


@plant(step("next_ready"), "missing gradient: bwd-034", "pytorch/pytorch#105293")
def topo_fifo(_sound, self):
    """Among the nodes that are ready, the one recorded first goes first."""
    self.ready.sort(key=lambda entry: entry[0])
    return self.ready.pop()[1]


@plant(step("start"), "value: bwd-001 bwd-003", "PaddlePaddle/Paddle#37367")
def root_double(sound, self, roots, cotangents):
    """The starting gradient of a root is added twice."""
    sound(self, [*roots, *roots], [*cotangents, *cotangents])


@plant(step("differentiate"), "value: rec-026 rec-017", "pytorch/pytorch#4355")
def chain_rule_without_product(sound, self, made, cotangent, status):
    """An operation hands on its own derivative, not the product with the gradient it received."""
    if isinstance(cotangent, np.ndarray | np.generic):
        cotangent, status = (np.ones_like(cotangent), accumulation.SHARED)
    sound(self, made, cotangent, status)


@plant(step("deliver"), "value: rec-013a/9_uses rec-023", "apache/mxnet#17989", memory=Counter)
def uses_counted_to_eight(arrived, sound, self, edge, part, status):
    """Of the contributions to the gradient of a leaf the first eight count."""
    arrived[self, edge[0]] += isinstance(edge[0], AccumulateGrad)
    sound(self, edge, part if arrived[self, edge[0]] <= ROOM else None, status)


@plant(
    step("deliver"),
    "value: rec-015/a_diamond; order: rec-015a",
    "TrenTorch/TrenTorch#182",
    memory=lambda: itertools.count(-(1 << 63), -1),
)
def later_branches_dropped(place, sound, self, edge, part, status):
    """An intermediate hands on what the first branch sent it, and what comes later is lost."""
    arrivals = self.waiting.get(edge[0])
    if arrivals is not None:
        sound(self, edge, part, status)
        if arrivals[MISSING] > 0 and not isinstance(edge[0], AccumulateGrad):
            arrivals[MISSING] = 0
            heapq.heappush(self.ready, (next(place), edge[0]))


@plant(step("differentiate"), "missing gradient: rec-023", "karpathy/micrograd#91", memory=list)
def deep_graph_cut(went, sound, self, *arguments):
    """A pass goes through ten thousand operations, and is silent about those that lie deeper."""
    if went and went[-1] is not self:
        went.clear()
    went.append(self)
    if len(went) <= 10_000:  # noqa: PLR2004 - as many frames as fit on the stack
        sound(self, *arguments)


@compound("value: bwd-015", "engines that keep roots in a dict")
def roots_are_a_set(swap):
    """A root that is listed twice counts once."""
    swap(step("count"), lambda sound, self, roots: sound(self, list(dict.fromkeys(roots))))

    @swap.into(step("start"))
    def _(sound, self, roots, cotangents):
        by_edge = dict(zip(roots, cotangents, strict=True))
        sound(self, list(by_edge), list(by_edge.values()))


@plant(step("start"), "value: bwd-016/first bwd-016/last", "gradients reset when they are reached")
def lower_root_loses_its_start(sound, self, roots, cotangents):
    """What arrives at a root from another root takes the place of its starting gradient."""
    below = {n for root in roots for n in depths_below([root]) if n is not root[0]}
    kept = [
        one * 0.0 if node in below else one
        for (node, _), one in zip(roots, cotangents, strict=True)
    ]
    sound(self, roots, kept)


@after(
    at(arrivals, "count_dependencies"), "missing gradient: acc-022 acc-025", "pytorch/pytorch#726"
)
def waits_for_uses_beside_the_path(waiting, *_):
    """A node waits for a contribution from every use of its result, on the path or not."""
    others = (o for o in gc.get_objects() if issubclass(type(o), Node) and o not in waiting)
    for other in others:
        for target, _ in other.next_functions:
            if target in waiting:
                waiting[target][MISSING] += 1


@plant(step("start"), "missing gradient: vjp-012", "pytorch/pytorch#11751")
def zero_cotangent_starts_nothing(sound, self, roots, given):
    """A root whose cotangent is all zeros is passed over."""
    kept = [(r, v) for r, v in zip(roots, given, strict=True) if (v._array != 0).any()]
    sound(self, [root for root, _ in kept], [one for _, one in kept])


@plant(step("differentiate"), "missing gradient: vjp-012", "pytorch/pytorch#11751")
def zero_passes_none(sound, self, one, cotangent, status):
    """An operation whose local gradient is all zeros passes nothing on."""
    array = getattr(cotangent, "_array", cotangent)
    if isinstance(array, list) or (array != 0).any():
        sound(self, one, cotangent, status)
    else:
        self.pass_nothing(one)


@plant(
    step("differentiate"),
    "value: bwd-049 bwd-202/the_sine_of_a_square",
    "linearising where the pass is",
)
def derivatives_are_taken_at_the_leaves(sound, self, node, cotangent, status):
    """Local derivatives are evaluated with zero in the place of each intermediate value."""
    held = node.saved
    node.saved = tuple(without_value(item) for item in held or ())
    sound(self, node, cotangent, status)
    node.saved = held


@compound("shape: vjp-001b", "raskr/rust-autograd#38")
def broadcasting_is_not_undone(swap):
    """An operand that was repeated is given a gradient of the result's shape."""
    swap(step("fit"), lambda _sound, _self, part, status, *_outputs: (part, status))
    swap(IN_SHAPE, lambda _sound, gradient, _shape: gradient)


@plant(step("fit"), "value: leaf-206", "pytorch/pytorch#76785")
def gradients_of_another_dtype_are_dropped(sound, self, part, status, shape, dtype):
    """What arrives in another data type than its receiver's counts for zero."""
    known = dtype is None or self.create_graph or part.dtype == dtype
    return sound(self, part if known else part * 0, status, shape, dtype)


@plant(step("deliver"), "dtype: leaf-211", "pytorch/pytorch#76785")
def only_leaves_cast_what_arrives(sound, self, edge, part, status):
    """What arrives at an intermediate keeps the data type that it arrives in."""
    outputs = edge[0].outputs
    if part is not None and (not isinstance(edge[0], AccumulateGrad)):
        edge[0].outputs = tuple(((shape, None) for shape, _ in outputs))
    sound(self, edge, part, status)
    if edge[0].outputs is not outputs:
        edge[0].outputs = outputs


@plant(step("differentiate"), "missing gradient: leaf-207", "engines that stop at a closed door")
def a_leaf_that_was_turned_off_ends_the_pass(sound, self, node, cotangent, status):
    """An operation on a leaf whose flag was cleared since passes nothing on."""
    ends = [target for target, _ in node.next_functions if isinstance(target, AccumulateGrad)]
    if all(end.variable._requires_grad for end in ends):
        sound(self, node, cotangent, status)
    else:
        self.pass_nothing(node)
