"""Edges of the graph as callers hold them; start at `get_gradient_edge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gradspec_reference.engine import node as graph
from gradspec_reference.errors import InputWithoutGradError

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor arrives: a node and the number of its output.

    In torch the node of a caller's function does not own its graph, and a token does; here the
    node itself is that token.
    """

    node: Node
    output_nr: int
    ownership_token: object = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Return a tensor's edge, which outlives the tensor.

    Raises InputWithoutGradError unless it requires grad.
    Source: torch.autograd.graph.get_gradient_edge docstring.
    """
    node, output_nr = graph.gradient_edge(tensor)
    if node is None:
        raise InputWithoutGradError(
            "the edge of a tensor that does not require grad was asked for; no gradient will "
            "arrive there, call requires_grad_() first"
        )
    return GradientEdge(node, output_nr, node if node.operator_is_callers else None)
