"""Activations, layers and losses as functions (torch.nn.functional)."""

from __future__ import annotations

import math
import sys
import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import arguments, likeness, random
from gradspec_reference.names.functions import (
    arithmetic,
    elementwise,
    normalised,
    products,
    shapes,
    sums_of_products,
)
from gradspec_reference.names.functions.elementwise import sigmoid, tanh
from gradspec_reference.nn import activations
from gradspec_reference.nn.activations import *  # noqa: F403 - all are listed there
from gradspec_reference.nn.attention import (
    bilinear,
    cosine_similarity,
    embedding,
    one_hot,
    pairwise_distance,
    pixel_shuffle,
    pixel_unshuffle,
    scaled_dot_product_attention,
)
from gradspec_reference.nn.columns import fold, unfold
from gradspec_reference.nn.convolutions import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
)
from gradspec_reference.nn.differences import huber_loss, l1_loss, smooth_l1_loss
from gradspec_reference.nn.likelihoods import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
)
from gradspec_reference.nn.losses import cross_entropy, mse_loss, nll_loss
from gradspec_reference.nn.margins import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from gradspec_reference.nn.normalising import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalize,
    rms_norm,
)
from gradspec_reference.nn.padding import pad
from gradspec_reference.nn.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    local_response_norm,
    lp_pool1d,
    lp_pool2d,
    max_pool1d,
    max_pool2d,
)
from gradspec_reference.nn.resampling import grid_sample, interpolate
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "embedding",
    "fold",
    "gaussian_nll_loss",
    "grid_sample",
    "group_norm",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "linear",
    "local_response_norm",
    "log_softmax",
    "lp_pool1d",
    "lp_pool2d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "relu",
    "relu_",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "tanh",
    "triplet_margin_loss",
    "unfold",
]


__all__ += activations.__all__


def relu(input: Tensor, inplace: Any = False) -> Tensor:
    """Return each element, or 0 if it is negative."""
    return elementwise.relu_(input) if inplace else unary(OPERATORS["relu"], input)


relu_ = elementwise.relu_


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


def softmin(
    input: Tensor, dim: Any = None, _stacklevel: Any = 3, dtype: DType | None = None
) -> Tensor:
    """Return exponentials of -x that sum to one along a dimension."""
    dim = chosen_dim(input, _stacklevel) if dim is None else dim
    return softmax(elementwise.neg(input), dim, _stacklevel, dtype)


def chosen_dim(input: Tensor, stacklevel: Any) -> int:
    """Return the dimension of the classes, with a warning that none was named."""
    warnings.warn("softmax was given no dim; name it", UserWarning, stacklevel=stacklevel + 1)
    return 0 if input.ndim in {0, 1, 3} else 1


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Return each entry over 1 - p with a probability of 1 - p, and zero instead of the others."""
    if not 0 <= p <= 1:
        raise ValueError(f"p={p} was given; a probability lies in 0 to 1")
    if not isinstance(input, Tensor):
        raise TypeError(f"dropout was given {type(input).__name__}; it needs a tensor")
    if not training or not p or not input.numel():
        return input
    if p == 1:
        scale = likeness.zeros_like(input)
    elif input.dtype.is_floating_point:
        scale = (random.rand(*input.shape, dtype=input.dtype) >= p).to(input.dtype) / (1 - p)
    else:
        raise NotImplementedError(f"dropout was given {input.dtype}; convert it with float()")
    return arithmetic.mul_(input, scale) if inplace else input * scale


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return input @ weight.T + bias."""
    matrix = shapes.t(weight)
    if bias is None:
        return products.matmul(input, matrix)
    if input.ndim == 2:  # noqa: PLR2004 - a matrix
        return sums_of_products.addmm(bias, input, matrix)
    in_a_row = bias.ndim == 1 or sum(n != 1 for n in bias._array.shape) == 1
    if not (in_a_row and input.ndim and input.is_contiguous()):
        return arithmetic.add_(products.matmul(input, matrix), bias)
    *stack, length = input._array.shape
    flat = shapes.reshape(input, (math.prod(stack), length))
    return shapes.view_(
        sums_of_products.addmm(bias, flat, matrix), (*stack, matrix._array.shape[1])
    )


arguments.put_doors(sys.modules[__name__], numpy=False)
