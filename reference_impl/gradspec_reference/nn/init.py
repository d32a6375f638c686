"""The numbers that parameters begin with (torch.nn.init); random ones are not torch's."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gradspec_reference import special
from gradspec_reference.dtypes import float64
from gradspec_reference.engine.modes import no_grad
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names import random

GAINS: Final = {
    **dict.fromkeys(("linear", "sigmoid"), 1),
    **{f"conv{way}{dims}d": 1 for way in ("", "_transpose") for dims in (1, 2, 3)},
    "relu": math.sqrt(2.0),
    "tanh": 5.0 / 3,
    "selu": 3.0 / 4,
}
"""Activation -> by how much the numbers are larger."""


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fill with numbers between a and b."""
    tensor.copy_(random.rand(*tensor.shape, dtype=tensor.dtype) * (b - a) + a)
    return tensor


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill with numbers around a mean."""
    tensor.copy_(random.randn(*tensor.shape, dtype=tensor.dtype) * std + mean)
    return tensor


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    tensor.fill_(val)
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much an activation asks the numbers to be larger; ValueError for others."""
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"{slope!r} was given as slope of leaky_relu; give a number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"nonlinearity={nonlinearity!r}; give 'leaky_relu' or one of {[*GAINS]}")
    return GAINS[nonlinearity]


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with ones on the diagonal, and zeros."""
    if tensor.ndim != 2:  # noqa: PLR2004 - a matrix
        raise ValueError(f"eye_ was given a tensor of {tensor.ndim} dimensions; it needs a matrix")
    tensor.copy_(Tensor(np.eye(*tensor.shape)))
    return tensor


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it lets as many channels through as it can."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_ was given a tensor of {tensor.ndim} dimensions; it needs 3 to 5")
    outputs, inputs, *lengths = tensor.shape
    if outputs % groups:
        raise ValueError(f"{outputs} channels make no {groups} groups")
    found, each = np.zeros(tensor.shape), outputs // groups
    middle = tuple(length // 2 for length in lengths)
    for group in range(groups):
        for place in range(min(each, inputs)):
            found[(group * each + place, place, *middle)] = 1.0
    tensor.copy_(Tensor(found))
    return tensor


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1) -> Tensor:
    """Fill with orthogonal rows, or columns where these are fewer."""
    if tensor.ndim < 2:  # noqa: PLR2004 - a matrix
        raise ValueError("orthogonal_ was given a vector; it needs a matrix, or more dimensions")
    if not tensor.numel():
        return tensor
    drawn = random.randn(*tensor.shape, dtype=tensor.dtype)._array.reshape(len(tensor), -1)
    wide = drawn.shape[0] < drawn.shape[1]
    basis, triangle = np.linalg.qr(drawn.T if wide else drawn)
    basis *= np.sign(np.diagonal(triangle))
    found = np.ascontiguousarray(basis.T if wide else basis).reshape(tensor.shape)
    tensor.copy_(Tensor(found * gain))
    return tensor


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0
) -> Tensor:
    """Fill with numbers around a mean, none of which is beyond a and b."""
    low, high = (math.erf((end - mean) / std / math.sqrt(2.0)) for end in (a, b))
    shares = random.rand(*tensor.shape, dtype=float64) * (high - low) + low
    found = special.erfinv(shares) * (std * math.sqrt(2.0)) + mean
    tensor.copy_(found.clamp(a, b))
    return tensor


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01) -> Tensor:
    """Fill with numbers around zero, and a share of each column with zeros."""
    if tensor.ndim != 2:  # noqa: PLR2004 - a matrix
        raise ValueError(f"sparse_ was given a tensor of {tensor.ndim} dimensions; it needs two")
    rows, columns = tensor.shape
    normal_(tensor, 0.0, std)
    for column in range(columns):
        none = random.randperm(rows)[: math.ceil(sparsity * rows)]
        tensor[none, column] = 0.0
    return tensor


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs each output of a weight has, and how many outputs each input."""
    if tensor.ndim < 2:  # noqa: PLR2004 - a matrix
        raise ValueError(f"a weight of {tensor.ndim} dimensions has no fans; it needs two or more")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill with uniform numbers whose spread keeps that of values and gradients."""
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill with normal numbers whose spread keeps that of values and gradients."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Fill with uniform numbers whose spread keeps that of values behind a rectifier."""
    bound = math.sqrt(3.0) * spread(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """Fill with normal numbers whose spread keeps that of values behind a rectifier."""
    return normal_(tensor, 0.0, spread(tensor, a, mode, nonlinearity))


def spread(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """Return the standard deviation that goes with an activation."""
    if mode not in {"fan_in", "fan_out"}:
        raise ValueError(f"mode={mode!r} was given; it is 'fan_in' or 'fan_out'")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)
