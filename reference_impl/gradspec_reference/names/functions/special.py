"""Functions beyond the elementary ones that torch has under its own name as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.engine import inplace, recording
from gradspec_reference.names.functions.elementwise import unary_function, unary_inplace
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "digamma",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "lgamma",
    "logit",
    "logit_",
    "nan_to_num",
    "nan_to_num_",
    "polygamma",
    "sinc",
    "sinc_",
]

digamma = unary_function("digamma")
erf = unary_function("erf")
erfc = unary_function("erfc")
erfinv = unary_function("erfinv")
lgamma = unary_function("lgamma")
sinc = unary_function("sinc")
digamma_ = unary_inplace("digamma")
erf_ = unary_inplace("erf")
erfc_ = unary_inplace("erfc")
erfinv_ = unary_inplace("erfinv")
lgamma_ = unary_inplace("lgamma")
sinc_ = unary_inplace("sinc")


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Return the logarithm of the odds, of input kept eps away from 0 and 1 (torch.logit)."""
    return recording.unary(OPERATORS["logit"], input, eps)


def logit_(input: Tensor, eps: float | None = None) -> Tensor:
    """Replace each element by the logarithm of the odds (torch.logit_)."""
    return inplace.apply_inplace(OPERATORS["logit"], (input,), eps)


def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Return input with numbers for NaN and the infinities (torch.nan_to_num)."""
    return recording.unary(OPERATORS["nan_to_num"], input, nan, posinf, neginf)


def nan_to_num_(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """Put numbers for NaN and the infinities (torch.nan_to_num_)."""
    return inplace.apply_inplace(OPERATORS["nan_to_num"], (input,), nan, posinf, neginf)


def polygamma(n: int, input: Tensor) -> Tensor:
    """Return the nth derivative of digamma (torch.polygamma); RuntimeError if n is negative."""
    check_order(n)
    return recording.apply_pointwise(OPERATORS["polygamma"], (input,), n)


def polygamma_of(input: Tensor, n: int) -> Tensor:
    """Return the nth derivative of digamma (torch.Tensor.polygamma)."""
    return polygamma(n, input)


def polygamma_(input: Tensor, n: int) -> Tensor:
    """Replace each element by the nth derivative of digamma (torch.Tensor.polygamma_)."""
    check_order(n)
    return inplace.apply_inplace(OPERATORS["polygamma"], (input,), n)


def check_order(n: int) -> None:
    """Refuse a negative number of derivatives."""
    if n < 0:
        raise RuntimeError(f"polygamma was given n={n}; it is not negative")
