"""Faults in when a node runs, and in what it passes on."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import gc
import heapq
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_conformance.plants.walk.naive import leaf_of, propagate, reached, take, through
from gradspec_reference.engine import accumulation, arrivals, layout
from gradspec_reference.engine.arrivals import MISSING
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Edge, Node
from gradspec_reference.engine.saved import SavedTensor
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_conformance.plants.swap import Swap

PATIENCE = 20_000
"""Visits after which a walk that would take for ever is cut short."""
STACK = 1000
"""Calls that find room on a stack."""


def forgotten(item: Any) -> Any:
    """Return a saved value, or zeros in the place of one that was computed."""
    if type(item) is not SavedTensor or item.tensor._grad_fn is None:
        return item
    return SavedTensor(Tensor(np.zeros_like(item.tensor._array)))


@plant(
    at(BackwardPass, "start"), {"bwd-001c": "value", "bwd-001d": "value"}, "karpathy/micrograd#2"
)
def topo_no_deps(_sound: Any, _self: Any, roots: Any, cotangents: Any) -> None:
    """A node runs at its first contribution and again, with the sum so far, at each further one."""
    sums: dict[Any, Any] = {}
    under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
    for _ in range(PATIENCE):
        if not under_way:
            return
        edge, part = under_way.pop()
        sums[edge] = sums.get(edge, 0.0) + part
        under_way += propagate(edge, part if leaf_of(edge) is not None else sums[edge])


@plant(at(BackwardPass, "start"), {"bwd-049": "value"}, "PaddlePaddle/Paddle#34023")
def topo_exponential(_sound: Any, _self: Any, roots: Any, cotangents: Any) -> None:
    """A node runs once for each path that leads to it."""
    under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
    for _ in range(PATIENCE):
        if not under_way:
            return
        under_way += propagate(*under_way.pop())


@plant(
    at(BackwardPass, "start"), {"bwd-001c": "value", "bwd-001d": "value"}, "karpathy/micrograd#64"
)
def topo_dfs_preorder(_sound: Any, _self: Any, roots: Any, cotangents: Any) -> None:
    """A node runs when the walk first meets it, and passes nothing on that arrives later."""
    met = set()
    under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
    while under_way:
        edge, part = under_way.pop()
        if edge not in met or leaf_of(edge) is not None:
            met.add(edge)
            under_way += propagate(edge, part)


@plant(at(BackwardPass, "start"), {"bwd-044": "missing gradient"}, "karpathy/micrograd#91")
def topo_recursive(_sound: Any, _self: Any, roots: Any, cotangents: Any) -> None:
    """The walk calls itself for each operation, and is cut off where the stack ends."""
    depths = reached(roots)
    sums: dict[Any, Any] = {}
    for edge, cotangent in zip(roots, cotangents, strict=True):
        sums[edge] = sums.get(edge, 0.0) + cotangent._array
    for each in sorted(depths, key=lambda n: n.order):
        if depths[each] < STACK and leaf_of((each, 0)) is None:
            through(each, sums)
    for edge in list(sums):
        if leaf_of(edge) is not None:
            take(edge, sums[edge])


@plant(at(BackwardPass, "next_ready"), {"bwd-034": "missing gradient"}, "pytorch/pytorch#105293")
def topo_fifo(_sound: Any, self: Any) -> Any:
    """Among the nodes that are ready, the one recorded first goes first."""
    self.ready.sort(key=lambda entry: entry[0])
    return self.ready.pop()[1]


@plant(
    at(BackwardPass, "start"), {"bwd-001": "value", "bwd-003": "value"}, "PaddlePaddle/Paddle#37367"
)
def root_double(sound: Any, self: Any, roots: Any, cotangents: Any) -> None:
    """The starting gradient of a root is added twice."""
    sound(self, [*roots, *roots], [*cotangents, *cotangents])


@plant(
    at(BackwardPass, "differentiate"),
    {"rec-026": "value", "rec-017": "value"},
    "pytorch/pytorch#4355",
)
def chain_rule_without_product(
    sound: Any, self: BackwardPass, made: Node, cotangent: Any, status: int
) -> None:
    """An operation hands on its own derivative, not the product with the gradient it received."""
    if isinstance(cotangent, np.ndarray | np.generic):
        cotangent, status = (np.ones_like(cotangent), accumulation.SHARED)
    sound(self, made, cotangent, status)


@compound({"rec-013a/9_uses": "value", "rec-023": "value"}, "apache/mxnet#17989")
def uses_counted_to_eight(swap: Swap) -> None:
    """Of the contributions to the gradient of a leaf the first eight count."""
    arrived: dict[tuple[BackwardPass, Node | None], int] = {}
    room = 8

    def limited(sound: Any, self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        key = (self, edge[0])
        arrived[key] = arrived.get(key, 0) + isinstance(edge[0], AccumulateGrad)
        sound(self, edge, part if arrived[key] <= room else None, status)

    swap(at(BackwardPass, "deliver"), limited)


@compound({"rec-015/a_diamond": "value", "rec-015a": "order"}, "TrenTorch/TrenTorch#182")
def later_branches_dropped(swap: Swap) -> None:
    """An intermediate hands on what the first branch sent it, and what comes later is lost."""
    place = itertools.count(-(1 << 63), -1)

    def at_once(sound: Any, self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        target: Any = edge[0]
        arrivals = self.waiting.get(target)
        if arrivals is not None:
            sound(self, edge, part, status)
            if arrivals[MISSING] > 0 and (not isinstance(target, AccumulateGrad)):
                arrivals[MISSING] = 0
                heapq.heappush(self.ready, (next(place), target))

    swap(at(BackwardPass, "deliver"), at_once)


@compound({"rec-023": "missing gradient"}, "karpathy/micrograd#91")
def deep_graph_cut(swap: Swap) -> None:
    """A pass goes through ten thousand operations, and is silent about those that lie deeper."""
    went: list[BackwardPass] = []

    def shallow(sound: Any, self: BackwardPass, *arguments: Any) -> None:
        if went and went[-1] is not self:
            went.clear()
        went.append(self)
        if len(went) <= 10_000:  # noqa: PLR2004 - as many frames as fit on the stack
            sound(self, *arguments)

    swap(at(BackwardPass, "differentiate"), shallow)


@compound({"bwd-015": "value"}, "engines that keep roots in a dict")
def roots_are_a_set(swap: Swap) -> None:
    """A root that is listed twice counts once."""

    def start(sound: Any, self: Any, roots: Any, cotangents: Any) -> None:
        by_edge = dict(zip(roots, cotangents, strict=True))
        sound(self, list(by_edge), list(by_edge.values()))

    swap(
        at(BackwardPass, "count"),
        lambda sound, self, roots: sound(self, list(dict.fromkeys(roots))),
    )
    swap(at(BackwardPass, "start"), start)


@plant(
    at(BackwardPass, "start"),
    {"bwd-016/first": "value", "bwd-016/last": "value"},
    "engines that reset intermediate gradients when they reach them",
)
def lower_root_loses_its_start(sound: Any, self: Any, roots: Any, cotangents: Any) -> None:
    """What arrives at a root from another root takes the place of its starting gradient."""
    below = {n for root in roots for n in reached([root]) if n is not root[0]}
    kept = [
        one * 0.0 if node in below else one
        for (node, _), one in zip(roots, cotangents, strict=True)
    ]
    sound(self, roots, kept)


@plant(
    at(arrivals, "count_dependencies"),
    {"acc-022": "missing gradient", "acc-025": "missing gradient"},
    "pytorch/pytorch#726",
)
def waits_for_uses_beside_the_path(sound: Any, roots: set[Node]) -> Any:
    """A node waits for a contribution from every use of its result, on the path or not."""
    waiting = sound(roots)
    others = (o for o in gc.get_objects() if issubclass(type(o), Node) and o not in waiting)
    for other in others:
        for target, _ in other.next_functions:
            if target in waiting:
                waiting[target][MISSING] += 1
    return waiting


@plant(at(BackwardPass, "start"), {"vjp-012": "missing gradient"}, "pytorch/pytorch#11751")
def zero_cotangent_starts_nothing(sound: Any, self: Any, roots: Any, given: Any) -> None:
    """A root whose cotangent is all zeros is passed over."""
    kept = [(r, v) for r, v in zip(roots, given, strict=True) if (v._array != 0).any()]
    sound(self, [root for root, _ in kept], [one for _, one in kept])


@plant(at(BackwardPass, "differentiate"), {"vjp-012": "missing gradient"}, "pytorch/pytorch#11751")
def zero_passes_none(sound: Any, self: Any, one: Any, cotangent: Any, status: int) -> None:
    """An operation whose local gradient is all zeros passes nothing on."""
    array = getattr(cotangent, "_array", cotangent)
    if isinstance(array, list) or (array != 0).any():
        sound(self, one, cotangent, status)
    else:
        self.pass_nothing(one)


@plant(
    at(BackwardPass, "differentiate"),
    {"bwd-049": "value", "bwd-001b": "value"},
    "engines that linearise where the pass is and not where the program was",
)
def derivatives_are_taken_at_the_leaves(
    sound: Any, self: Any, node: Any, cotangent: Any, status: int
) -> None:
    """Local derivatives are evaluated with zero in the place of each intermediate value."""
    held = node.saved
    node.saved = tuple(forgotten(item) for item in held or ())
    sound(self, node, cotangent, status)
    node.saved = held


@compound({"vjp-001b": "shape"}, "raskr/rust-autograd#38")
def broadcasting_is_not_undone(swap: Swap) -> None:
    """An operand that was repeated is given a gradient of the result's shape."""
    swap(
        at(BackwardPass, "fit"), lambda _sound, _self, part, status, _shape, _dtype: (part, status)
    )
    swap(at(layout, "in_shape"), lambda _sound, gradient, _shape: gradient)


