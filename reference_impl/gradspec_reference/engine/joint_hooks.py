"""Functions that see the gradients of several tensors; start at `register`.

What was collected belongs to the pass that it was collected in: passes may be nested, and one that
failed leaves nothing behind.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any, Self

from gradspec_reference.engine import hooks, nesting
from gradspec_reference.errors import HookModeError, JointHookWithoutGradError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.engine.backward import BackwardPass
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor


class JointHandle:
    """Takes a hook away from all its tensors: `remove()`, or the end of a `with` block."""

    def __init__(self, handles: Sequence[hooks.RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Remove the hook; harmless if it is gone already."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register(
    tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all"
) -> JointHandle:
    """Have a function called once a pass, on behalf of several tensors.

    In mode "all" it is given the list of their gradients when the last of them is known, None for
    those that none is computed of; in mode "any" the gradient that is known first.
    Raises HookModeError, JointHookWithoutGradError.
    Source: torch.autograd.graph.register_multi_grad_hook docstring.
    """
    if mode not in ("all", "any"):  # what is given may have no hash
        raise HookModeError(f"a hook on several tensors has the mode {mode!r}; give 'all' or 'any'")
    if mode == "any":
        of_any = First(fn)
        return JointHandle([hooks.register(x, of_any) for x in tensors if x.requires_grad])
    len(tensors)  # refuses what can be gone through but once
    for each in tensors:
        hooks.check_can_have_hooks(each, JointHookWithoutGradError)
    of_all = Collector(fn, tensors)
    partial = functools.partial
    return JointHandle([hooks.register(x, partial(of_all, n)) for n, x in enumerate(tensors)])


class First:
    """Calls a function with the first gradient of a pass."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function
        self.called_in: weakref.WeakSet[BackwardPass] = weakref.WeakSet()

    def __call__(self, gradient: Tensor | None) -> None:
        """See the gradient of one of the tensors."""
        walk = nesting.running()
        if walk not in self.called_in:
            self.called_in.add(walk)
            self.function(gradient)


class Collector:
    """Calls a function when the gradients of all tensors that take part in a pass are known."""

    def __init__(self, function: Callable[..., None], tensors: Sequence[Tensor]) -> None:
        self.function = function
        self.places = [place_of(x) for x in tensors]
        self.collected: weakref.WeakKeyDictionary[BackwardPass, Collected]
        self.collected = weakref.WeakKeyDictionary()

    def __call__(self, position: int, gradient: Tensor | None) -> None:
        """See the gradient of the tensor in one position."""
        walk = nesting.running()
        collected = self.collected.get(walk)
        if collected is None:
            here = self.places[position]()
            nodes = [place() for place in self.places]
            missing = sum(node is here or walk.comes_to(node) for node in nodes)
            collected = self.collected[walk] = Collected(missing, [None] * len(nodes))
        collected.gradients[position] = gradient
        collected.missing -= 1
        if collected.missing == 0:
            del self.collected[walk]
            self.function(collected.gradients)


class Collected:
    """The gradients that a pass has brought so far, and how many are missing."""

    __slots__ = ("gradients", "missing")

    def __init__(self, missing: int, gradients: list[Tensor | None]) -> None:
        self.missing = missing
        self.gradients = gradients


def place_of(tensor: Tensor) -> Callable[[], Node | None]:
    """Return a weak reference to the node where the gradient of a tensor arrives."""
    node = tensor.grad_fn
    if node is not None:
        return weakref.ref(node)
    leaf: Callable[[], Any] = weakref.ref(tensor)
    return lambda: accumulator_of(leaf())


def accumulator_of(leaf: Tensor | None) -> Node | None:
    """Return the node of a leaf, if a graph uses it."""
    return None if leaf is None else leaf.leaf_state().accumulator()
