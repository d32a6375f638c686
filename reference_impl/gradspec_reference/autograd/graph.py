"""The graph as a program sees it (torch.autograd.graph)."""

from __future__ import annotations

from typing import Any

from gradspec_reference.engine import versions
from gradspec_reference.engine.edges import GradientEdge, get_gradient_edge
from gradspec_reference.engine.hooks import RemovableHandle
from gradspec_reference.engine.joint_hooks import register as register_multi_grad_hook
from gradspec_reference.engine.mutations import allow_mutation_on_saved_tensors
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "RemovableHandle",
    "allow_mutation_on_saved_tensors",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
]


def increment_version(tensor: Any) -> None:
    """Note a write that the engine could not see (torch.autograd.graph.increment_version)."""
    for each in (tensor,) if isinstance(tensor, Tensor) else tensor:
        versions.bump(each)
