"""Functions of the caller that see, and may replace, a tensor's gradient; start at `fire`.

Hooks of a leaf belong to the leaf.  Hooks of any other tensor belong to the node that computed
it, so they stay with that value when the tensor is written in place later.  A retained gradient
belongs to the tensor and moves with it.  Hooks on a node itself stand in `node_hooks`.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.errors import (
    HookOnNonleafError,
    HookResultError,
    HookResultTypeError,
    HookWithoutGradError,
    MultiViewBaseWrittenError,
    RetainWithoutGradError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor

next_number = itertools.count().__next__


class Hooks(dict[int, "Callable[..., Any]"]):
    """Functions by number, in the order of their registration; handles refer to them weakly."""

    __slots__ = ("__weakref__",)


class HooksOfNode:
    """What is on a node: hooks on each of its outputs, hooks before it runs, and hooks after it."""

    __slots__ = ("after", "before", "outputs")

    def __init__(self) -> None:
        self.outputs: dict[int, Hooks] = {}
        self.before = Hooks()
        self.after = Hooks()


class RemovableHandle:
    """Takes a hook away again: `remove()`, or the end of a `with` block.

    It keeps neither the hook alive nor what that is on (torch.utils.hooks.RemovableHandle).
    """

    def __init__(self, hooks: Hooks, hook: Callable[..., Any], *, prepend: bool = False) -> None:
        self._hooks = weakref.ref(hooks)
        self.id = next_number()
        before = {} if not prepend else dict(hooks)
        for number in before:
            del hooks[number]
        hooks[self.id] = hook
        hooks.update(before)

    def remove(self) -> None:
        """Remove the hook; harmless if it is gone already."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Hooks, int]:
        return self._hooks() or Hooks(), self.id

    def __setstate__(self, state: tuple[Hooks, int]) -> None:
        hooks, self.id = state
        self._hooks = weakref.ref(hooks)


def register(tensor: Tensor, hook: Callable[[Tensor], Any]) -> RemovableHandle:
    """Add a hook to a tensor; HookWithoutGradError unless it requires grad."""
    check_can_have_hooks(tensor)
    node = node_for_hooks(tensor)
    if node is not None:
        hooks = of_node(node).outputs.setdefault(tensor._output_nr, Hooks())
        return RemovableHandle(hooks, hook)
    state = tensor.leaf_state()
    made = Hooks()
    if state.hooks is None:
        state.hooks = made
    return RemovableHandle(state.hooks, hook)


def node_for_hooks(tensor: Tensor) -> Node | None:
    """Return the node where a tensor's hooks are.

    A view whose history cannot be told any more keeps those that it has, and may get others.
    """
    try:
        return tensor.grad_fn
    except MultiViewBaseWrittenError:
        node = tensor._grad_fn
        if node is None or node.hooks is None or tensor._output_nr not in node.hooks.outputs:
            raise
        return node


def of_node(node: Node) -> HooksOfNode:
    """Return what is on a node, from now on."""
    if node.hooks is None:
        made = HooksOfNode()
        if node.hooks is None:
            node.hooks = made
    return node.hooks


