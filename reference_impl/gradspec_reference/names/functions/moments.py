"""Variances, standard deviations and the mean; sums and means of what is a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.engine.recording import several, unary
from gradspec_reference.engine.shapes import normal_dims
from gradspec_reference.names.functions import arithmetic, elementwise, reductions
from gradspec_reference.names.functions.reductions import (
    cast,
    check_is_floating,
    mean,
    narrowed,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.shapes import LeftOut
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "nanmean",
    "nansum",
    "std",
    "std_mean",
    "var",
    "var_mean",
]


def _how(
    name: str,
    input: Tensor,
    dim: int | Sequence[int] | bool | None,
    unbiased: bool | None,
    correction: float | None,
) -> tuple[tuple[int, ...], float]:
    """Return the dimensions and the correction that are meant, of several ways to say it."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    elif unbiased is not None:
        raise TypeError(f"{name} was given both unbiased and correction; give one of them")
    check_is_floating(name, input)
    return normal_dims(dim, input.ndim), correction


def var(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the variance, by default with n - 1 in the denominator (torch.var)."""
    along, correction = _how("var", input, dim, unbiased, correction)
    return unary(OPERATORS["var"], input, along, correction, keepdim)


def std(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the standard deviation (torch.std)."""
    along, correction = _how("std", input, dim, unbiased, correction)
    return unary(OPERATORS["std"], input, along, correction, keepdim)


def var_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean (torch.var_mean)."""
    along, correction = _how("var_mean", input, dim, unbiased, correction)
    variance, average = several(OPERATORS["var_mean"], input, along, correction, keepdim)
    return variance, average


def std_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean (torch.std_mean)."""
    along, correction = _how("std_mean", input, dim, unbiased, correction)
    spread = unary(OPERATORS["std"], input, along, correction, keepdim)
    return spread, mean(input, along, keepdim)


def nansum(
    input: Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the sum of the elements that are numbers (torch.nansum)."""
    input = cast(input, dtype)
    dims = normal_dims(dim, input.ndim)
    return narrowed(unary(OPERATORS["nansum"], input, dims, keepdim), dtype)


def nanmean(
    input: Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the mean of the elements that are numbers (torch.nanmean)."""
    check_is_floating("nanmean", input)
    numbers = elementwise.logical_not(elementwise.isnan(input))
    count = reductions.sum(numbers, dim, keepdim)
    return arithmetic.div(nansum(input, dim, keepdim, dtype=dtype), count)