@plant(at(BackwardPass, "fit"), {"leaf-206": "value"}, "pytorch/pytorch#76785")
def gradients_of_another_dtype_are_dropped(
    sound: Any, self: Any, part: Any, status: int, shape: Any, dtype: Any
) -> Any:
    """What arrives in another data type than its receiver's counts for zero."""
    known = dtype is None or self.create_graph or part.dtype == dtype
    return sound(self, part if known else part * 0, status, shape, dtype)


@plant(at(BackwardPass, "deliver"), {"leaf-211": "dtype"}, "pytorch/pytorch#76785")
def only_leaves_cast_what_arrives(sound: Any, self: Any, edge: Any, part: Any, status: int) -> None:
    """What arrives at an intermediate keeps the data type that it arrives in."""
    outputs = edge[0].outputs
    if part is not None and (not isinstance(edge[0], AccumulateGrad)):
        edge[0].outputs = tuple(((shape, None) for shape, _ in outputs))
    sound(self, edge, part, status)
    if edge[0].outputs is not outputs:
        edge[0].outputs = outputs


@plant(
    at(BackwardPass, "differentiate"),
    {"leaf-207": "missing gradient"},
    "engines that stop at a closed door",
)
def a_leaf_that_was_turned_off_ends_the_pass(
    sound: Any, self: Any, node: Any, cotangent: Any, status: int
) -> None:
    """An operation on a leaf whose flag was cleared since passes nothing on."""
    ends = [target for target, _ in node.next_functions if isinstance(target, AccumulateGrad)]
    if all(end.variable._requires_grad for end in ends):
        sound(self, node, cotangent, status)
    else:
        self.pass_nothing(node)
