"""Variances and standard deviations, also beside the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import normal_dims
from gradspec_reference.names.functions.reductions import check_is_floating, mean
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import Scalar
    from gradspec_reference.engine.shapes import LeftOut
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "std",
    "std_mean",
    "var",
    "var_mean",
]


def _moment(
    name: str,
    input: Tensor,
    dim: int | Sequence[int] | bool | None,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool,
) -> Tensor:
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    elif unbiased is not None:
        raise TypeError(f"{name} was given both unbiased and correction; give one of them")
    check_is_floating(name, input)
    return unary(OPERATORS[name], input, normal_dims(dim, input.ndim), correction, keepdim)


def var(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
) -> Tensor:
    """Return the variance, by default with n - 1 in the denominator (torch.var)."""
    return _moment("var", input, dim, unbiased, correction, keepdim)


def std(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
) -> Tensor:
    """Return the standard deviation (torch.std)."""
    return _moment("std", input, dim, unbiased, correction, keepdim)


def var_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean (torch.var_mean)."""
    spread = _moment("var", input, dim, unbiased, correction, keepdim)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)


def std_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | LeftOut = None,
    keepdim: bool = False,
    *,
    correction: Scalar | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean (torch.std_mean)."""
    spread = _moment("std", input, dim, unbiased, correction, keepdim)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)
