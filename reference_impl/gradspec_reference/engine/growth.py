"""Tensors that get another number of elements in place; start at `resize`.

As in torch they stay on their memory, and what does not fit makes the memory grow, for all who show
it.  Memory of NumPy cannot grow, so these are found and moved to new memory.
"""

from __future__ import annotations

import gc
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine import layout
from gradspec_reference.engine.batched import Batched
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.operators.memory import strided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_reference.engine.node import Shape


def resize(tensor: Tensor, shape: Shape) -> None:
    """Give a tensor another shape, row by row in its memory from where it begins."""
    array = tensor.materialise()
    if array.shape == shape:
        return
    if type(tensor) is Batched:
        raise NotImplementedError("a batched tensor was given another size inside vmap")
    memory = layout.memory_of(array)
    count = tensor.storage_offset() + math.prod(shape)
    if count > memory.size:
        memory = grown(memory, count)
    tensor._array = strided(memory, shape, layout.row_major(shape), tensor.storage_offset())


def grown(memory: Any, count: int) -> Any:
    """Return larger memory, and move all tensors there that show the old one."""
    held = strided(memory, (memory.size,), (1,))
    larger = np.concatenate([held, np.zeros(count - held.size, held.dtype)])
    for tensor in list(showing(memory)) if memory.size else ():
        array = tensor._array
        offset = tensor.storage_offset()
        tensor._array = strided(larger, array.shape, layout.strides(array), offset)
    return larger


def showing(memory: Any) -> Iterator[Tensor]:
    """Find all tensors that show some memory; it takes a look at everything, and is rare."""
    for each in gc.get_objects():
        array = getattr(each, "_array", None) if issubclass(type(each), Tensor) else None
        if isinstance(array, np.ndarray) and layout.memory_of(array) is memory:
            yield each
