"""Faults in passes that run inside others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.places import at
from gradspec_conformance.plants.plant import compound, plant
from gradspec_reference.engine import hooks, modes
from gradspec_reference.engine.backward import BackwardPass
from gradspec_reference.engine.node import AccumulateGrad, Edge, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.plants.swap import Swap


@compound({"bwd-036": "missing gradient"}, "pytorch/pytorch#12106")
def inner_pass_clears_the_outer(swap: Swap) -> None:
    """A pass that starts inside another clears what is waiting in that one."""
    running: list[Any] = []

    def run(sound: Any, self: Any) -> None:
        for outer in running:
            outer.ready.clear()
        running.append(self)
        try:
            sound(self)
        finally:
            running.pop()

    swap(at(BackwardPass, "run"), run)


@compound({"bwd-036": "order"}, "pytorch/pytorch#31909")
def hooks_run_again_after_an_inner_pass(swap: Swap) -> None:
    """Hooks in which a pass was run are called a second time when that one is over."""
    count = [0]

    def run(sound: Any, self: Any) -> None:
        count[0] += 1
        sound(self)

    def through_hooks(
        sound: Any, self: Any, functions: hooks.Hooks, value: Any, status: int
    ) -> Any:
        before = count[0]
        gradient = sound(self, functions, value, status)
        return gradient if count[0] == before else sound(self, functions, value, status)

    swap(at(BackwardPass, "run"), run)
    swap(at(BackwardPass, "through_hooks"), through_hooks)


@compound({"bwd-036": "missing gradient"}, "engines with one global queue")
def inner_pass_waits_for_the_outer(swap: Swap) -> None:
    """A pass that starts inside another runs when that one is over."""
    waiting: list[Any] = []

    def run(sound: Any, self: Any) -> None:
        waiting.append(self)
        if len(waiting) > 1:
            return
        while waiting:
            sound(waiting[0])
            waiting.pop(0)

    swap(at(BackwardPass, "run"), run)


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


@plant(at(BackwardPass, "run"), {"bwd-032": "missing gradient"}, "common in teaching engines")
def nothing_runs_while_recording_is_off(sound: Any, self: Any) -> None:
    """The pass does nothing where operations are not recorded."""
    if modes.state.recording:
        sound(self)
