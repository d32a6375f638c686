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
        x = x.to(dtype)
        check_is_floating("vector_norm", x)
    return unary(OPERATORS["vector_norm"], x, float(ord), normal_dims(dim, x.ndim), keepdim)


arguments.put_doors(sys.modules[__name__], numpy=False)
