"""What plants in the walk over the graph share: `without_keepers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node

Arrived = list[tuple[Any, int]]


def without_keepers(node: Node, run: Callable[[], Arrived]) -> Arrived:
    """Run something while nobody retains the gradients of a node."""
    retained, node.retained = node.retained, None
    try:
        return run()
    finally:
        node.retained = retained
