"""Gradients under way that callers see, in hooks and in functions of their own; start at `Shown`.

A plain pass moves arrays.  Whoever is shown one gets a tensor, the same for all, which may be the
cotangent that the caller gave, or a view of it; and what callers return may be theirs to keep.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import views
from gradspec_reference.engine.accumulation import SHARED, VIEW
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Array


class Shown:
    """The tensors of one pass that callers hold, by the identity of their arrays."""

    __slots__ = ("functions", "tensors")

    def __init__(self, seeds: Sequence[Tensor]) -> None:
        self.functions = [seed for seed in seeds if seed.requires_grad]
        self.tensors = weakref.WeakValueDictionary({id(seed._array): seed for seed in seeds})

    def tensor_of(self, array: Array) -> Tensor:
        """Return the tensor that shows an array."""
        known = self.tensors.get(id(array))
        if known is None or known._array is not array:
            known = self.tensors[id(array)] = Tensor(array)
            for seed in self.functions:
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
