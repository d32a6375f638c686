"""Faults."""

# ruff: noqa: SLF001 - a plant reaches inside

from __future__ import annotations

import heapq
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import hooks, modes
from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.backward import FIRST, MISSING, NOTHING, BackwardPass, nothing_yet
from gradspec_reference.engine.node import AccumulateGrad, Edge, Node, freed
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradspec_conformance.plants.swap import Swap


def without_keepers(node: Node, run: Callable[[], Arrived]) -> Arrived:
    """Run something while nobody retains the gradients of a node."""
    retained, node.retained = (node.retained, None)
    try:
        return run()
    finally:
        node.retained = retained


Arrived = list[tuple[Any, int]]


@compound({"acc-004": "value", "acc-005": "value"}, "karpathy/micrograd#102")
def interiors_accumulate(swap: Swap) -> None:
    """Intermediates keep their gradients between passes, as leaves do."""
    kept: weakref.WeakKeyDictionary[Node, Any] = weakref.WeakKeyDictionary()

    def stale(sound: Any, self: BackwardPass, made: Node, cotangent: Any, status: int) -> None:
        if isinstance(cotangent, np.ndarray | np.generic):
            cotangent = kept[made] = cotangent + kept.get(made, 0)
            status = SHARED
        sound(self, made, cotangent, status)

    swap(at(BackwardPass, "differentiate"), stale)


@plant(at(BackwardPass, "limit_to"), {"acc-026": "unexpected gradient"}, "pytorch/pytorch#79708")
def inputs_arg_ignored(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A pass fills every leaf, whatever inputs it was given."""
    if not run_targets:
        sound(self, edges, nodes, run_targets=run_targets)


@plant(
    at(BackwardPass, "deliver"),
    {"acc-019b": "value", "acc-008a": "value"},
    "ooples/AiDotNet.Tensors#935",
)
def buffer_inplace_alias(sound: Any, self: BackwardPass, edge: Any, part: Any, status: int) -> None:
    """Contributions are added in place to the first of them, which others may hold as well."""
    arrivals = self.waiting[edge[0]]
    before = arrivals[edge[1] + FIRST][0]
    sound(self, edge, part, status)
    after = arrivals[edge[1] + FIRST][0]
    for other in self.waiting.values():
        for slot in range(FIRST, len(other)):
            if before is not None and other[slot][0] is before:
                other[slot] = (after, other[slot][1])


@plant(
    at(BackwardPass, "__init__"),
    {"acc-012": "flag", "acc-012a": "structure"},
    "huggingface/candle#1243",
)
def pass_always_recorded(
    sound: Any, self: BackwardPass, *, retain_graph: bool, create_graph: bool
) -> None:
    """Every pass records itself, and the gradients keep their graphs."""
    del create_graph
    sound(self, retain_graph=retain_graph, create_graph=True)


@plant(
    at(BackwardPass, "differentiate"),
    {"life-001": "no error", "life-018": "no error"},
    "tinygrad/tinygrad#5701",
)
def freed_node_passes_nothing(
    sound: Any, self: BackwardPass, node: Node, cotangent: Any, status: int
) -> None:
    """A freed node ends the walk silently, so that a second pass adds nothing."""
    if node.saved is None:
        self.pass_nothing(node)
    else:
        sound(self, node, cotangent, status)


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
    at(BackwardPass, "limit_to"),
    {"life-012": "graph-freed"},
    "common where a pass frees all that it has counted",
)
def query_empties_what_it_skips(
    sound: Any, self: BackwardPass, edges: Any, nodes: Iterable[Node], *, run_targets: bool
) -> None:
    """A query frees all nodes below its roots, also those that it does not run."""
    nodes = list(nodes)
    sound(self, edges, nodes, run_targets=run_targets)
    if not self.retain_graph and self.executed is not None:
        for node in set(nodes) - self.executed:
            node.release()


@plant(
    at(BackwardPass, "limit_to"),
    {"life-011": "no error", "life-021": "no error"},
    "common where only backward() cleans up",
)
def query_empties_nothing(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query by grad() leaves the graph as it was."""
    sound(self, edges, nodes, run_targets=run_targets)
    self.retain_graph = self.retain_graph or not run_targets


@plant(at(BackwardPass, "finish_leaf"), {"life-016b": "lifetime"}, "pytorch/pytorch#7343")
def leaf_node_owns_its_gradient(
    sound: Any, self: BackwardPass, node: AccumulateGrad, value: Any, status: int
) -> None:
    """The node of a leaf keeps the gradient it stored last, also after `.grad` was cleared."""
    sound(self, node, value, status)
    node.metadata["latest"] = node.variable._grad


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
    at(BackwardPass, "differentiate"),
    {"life-002a": "value", "life-006": "value"},
    "bshillingford/autobw.torch#7",
)
def second_pass_starts_from_the_first(
    sound: Any, self: BackwardPass, node: Node, cotangent: Any, status: int
) -> None:
    """Gradients that a pass left at intermediates are there when the next pass begins."""
    if not self.create_graph and node.operator_is_single:
        cotangent = cotangent + node.metadata.get("gradient", 0.0)
        node.metadata["gradient"] = cotangent.copy()
    sound(self, node, cotangent, status)


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
    at(BackwardPass, "start"),
    {"ho-007": "unused-input", "ho-006": "unused-input"},
    "common where cotangents are raw arrays",
)
def cotangent_is_a_number(sound: Any, self: BackwardPass, roots: Any, cotangents: Any) -> None:
    """A recorded pass takes its cotangents as mere numbers."""
    sound(self, roots, [cotangent.detach() for cotangent in cotangents])


