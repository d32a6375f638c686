"""What may be assigned to `.grad`; start at `check_assigned`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradspec_reference.errors import GradDtypeError, GradIsSelfError, GradShapeError, GradTypeError

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor


def check_assigned(tensor: Tensor, value: object) -> None:
    """Refuse what cannot be the gradient of this tensor.

    Raises GradTypeError, GradIsSelfError, GradShapeError or GradDtypeError.
    """
    if value is None:
        return
    from gradspec_reference.engine.tensor import Tensor  # noqa: PLC0415 - tensors are built on this check

    if not isinstance(value, Tensor):
        raise GradTypeError(
            f"grad was assigned a {type(value).__name__}; it must be a tensor or None"
        )
    if value is tensor:
        raise GradIsSelfError("a tensor was assigned as its own gradient; assign a clone()")
    check_dtype(tensor, value)
    if value._array.shape != tensor._array.shape:
        raise GradShapeError(
            f"grad was assigned a tensor of shape {list(value.shape)}; it must have the tensor's "
            f"own, {list(tensor.shape)}"
        )


def check_dtype(tensor: Tensor, value: Tensor) -> None:
    """Refuse a gradient of another dtype than the tensor asks for."""
    leaf = tensor._leaf
    wanted = tensor.dtype if leaf is None or leaf.grad_dtype is leaf.SAME else leaf.grad_dtype
    if wanted is not None and value.dtype != wanted:
        raise wrong_dtype(value.dtype, wanted)


def wrong_dtype(found: DType, wanted: DType) -> GradDtypeError:
    """Word the refusal of a gradient of another dtype."""
    return GradDtypeError(
        f"the gradient is of dtype {found}, but grad_dtype is {wanted}; convert it with "
        "to(), or set grad_dtype on the leaf"
    )
