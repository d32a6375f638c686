"""Faults in when a graph is freed."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from gradspec_conformance.plants.places import ACCUMULATE_ARRAY, BACKWARD, NEW_PASS, step
from gradspec_conformance.plants.plant import TEACHING, after, before, compound, plant
from gradspec_reference.engine import accumulation, hooks, requests
from gradspec_reference.engine.arrivals import MISSING, nothing_yet
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import freed


@plant(step("differentiate"), "no error: life-001 life-018", "tinygrad/tinygrad#5701")
def freed_node_passes_nothing(sound, self, node, cotangent, status):
    """A freed node ends the walk silently, so that a second pass adds nothing."""
    if node.saved is not None:
        sound(self, node, cotangent, status)
        return
    node.saved = ()
    self.pass_nothing(node)
    node.saved = None


@plant(step("limit_to"), "graph-freed: life-018a", "where a pass checks the graph before it walks")
def freed_nodes_refuse_the_pass(sound, self, edges, nodes, *, run_targets):
    """A pass is refused if any node below its roots was freed, needed or not."""
    nodes = list(nodes)
    for node in nodes:
        if node.saved is None:
            raise freed(node)
    sound(self, edges, nodes, run_targets=run_targets)


@after(step("differentiate"), "no error: life-003 life-004", "a flag that is stored on the graph")
def retained_once_is_retained(_, self, node, *_rest):
    """A node that a pass has kept is never freed by a later one."""
    if self.retain_graph:
        node.freeable = False


@plant(step("run"), "no error: life-007 life-012", "where a root is marked as used")
def only_the_root_is_freed(sound, self):
    """A pass frees its roots and leaves all below them as it was."""
    roots = [node for _, node in self.ready]
    retain, self.retain_graph = (self.retain_graph, True)
    sound(self)
    if not retain:
        for node in roots:
            node.release()


@plant(
    step("deliver"),
    "graph-freed: life-009 life-009a",
    "TrenTorch/TrenTorch#182",
    memory=lambda: itertools.count(-(1 << 80), -1),
)
def shared_node_emptied_at_first_contribution(place, sound, self, edge, part, status):
    """A node is emptied with its first contribution, so that the second finds nothing."""
    arrivals = self.waiting.setdefault(edge[0], nothing_yet(edge[0]))
    queued = arrivals[MISSING] < 0
    arrivals[MISSING] = 0
    sound(self, edge, part, status)
    if not queued:
        heapq.heappush(self.ready, (next(place), edge[0]))


@plant(step("run"), "no error: ho-014", "where only the first graph is managed")
def recorded_graph_is_never_emptied(sound, self):
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


@plant(NEW_PASS, "graph-freed: life-201 life-002a", "tinygrad/tinygrad#6145")
def always_freed(_sound, _retain, create):
    """A pass frees the graph despite retain_graph=True."""
    return BackwardPass(retain_graph=False, create_graph=create)


@plant(NEW_PASS, "no error: life-001 life-011", TEACHING)
def retain_default_true(sound, retain, create):
    """Unless told otherwise, a pass keeps the graph."""
    return sound(retain is not False, create)


@plant(NEW_PASS, "graph-freed: life-020 life-004", "torch rule")
def retain_default_false(sound, retain, create):
    """Unless told otherwise, a pass frees the graph, also one with create_graph=True."""
    return sound(bool(retain), create)


@plant(NEW_PASS, "no error: life-005 life-005a", "where one flag implies the other")
def create_graph_always_retains(sound, retain, create):
    """A pass with create_graph=True keeps the graph even when told to free it."""
    return sound(create or retain, create)


@plant(BACKWARD, "flag: bwd-025", "where a request ends with its call")
def retention_ends_with_the_pass(sound, *arguments, inputs=None, **keywords):
    """An intermediate that was listed in inputs stops retaining when the pass is over."""
    listed = [] if inputs is None else list(requests.as_sequence(inputs))
    news = [each for each in listed if not hooks.is_retained(each)]
    sound(*arguments, inputs=inputs, **keywords)
    for each in news:
        if hooks.is_retained(each):
            del each.grad_fn.retained[each._output_nr]


@compound("value: bwd-035", "engines with global gradient buffers")
def half_sums_stay(swap):
    """All passes sum what arrives at leaves in one place, where a failed one leaves its part."""
    sums: dict[int, Any] = {}

    @swap.before(step("deliver"))
    def summing(_self, edge, part, *_):
        leaf = getattr(edge[0], "variable", None)
        if leaf is not None and part is not None:
            sums[id(leaf)] = sums.get(id(leaf), 0.0) + part

    @swap.into(ACCUMULATE_ARRAY)
    def accumulate(sound, leaf, _gradient, _status):
        sound(leaf, sums.pop(id(leaf)), accumulation.SHARED)


@plant(step("run"), "missing gradient: bwd-035", "engines with a mark `running`", memory=list)
def running_mark_stays(failed, sound, self):
    """A pass that fails leaves the engine marked as running, and further passes do nothing."""
    if failed:
        return
    try:
        sound(self)
    except BaseException:
        failed.append(self)
        raise


@plant(step("run"), "graph-freed: life-204", "freeing on the way out, whatever the way")
def failure_frees_the_graph(sound, self):
    """A pass that fails frees all that it was to visit, although it was told to keep the graph."""
    nodes = list(self.waiting)
    try:
        sound(self)
    except BaseException:
        for node in nodes:
            node.release()
        raise


@before(step("run"), "order: life-023", "where a graph has one flag")
def freed_nodes_are_looked_for_first(self):
    """A pass is refused before it starts if it would come to a freed node."""
    for node in self.waiting:
        if node.saved is None:
            raise freed(node)
