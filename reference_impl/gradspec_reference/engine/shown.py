"""Gradients under way that callers see, in hooks and in functions of their own; start at `Shown`.

A plain pass moves arrays.  Whoever is shown one gets a tensor, the same for all, which may be the
cotangent that the caller gave; and what callers return may be theirs to keep.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from gradspec_reference.engine.accumulation import SHARED, VIEW
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Array


class Shown:
    """The tensors of one pass that callers hold, by the identity of their arrays."""

    __slots__ = ("tensors",)

    def __init__(self, seeds: Sequence[Tensor]) -> None:
        self.tensors = weakref.WeakValueDictionary({id(seed._array): seed for seed in seeds})

    def tensor_of(self, array: Array) -> Tensor:
        """Return the tensor that shows an array."""
        known = self.tensors.get(id(array))
        if known is None or known._array is not array:
            known = self.tensors[id(array)] = Tensor(array)
        return known

    def take_back(self, returned: list[Tensor]) -> tuple[Array, int]:
        """Take the first array off what callers returned, and learn whether they still hold it."""
        tensor = returned.pop(0)
        array, holder = tensor._array, weakref.ref(tensor)
        self.tensors[id(array)] = tensor
        del tensor
        return array, VIEW if holder() is None else SHARED
