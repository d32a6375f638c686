"""Random numbers written in place (torch.Tensor.normal_ and its kin); start at `fill`.

What was there goes, so that nothing passes back to it: the derivative is zero.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine import batched, inplace, linking
from gradspec_reference.engine.modes import state
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.random import HALF_DEVIATION, check_floating, source
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
]


ONE_BOUND: Final = -(2**64)
"""Stands for an upper bound that was not given: then the lower one is it."""


def fill(input: Tensor, name: str, draw: Callable[[Any], Any]) -> Tensor:
    """Store in a tensor what `draw` makes of its shape; inside vmap, if it says how."""
    if state.batching:
        batched.drawing()
    return inplace.apply_inplace(OPERATORS[f"{name}_in_place"], (input,), draw)


def check_continuous(name: str, input: Tensor) -> None:
    """Refuse to draw whole numbers or flags from a continuous distribution."""
    if not input.dtype.is_floating_point:
        raise RuntimeError(
            f"{name} was called on a tensor of {input.dtype}; its numbers are floating-point"
        )


def check_above_zero(name: str, what: str, value: float) -> None:
    """Refuse a parameter that must be positive."""
    if not value > 0:
        raise RuntimeError(f"{name} was given {what} {value}; it must be above zero")


def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Store normal numbers, of complex ones in each part (torch.Tensor.normal_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    if not std >= 0:
        raise RuntimeError(f"normal_ was given the standard deviation {std}; it is not negative")
    if input.is_complex():  # so that a number varies by one, as real ones do
        std *= HALF_DEVIATION
    else:
        check_floating("normal_", input)
    return fill(input, "normal", lambda shape: mean + std * numpy.standard_normal(shape))


def uniform_(
    input: Tensor,
    from_: float = 0.0,
    to: float = 1.0,
    *,
    generator: Any = None,
) -> Tensor:
    """Store numbers uniform in [from, to) (torch.Tensor.uniform_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    if not input.is_complex():
        check_floating("uniform_", input)
    largest = float(dtypes.limits(input.dtype.to_real().numpy).max)
    if not (-largest <= from_ <= to <= largest and to - from_ <= largest):
        raise RuntimeError(
            f"uniform_ was given the range from {from_} to {to}, which {input.dtype} cannot hold"
        )
    return fill(input, "uniform", lambda shape: from_ + (to - from_) * numpy.random(shape))


def bernoulli_(input: Tensor, p: Tensor | float = 0.5, *, generator: Any = None) -> Tensor:
    """Store 1 with the probability given, else 0 (torch.Tensor.bernoulli_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input, *([p] if isinstance(p, Tensor) else []))
    array = np.asarray(p._array if isinstance(p, Tensor) else p)
    if not np.all((array >= 0) & (array <= 1)):
        raise RuntimeError("bernoulli_ was given what is no probability; they lie in 0 to 1")
    if not isinstance(p, Tensor):
        return fill(input, "bernoulli", lambda shape: numpy.random(shape) < p)
    check_floating("bernoulli_", p)
    if state.recording and linking.needs_grad(p) and not input.dtype.is_floating_point:
        raise RuntimeError(f"bernoulli_ would have to record a write to {input.dtype}")
    if state.batching:
        batched.drawing()
    return inplace.apply_inplace(OPERATORS["bernoulli_tensor"], (input, p), numpy)


def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    """Store waiting times of a rate (torch.Tensor.exponential_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    check_above_zero("exponential_", "the rate", lambd)
    check_continuous("exponential_", input)
    return fill(input, "exponential", lambda shape: numpy.exponential(1 / lambd, shape))


def geometric_(input: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Store how many trials it took, from 1 on (torch.Tensor.geometric_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ was given {p}; a probability between 0 and 1 is needed")
    check_has_numbers("geometric_", input)
    return fill(input, "geometric", lambda shape: numpy.geometric(p, shape))


def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None
) -> Tensor:
    """Store numbers of a Cauchy distribution (torch.Tensor.cauchy_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    check_above_zero("cauchy_", "the width", sigma)
    check_continuous("cauchy_", input)
    return fill(input, "cauchy", lambda shape: median + sigma * numpy.standard_cauchy(shape))


def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None
) -> Tensor:
    """Store numbers whose logarithms are normal (torch.Tensor.log_normal_)."""
    numpy = source(generator).numpy
    inplace.check_if_recorded(input)
    check_above_zero("log_normal_", "the standard deviation", std)
    check_floating("log_normal_", input)
    return fill(
        input, "log_normal", lambda shape: np.exp(mean + std * numpy.standard_normal(shape))
    )


def random_(
    input: Tensor,
    from_: int | LeftOut = None,
    to: int | None = ONE_BOUND,
    *,
    generator: Any = None,
) -> Tensor:
    """Store whole numbers from `from` to `to - 1`, or all that the dtype has (random_).

    One bound alone is the upper one, and the numbers begin at zero; of None there is none above.
    """
    integers = source(generator).numpy.integers
    inplace.check_if_recorded(input)
    low, high, name = from_ or 0, to, "random"
    if to == ONE_BOUND:
        low, high, name = 0, from_, "random_all" if from_ is None else "random_below"
    elif from_ is None:
        name = "random_below"
    if high is None:
        high = whole_numbers(input.dtype)
    if low >= high:
        raise RuntimeError(f"random_ was asked for numbers from {low} to {high}, exclusive")
    ends = (0, 1) if input.dtype is dtypes.bool_ else limits(input.dtype)
    if low < ends[0] or high - 1 > ends[1]:
        raise RuntimeError(
            f"random_ was asked for numbers from {low} to {high}, which {input.dtype} cannot hold"
        )
    return fill(input, name, lambda shape: integers(low, high, shape))


def limits(dtype: DType) -> tuple[float, float]:
    """Return the least and the largest number of a dtype."""
    ends = dtypes.limits(dtype.numpy)
    return ends.min, ends.max


def whole_numbers(dtype: DType) -> int:
    """Return the number above the whole ones that a dtype has all of."""
    if dtype is dtypes.bool_:
        return 2
    if not dtype.is_floating_point:
        return int(dtypes.limits(dtype.numpy).max) + (dtype is not dtypes.int64)
    return int(2 ** (1 - math.log2(dtypes.limits(dtype.numpy).eps))) + 1


def check_has_numbers(name: str, input: Tensor) -> None:
    """Refuse flags."""
    if input.dtype is dtypes.bool_:
        raise NotImplementedError(f"{name} was called on a tensor of {input.dtype}")
