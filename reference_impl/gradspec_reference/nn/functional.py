"""Activations, layers and losses as functions (torch.nn.functional)."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names import arguments
from gradspec_reference.names.functions import elementwise, indexing, normalised, products, shapes
from gradspec_reference.names.functions.elementwise import sigmoid, tanh
from gradspec_reference.names.functions.reductions import mean, sum
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

__all__ = [
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def relu(input: Tensor, inplace: Any = False) -> Tensor:
    """Return each element, or 0 if it is negative."""
    return elementwise.relu_(input) if inplace else unary(OPERATORS["relu"], input)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: Any = 3, dtype: DType | None = None
) -> Tensor:
    """Return exponentials that sum to one along a dimension."""
    dim = chosen_dim(input, _stacklevel) if dim is None else dim
    return normalised.along("softmax", input, dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: Any = 3, dtype: DType | None = None
) -> Tensor:
    """Return the logarithm of softmax."""
    dim = chosen_dim(input, _stacklevel) if dim is None else dim
    return normalised.along("log_softmax", input, dim, dtype)


def chosen_dim(input: Tensor, stacklevel: Any) -> int:
    """Return the dimension of the classes, with a warning that none was named."""
    warnings.warn("softmax was given no dim; name it", UserWarning, stacklevel=stacklevel + 1)
    return 0 if input.ndim in {0, 1, 3} else 1


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return input @ weight.T + bias."""
    matrix = shapes.t(weight)
    if bias is not None and input.ndim == matrix.ndim == 2:  # noqa: PLR2004 - matrices
        return products.addmm(bias, input, matrix)
    product = products.matmul(input, matrix)
    if bias is not None and bias.dtype != product.dtype:
        raise RuntimeError(f"linear was given {input.dtype} and a bias of {bias.dtype}; convert it")
    return product if bias is None else product + bias


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean or sum of losses, or all of them."""
    if reduction == "none":
        return loss
    return mean(loss) if reduction == "mean" else sum(loss)


def check_reduction(reduction: str) -> None:
    """Refuse a word that names no reduction."""
    if reduction not in {"mean", "sum", "none"}:
        raise ValueError(f"reduction {reduction!r} was given; use 'mean', 'sum' or 'none'")


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Return the squared differences, reduced; a warning if shapes differ."""
    if input.shape != target.shape:
        warnings.warn(
            f"mse_loss was given shapes {list(input.shape)} and {list(target.shape)}, which are "
            "broadcast; that is rarely meant",
            UserWarning,
            stacklevel=3,
        )
    check_reduction(reduction)
    if dtypes.result_type(input._array, target._array).category < dtypes.float64.category:
        raise NotImplementedError(f"mse_loss was given {input.dtype} and {target.dtype}")
    return reduced((input - target).square(), reduction)


def nll_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Return minus the log probability of each row's class, reduced."""
    check_reduction(reduction)
    if input.ndim != 2 or target.shape != input.shape[:1]:  # noqa: PLR2004 - rows and classes
        raise OperandShapeError(
            f"log probabilities of shape {list(input.shape)} and classes of shape "
            f"{list(target.shape)} were given; expected [N, C] and [N]"
        )
    if input._array.dtype.kind != "f":
        raise NotImplementedError(f"nll_loss was given {input.dtype}; convert it with to() first")
    if not indexing.in_range(target, input.shape[1]):
        raise IndexError(
            f"a class outside 0 to {input.shape[1] - 1} was given; no class is ignored here, leave "
            "such rows out"
        )
    if reduction != "none":
        return apply(OPERATORS["nll_loss"], (input, target), reduction == "mean")
    return -indexing.getitem(input, (Tensor(np.arange(len(target))), target))


def cross_entropy(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """Return the negative log likelihood of classes under softmax, reduced."""
    return nll_loss(normalised.along("log_softmax", input, 1, None), target, reduction=reduction)


arguments.put_doors(sys.modules[__name__], numpy=False)
