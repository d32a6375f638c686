"""Faults in when a graph is freed."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference import autograd
from gradspec_reference.engine import accumulation, hooks, requests
from gradspec_reference.engine.arrivals import MISSING, nothing_yet
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import Node, freed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.plants.swap import Swap


@plant(
    at(BackwardPass, "differentiate"),
    {"life-001": "no error", "life-018": "no error"},
    "tinygrad/tinygrad#5701",
)
def freed_node_passes_nothing(
    sound: Any, self: BackwardPass, node: Node, cotangent: Any, status: int
) -> None:
    """A freed node ends the walk silently, so that a second pass adds nothing."""
    if node.saved is not None:
        sound(self, node, cotangent, status)
        return
    node.saved = ()
    self.pass_nothing(node)
    node.saved = None


@plant(
    at(BackwardPass, "limit_to"),
    {"life-018a": "graph-freed"},
    "common where a pass checks the graph before it walks",
)
def freed_nodes_refuse_the_pass(
    sound: Any, self: BackwardPass, edges: Any, nodes: Iterable[Node], *, run_targets: bool
) -> None:
    """A pass is refused if any node below its roots was freed, needed or not."""
    nodes = list(nodes)
    for node in nodes:
        if node.saved is None:
            raise freed(node)
    sound(self, edges, nodes, run_targets=run_targets)


@plant(
    at(BackwardPass, "differentiate"),
    {"life-003": "no error", "life-004": "no error"},
    "common where the flag is stored on the graph",
)
def retained_once_is_retained(
    sound: Any, self: BackwardPass, node: Node, cotangent: Any, status: int
) -> None:
    """A node that a pass has kept is never freed by a later one."""
    sound(self, node, cotangent, status)
    if self.retain_graph:
        node.freeable = False


@plant(
    at(BackwardPass, "run"),
    {"life-007": "no error", "life-012": "no error"},
    "common where a root is marked as used",
)
def only_the_root_is_freed(sound: Any, self: BackwardPass) -> None:
    """A pass frees its roots and leaves all below them as it was."""
    roots = [node for _, node in self.ready]
    retain, self.retain_graph = (self.retain_graph, True)
    sound(self)
    if not retain:
        for node in roots:
            node.release()


@compound({"life-009": "graph-freed", "life-009a": "graph-freed"}, "TrenTorch/TrenTorch#182")
def shared_node_emptied_at_first_contribution(swap: Swap) -> None:
    """A node is emptied with its first contribution, so that the second finds nothing."""
    next_in_front = itertools.count(-(1 << 80), -1).__next__

    def deliver(sound: Any, self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        node: Node = edge[0]
        arrivals = self.waiting.setdefault(node, nothing_yet(node, 1))
        queued = arrivals[MISSING] < 0
        arrivals[MISSING] = 0
        sound(self, edge, part, status)
        if not queued:
            heapq.heappush(self.ready, (next_in_front(), node))

    swap(at(BackwardPass, "deliver"), deliver)


@plant(
    at(BackwardPass, "run"), {"ho-014": "no error"}, "common where only the first graph is managed"
)
def recorded_graph_is_never_emptied(sound: Any, self: BackwardPass) -> None:
    """What a pass has recorded is not freed by the passes that start from it."""
    walked = set(self.waiting)
    sound(self)
    unseen = [g._grad_fn for g in self.captured.values() if g is not None and g._grad_fn]
    while unseen:
        node = unseen.pop()
        if node not in walked:
            walked.add(node)
            node.freeable = False
            unseen += [below for below, _ in node.next_functions if below is not None]


@plant(
    at(requests, "new_pass"),
    {"life-201": "graph-freed", "life-002a": "graph-freed"},
    "tinygrad/tinygrad#6145",
)
def always_freed(_sound: Any, _retain: bool | None, create: bool) -> BackwardPass:
    """A pass frees the graph despite retain_graph=True."""
    return BackwardPass(retain_graph=False, create_graph=create)


@plant(
    at(requests, "new_pass"),
    {"life-001": "no error", "life-011": "no error"},
    "common in teaching engines",
)
def retain_default_true(sound: Any, retain: Any, create: Any) -> Any:
    """Unless told otherwise, a pass keeps the graph."""
    return sound(retain is not False, create)


@plant(
    at(requests, "new_pass"), {"life-020": "graph-freed", "life-004": "graph-freed"}, "torch rule"
)
def retain_default_false(sound: Any, retain: Any, create: Any) -> Any:
    """Unless told otherwise, a pass frees the graph, also one with create_graph=True."""
    return sound(bool(retain), create)


@plant(
    at(requests, "new_pass"),
    {"life-005": "no error", "life-005a": "no error"},
    "common where one flag implies the other",
)
def create_graph_always_retains(sound: Any, retain: Any, create: Any) -> Any:
    """A pass with create_graph=True keeps the graph even when told to free it."""
    return sound(create or retain, create)


@plant(at(autograd, "backward"), {"bwd-025": "flag"}, "common where a request ends with its call")
def retention_ends_with_the_pass(
    sound: Any, *arguments: Any, inputs: Any = None, **keywords: Any
) -> None:
    """An intermediate that was listed in inputs stops retaining when the pass is over."""
    listed = [] if inputs is None else list(requests.as_sequence(inputs))
    news = [each for each in listed if not hooks.is_retained(each)]
    sound(*arguments, inputs=inputs, **keywords)
    for each in news:
        if hooks.is_retained(each):
            del each.grad_fn.retained[each._output_nr]


@compound({"bwd-035": "value"}, "engines with global gradient buffers")
def half_sums_stay(swap: Swap) -> None:
    """All passes sum what arrives at leaves in one place, where a failed one leaves its part."""
    sums: dict[int, Any] = {}

    def summing(sound: Any, self: Any, edge: Any, part: Any, status: int) -> None:
        leaf = getattr(edge[0], "variable", None)
        if leaf is not None and part is not None:
            sums[id(leaf)] = sums.get(id(leaf), 0.0) + part
        sound(self, edge, part, status)

    def accumulate(sound: Any, leaf: Any, _gradient: Any, _status: int) -> None:
        sound(leaf, sums.pop(id(leaf)), accumulation.SHARED)

    swap(at(BackwardPass, "deliver"), summing)
    swap(at(accumulation, "accumulate_array"), accumulate)


@compound({"bwd-035": "missing gradient"}, "engines with a mark `running`")
def running_mark_stays(swap: Swap) -> None:
    """A pass that fails leaves the engine marked as running, and further passes do nothing."""
    failed: list[BackwardPass] = []

    def run(sound: Any, self: Any) -> None:
        if failed:
            return
        try:
            sound(self)
        except BaseException:
            failed.append(self)
            raise

    swap(at(BackwardPass, "run"), run)


@plant(
    at(BackwardPass, "run"),
    {"life-204": "graph-freed"},
    "common where a graph is freed on the way out, whatever the way",
)
def failure_frees_the_graph(sound: Any, self: Any) -> None:
    """A pass that fails frees all that it was to visit, although it was told to keep the graph."""
    nodes = list(self.waiting)
    try:
        sound(self)
    except BaseException:
        for node in nodes:
            node.release()
        raise
