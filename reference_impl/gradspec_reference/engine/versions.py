"""Version counters: how the engine notices that memory was written; start at `bump`.

A counter belongs to memory, not to a tensor: views and detached aliases share it.  Most tensors
are never written or aliased, so a counter is made when it is first needed; none means zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor


class VersionCounter:
    """How often some memory was written in place."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


def counter_of(tensor: Tensor) -> VersionCounter:
    """Return the tensor's counter, making it if need be."""
    counter = tensor._counter
    if counter is None:
        counter = tensor._counter = VersionCounter()
    return counter


def version(tensor: Tensor) -> int:
    """Return how often the tensor's memory was written."""
    counter = tensor._counter
    return 0 if counter is None else counter.value


def bump(tensor: Tensor) -> None:
    """Note that the tensor's memory was written."""
    counter_of(tensor).value += 1


def share(alias: Tensor, original: Tensor) -> None:
    """Let an alias of the same memory count together with the original."""
    alias._counter = counter_of(original)
