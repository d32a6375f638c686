"""Derivatives of a function, by a call.

A tape differentiates what was computed.  A reader of mathematics thinks of functions instead: f has
a Jacobian J at x, and what one wants is v'J, or Jv, or J itself; of a function with one number as
its value, the Hessian H or a product with it.  Each of the six is a function of the function, a
point and a vector: `vjp`, `jvp`, `vhp`, `hvp`, `jacobian`, `hessian`.

The function is called on tensors of the call's own, and the call leaves nothing behind: no gradient
is stored, and unless it is asked for, no history.  What the function does not depend on has the
derivative zero; whoever takes that for a mistake asks for `strict`.  What is given and what
comes back has a form, one tensor or a tuple: the product v'J that of the inputs, Jv that of the
outputs, and J one for each pair.

The products and matrices are mathematics.  That a vector may be left out, what is refused, and
which of the results can be differentiated again, is torch's convention.
"""

from gradspec.chapters.functional import (
    products,
    vectors,
    matrices,
    traces,
    independence,
    strategies,
)

__all__ = [
    "products",
    "vectors",
    "matrices",
    "traces",
    "independence",
    "strategies",
]
