"""HIPS autograd 1.9.1: a functional engine.  There is no tape; there is `make_vjp`.

A tensor is an `ndarray` or, while a function is being differentiated, the box that autograd
puts around one.  Operators are those of `autograd.numpy` that mean what torch's mean; only
names of arguments are translated.
"""

from __future__ import annotations

import operator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import autograd
import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def _sizes(sizes: tuple[Any, ...]) -> Any:
    """Read `2, 3` or `(2, 3)`, as torch does."""
    return sizes[0] if len(sizes) == 1 else sizes


def _reduction(function: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    def reduce(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        return function(x, axis=dim, keepdims=keepdim, **fixed)

    return reduce


BASIC: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": operator.pow,
}

SAME_NAME: Final = (
    "abs sign exp expm1 log log1p sqrt reciprocal square sin cos tan sinh cosh tanh "
    "maximum minimum where floor round remainder logical_not isnan matmul dot outer "
    "zeros_like ones_like"
)

OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(anp, name) for name in SAME_NAME.split()},
    # comparisons
    "eq": anp.equal,
    "ne": anp.not_equal,
    "lt": anp.less,
    "le": anp.less_equal,
    "gt": anp.greater,
    "ge": anp.greater_equal,
    # reductions
    "sum": _reduction(anp.sum),
    "mean": _reduction(anp.mean),
    "prod": _reduction(anp.prod),
    "var": _reduction(anp.var, ddof=1),
    "std": _reduction(anp.std, ddof=1),
    "amax": _reduction(anp.amax),
    "amin": _reduction(anp.amin),
    "all": _reduction(anp.all),
    "any": _reduction(anp.any),
    "argmax": lambda x, dim=None: anp.argmax(x, axis=dim),
    "argmin": lambda x, dim=None: anp.argmin(x, axis=dim),
    "cumsum": lambda x, dim: anp.cumsum(x, axis=dim),
    "clamp": lambda x, low=None, high=None: anp.clip(x, low, high),
    # products
    "mm": anp.matmul,
    "mv": anp.matmul,
    # shapes
    "reshape": lambda x, *shape: anp.reshape(x, _sizes(shape)),
    "transpose": lambda x, dim0, dim1: anp.swapaxes(x, axis1=dim0, axis2=dim1),
    "permute": lambda x, *dims: anp.transpose(x, _sizes(dims)),
    "t": anp.transpose,
    "movedim": anp.moveaxis,
    "expand": lambda x, *sizes: anp.broadcast_to(x, _sizes(sizes)),
    "broadcast_to": anp.broadcast_to,
    "squeeze": lambda x, dim=None: anp.squeeze(x, axis=dim),
    "unsqueeze": lambda x, dim: anp.expand_dims(x, axis=dim),
    "roll": lambda x, shifts, dims=None: anp.roll(x, shifts, axis=dims),
    "repeat": lambda x, *sizes: anp.tile(x, _sizes(sizes)),
    "tril": lambda x, diagonal=0: anp.tril(x, diagonal),
    "triu": lambda x, diagonal=0: anp.triu(x, diagonal),
    "cat": lambda tensors, dim=0: anp.concatenate(tensors, axis=dim),
    "stack": lambda tensors, dim=0: anp.stack(tensors, axis=dim),
    "getitem": operator.getitem,
    # data types and factories
    "to": lambda x, dtype: x.astype(dtype),
    "float": lambda x: x.astype("float32"),
    "double": lambda x: x.astype("float64"),
    "zeros": lambda *size: anp.zeros(_sizes(size)),
    "ones": lambda *size: anp.ones(_sizes(size)),
    "eye": anp.eye,
}
"""Operator -> what a user of autograd calls, with torch's names of arguments."""


class AutogradEngine:
    """HIPS autograd as the kit sees it."""

    name = "autograd"
    version = version("autograd")
    capabilities = frozenset(
        {"values", "arrays", "vjp", "create_graph", "control_flow", "dtypes", "warnings"}
        | {f"dtype:{name}" for name in ("bool", "int32", "int64", "float32", "float64")}
        | {f"op:{name}" for name in OPERATORS}
    )

    def error_kind(self, error: Exception) -> str | None:
        """NumPy tells of shapes that do not fit; autograd itself names no other error."""
        fitting = ("could not be broadcast", "mismatch in its core dimension")
        return "operand-shape" if any(text in str(error) for text in fitting) else None

    def tensor(self, array: Any, *, requires_grad: bool) -> Any:  # noqa: ARG002 - none has a flag
        """Copy the array; what is differentiated is decided by `vjp`."""
        return np.array(array)

    def apply(self, operator: str, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Call the function of autograd.numpy."""
        return (BASIC | OPERATORS)[operator](*operands, **parameters)

    def array(self, tensor: Any) -> Any:
        """Look into the box, through all levels of nesting."""
        return np.array(getval(tensor))

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any], cotangent: Any
    ) -> tuple[Any, Any]:
        """Differentiate with respect to all arguments at once."""
        product, output = autograd.make_vjp(function, tuple(range(len(inputs))))(*inputs)
        return output, tuple(product(cotangent))  # a box of boxes, inside another trace

    def number(self, tensor: Any, kind: str) -> Any:
        """Convert as Python does; a box knows of bool alone."""
        if kind == "item":
            return tensor.item()
        return {"float": float, "int": int, "bool": bool}[kind](tensor)
