"""Exponentials that sum to one, and sizes of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.dtypes import get_default_dtype
from gradspec_reference.engine.recording import several, unary
from gradspec_reference.engine.shapes import normal_dim, normal_dims
from gradspec_reference.names import factories
from gradspec_reference.names.functions import reductions, shapes
from gradspec_reference.names.functions.reductions import cast, check_is_floating
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "log_softmax",
    "logsumexp",
    "norm",
    "softmax",
]


def logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exponentials (torch.logsumexp)."""
    if input._array.dtype.kind not in "fVc":
        input = input.to(get_default_dtype())
    if not dim and dim != 0 and input.ndim and input.numel() and not keepdim:
        raise RuntimeError("logsumexp was given no dimension; name at least one")
    return unary(OPERATORS["logsumexp"], input, normal_dims(dim, input.ndim), keepdim)


def softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """Return exponentials that sum to one along a dimension (torch.softmax)."""
    return along("softmax", input, dim, dtype)


def log_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
    """Return the logarithm of softmax (torch.log_softmax)."""
    return along("log_softmax", input, dim, dtype)


def along(name: str, input: Tensor, dim: int, dtype: DType | None) -> Tensor:
    """Run one of the two; of no integers there are none."""
    if dtype is None and input._array.dtype.kind in "fV":
        return unary(OPERATORS[name], input, normal_dim(dim, input._array.ndim))
    dim = normal_dim(dim, input.ndim)
    target = input.dtype if dtype is None else dtype
    if not target.is_floating_point and not input.numel():
        return factories.zeros(input.shape, dtype=target)
    input = cast(input, dtype)
    if not target.is_floating_point:
        raise NotImplementedError(f"{name} was given {target}; use a floating dtype")
    return unary(OPERATORS[name], input, dim)


def norm(
    input: Tensor,
    p: float | str | None = 2.0,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Return the vector norm; its gradient is 0 where it is 0 (torch.norm)."""
    check_is_floating("norm", input)
    if dtype is not None:
        check_is_no_narrower("norm", input, dtype)
        input = input.to(dtype)
    if p == "nuc":
        return nuclear_norm(input, dim, keepdim)
    order = 2.0 if p is None or p == "fro" else p
    if isinstance(order, str):
        raise RuntimeError(f"norm was given the order {p!r}; use 'fro' or 'nuc'")  # noqa: TRY004
    dims = normal_dims(dim, input.ndim)
    if p == "fro" and dim is not None and len(dims) > 2:  # noqa: PLR2004 - of a matrix
        raise RuntimeError(f"norm 'fro' was given {len(dims)} dimensions; a matrix has two")
    check_has_norm(input, order, dims)
    return unary(OPERATORS["vector_norm"], input, float(order), dims, keepdim)


def check_has_norm(x: Tensor, order: float, dims: Sequence[int]) -> None:
    """Refuse a norm for which no elements have no value."""
    if order < 0 and not all(x._array.shape[d] for d in dims if x.ndim):
        raise RuntimeError(f"the norm of order {order} was asked for, of no elements")


def check_is_no_narrower(name: str, x: Tensor, dtype: DType) -> None:
    """Refuse to reduce in a dtype that cannot hold what is reduced."""
    apart = dtype.is_complex is not x.dtype.is_complex or dtype.category < x.dtype.category
    if apart or dtype.itemsize < x.dtype.itemsize:
        raise RuntimeError(f"{name} of {x.dtype} was asked for in {dtype}, which is narrower")


def nuclear_norm(input: Tensor, dim: int | Sequence[int] | None, keepdim: bool) -> Tensor:
    """Return the sum of the singular values of matrices, which two dimensions make."""
    count = input.ndim if dim is None else 1 if isinstance(dim, int) else len(dim)
    if count != 2:  # noqa: PLR2004 - of a matrix
        raise RuntimeError(f"norm 'nuc' was given {count} dimensions; a matrix has two")
    dims = normal_dims(dim, input.ndim)
    values = several(OPERATORS["svd"], shapes.movedim(input, dims, (-2, -1)))[1]
    total = reductions.sum(values, -1)
    kept = [1 if d in dims else n for d, n in enumerate(input.shape)]
    return shapes.reshape(total, kept) if keepdim else total
