"""What stands behind `+`, `==`, `.T` and the other signs of a program."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.recording import binary, view
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import arithmetic, assembly, elementwise, products, shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_reference.dtypes import Scalar

OPERANDS: Final = frozenset({Tensor, int, float, bool, complex})
MATRIX: Final = 2  # dimensions
matmul: Final = inspect.unwrap(products.matmul)


def multiply(self: Tensor, other: Any) -> Tensor:
    """Serve `*`."""
    return binary(OPERATORS["mul"], self, other)


def plus(self: Tensor, other: Any) -> Tensor:
    """Serve `+`."""
    return binary(OPERATORS["add"], self, other, 1)


def minus(self: Tensor, other: Any) -> Tensor:
    """Serve `-`."""
    return binary(OPERATORS["sub"], self, other, 1)


def minus_from(self: Tensor, other: Any) -> Tensor:
    """Serve `number - tensor`."""
    return arithmetic.difference_from(self, other)


def divide(self: Tensor, other: Any) -> Tensor:
    """Serve `/`."""
    return binary(OPERATORS["div"], self, other)


def divide_from(self: Tensor, other: Any) -> Tensor:
    """Serve `number / tensor`, as torch does: a reciprocal and a product."""
    return multiply(elementwise.reciprocal(self), other)


def power_of(self: Tensor, other: Tensor | Scalar) -> Tensor:
    """Serve `number ** tensor`."""
    return arithmetic.pow(other, self)


def remainder_of(self: Tensor, other: Tensor | Scalar) -> Tensor:
    """Serve `number % tensor`."""
    return arithmetic.remainder(other, self)


def quotient_of(self: Tensor, other: Tensor | Scalar) -> Tensor:
    """Serve `number // tensor`."""
    return arithmetic.floor_divide(other, self)


def inverted(self: Tensor) -> Tensor:
    """Serve `~`; TypeError for floating numbers."""
    if self._array.dtype.kind in "fVc":
        raise TypeError(f"~ was applied to {self.dtype}; it inverts integers and booleans")
    return elementwise.bitwise_not(self)


def product(self: Tensor, other: Any) -> Any:
    """Serve `@`."""
    if not isinstance(other, Tensor):
        return NotImplemented
    x, y = self._array, other._array
    if x.ndim == y.ndim == MATRIX and x.dtype is y.dtype and x.dtype.kind in "fV":
        return binary(OPERATORS["mm"], self, other)
    return matmul(self, other)


def tried(function: Callable[..., Any]) -> Callable[[Tensor, Any], Any]:
    """Make the sign of a function: Python asks the other operand if this one does not fit."""
    bare = inspect.unwrap(function)

    @functools.wraps(bare)
    def sign(self: Tensor, other: Any) -> Any:
        if type(other) in OPERANDS or isinstance(other, Tensor):
            return bare(self, other)
        if isinstance(other, np.number | np.bool_):
            return bare(self, other.item())
        return bare(self, other) if isinstance(other, int | float | complex) else NotImplemented

    return sign


def equals(self: Tensor, other: Any) -> Any:
    """Serve `==`, the only sign that takes an array too, as in torch."""
    if isinstance(other, np.ndarray) and other.dtype in dtypes.OF_NUMPY:
        other = Tensor(other)
    return same(self, other)


same: Final = tried(elementwise.eq)


def contains(self: Tensor, element: Any, /) -> bool:
    """Serve `in`; RuntimeError for what is neither tensor nor number."""
    if not isinstance(element, Tensor | complex | int | float | np.number | np.bool_):
        raise RuntimeError(  # noqa: TRY004 - as in torch
            f"`in` was given a {type(element).__name__}; give a tensor or a number"
        )
    return bool(elementwise.eq(self, element).any())


def plus_sign(self: Tensor) -> Tensor:
    """Serve `+tensor`; RuntimeError for booleans."""
    if self._array.dtype == np.bool_:
        raise RuntimeError("+ was applied to booleans; convert with to() first")
    return self


def reversed_rows(self: Tensor) -> Tensor:
    """Serve `reversed`: the first dimension runs the other way."""
    return assembly.flip(self, (0,)) if self.ndim else self


def on_cpu(self: Tensor) -> Tensor:
    """Serve `cpu()`: what is there already is handed back (torch.Tensor.cpu)."""
    moved: Tensor = self.to("cpu")
    return moved


def reversed_dims(self: Tensor) -> Tensor:
    """Return a view with the dimensions in reverse order (torch.Tensor.T)."""
    return view(OPERATORS["permute"], self, tuple(range(self._array.ndim - 1, -1, -1)))


def transposed_matrices(self: Tensor) -> Tensor:
    """Return a view with the last two dimensions exchanged (torch.Tensor.mT)."""
    return shapes.transpose(self, -2, -1)
