"""Faults in passes that run inside others."""

from __future__ import annotations

import contextlib

from gradspec_conformance.plants.places import at, step
from gradspec_conformance.plants.plant import TEACHING, compound, plant
from gradspec_reference.engine import modes, nesting
from gradspec_reference.engine.node import AccumulateGrad


@plant(step("run"), "missing gradient: bwd-036", "pytorch/pytorch#12106", memory=list)
def inner_pass_clears_the_outer(running, sound, self):
    """A pass that starts inside another clears what is waiting in that one."""
    for outer in running:
        outer.ready.clear()
    running.append(self)
    try:
        sound(self)
    finally:
        running.pop()


@compound("order: bwd-213", "pytorch/pytorch#31909")
def hooks_run_again_after_an_inner_pass(swap):
    """Hooks in which a pass was run are called a second time when that one is over."""
    count = [0]

    @swap.before(step("run"))
    def run(*_):
        count[0] += 1

    @swap.into(step("through_hooks"))
    def through_hooks(sound, self, functions, value, status):
        before = count[0]
        gradient = sound(self, functions, value, status)
        return gradient if count[0] == before else sound(self, functions, value, status)


@plant(step("run"), "missing gradient: bwd-036", "engines with one global queue", memory=list)
def inner_pass_waits_for_the_outer(waiting, sound, self):
    """A pass that starts inside another runs when that one is over."""
    waiting.append(self)
    if len(waiting) > 1:
        return
    while waiting:
        sound(waiting[0])
        waiting.pop(0)


@compound("value: ho-010b", "denizyuret/AutoGrad.jl#75")
def nested_tag_shared(swap):
    """A recorded query takes every leaf for its variable, also one that is constant to it."""

    @swap.into(step("limit_to"))
    def limited(sound, self, edges, nodes, *, run_targets):
        nodes = list(nodes)
        sound(self, edges, nodes, run_targets=run_targets)
        if self.create_graph and self.visited is not None:
            self.visited |= {node for node in nodes if isinstance(node, AccumulateGrad)}

    @swap.into(step("deliver"))
    def confused(sound, self, edge, part, status):
        mine = next(iter(self.captured), edge)
        other = isinstance(edge[0], AccumulateGrad) and edge not in self.captured
        if self.create_graph and other and (mine[0] in self.waiting):
            self.waiting[mine[0]][0] += 1
            sound(self, mine, part, status)
            part = None
        sound(self, edge, part, status)


@plant(step("run"), "missing gradient: bwd-032", TEACHING)
def nothing_runs_while_recording_is_off(sound, self):
    """The pass does nothing where operations are not recorded."""
    if modes.state.recording:
        sound(self)


@plant(at(nesting, "run_in_thread"), "no error: cf-262", "errors that end with their thread")
def errors_end_with_their_thread(sound, walk):
    """What is raised in a pass that got a thread of its own is lost."""
    with contextlib.suppress(Exception):
        sound(walk)
