"""The graph as a program sees it (torch.autograd.graph)."""

from gradspec_reference.edges import GradientEdge, get_gradient_edge
from gradspec_reference.interop import increment_version
from gradspec_reference.node import Node

__all__ = ["GradientEdge", "Node", "get_gradient_edge", "increment_version"]
