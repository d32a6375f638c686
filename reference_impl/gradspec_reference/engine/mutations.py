"""Writing what a graph has saved: inside one context, where each old value is kept for it.

Nothing is noted while operations are recorded.  A write keeps a copy of the memory under the
version that it had, and a node that finds its value written asks for that version.  The copies go
with the context; a graph that was recorded in it is refused afterwards, written or not.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout, versions
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.node import next_order
from gradspec_reference.errors import MutationOutsideError, NestedModeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec_reference.engine.node import Node
    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.engine.versions import VersionCounter


class Mutations:
    """One context: when it began, and the memory that was written since, by version."""

    def __init__(self) -> None:
        self.began = next_order()
        self._copies: dict[tuple[VersionCounter | None, int], tuple[int, Any]] = {}

    def keep(self, target: Tensor) -> None:
        """Copy the memory of a tensor that is to be written."""
        memory = layout.memory_of(target.materialise())
        counter = versions.counter_of(target)
        copy = memory.copy(order="K").ravel(order="K")
        self._copies[counter, counter.value] = layout.address(memory), copy

    def find(self, node: Node, tensor: Tensor, version: int) -> Any:
        """Return what a tensor held at a version, if the node was recorded here; else None."""
        kept = self._copies.get((tensor._counter, version))
        if kept is None or node.order > self.began:
            return None
        start, copy = kept
        array = tensor._array
        offset = layout.address(array) - start
        if not 0 <= offset <= copy.nbytes:
            return None
        return np.ndarray(array.shape, array.dtype, copy, offset, array.strides)

    def clear(self) -> None:
        """Let go of the copies."""
        self._copies.clear()


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[Mutations]:
    """Let saved tensors be written inside the block, which a pass over its graph must be in, too.

    Raises NestedModeError inside another such block.
    Source: torch.autograd.graph.allow_mutation_on_saved_tensors docstring.
    """
    if state.mutations is not None:
        raise NestedModeError(
            "allow_mutation_on_saved_tensors() was entered inside itself; one block is enough"
        )
    context = state.mutations = Mutations()
    try:
        yield context
    finally:
        state.mutations = None
        context.clear()
        state.closed.append((context.began, next_order()))


def check_is_open(nodes: Iterable[Node]) -> None:
    """Refuse a pass of this thread over what it recorded in a block that was left."""
    for node in nodes:
        if any(end < node.order < began for began, end in state.closed) and has_tensors(node):
            raise MutationOutsideError(
                f"{node.name()} was recorded in allow_mutation_on_saved_tensors(), and the block "
                "was left since; run the pass inside the block"
            )


def has_tensors(node: Node) -> bool:
    """Tell whether a node saved a tensor."""
    return any(hasattr(getattr(item, "tensor", item), "_array") for item in node.saved or ())
