"""Faults in the walk: what engines get wrong about when a node runs, and with what."""
# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import plant
from gradspec_reference import accumulation, backward, node, recording
from gradspec_reference.accumulation import SHARED
from gradspec_reference.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_conformance.plants.plant import Swap

PATIENCE = 50_000
"""Visits after which a walk that would take for ever is cut short."""


@plant(
    kills={
        "bwd-001c": "value",
        "bwd-013a": "order",
        "bwd-037": "value",
    },
    modelled_on="karpathy/micrograd#2",
)
def topo_no_deps(swap: Swap) -> None:
    """A node runs at its first contribution and again, with the sum so far, at each further one."""

    def note_arrival(self: Any, target: Any) -> None:
        if swap.ran > PATIENCE:
            return
        self.retain_graph = True
        so_far = {edge: pair[0] for edge, pair in self.cotangents.items() if edge[0] is target}
        self.visit(target)
        self.cotangents.update({edge: (value, SHARED) for edge, value in so_far.items()})

    swap(BackwardPass, "note_arrival", note_arrival)


@plant(kills={"bwd-049": "value"}, modelled_on="PaddlePaddle/Paddle#34023")
def topo_exponential(swap: Swap) -> None:
    """A node runs once for each path that leads to it."""

    def note_arrival(self: Any, target: Any) -> None:
        if swap.ran > PATIENCE:
            return
        self.retain_graph = True
        self.visit(target)

    swap(BackwardPass, "note_arrival", note_arrival)


@plant(kills={"bwd-034": "missing gradient"}, modelled_on="pytorch/pytorch#105293")
def topo_fifo(swap: Swap) -> None:
    """Among the nodes that are ready, the one recorded first goes first."""
    original = BackwardPass.make_ready

    def make_ready(self: Any, ready: Any) -> None:
        original(self, ready)
        entries = sorted((-ready.order, ready) for _, ready in self.ready)
        self.ready[:] = entries

    swap(BackwardPass, "make_ready", make_ready)


@plant(
    kills={"bwd-001c": "value", "bwd-013": "value"},
    modelled_on="karpathy/micrograd#64",
)
def topo_dfs_preorder(swap: Swap) -> None:
    """A node runs when the walk first meets it, and passes nothing on that arrives later."""

    def note_arrival(self: Any, target: Any) -> None:
        first = self.dependencies[target] is not None
        self.dependencies[target] = None
        if first or isinstance(target, node.AccumulateGrad):
            self.visit(target)

    swap(BackwardPass, "note_arrival", note_arrival)


@plant(kills={"bwd-044": "value"}, modelled_on="tinygrad/tinygrad#9597")
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


@plant(kills={"bwd-044": "missing gradient"}, modelled_on="karpathy/micrograd#91")
def topo_recursive(swap: Swap) -> None:
    """The nodes are ordered by a function that calls itself, and is cut off at depth 1000."""
    original = backward.count_dependencies
    limit = 1000

    def count_dependencies(roots: Any) -> Any:
        counts = original(roots)
        level, seen, depth = set(roots), set(roots), 0
        while level:
            below = {n for each in level for n, _ in each.next_functions if n is not None}
            level, depth = below - seen, depth + 1
            seen |= level
            if depth > limit:
                counts.update({out_of_reach: -1 for out_of_reach in level})
        return counts

    swap(backward, "count_dependencies", count_dependencies)


@plant(
    kills={
        "bwd-001": "value",
        "bwd-001c": "value",
        "bwd-001d": "value",
        "bwd-013": "value",
        "bwd-013a": "order",
        "bwd-015": "value",
        "bwd-016": "value",
        "bwd-019": "value",
        "bwd-036": "value",
        "bwd-038": "value",
        "bwd-040": "value",
        "bwd-049": "value",
    },
    modelled_on="apache/mxnet#9172",
)
def buffer_overwrite(swap: Swap) -> None:
    """A second contribution to a value replaces the first."""
    swap(accumulation, "add_contribution", lambda _held, _status, part: (part, SHARED))


@plant(
    kills={"bwd-001c": "value", "bwd-008a": "value"},
    modelled_on="sony/nnabla#532",
)
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
    kills={"bwd-003": "value", "bwd-008": "value"},
    modelled_on="PaddlePaddle/Paddle#37367",
)
def root_double(swap: Swap) -> None:
    """The starting gradient of a root is added twice."""
    original = BackwardPass.start

    def start(self: Any, roots: Any, cotangents: Any) -> None:
        original(self, [*roots, *roots], [*cotangents, *cotangents])

    swap(BackwardPass, "start", start)


@plant(kills={"bwd-001c": "value"}, modelled_on="pytorch/pytorch#11751")
def zero_passes_none(swap: Swap) -> None:
    """An operation whose local gradient is all zeros passes nothing on."""
    original = BackwardPass.contribute

    def contribute(self: Any, edge: Any, part: Any, status: int) -> None:
        array = getattr(part, "_array", part)
        if part is not None and (array != 0).any():
            original(self, edge, part, status)

    swap(BackwardPass, "contribute", contribute)
