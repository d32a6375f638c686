"""Let saved values be written: what memory held before each write is kept, until the block ends.

torch copies a saved tensor when somebody is about to write it.  Here nobody knows who saved a
tensor, as nodes keep the tensors themselves; so inside the block every write first copies the
memory that it changes, and a node that finds its value written asks for the copy of its version.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.versions import counter_of
from gradspec_reference.errors import NestedModeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_reference.engine.tensor import Tensor
    from gradspec_reference.engine.versions import VersionCounter


class FormerValues:
    """Copies of memory by its counter and version, each with the address where it was."""

    def __init__(self) -> None:
        self._copies: dict[VersionCounter, dict[int, tuple[int, Any]]] = {}

    def keep(self, tensor: Tensor) -> None:
        """Copy the memory of a tensor that is about to be written."""
        memory = layout.memory_of(tensor.materialise())
        counter = counter_of(tensor)
        kept = self._copies.setdefault(counter, {})
        kept[counter.value] = (layout.address(memory), flat(memory).copy())

    def find(self, tensor: Tensor, version: int) -> Any:
        """Return what a tensor showed at a version, None if that was not kept."""
        array = tensor.materialise()
        kept = self._copies.get(counter_of(tensor), {}).get(version)
        if kept is None or kept[0] != layout.address(layout.memory_of(array)):
            return None
        start = layout.address(array) - kept[0]
        return np.ndarray(array.shape, array.dtype, kept[1], start, array.strides)

    def clear(self) -> None:
        """Forget all."""
        self._copies.clear()


def flat(memory: Any) -> Any:
    """Return all that an array stretches over, element by element."""
    size = memory.dtype.itemsize
    return np.lib.stride_tricks.as_strided(memory, (layout.reach(memory),), (size,))


def before_write(tensor: Tensor) -> None:
    """Keep what a tensor holds, inside such a block."""
    if state.former is not None:
        state.former.keep(tensor)


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[FormerValues]:
    """Let tensors be written that a graph saved: its pass uses the values that were saved.

    A pass over such a graph belongs into the block too: behind it the copies are gone.
    Raises NestedModeError inside such a block.
    Source: torch.autograd.graph.allow_mutation_on_saved_tensors docstring.
    """
    if state.former is not None:
        raise NestedModeError(
            "allow_mutation_on_saved_tensors() was entered inside such a block; one is enough"
        )
    state.former = FormerValues()
    try:
        yield state.former
    finally:
        state.former.clear()
        state.former = None
