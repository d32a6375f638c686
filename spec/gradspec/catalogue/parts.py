"""Complex numbers by their parts: formulas that a conjugate, a modulus or an angle goes into.

Such a function is analytic in the real and the imaginary parts of its operands, and in nothing
else.  Where its formula takes the parts with `real` and `imag`, and puts a result together with
`joined`, it may be given a `Pair` in the place of complex numbers, whose parts are moved by
infinitely small numbers as real operands are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Pair:
    """Complex numbers whose parts are on their way through a complex step."""

    real: Any
    imag: Any


def real(x: Any) -> Any:
    """Give the real parts."""
    return x.real if isinstance(x, Pair) else np.real(x)


def imag(x: Any) -> Any:
    """Give the imaginary parts."""
    return x.imag if isinstance(x, Pair) else np.imag(x)


def joined(re: Any, im: Any) -> Any:
    """Give complex numbers of these parts."""
    moving = np.iscomplexobj(re) or np.iscomplexobj(im)
    return Pair(*np.broadcast_arrays(re, im)) if moving else np.asarray(re + 1j * im)


def modulus(x: Any) -> Any:
    """Give the distance from zero."""
    return np.sqrt(real(x) ** 2 + imag(x) ** 2)


def distance(x: Any, other: Any, further: float = 0.0) -> Any:
    """Give the distances of numbers from others, which lie further to the left by so much."""
    return np.sqrt((real(x) - real(other) + further) ** 2 + (imag(x) - imag(other)) ** 2)


def of_moduli(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Give the formula of what looks at the distances from zero alone, as a norm does."""
    return lambda x, *how, **named: formula(modulus(x), *how, **named)


def divided(x: Any, by: Any) -> Any:
    """Give the quotients by real numbers."""
    return joined(real(x) / by, imag(x) / by)


def normalised(x: Any) -> Any:
    """Give the rows divided by their norms."""
    return divided(x, np.sqrt((modulus(x) ** 2).sum(1, keepdims=True)))


def argument(x: Any) -> Any:
    """Give the angle from the positive half of the axis: twice that which half of it has."""
    return 2 * np.arctan(imag(x) / (modulus(x) + real(x)))


def polar(x: Any, angle: Any) -> Any:
    """Give the numbers of a modulus and an angle."""
    return joined(x * np.cos(angle), x * np.sin(angle))


def direction(x: Any) -> Any:
    """Give the number of modulus 1 in the same direction."""
    return divided(x, modulus(x))


def squared_deviations(x: Any, dim: Any, correction: float, *, keepdim: bool) -> Any:
    """Give the mean of the squared distances from the mean."""
    axes = tuple(range(np.ndim(real(x)))) if dim is None else dim
    parts = [part - part.mean(axes, keepdims=True) for part in (real(x), imag(x))]
    count = np.size(parts[0]) / np.size(parts[0].sum(axes))
    return sum((p * p).sum(axes, keepdims=keepdim) for p in parts) / (count - correction)


def variance(x: Any, dim: Any = None, *, correction: float = 1, keepdim: bool = False) -> Any:
    """Give the variance, which is a real number."""
    return squared_deviations(x, dim, correction, keepdim=keepdim)


def deviation(x: Any, dim: Any = None, *, correction: float = 1, keepdim: bool = False) -> Any:
    """Give its root."""
    return np.sqrt(squared_deviations(x, dim, correction, keepdim=keepdim))


def conjugated_product(x: Any, other: Any, dim: int = -1) -> Any:
    """Give the sums of the products of the conjugates of x."""
    re = real(x) * real(other) + imag(x) * imag(other)
    im = real(x) * imag(other) - imag(x) * real(other)
    return joined(re.sum(dim), im.sum(dim))


def mean(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the mean."""
    return joined(real(x).mean(dim, keepdims=keepdim), imag(x).mean(dim, keepdims=keepdim))


def with_mean(moment: Callable[..., Any]) -> Callable[..., Any]:
    """Give a moment and the mean."""
    return lambda x: (moment(x), mean(x))


def covariance(x: Any) -> Any:
    """Give how rows vary together: each deviation times the conjugates of all."""
    re, im = (part - part.mean(-1, keepdims=True) for part in (real(x), imag(x)))
    count = re.shape[-1] - 1
    return joined((re @ re.T + im @ im.T) / count, (im @ re.T - re @ im.T) / count)


def correlation(x: Any) -> Any:
    """Give how rows vary together, over how they vary alone."""
    together = covariance(x)
    alone = np.sqrt(np.diagonal(real(together)))
    return divided(together, alone[:, None] * alone)
