"""A node by itself: called with gradients of its outputs, it returns those of its operands.

Nothing else happens: no hook runs, nothing is freed, and what an operand was broadcast to is not
summed, as that is what a pass does along the edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import hooks, modes
from gradspec_reference.engine.accumulation import accumulate_tensor
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.recording import tensors
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import NodeArgumentsError

if TYPE_CHECKING:
    from gradspec_reference.engine.node import Node


def call(node: Node, gradients: tuple[Any, ...]) -> Any:
    """Run a node once: one gradient if its operation had one operand, a tuple if it had several.

    Raises NodeArgumentsError unless there is a tensor or None for each output; and what a pass
    raises.
    """
    check(node, gradients)
    if isinstance(node, AccumulateGrad):
        return add(node, *gradients)
    if node.operator_is_callers:
        found = shares_of(node, gradients)
    elif all(gradient is None for gradient in gradients):
        found = (None,) * len(node.targets)
    else:
        found = modes.quietly(derivatives, node, gradients)
    return found[0] if len(found) == 1 else found


def check(node: Node, gradients: tuple[Any, ...]) -> None:
    """Refuse what cannot be the gradients of a node's outputs."""
    count = node.output_count()
    if len(gradients) != count:
        raise NodeArgumentsError(
            f"{node.name()} was called with {len(gradients)} gradients; it has {count} outputs, "
            "and needs a tensor or None for each"
        )
    for position, gradient in enumerate(gradients):
        if gradient is not None and not isinstance(gradient, Tensor):
            raise NodeArgumentsError(
                f"{node.name()} was called with a {type(gradient).__name__} as gradient "
                f"{position}; it needs a tensor or None"
            )


def derivatives(node: Node, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    """Apply the rules of a node's operation; under recording, the rules are recorded."""
    arguments = [*node.unpack(as_tensors=True), *node.params]
    cotangent = gradients[0] if node.operator_is_single else list(gradients)
    try:
        return tuple(
            None if target is None else rule(tensors, cotangent, *arguments)
            for target, rule in zip(node.targets, node.operator.rules, strict=False)
        )
    except ValueError as error:
        raise node.refusal(error) from error


def shares_of(node: Any, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    """Ask a function of the caller's."""
    return tuple(node.shares(list(gradients)))


def add(node: AccumulateGrad, gradient: Tensor | None) -> tuple[()]:
    """Add to the gradient of a leaf, and call the hooks that see it; nothing lies behind."""
    if gradient is not None:
        accumulate_tensor(node.variable, gradient)
    hooks.fire_post_accumulate(node.variable)
    return ()