@plant(
    at(BackwardPass, "capture"), {"ho-001": "value", "ho-006": "value"}, "PaddlePaddle/Paddle#24187"
)
def second_order_stale(sound: Any, self: BackwardPass, node: Node, arrived: Arrived) -> None:
    """There is one gradient per variable, which each query overwrites."""
    sound(self, node, arrived)
    for (owner, slot), found in self.captured.items():
        if owner is not node or found is None:
            continue
        kept = node.metadata.setdefault(slot, found)
        kept._array, kept._grad_fn = (found._array, found._grad_fn)
        kept._output_nr = found._output_nr
        self.captured[owner, slot] = kept


@compound({"ho-010b": "value"}, "denizyuret/AutoGrad.jl#75")
def nested_tag_shared(swap: Swap) -> None:
    """A recorded query takes every leaf for its variable, also one that is constant to it."""

    def limited(
        sound: Any,
        self: BackwardPass,
        edges: Iterable[Edge],
        nodes: Iterable[Node],
        *,
        run_targets: bool,
    ) -> None:
        nodes = list(nodes)
        sound(self, edges, nodes, run_targets=run_targets)
        if self.create_graph and self.visited is not None:
            self.visited |= {node for node in nodes if isinstance(node, AccumulateGrad)}

    def confused(sound: Any, self: BackwardPass, edge: Edge, part: Any, status: int) -> None:
        mine = next(iter(self.captured), edge)
        other = isinstance(edge[0], AccumulateGrad) and edge not in self.captured
        if self.create_graph and other and (mine[0] in self.waiting):
            self.waiting[mine[0]][0] += 1
            sound(self, mine, part, status)
            part = None
        sound(self, edge, part, status)

    swap(at(BackwardPass, "limit_to"), limited)
    swap(at(BackwardPass, "deliver"), confused)


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


@compound(
    {"ho-011": "order", "ho-012": "root-without-grad"},
    "common where nobody sets the mode for a pass",
)
def pass_leaves_the_mode_alone(swap: Swap) -> None:
    """A pass runs in the caller's grad mode, whatever create_graph says."""
    enter = modes.enter

    def run(sound: Any, self: BackwardPass) -> None:
        caller = modes.state.recording

        def enter_callers(recording: bool) -> bool:  # noqa: ARG001 - the seam
            modes.enter = enter
            return enter(caller)

        modes.enter = enter_callers
        sound(self)

    swap(at(BackwardPass, "run"), run)


