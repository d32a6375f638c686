"""Faults where roots share a part of the graph, or where uses of a tensor do."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

from gradspec_conformance.plants.plant import Swap, plant
from gradspec_reference import autograd
from gradspec_reference.engine import requests
from gradspec_reference.engine.arrivals import MISSING, nothing_yet
from gradspec_reference.engine.backward import BackwardPass

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node


@plant(
    kills={"life-007": "no error", "life-012": "no error"},
    modelled_on="common where a root is marked as used",
)
def only_the_root_is_freed(swap: Swap) -> None:
    """A pass frees its roots and leaves all below them as it was."""
    original = BackwardPass.run

    def run(self: BackwardPass) -> None:
        roots = [node for _, node in self.ready]
        retain, self.retain_graph = self.retain_graph, True
        original(self)
        if not retain:
            for node in roots:
                node.release()

    swap(BackwardPass, "run", run)


@plant(kills={"life-009a": "graph-freed"}, modelled_on="common in engines with one root")
def one_pass_for_each_root(swap: Swap) -> None:
    """backward() with several roots runs a pass for each."""
    original = autograd.backward

    def backward(tensors: Any, cotangents: Any = None, *arguments: Any, **keywords: Any) -> None:
        roots = requests.as_roots(tensors)
        given = requests.as_cotangents(cotangents, len(roots))
        for root, cotangent in zip(roots, given, strict=True):
            original(root, cotangent, *arguments, **keywords)

    swap(autograd, "backward", backward)


@plant(
    kills={"life-009": "graph-freed", "life-009a": "graph-freed", "life-002": "graph-freed"},
    modelled_on="TrenTorch/TrenTorch#182",
)
def shared_node_emptied_at_first_contribution(swap: Swap) -> None:
    """A node is emptied with its first contribution, so that the second finds nothing."""
    original = BackwardPass.deliver
    next_in_front = itertools.count(-(1 << 80), -1).__next__

    def deliver(self: BackwardPass, edge: Any, part: Any, status: int) -> None:
        node: Node = edge[0]
        arrivals = self.waiting.setdefault(node, nothing_yet(node, 1))
        queued = arrivals[MISSING] < 0
        arrivals[MISSING] = 0
        original(self, edge, part, status)
        if not queued:
            heapq.heappush(self.ready, (next_in_front(), node))

    swap(BackwardPass, "deliver", deliver)
