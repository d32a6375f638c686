"""What stands behind `+`, `==`, `.T` and the other signs of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.engine.recording import binary, view
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.functions import arithmetic, elementwise, shapes
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable


def multiply(self: Tensor, other: Any) -> Tensor:
    """Serve `*`."""
    return binary(OPERATORS["mul"], self, other)


def plus(self: Tensor, other: Any) -> Tensor:
    """Serve `+`."""
    return binary(OPERATORS["add"], self, other, 1)


def minus(self: Tensor, other: Any) -> Tensor:
    """Serve `-`."""
    return binary(OPERATORS["sub"], self, other, 1)


def divide(self: Tensor, other: Any) -> Tensor:
    """Serve `/`."""
    return binary(OPERATORS["div"], self, other)


def divide_from(self: Tensor, other: Any) -> Tensor:
    """Serve `number / tensor`, as torch does: a reciprocal and a product."""
    return multiply(elementwise.reciprocal(self), other)


def power_of(self: Tensor, base: Any) -> Tensor:
    """Serve `number ** tensor`."""
    return arithmetic.pow(base, self)


def remainder_of(self: Tensor, other: Any) -> Tensor:
    """Serve `number % tensor`."""
    return arithmetic.remainder(other, self)


def compared(function: Callable[[Tensor, Any], Tensor]) -> Callable[[Tensor, Any], Any]:
    """Make `==` or `!=`: element by element with tensors and numbers, of objects otherwise."""

    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, Tensor | int | float | np.ndarray | np.generic):
            return function(self, other)
        return NotImplemented

    name = f"__{function.__name__}__"
    return elementwise.documented(method, name, f"Serve the comparison {function.__name__}.")


def contains(self: Tensor, element: Any) -> bool:
    """Serve `in`."""
    return bool((self == element).any())


def itself(self: Tensor) -> Tensor:
    """Serve `+tensor`, and `cpu()` where there is no other device."""
    return self


def reversed_dims(self: Tensor) -> Tensor:
    """Return a view with the dimensions in reverse order (torch.Tensor.T)."""
    return view(OPERATORS["permute"], self, tuple(range(self._array.ndim - 1, -1, -1)))


def transposed_matrices(self: Tensor) -> Tensor:
    """Return a view with the last two dimensions exchanged (torch.Tensor.mT)."""
    return shapes.transpose(self, -2, -1)
