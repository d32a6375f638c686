"""Hooks on saved tensors: what a node keeps may be packed.

What an operation saves for its derivative is most of the memory of a training step.  It lies there
from the forward pass until the backward pass comes by, and meanwhile nobody looks at it: it could
be on a disk, in another memory, in fewer bits, or not be there at all and be computed again.

So a caller may give a pair of functions.  `pack` is called with each tensor that is saved, and the
graph keeps what it returns, whatever that is; `unpack` is called with it when the value is needed,
and returns a tensor.  The place that the value has in the graph stays with the graph, so `pack`
need not keep it, and should not: a node that keeps its own result with its history keeps itself.

If `unpack` undoes `pack`, no derivative changes; an engine that got that wrong would be wrong
silently.  When the functions are called, and what is refused, is torch's convention.
"""

from gradspec.chapters.saved_tensor_hooks import (
    pairs,
    packed_things,
    one_value,
    limits,
)

__all__ = [
    "pairs",
    "packed_things",
    "one_value",
    "limits",
]
