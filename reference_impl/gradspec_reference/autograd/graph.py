"""The graph as a program sees it (torch.autograd.graph)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Never

from gradspec_reference.engine import modes, versions
from gradspec_reference.engine.edges import GradientEdge, get_gradient_edge
from gradspec_reference.engine.hooks import RemovableHandle
from gradspec_reference.engine.joint_hooks import register as register_multi_grad_hook
from gradspec_reference.engine.mutations import allow_mutation_on_saved_tensors
from gradspec_reference.engine.node import Node
from gradspec_reference.engine.packing import (
    disable_saved_tensors_hooks,
    save_on_cpu,
    saved_tensors_hooks,
)
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import CompiledOnlyError

__all__ = [
    "GradientEdge",
    "Node",
    "RemovableHandle",
    "allow_mutation_on_saved_tensors",
    "current_node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "region_activation_memory_budget",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def current_node() -> Node | None:
    """Return the node that a pass of this thread is at, inside hooks and callers' functions."""
    node: Node | None = modes.state.node
    return node


def increment_version(tensor: Any) -> None:
    """Note a write that the engine could not see (torch.autograd.graph.increment_version)."""
    several = (tensor,) if isinstance(tensor, Tensor) else tensor
    each = list(several) if isinstance(several, Iterable) else [several]
    if not all(isinstance(one, Tensor) for one in each):
        raise RuntimeError(f"increment_version was given {tensor!r}; it takes tensors")
    for one in each:
        versions.bump(one)


def region_activation_memory_budget(budget: float) -> Never:
    """Refuse a budget for what a compiler keeps: here nothing is compiled.

    TypeError for what is no number, ValueError for one that is no share.
    Source: torch.autograd.graph.region_activation_memory_budget docstring.
    """
    if isinstance(budget, bool) or not isinstance(budget, int | float):
        raise TypeError(f"a budget of type {type(budget).__name__} was given; it is a number")
    if not 0.0 <= budget <= 1.0:
        raise ValueError(f"a budget of {budget} was given; it is a share, from 0 to 1")
    raise CompiledOnlyError(
        "region_activation_memory_budget was used where nothing is compiled; leave it out, or use "
        "utils.checkpoint to keep less"
    )
