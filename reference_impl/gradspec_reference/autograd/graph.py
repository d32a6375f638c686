"""The graph as a program sees it (torch.autograd.graph)."""

from ..edges import GradientEdge, get_gradient_edge
from ..interop import increment_version
from ..node import Node

__all__ = ["GradientEdge", "Node", "get_gradient_edge", "increment_version"]
