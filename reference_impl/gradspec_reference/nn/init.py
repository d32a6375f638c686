"""The numbers that parameters begin with (torch.nn.init); random ones are not torch's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gradspec_reference.engine.modes import no_grad
from gradspec_reference.names import random

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

GAINS: Final = {"relu": math.sqrt(2.0), "tanh": 5.0 / 3, "selu": 3.0 / 4}


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
    """Return by how much an activation asks the numbers to be larger."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    return GAINS.get(nonlinearity, 1.0)


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
