"""Faults in the walk: what engines get wrong about when a node runs, and with what."""
# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.backward.naive import leaf_of, propagate, reached, take, through
from gradspec_conformance.plants.plant import plant
from gradspec_reference import autograd
from gradspec_reference.engine import accumulation, node, recording
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap

PATIENCE = 20_000
"""Visits after which a walk that would take for ever is cut short."""
STACK = 1000
"""Calls that find room on a stack."""


@plant(
    kills={
        "bwd-001c": "value",
        "bwd-001d": "value",
        "bwd-013": "value",
        "bwd-013a/lies_below_two_roots": "order",
        "bwd-013a/is_a_root_below_another": "order",
        "bwd-016/first": "value",
        "bwd-016/last": "value",
    },
    modelled_on="karpathy/micrograd#2",
)
def topo_no_deps(swap: Swap) -> None:
    """A node runs at its first contribution and again, with the sum so far, at each further one."""

    def start(_self: Any, roots: Any, cotangents: Any) -> None:
        sums: dict[Any, Any] = {}
        under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
        for _ in range(PATIENCE):
            if not under_way:
                return
            edge, part = under_way.pop()
            sums[edge] = sums.get(edge, 0.0) + part
            under_way += propagate(edge, part if leaf_of(edge) is not None else sums[edge])

    swap(BackwardPass, "start", start)


@plant(kills={"bwd-049": "value"}, modelled_on="PaddlePaddle/Paddle#34023")
def topo_exponential(swap: Swap) -> None:
    """A node runs once for each path that leads to it."""

    def start(_self: Any, roots: Any, cotangents: Any) -> None:
        under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
        for _ in range(PATIENCE):
            if not under_way:
                return
            under_way += propagate(*under_way.pop())

    swap(BackwardPass, "start", start)


@plant(
    kills={
        "bwd-001c": "value",
        "bwd-001d": "value",
        "bwd-013": "value",
        "bwd-013a/lies_below_two_roots": "order",
        "bwd-013a/is_a_root_below_another": "order",
        "bwd-016/first": "value",
        "bwd-016/last": "value",
    },
    modelled_on="karpathy/micrograd#64",
)
def topo_dfs_preorder(swap: Swap) -> None:
    """A node runs when the walk first meets it, and passes nothing on that arrives later."""

    def start(_self: Any, roots: Any, cotangents: Any) -> None:
        met = set()
        under_way = [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]
        while under_way:
            edge, part = under_way.pop()
            if edge not in met or leaf_of(edge) is not None:
                met.add(edge)
                under_way += propagate(edge, part)

    swap(BackwardPass, "start", start)


@plant(kills={"bwd-044": "missing gradient"}, modelled_on="karpathy/micrograd#91")
def topo_recursive(swap: Swap) -> None:
    """The walk calls itself for each operation, and is cut off where the stack ends."""

    def start(_self: Any, roots: Any, cotangents: Any) -> None:
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

    swap(BackwardPass, "start", start)


@plant(
    kills={"bwd-013a/lies_above_several_leaves": "order"},
    modelled_on="engines that differentiate by one variable",
)
def one_pass_per_leaf(swap: Swap) -> None:
    """Each leaf has a pass of its own, and only the last frees the graph."""
    original: Any = autograd.backward

    def backward(
        roots: Any,
        cotangents: Any = None,
        retain_graph: Any = None,
        *rest: Any,
        inputs: Any = None,
        **keywords: Any,
    ) -> None:
        graph = getattr(roots, "grad_fn", None) if inputs is None else None
        below = reached([(graph, 0)]) if graph is not None else {}
        leaves = [leaf for leaf in (leaf_of((each, 0)) for each in below) if leaf is not None]
        for leaf in leaves[:-1]:
            original(roots, cotangents, True, *rest, inputs=[leaf], **keywords)
        original(roots, cotangents, retain_graph, *rest, inputs=leaves[-1:] or inputs, **keywords)

    swap(autograd, "backward", backward)


@plant(kills={"bwd-034": "missing gradient"}, modelled_on="pytorch/pytorch#105293")
def topo_fifo(swap: Swap) -> None:
    """Among the nodes that are ready, the one recorded first goes first."""

    def next_ready(self: Any) -> Any:
        self.ready.sort(key=lambda entry: entry[0])
        return self.ready.pop()[1]

    swap(BackwardPass, "next_ready", next_ready)


@plant(kills={"bwd-044": "missing gradient"}, modelled_on="tinygrad/tinygrad#9597")
def topo_visited_by_value(swap: Swap) -> None:
    """Leaves of equal value are taken for one, which is given what each should get."""
    original = node.accumulator
    known: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    def accumulator(leaf: Any) -> Any:
        value = (leaf._array.shape, leaf._array.tobytes())
        met = known.get(value)
        if met is None:
            met = known[value] = original(leaf)
        return met

    swap(node, "accumulator", accumulator)


@plant(
    kills={
        "bwd-001": "value",
        "bwd-001c": "value",
        "bwd-001d": "value",
        "bwd-013": "value",
        "bwd-013a/lies_below_two_roots": "order",
        "bwd-013a/is_a_root_below_another": "order",
        "bwd-015": "value",
        "bwd-016/first": "value",
        "bwd-016/last": "value",
        "bwd-202/xy_and_yz_and_zx": "value",
    },
    modelled_on="apache/mxnet#9172",
)
def buffer_overwrite(swap: Swap) -> None:
    """A second contribution to a value replaces the first."""
    swap(accumulation, "add_contribution", lambda _held, _status, part: (part, SHARED))


@plant(kills={"bwd-001c": "value"}, modelled_on="sony/nnabla#532")
def edge_dedup(swap: Swap) -> None:
    """A tensor that is twice an operand of one operation is counted once."""
    original = recording.collect_edges

    def collect_edges(operands: Any, requires: Any) -> Any:
        edges = original(operands, requires)
        return tuple(
            node.NO_EDGE if edge in edges[:place] else edge for place, edge in enumerate(edges)
        )

    swap(recording, "collect_edges", collect_edges)


@plant(
    kills={"bwd-001": "value", "bwd-003": "value", "bwd-008": "value", "bwd-015": "value"},
    modelled_on="PaddlePaddle/Paddle#37367",
)
def root_double(swap: Swap) -> None:
    """The starting gradient of a root is added twice."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, cotangents: Any) -> None:
        original(self, [*roots, *roots], [*cotangents, *cotangents])

    swap(BackwardPass, "start", start)
