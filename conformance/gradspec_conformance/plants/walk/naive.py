"""A backward pass as a teaching engine has it, for plants that put theirs in its place.

It knows plain passes and tensor hooks, and neither `inputs` nor create_graph.
"""

from __future__ import annotations

from typing import Any

from gradspec_reference.engine import hooks
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.shapes import unbroadcast
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators import arrays

Part = tuple[Any, Any]
"""An edge, and a gradient that travels along it."""


def started(roots: Any, cotangents: Any) -> list[Part]:
    """Return what a pass starts with."""
    return [(edge, one._array) for edge, one in zip(roots, cotangents, strict=True)]


def leaf_of(edge: Any) -> Any:
    """Return the leaf in which an edge ends, or None."""
    return edge[0].variable if isinstance(edge[0], AccumulateGrad) else None


def take(edge: Any, part: Any) -> None:
    """Add a gradient to the leaf in which an edge ends."""
    leaf = leaf_of(edge)
    leaf._grad = Tensor(part + 0.0) if leaf._grad is None else Tensor(leaf._grad._array + part)


def propagate(edge: Any, gradient: Any) -> list[Part]:
    """Give a gradient to a leaf, or return what the operands of a node receive of it."""
    if leaf_of(edge) is not None:
        take(edge, gradient)
        return []
    node, output = edge
    functions = None if node.hooks is None else node.hooks.outputs.get(output)
    if functions:
        changed = hooks.fire(functions, Tensor(gradient))
        gradient = gradient if changed is None else changed._array
    parts: list[Part] = []
    values = [*node.unpack(False), *node.params]
    for position, towards in enumerate(node.next_functions):
        target, slot = towards
        if target is not None:
            part = node.operator.rules[position](arrays, gradient, *values)
            parts.append((towards, unbroadcast(arrays, part, target.outputs[slot][0])))
    return parts


def through(node: Any, sums: dict[Any, Any]) -> None:
    """Pass on what has arrived at the one output of a node."""
    if (node, 0) in sums:
        for edge, part in propagate((node, 0), sums[node, 0]):
            sums[edge] = sums.get(edge, 0.0) + part


def depths_below(roots: Any) -> dict[Any, int]:
    """Return the nodes that the roots depend on, and how deep below them each lies."""
    depths = {node: 0 for node, _ in roots}
    level = list(depths)
    while level:
        below = {
            n: depths[one] + 1 for one in level for n, _ in one.next_functions if n is not None
        }
        level = [n for n in below if n not in depths]
        depths.update({n: below[n] for n in level})
    return depths