def register_post_accumulate(leaf: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Add a hook that runs after accumulation; HookOnNonleafError unless it is a leaf."""
    check_can_have_hooks(leaf)
    if not leaf.is_leaf:
        raise HookOnNonleafError(
            f"a post-accumulate hook was put on a tensor computed by {leaf.grad_fn!r}; only "
            "leaves accumulate, use register_hook() here"
        )
    state = leaf.leaf_state()
    made = Hooks()
    if state.post_hooks is None:
        state.post_hooks = made
    return RemovableHandle(state.post_hooks, hook)


def check_can_have_hooks(
    tensor: Tensor, refusal: type[HookWithoutGradError] = HookWithoutGradError
) -> None:
    """Refuse a hook that could never run."""
    if not tensor.requires_grad:
        raise refusal(
            "a hook was put on a tensor that does not require grad, so no gradient will ever "
            "reach it; call requires_grad_() first"
        )


def in_turn(functions: Hooks) -> list[Callable[..., Any]]:
    """Return the hooks that are due, in the order of their registration.

    What they add or take away in the same place counts from the next time on.
    """
    return list(functions.values())


def fire(functions: Hooks, gradient: Tensor | None) -> Tensor | None:
    """Call hooks in turn; each sees what the one before returned."""
    for hook in in_turn(functions):
        returned = hook(gradient)
        if returned is not None:
            check_returned(returned, gradient)
            gradient = returned
    return gradient


def fire_post_accumulate(leaf: Tensor) -> None:
    """Call the hooks that see a leaf whose gradient was updated; they return nothing.

    What one returns the next is called with, as in torch, before all is refused.
    """
    if leaf._leaf is None or leaf._leaf.post_hooks is None:
        return
    shown, replaced = leaf, False
    for hook in in_turn(leaf._leaf.post_hooks):
        returned: Any = hook(shown)
        if returned is not None and returned is not shown:
            check_returned(returned, shown)
            shown, replaced = returned, True
    if replaced:
        raise HookResultError(
            f"a post-accumulate hook returned a {type(shown).__name__}; it must return None and "
            "may change leaf.grad instead"
        )


def check_returned(returned: object, gradient: Tensor | None) -> None:
    """Refuse a gradient that could not stand in for the one that the hook was given."""
    from gradspec_reference.engine.tensor import Tensor  # noqa: PLC0415 - tensors are built on hooks

    if gradient is None:
        raise HookResultError(
            "a hook was given None, as nothing arrived, and returned a gradient; return None too"
        )
    if not isinstance(returned, Tensor):
        raise HookResultTypeError(
            f"a hook returned a {type(returned).__name__}; it must return a tensor or None"
        )
    if returned._array.shape != gradient._array.shape:
        raise HookResultError(
            f"a hook was given a gradient of shape {list(gradient.shape)} and returned one of "
            f"shape {list(returned.shape)}; the shape must stay"
        )
    if returned._array.dtype != gradient._array.dtype:
        raise HookResultError(
            f"a hook was given a gradient of dtype {gradient.dtype} and returned one of dtype "
            f"{returned.dtype}; the dtype must stay"
        )


def retain(tensor: Tensor) -> None:
    """Have the gradient of a non-leaf kept; RetainWithoutGradError unless it requires grad."""
    if not tensor.requires_grad:
        raise RetainWithoutGradError(
            "retain_grad() was called on a tensor that does not require grad; there will be "
            "nothing to retain"
        )
    if tensor._grad_fn is None or is_retained(tensor):  # a leaf keeps its gradient anyway
        return
    node: Node = tensor.grad_fn  # type: ignore[assignment]
    if node.retained is None:
        node.retained = {}
    node.retained[tensor._output_nr] = weakref.ref(tensor)


def is_retained(tensor: Tensor) -> bool:
    """Tell whether the gradient of a non-leaf is kept."""
    return is_retained_here(tensor) or (tensor._leaf is not None and tensor._leaf.retained)


def is_retained_here(tensor: Tensor) -> bool:
    """Tell whether it is kept where the tensor was computed."""
    node = tensor._grad_fn
    if node is None or node.retained is None:
        return False
    keeper = node.retained.get(tensor._output_nr)
    return keeper is not None and keeper() is tensor


def move_retained(tensor: Tensor, node: Node, output_nr: int = 0) -> None:
    """Let retention follow a tensor to the node that computes its new value."""
    if is_retained_here(tensor):
        kept = node.retained = node.retained or {}
        old: Any = tensor._grad_fn
        kept[output_nr] = old.retained.pop(tensor._output_nr)


def keep_retained(tensor: Tensor) -> None:
    """Leave retention where it is, as torch does if only the shape changes or a history is cut."""
    tensor.leaf_state().retained = is_retained(tensor)


def keep_hooks(tensor: Tensor) -> None:
    """Leave its hooks on a tensor whose history is cut, as well as on the node behind it."""
    node: Any = tensor._grad_fn
    if node.hooks is not None and tensor._output_nr in node.hooks.outputs:
        tensor.leaf_state().hooks = node.hooks.outputs[tensor._output_nr]


def store_retained(node: Node, output_nr: int, gradient: Tensor | None) -> None:
    """Add a gradient to the `.grad` of the tensor that retains it, if that is still alive."""
    if node.retained is None or gradient is None:
        return
    keeper = node.retained.get(output_nr)
    tensor = None if keeper is None else keeper()
    if tensor is None:
        return
    kept = None if has_left(tensor._grad) else tensor._grad
    tensor._grad = gradient.clone() if kept is None else kept.add(gradient)


def has_left(gradient: Tensor | None) -> bool:
    """Tell whether a gradient is that of a batch whose `vmap` has returned: nothing adds to it."""
    level = None if gradient is None else getattr(gradient._array, "level", None)
    return level is not None and not level.is_open
