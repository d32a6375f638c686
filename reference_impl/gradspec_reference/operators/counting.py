"""What is counted, and what occurs: operations that torch has no derivative for."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.errors import NoRuleError
from gradspec_reference.operators.arithmetic import no_derivative
from gradspec_reference.operators.row import NOT_IMPLEMENTED, Operator, unary_operator


def no_rule(_xp: Any, _g: Any, *_: Any) -> Any:
    """Refuse, in the class in which torch refuses at a node that has a name of its own."""
    raise NoRuleError(
        "a function was differentiated that has no derivative here, as in torch; call it in "
        "no_grad, or detach() what it is given"
    )


def bincount_kernel(x: Any, weights: Any, minlength: int) -> Any:
    """The sum of the weights of each whole number, in their dtype, else in float64."""
    dtype = weights.dtype if weights.dtype == np.float32 else np.dtype(np.float64)
    return np.bincount(x, weights, minlength).astype(dtype)


ROWS = (
    Operator(
        "bincount",
        node=NOT_IMPLEMENTED,
        kernel=bincount_kernel,
        operands="self weights",
        params="minlength",
        vjp={"weights": no_derivative},
    ),
    unary_operator(
        "unique_dim",
        node="UniqueDimBackward0",
        kernel=lambda x, dim: np.unique(x, axis=dim),
        params="dim",
        vjp=no_rule,
    ),
    unary_operator("unique", node="Unique2Backward0", kernel=np.unique, vjp=no_rule),
)
