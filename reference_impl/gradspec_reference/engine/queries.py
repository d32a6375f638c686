"""Questions about values and dtypes that are not about one tensor's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference import dtypes
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType


def is_tensor(obj: object) -> bool:
    """Tell whether an object is a tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """Return the dtype of an operation on two tensors or numbers (torch.result_type)."""
    operands = (tensor1, tensor2)
    return dtypes.result_type(*(x._array if isinstance(x, Tensor) else x for x in operands))


def can_cast(from_: DType, to: DType) -> bool:
    """Tell whether an in-place operation may store one dtype in the other (torch.can_cast)."""
    return dtypes.can_cast(from_, to)
