"""Transforms: functions that make functions.

`grad(f)` is a function: it gives the gradient of f wherever it is called.  So it can be handed to
`grad` again, and to every other transform: a derivative of any order, in either direction, is a
nesting of calls.  `grad` and `vjp` go backward through what f computed, `jvp` goes forward along
with it, `jacrev`, `jacfwd` and `hessian` put their products together as a matrix.

`vmap` maps a function of one example over a batch, and nests with the others: of a gradient it
makes one for each example.

Each call differentiates by tensors of its own.  What f closes over is a constant to it, even where
an outer call differentiates by just that: so the derivatives of nested calls are not confused.
Nothing is stored in any tensor.  What a tape outside has to know of the result, it is told.

Values and the sums over paths are mathematics.  Names, orders, structures, and what is refused, are
torch's conventions.
"""

from gradspec.chapters.transforms import (
    gradients,
    nesting,
    products,
    matrices,
    surroundings,
    calls,
    custom,
    batches,
    examples,
)

__all__ = [
    "gradients",
    "nesting",
    "products",
    "matrices",
    "surroundings",
    "calls",
    "custom",
    "batches",
    "examples",
]