@compound(
    {"ret-006": "unexpected gradient"}, "common in engines that keep every gradient internally"
)
def late_request_finds_last_gradient(swap: Swap) -> None:
    """retain_grad() hands over the gradient of a pass that is already over."""

    def remembering(
        sound: Any, self: BackwardPass, node: Node, cotangent: Any, status: int
    ) -> None:
        node.metadata["gradient"] = self.as_tensor(cotangent)
        sound(self, node, cotangent, status)

    def handing_over(sound: Any, tensor: Tensor) -> None:
        sound(tensor)
        if tensor._grad_fn is not None:
            tensor._grad = tensor._grad_fn.metadata.get("gradient")

    swap(at(BackwardPass, "differentiate"), remembering)
    swap(at(hooks, "retain"), handing_over)


@compound({"ret-013a": "value", "ret-013": "value"}, "common where gradients are stored on arrival")
def contribution_is_kept(swap: Swap) -> None:
    """What is kept is the last contribution that arrived, not the sum of all."""

    def kept(sound: Any, self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        node, slot = edge
        keeper = (node.retained or {}).get(slot)
        tensor = None if keeper is None else keeper()
        if tensor is not None and part is not None:
            tensor._grad = self.as_tensor(part if self.create_graph else part.copy())
        sound(self, edge, part, status)

    swap(at(BackwardPass, "deliver"), kept)
    swap(at(hooks, "store_retained"), lambda _sound, *_: None)


@plant(
    at(BackwardPass, "run"),
    {"ret-012": "missing gradient", "ret-012a": "missing gradient"},
    "common in engines whose walk starts below the root",
)
def root_keeps_nothing(sound: Any, self: BackwardPass) -> None:
    """The gradient that a pass starts from is not kept by the root that asked for it."""
    roots = {node: node.retained for _, node in self.ready}
    for node in roots:
        node.retained = None
    sound(self)
    for node, retained in roots.items():
        node.retained = retained


@plant(
    at(BackwardPass, "run"),
    {"ret-012a": "value"},
    "common in engines that take every root for a scalar",
)
def root_keeps_ones(sound: Any, self: BackwardPass) -> None:
    """A root keeps ones, whatever cotangent it was given."""
    roots = {node: node.retained for _, node in self.ready}
    for node in roots:
        node.retained = None
    sound(self)
    for node, retained in roots.items():
        node.retained = retained
        for slot, (shape, dtype) in enumerate(node.outputs):
            hooks.store_retained(node, slot, Tensor(np.ones(shape, dtype)))


@plant(at(BackwardPass, "take"), {"ret-011": "value"}, "karpathy/micrograd#102")
def kept_gradient_is_the_buffer(sound: Any, self: BackwardPass, node: Node) -> Any:
    """A pass starts at an intermediate from the gradient that earlier passes left in its grad."""
    arrived = sound(self, node)
    for slot, keeper in (node.retained or {}).items():
        tensor = keeper()
        if tensor is not None and tensor._grad is not None:
            total = tensor._grad if self.create_graph else tensor._grad._array.copy()
            arrived[slot] = (total, arrived[slot][1])
    return arrived


@plant(
    at(BackwardPass, "take"),
    {"ret-014": "missing gradient", "ret-004": "missing gradient"},
    "common where what keeps its gradient is a leaf",
)
def retaining_ends_the_walk(sound: Any, self: BackwardPass, node: Node) -> Arrived:
    """A tensor that retains its gradient is taken for a leaf: nothing goes on from there."""
    arrived = sound(self, node)
    return [NOTHING] * len(arrived) if node.retained else arrived


@plant(
    at(BackwardPass, "limit_to"),
    {"ret-020": "unused-input"},
    "common where the inputs of a query are taken for leaves",
)
def query_ends_at_its_inputs(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query does not go through an intermediate that it was asked about, to inputs beyond."""
    sound(self, edges, nodes, run_targets=run_targets)
    if not run_targets and self.executed is not None:
        self.executed -= {node for node, _ in edges}


@plant(at(BackwardPass, "take"), {"ret-015": "value"}, "pytorch/pytorch#85849")
def retain_before_hooks(sound: Any, self: BackwardPass, node: Node) -> Arrived:
    """What is kept is what arrived, before the tensor's hooks saw it."""
    for slot in node.retained or {}:
        value, _ = self.waiting[node][FIRST + slot]
        hooks.store_retained(node, slot, self.as_tensor(value))
    return without_keepers(node, lambda: sound(self, node))


@plant(
    at(BackwardPass, "take"),
    {"ret-016": "missing gradient"},
    "common where a query is a pass that stores nothing",
)
def grad_skips_retained(sound: Any, self: BackwardPass, node: Node) -> Any:
    """A query does not fill the grad of retaining tensors on its path."""
    if not self.captured:
        return sound(self, node)
    return without_keepers(node, lambda: sound(self, node))


@plant(at(BackwardPass, "limit_to"), {"ret-016": "unexpected gradient"}, "pytorch/pytorch#51940")
def grad_runs_everything(
    sound: Any, self: BackwardPass, edges: Any, nodes: Any, *, run_targets: bool
) -> None:
    """A query runs all nodes, also those that do not lead to its inputs."""
    sound(self, edges, nodes, run_targets=run_targets)
    if not run_targets:
        self.visited = set(nodes)
        self.executed = {node for node in nodes if node.next_functions}


@compound({"ret-021": "order"}, "common in engines that collect gradients in a table")
def gradients_live_as_long_as_the_pass(swap: Swap) -> None:
    """A pass lets go of the gradients of intermediates at its end, not on the way."""
    table: list[Tensor | None] = []

    def collected(sound: Any, self: BackwardPass, value: Any) -> Tensor | None:
        table.append(sound(self, value))
        return table[-1]

    def emptied(sound: Any, self: BackwardPass) -> None:
        sound(self)
        table.clear()

    swap(at(BackwardPass, "as_tensor"), collected)
    swap(at(BackwardPass, "run"), emptied)


def handing_out(self: Any, arrived: Arrived, change: Callable[[Any], Any]) -> Arrived:
    """Change what a recorded pass hands out."""
    if not self.create_graph:
        return arrived
    return [(g if g is None else change(g), status) for g, status in arrived]


@plant(
    at(BackwardPass, "capture"),
    {"ho-017": "root-without-grad", "ho-010b": "missing gradient"},
    "common where the inputs of a query are taken for leaves",
)
def gradient_of_a_nonleaf_is_constant(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A recorded gradient with respect to a non-leaf has no history."""
    sound(
        self,
        node,
        handing_out(self, arrived, lambda g: g if isinstance(node, AccumulateGrad) else g.detach()),
    )


@plant(
    at(BackwardPass, "capture"),
    {"ho-015": "text"},
    "common where gradients are handed out as copies",
)
def recorded_gradient_is_a_copy(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A query hands out recorded copies of its gradients."""
    sound(self, node, handing_out(self, arrived, lambda g: g.clone()))


@plant(
    at(BackwardPass, "capture"),
    {"ho-001a": "flag", "ho-001": "unused-input"},
    "common in functional wrappers over tapes",
)
def recorded_gradient_is_a_leaf(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A query with create_graph=True hands out fresh leaves that require grad."""
    sound(self, node, handing_out(self, arrived, lambda g: g.detach().requires_grad_()))


@plant(at(BackwardPass, "capture"), {"ho-005": "flag"}, "pytorch/pytorch#168059")
def constants_require_grad(sound: Any, self: Any, node: Any, arrived: Any) -> None:
    """A gradient that depends on nothing requires grad all the same under create_graph."""
    sound(self, node, handing_out(self, arrived, lambda g: g.requires_grad_()))
