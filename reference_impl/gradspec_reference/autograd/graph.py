"""The graph as a program sees it (torch.autograd.graph)."""

from gradspec_reference.engine.edges import GradientEdge, get_gradient_edge
from gradspec_reference.engine.node import Node
from gradspec_reference.names.interop import increment_version

__all__ = ["GradientEdge", "Node", "get_gradient_edge", "increment_version"]
