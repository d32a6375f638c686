"""Functions of the caller around a node: before it runs, and after; start at `fire`.

A hook before sees what arrived for the outputs of the node, after the hooks of the tensors there.
A hook after sees what the node made for its inputs, one entry an edge, before that is sent on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.engine import hooks
from gradspec_reference.errors import HookResultError, HookResultTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

    Gradients = tuple[Tensor | None, ...]


def register(node: Node, hook: Callable[..., Any]) -> hooks.RemovableHandle:
    """Add a hook that is called after a node ran."""
    return hooks.RemovableHandle(hooks.of_node(node).after, hook)


def register_before(node: Node, hook: Callable[..., Any]) -> hooks.RemovableHandle:
    """Add a hook that is called before a node runs."""
    return hooks.RemovableHandle(hooks.of_node(node).before, hook)


def fire(
    functions: hooks.Hooks, gradients: list[Tensor | None], *received: Gradients
) -> list[Tensor | None]:
    """Call hooks in turn; each sees what the one before returned.

    Hooks after a node are also given what it `received`.
    """
    shown = tuple(gradients)
    for hook in hooks.in_turn(functions):
        returned = hook(shown, *received)
        if returned is not None:
            check_returned(returned, shown)
            shown = returned
    return list(shown)


def check_returned(returned: object, shown: Gradients) -> None:
    """Refuse what could not stand in for the gradients that a hook was given."""
    if not isinstance(returned, tuple):
        raise HookResultTypeError(
            f"a hook on a node returned a {type(returned).__name__}; it must return a tuple of "
            "gradients, also of one, or None"
        )
    if len(returned) != len(shown):
        raise HookResultError(
            f"a hook on a node was given {len(shown)} gradients and returned {len(returned)}; "
            "return one for each, None where there is none"
        )
    for one, gradient in zip(returned, shown, strict=True):
        if one is not None:
            hooks.check_returned(one, gradient)
