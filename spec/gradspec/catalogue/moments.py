"""Sums and means of what is a number, moments together, and norms of every order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import NUMBER_OR_NAN, UNLIKE
from gradspec.catalogue.ends import INF, NO_NUMBER, at
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.linear_algebra import matrix_norm
from gradspec.catalogue.operator import ALWAYS, ANALYTIC, PIECEWISE, Kink, on, or_nan, point, row
from gradspec.catalogue.reductions import (
    AT_ZERO,
    CORRECTION,
    DIM,
    DIMS,
    KEPT,
    MODULI,
    OF_A_TYPE,
    ONE,
    deviation,
    mean,
    norm,
    reduction,
    smallest,
    total,
    variance,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def numbers(x: Any) -> Any:
    """Give x, with zero for what is no number."""
    return np.where(np.isnan(real(x)), 0.0, x)


def total_of_numbers(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the sum of what is a number."""
    return total(numbers(x), dim, keepdim)


def mean_of_numbers(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the mean of what is a number."""
    return total(numbers(x), dim, keepdim) / total(~np.isnan(real(x)), dim, keepdim)


def with_mean(moment: Callable[..., Any]) -> Callable[..., Any]:
    """Give a moment and the mean."""

    def formula(x: Any, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
        return moment(x, dim, correction, keepdim), mean(x, dim, keepdim)

    return formula


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the norm of an order; of minus infinity the smallest size, of zero a count."""
    if ord == 0:
        return np.count_nonzero(x, dim, keepdims=keepdim).astype(float)
    if ord == -math.inf:
        return smallest(size(x)) if dim is None else smallest(size(x), dim, keepdim)[0]
    return norm(x, "fro" if ord == 2 else ord, dim, keepdim)  # noqa: PLR2004 - Euclid's


def either_norm(x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    """Give the norm of matrices where an order and two dimensions are named, or there are two."""
    count = 1 if isinstance(dim, int) else len(range(x.ndim) if dim is None else dim)
    if ord is None or count == 1:
        return vector_norm(x, 2 if ord is None else ord, dim, keepdim)
    if count > 2:  # noqa: PLR2004 - of a matrix
        raise ValueError("an order of more than a matrix")
    return matrix_norm(x, ord, (-2, -1) if dim is None else dim, keepdim)


NUMBERS: Final[dict[str, Any]] = {
    "dim": on(2, 3, domain=NUMBER_OR_NAN, dim=1),
    "keepdim": on(2, 3, 2, domain=NUMBER_OR_NAN, dim=1, keepdim=True),
    "dims": on(2, 4, 3, domain=NUMBER_OR_NAN, dim=(0, 2)),
}
LEAST: Final = Kink(
    point([2.0, -2.0], ord=-math.inf),
    (np.array([0.0, -1.0]), np.array([1.0, 0.0])),
    np.array([0.5, -0.5]),
)

ROWS: Final = (
    row(
        *(f"nansum({DIM}{OF_A_TYPE}", total_of_numbers, PIECEWISE),
        on(2, 4, domain=NUMBER_OR_NAN),
        **NUMBERS,
        takes_nan=True,
        apart="dtype",
    ),
    row(
        *(f"nanmean({DIM}{OF_A_TYPE}", mean_of_numbers, PIECEWISE),
        on(2, 4, domain=NUMBER_OR_NAN),
        **NUMBERS,
        takes_nan=True,
        apart="dtype",
    ),
    reduction(
        *(f"var_mean({CORRECTION})", with_mean(variance), ANALYTIC),
        dims=DIMS,
        correction=on(2, 3, dim=1, correction=0),
        several=ALWAYS,
        cancels=True,
        of_parts=parts.with_mean(parts.variance),
        apart="unbiased",
    ),
    reduction(
        *(f"std_mean({CORRECTION})", with_mean(deviation), ANALYTIC),
        dims=DIMS,
        correction=on(2, 3, dim=1, correction=0),
        several=ALWAYS,
        keeps="result0 x",
        cancels=True,
        of_parts=parts.with_mean(parts.deviation),
        apart="unbiased",
    ),
    row(
        *(f"vector_norm(x, ord=2, dim=None, keepdim=False{OF_A_TYPE}", vector_norm, PIECEWISE),
        on(2, 3),
        dim=ONE,
        keepdim=KEPT,
        dims=DIMS,
        ord1=on(2, 3, ord=1, dim=1),
        ord3=on(2, 3, ord=3),
        half=on(2, 3, ord=0.5, dim=1),
        negative=on(2, 3, ord=-1),
        largest=on(2, 3, domain=UNLIKE, ord=math.inf),
        smallest=on(2, 3, domain=UNLIKE, ord=-math.inf),
        smallest_dim=on(2, 3, domain=UNLIKE, ord=-math.inf, dim=0),
        count=on(2, 3, ord=0, dim=1),
        kinks={
            "": Kink(point([0.0, 0.0]), AT_ZERO, 0.0),
            "ord1": Kink(point([0.0, 0.0], ord=1), AT_ZERO, 0.0),
            "largest": Kink(point([2.0, -2.0], ord=math.inf), MODULI.between, MODULI.choice),
            "count": Kink(point([0.0, 2.0], ord=0), None, 0.0),
            "smallest": LEAST,
        },
        ends={
            "infinity": at([INF, 1.0], or_nan([1.0, 0.0]), [NO_NUMBER, 0.0]),
            "half_at_zero": at([0.0, 4.0], None, [0.0, 1.0], ord=0.5),
        },
        torch="torch.linalg.vector_norm($x, $(ord=$ord), $(dim=$dim), $(keepdim=$keepdim), "
        "$(dtype=$dtype))",
        keeps="result x",
        of_parts=parts.of_moduli(vector_norm),
        apart="dtype",
    ),
    row(
        *(f"linalg_norm(x, ord=None, dim=None, keepdim=False{OF_A_TYPE}", either_norm, PIECEWISE),
        on(2, 3),
        vector=on(4, ord=3),
        columns=on(2, 3, ord=1),
        nuclear=on(2, 3, ord="nuc"),
        dim=on(2, 3, ord=1, dim=0),
        dims=on(2, 4, 3, ord=-2, dim=(0, 2), keepdim=True),
        torch="torch.linalg.norm($x, $(ord=$ord), $(dim=$dim), $(keepdim=$keepdim), "
        "$(dtype=$dtype))",
        keeps="?",
        of_parts=parts.of_moduli(either_norm),
        apart="dtype",
    ),
)
