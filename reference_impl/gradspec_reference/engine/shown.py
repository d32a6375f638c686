"""Gradients under way that callers see, in hooks and functions of theirs; start at `take`.

A plain pass moves arrays.  Whoever is shown one gets a tensor, the same for all, which may be the
cotangent that the caller gave, or a view of it; and what callers return may be theirs to keep.
"""

from __future__ import annotations

import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import hooks, node_hooks, versions, views
from gradspec_reference.engine.accumulation import SHARED, VIEW
from gradspec_reference.engine.arrivals import FIRST
from gradspec_reference.engine.node import AccumulateGrad
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.arrivals import Arrivals
    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Array


class ShowsGradients:
    """The half of a pass that callers see.

    `waiting` holds what arrived so far.  `shown` knows the tensors that callers hold of arrays
    under way, beginning with the `seeds`.
    """

    __slots__ = ("__weakref__", "create_graph", "seeds", "shown", "waiting")

    create_graph: bool
    waiting: dict[Node, Arrivals]
    seeds: Sequence[Tensor]
    shown: Shown | None

    def take(self, node: Node) -> list[tuple[Any, int]]:
        """Return what arrived at each output of a node, after the hooks there have seen it."""
        arrived = self.waiting.pop(node)[FIRST:]
        for slot, functions in hooks_on(node):
            if functions:
                arrived[slot] = self.through_hooks(functions, *arrived[slot])
        if node.retained is not None:
            for slot, (value, _) in enumerate(arrived):
                hooks.store_retained(node, slot, self.as_tensor(value))
        return arrived

    def through_hooks(self, functions: hooks.Hooks, value: Any, status: int) -> tuple[Any, int]:
        """Show a gradient to hooks, and take what comes out."""
        return self.take_over([hooks.fire(functions, self.as_tensor(value))], value, status)

    def through_node_hooks(
        self, functions: hooks.Hooks, given: list[tuple[Any, int]], *received: Any
    ) -> list[tuple[Any, int]]:
        """Show the gradients of a node to hooks there, and take what comes out."""
        returned = node_hooks.fire(functions, [self.as_tensor(v) for v, _ in given], *received)
        taken = [self.take_over(returned, *each) for each in given]
        uses = Counter(id(part) for part, _ in taken)
        return [(part, SHARED if uses[id(part)] > 1 else status) for part, status in taken]

    def take_over(self, returned: list[Tensor | None], value: Any, status: int) -> tuple[Any, int]:
        """Take the first of what hooks returned, which were shown a value that is held so."""
        part, known = self.take_back(returned)
        return part, SHARED if part is value and status == SHARED else known

    def as_tensor(self, value: Any) -> Tensor | None:
        """Return a gradient as callers see it."""
        if value is None or self.create_graph:
            shown: Tensor | None = value
            return shown
        return self.known().tensor_of(value)

    def take_back(self, returned: list[Tensor | None]) -> tuple[Any, int]:
        """Take the first of what callers returned off a list; it may be theirs to keep."""
        if returned[0] is None or self.create_graph:
            return returned.pop(0), SHARED
        return self.known().take_back(returned)  # type: ignore[arg-type]

    def count_with_cotangents(self, leaf: Tensor) -> None:
        """Let a gradient that shows a cotangent's memory count writes together with it."""
        for seed in self.seeds:
            if leaf._grad is not None and owner_of(leaf._grad._array) is owner_of(seed._array):
                versions.share(leaf._grad, seed)

    def known(self) -> Shown:
        """Return what callers have seen; most passes show nothing."""
        if self.shown is None:
            self.shown = Shown(self.seeds)
        return self.shown


def hooks_on(node: Node) -> list[tuple[int, hooks.Hooks]]:
    """Return the outputs of a node that have hooks, in the order of their first, with these."""
    if isinstance(node, AccumulateGrad):
        leaf = node.variable._leaf
        return [] if leaf is None or leaf.hooks is None else [(0, leaf.hooks)]
    return [] if node.hooks is None else list(node.hooks.outputs.items())


class Shown:
    """The tensors of one pass that callers hold, by the identity of their arrays."""

    __slots__ = ("seeds", "tensors")

    def __init__(self, seeds: Sequence[Tensor]) -> None:
        self.seeds = seeds
        self.tensors = weakref.WeakValueDictionary({id(seed._array): seed for seed in seeds})

    def tensor_of(self, array: Array) -> Tensor:
        """Return the tensor that shows an array."""
        known = self.tensors.get(id(array))
        if known is None or known._array is not array:
            if array.size == 1 and type(array) is np.ndarray and not array.flags.writeable:
                array = array.copy()  # one entry of what was expanded, which a hook may write
            known = self.tensors[id(array)] = Tensor(array)
            for seed in self.seeds:
                if owner_of(seed._array) is owner_of(array):
                    views.relate(known, seed, several=False)
        return known

    def take_back(self, returned: list[Tensor]) -> tuple[Array, int]:
        """Take the first array off what callers returned, and learn whether they still hold it."""
        tensor = returned.pop(0)
        array, holder = tensor._array, weakref.ref(tensor)
        self.tensors[id(array)] = tensor
        del tensor
        return array, VIEW if holder() is None else SHARED


def owner_of(array: Array) -> Any:
    """Return the array whose memory this one shows."""
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array
