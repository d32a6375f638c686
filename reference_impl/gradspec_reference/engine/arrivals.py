"""What each node of a pass waits for, counted before it; start at `count_dependencies`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.accumulation import SHARED
from gradspec_reference.engine.node import AccumulateGrad, recorded_as

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gradspec_reference.engine.node import Edge, Node

# What a node waits for: how many contributions are missing, then, for each of its outputs, the sum
# of those that arrived and whose memory that is.
Arrivals = list[Any]
MISSING = 0
FIRST = 1
NOTHING = (None, SHARED)


def count_dependencies(roots: Sequence[Edge]) -> dict[Node, Arrivals]:
    """Return, for the roots and each node below them, how many contributions it waits for.

    There is one along each edge, and one for each root: the cotangent that the pass starts from.
    """
    waiting: dict[Any, Arrivals] = {}
    root: Any
    for root, _ in roots:
        if root in waiting:
            waiting[root][MISSING] += 1
        else:
            waiting[root] = nothing_yet(root)
    seen = list(waiting)
    for each in seen:  # which grows on the way
        for node in each.targets:
            if node in waiting:
                waiting[node][MISSING] += 1
            elif node is not None:
                waiting[node] = [1, NOTHING] if node.shape is not None else nothing_yet(node)
                seen.append(node)
    return waiting


def nothing_yet(node: Node) -> Arrivals:
    """Return the state of a node that waits for one contribution."""
    if node.shape is not None:
        return [1, NOTHING]
    return [1, *[NOTHING] * node.output_count()]


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
