"""Layers of sums of products, and those that only change the shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference.names import factories
from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.module import Module
from gradspec_reference.nn.parameter import Parameter

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor


def parameter(*shape: int, dtype: DType | None = None) -> Parameter:
    """Make a parameter, whose numbers are to be set yet."""
    return Parameter(factories.zeros(*shape, dtype=dtype))


class Identity(Module):
    """What gives its input back, whatever it is made with (torch.nn.Identity)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Linear(Module):
    """x W' + b (torch.nn.Linear)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        self.in_features, self.out_features = in_features, out_features
        self.weight = parameter(out_features, in_features, dtype=dtype)
        self.register_parameter("bias", parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew, with random numbers."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        for each in self.parameters(recurse=False):
            init.uniform_(each, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Return the products and the bias."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the numbers of features."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class NonDynamicallyQuantizableLinear(Linear):
    """The same, under the name by which torch shows the last layer of attention."""


class Bilinear(Module):
    """For each output x W y, and a bias (torch.nn.Bilinear)."""

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        self.weight = parameter(out_features, in1_features, in2_features, dtype=dtype)
        self.register_parameter("bias", parameter(out_features, dtype=dtype) if bias else None)
        bound = 1 / math.sqrt(in1_features)
        for each in self.parameters():
            init.uniform_(each, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Return the products and the bias."""
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the numbers of features."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Flatten(Module):
    """One dimension for several (torch.nn.Flatten)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the entries in a row."""
        flat: Tensor = input.flatten(self.start_dim, self.end_dim)
        return flat

    def extra_repr(self) -> str:
        """Show the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Several dimensions for one (torch.nn.Unflatten)."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the entries in several dimensions."""
        apart: Tensor = input.unflatten(self.dim, self.unflattened_size)
        return apart

    def extra_repr(self) -> str:
        """Show the dimension, and those that it becomes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
