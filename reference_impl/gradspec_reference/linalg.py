"""Linear algebra as functions (torch.linalg)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import normal_dims
from gradspec_reference.names import arguments
from gradspec_reference.names.functions.reductions import check_is_floating
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType, Scalar
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "vector_norm",
]


def vector_norm(
    x: Tensor,
    ord: Scalar = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the vector norm of an order (torch.linalg.vector_norm)."""
    check_is_floating("vector_norm", x)
    if dtype is not None:
        check_is_no_narrower(x, dtype)
        x = x.to(dtype)
    dims = normal_dims(dim, x.ndim)
    if ord < 0 and not all(x._array.shape[d] for d in dims if x.ndim):
        raise RuntimeError(f"the norm of order {ord} was asked for, of no elements")
    return unary(OPERATORS["vector_norm"], x, float(ord), dims, keepdim)


def check_is_no_narrower(x: Tensor, dtype: DType) -> None:
    """Refuse to reduce in a dtype that cannot hold what is reduced."""
    if not dtype.is_floating_point or dtype.itemsize < x.dtype.itemsize:
        raise RuntimeError(f"vector_norm of {x.dtype} was asked for in {dtype}, which is narrower")


arguments.put_doors(sys.modules[__name__], numpy=False)
