"""Transforms of functions (torch.func): a function goes in, one that gives derivatives comes out.

Start at `grad` in `reverse`, then `jvp` in `forward`; `matrices` makes Jacobians of both;
`vmap` maps a function over a batch.
"""

from gradspec_reference.func.forward import jvp, linearize
from gradspec_reference.func.matrices import hessian, jacfwd, jacrev
from gradspec_reference.func.modules import (
    functional_call,
    replace_all_batch_norm_modules_,
    stack_module_state,
)
from gradspec_reference.func.reverse import grad, grad_and_value, vjp
from gradspec_reference.func.vmap import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
