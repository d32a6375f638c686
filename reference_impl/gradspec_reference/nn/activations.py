"""Activations as functions (torch.nn.functional)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gradspec_reference.dtypes import number_for
from gradspec_reference.engine import inplace as writing
from gradspec_reference.engine.recording import apply, unary
from gradspec_reference.engine.shapes import normal_dim
from gradspec_reference.errors import OperandShapeError
from gradspec_reference.names import arguments, random
from gradspec_reference.names.functions import arithmetic, elementwise, parts, selection, shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu6",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
    "threshold_",
]

OF_SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0)


def run(name: str, input: Tensor, inplace: Any, *params: Any) -> Tensor:
    """Run an activation, in place if so wished."""
    if inplace:
        return writing.apply_inplace(OPERATORS[name], (input,), *params)
    return unary(OPERATORS[name], input, *params)


def check_is_floating(name: str, input: Tensor) -> None:
    """Refuse integers."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"{name} was given {input.dtype}; convert with float()")


def elu(input: Tensor, alpha: float = 1.0, inplace: Any = False) -> Tensor:
    """Return alpha (exp(x) - 1) below zero, x above."""
    return run("elu", input, inplace, alpha, 1, 1)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Write elu in place."""
    return run("elu", input, True, alpha, 1, 1)


def selu(input: Tensor, inplace: Any = False) -> Tensor:
    """Return elu, scaled so that layers keep mean and variance."""
    return run("elu", input, inplace, *OF_SELU)


def selu_(input: Tensor) -> Tensor:
    """Write selu in place."""
    return run("elu", input, True, *OF_SELU)


def celu(input: Tensor, alpha: float = 1.0, inplace: Any = False) -> Tensor:
    """Return alpha (exp(x / alpha) - 1) below zero, x above; RuntimeError if alpha is 0."""
    if alpha == 0:
        raise RuntimeError("celu was given alpha=0, by which it divides")
    return run("celu", input, inplace, alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Write celu in place."""
    return celu(input, alpha, inplace=True)


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Return x times the normal distribution function, or what comes near it ("tanh")."""
    if approximate not in {"none", "tanh"}:
        raise RuntimeError(f"approximate={approximate!r} was given; use 'none' or 'tanh'")
    return unary(OPERATORS["gelu"], input, approximate)


def silu(input: Tensor, inplace: Any = False) -> Tensor:
    """Return x times its sigmoid."""
    return run("silu", input, inplace)


def mish(input: Tensor, inplace: Any = False) -> Tensor:
    """Return x times tanh of its softplus."""
    return run("mish", input, inplace)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """Return log(1 + exp(beta x)) / beta, and x where beta x is above the threshold."""
    return unary(OPERATORS["softplus"], input, beta, threshold)


def softsign(input: Tensor) -> Tensor:
    """Return x / (1 + |x|)."""
    return arithmetic.div(input, arithmetic.add(elementwise.abs(input), 1))


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: Any = False) -> Tensor:
    """Return x above zero, and a small part of it below."""
    return run("leaky_relu", input, inplace, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Write leaky_relu in place."""
    return run("leaky_relu", input, True, negative_slope)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: Any = False,
    inplace: Any = False,
) -> Tensor:
    """Return x above zero, and below it x times a slope drawn for each entry, or the mean one."""
    if lower > upper:
        raise RuntimeError(f"rrelu was given slopes from {lower} to {upper}; give the lower first")
    check_is_floating("rrelu", input)
    if not training:
        return run("leaky_relu", input, inplace, (lower + upper) / 2)
    drawn = random.rand(*input.shape, dtype=input.dtype) * (upper - lower) + lower
    slopes = selection.where(input.detach() > 0, 1.0, drawn)
    if inplace:
        return writing.apply_inplace(OPERATORS["rrelu_with_noise"], (input, slopes))
    return apply(OPERATORS["rrelu_with_noise"], (input, slopes))


def rrelu_(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: Any = False
) -> Tensor:
    """Write rrelu in place."""
    return rrelu(input, lower, upper, training, True)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return x above zero, and below it x times a weight, which may be of its channel."""
    if weight.ndim > 1:
        raise RuntimeError(f"prelu was given a weight of {weight.ndim} dimensions; it has one")
    if input.dtype is not weight.dtype:
        raise RuntimeError(f"prelu was given {input.dtype} and {weight.dtype}; convert one")
    if weight.numel() != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if not input.ndim or weight.numel() != channels:
            raise OperandShapeError(
                f"prelu was given {weight.numel()} weights for {channels} channels"
            )
    if input.ndim != 1 or not weight.ndim:
        size = [1] * input.ndim
        if input.ndim > 1:
            size[1] = weight.numel()
        weight = shapes.reshape(weight, tuple(size))
    check_is_floating("prelu", input)
    return apply(OPERATORS["prelu_kernel"], (input, weight))


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: Any = False
) -> Tensor:
    """Return x between two bounds, which pass no gradient; ValueError if they are crossed."""
    if min_val > max_val:
        raise ValueError(f"hardtanh was given {min_val} above {max_val}")
    return run("hardtanh", input, inplace, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Write hardtanh in place."""
    return run("hardtanh", input, True, min_val, max_val)


def relu6(input: Tensor, inplace: Any = False) -> Tensor:
    """Return x between 0 and 6."""
    return run("hardtanh", input, inplace, 0, 6)


def hardsigmoid(input: Tensor, inplace: Any = False) -> Tensor:
    """Return the share of the way from -3 to 3."""
    return run("hardsigmoid", input, inplace)


def hardswish(input: Tensor, inplace: Any = False) -> Tensor:
    """Return x times its hardsigmoid."""
    return run("hardswish", input, inplace)


def logsigmoid(input: Tensor) -> Tensor:
    """Return the logarithm of the sigmoid."""
    return unary(OPERATORS["log_sigmoid"], input)


def tanhshrink(input: Tensor) -> Tensor:
    """Return x - tanh x."""
    return arithmetic.sub(input, elementwise.tanh(input))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return x with lambd taken off its size; RuntimeError if lambd is negative."""
    if lambd < 0 and input.dtype.is_floating_point:
        raise RuntimeError(f"softshrink was given lambd={lambd}; it is not negative")
    return unary(OPERATORS["softshrink"], input, lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return x, and 0 where its size is at most lambd."""
    return unary(OPERATORS["hardshrink"], input, lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: Any = False) -> Tensor:
    """Return x above a threshold, and a value elsewhere."""
    return run("threshold", input, inplace, *held(input, threshold, value))


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """Write threshold in place."""
    return run("threshold", input, True, *held(input, threshold, value))


def held(input: Tensor, *values: float) -> list[float]:
    """Return numbers as the dtype of a tensor holds them; RuntimeError if it cannot."""
    return [number_for(value, input._array.dtype).item() for value in values]


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return one half of a dimension, times the sigmoid of the other."""
    if not input.ndim:
        raise RuntimeError("glu was given a 0-d tensor; it needs a dimension to halve")
    dim = normal_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise OperandShapeError(
            f"glu was given {input.shape[dim]} entries along {dim}; an even number"
        )
    check_is_floating("glu", input)
    first, second = parts.chunk(input, 2, dim)
    return arithmetic.mul(first, elementwise.sigmoid(second))


arguments.put_doors(sys.modules[__name__], numpy=False)
