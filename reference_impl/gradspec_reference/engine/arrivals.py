"""What each node of a pass waits for, counted before it; start at `count_dependencies`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.node import AccumulateGrad, recorded_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_reference.engine.node import Node

# What a node waits for: how many contributions are missing, then, for each of its outputs, the sum
# of those that arrived and whose memory that is.
Arrivals = list[Any]
MISSING = 0
FIRST = 1
NOTHING = (None, SHARED)


def count_dependencies(roots: set[Node]) -> dict[Node, Arrivals]:
    """Return, for the roots and each node below them, how many edges lead to it."""
    waiting = {root: nothing_yet(root, 0) for root in roots}
    unseen = list(roots)
    while unseen:
        for node in unseen.pop().targets:
            if node in waiting:
                waiting[node][MISSING] += 1
            elif node is not None:
                waiting[node] = [1, NOTHING] if node.shape is not None else nothing_yet(node, 1)
                unseen.append(node)
    return waiting


def nothing_yet(node: Node, missing: int) -> Arrivals:
    """Return the state of a node that nothing has reached."""
    if node.shape is not None:
        return [missing, NOTHING]
    return [missing, *[NOTHING] * node.output_count()]


def select_paths(targets: set[Node], nodes: Iterable[Node]) -> tuple[set[Node], set[Node]]:
    """Return the nodes that lead to targets, with the targets, and those that lead further on.

    Nodes are numbered as they are recorded, so going through them in that order meets every
    node after all that it leads to.
    """
    visited = set(targets)
    executed: set[Node] = set()
    inner = (node for node in nodes if not isinstance(node, AccumulateGrad))
    for node in sorted(inner, key=recorded_as.__get__, reverse=True):
        if any(target in visited for target in node.targets):
            executed.add(node)
            visited.add(node)
    return visited, executed
