"""Convolutions as modules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference.nn import functional, init
from gradspec_reference.nn.modules.linear import parameter
from gradspec_reference.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

    Length = int | Sequence[int]


class Convolution(Module):
    """What convolutions of all dimensions have in common."""

    dims: int
    function: Callable[..., Tensor]
    modes: tuple[str, ...] = ("zeros", "reflect", "replicate", "circular")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Length,
        stride: Length = 1,
        padding: str | Length = 0,
        dilation: Length = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        del device
        if groups <= 0 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{in_channels} and {out_channels} channels make no {groups} groups")
        if isinstance(padding, str) and padding not in {"same", "valid"}:
            raise ValueError(f"padding={padding!r} was given; give lengths, 'same' or 'valid'")
        if padding_mode not in self.modes:
            raise ValueError(f"padding_mode={padding_mode!r} was given; give one of {self.modes}")
        self.padding_mode = padding_mode
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = self._each(kernel_size), self._each(stride)
        self.padding = padding if isinstance(padding, str) else self._each(padding)
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError(f"padding='same' was given with stride {self.stride}; it needs 1")
        self.dilation = self._each(dilation)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self._begin(shape, out_channels if bias else None, dtype)

    def _begin(self, shape: tuple[int, ...], biases: int | None, dtype: DType | None) -> None:
        self.weight = parameter(*shape, dtype=dtype)
        self.register_parameter("bias", None if biases is None else parameter(biases, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew, with random numbers."""
        bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
        for each in self.parameters():
            init.uniform_(each, -bound, bound)

    def _margins(self) -> list[int]:
        """Return how far each side is filled before, as `pad` is told: the last dimension first."""
        if self.padding == "same":
            sizes = zip(self.kernel_size, self.dilation, strict=True)
            both = [wide * (size - 1) for size, wide in sizes]
            pairs = [(each // 2, each - each // 2) for each in both]
        else:
            lengths = (0,) * self.dims if isinstance(self.padding, str) else self.padding
            pairs = [(each, each) for each in lengths]
        return [margin for pair in reversed(pairs) for margin in pair]

    def _each(self, length: Length) -> tuple[int, ...]:
        return (length,) * self.dims if isinstance(length, int) else tuple(length)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._margins(), self.padding_mode)
            padding = (0,) * self.dims
        how = (self.stride, padding, self.dilation, self.groups)
        return type(self).function(input, self.weight, self.bias, *how)

    def extra_repr(self) -> str:
        """Show channels and lengths; what is as usual is left out."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
        text += f"stride={self.stride}"
        none, once = (0,) * self.dims, (1,) * self.dims
        usual = {"padding": none, "dilation": once, "output_padding": none, "groups": 1}
        for name, value in usual.items():
            if getattr(self, name, value) != value:
                text += f", {name}={getattr(self, name)}"
        text += "" if self.bias is not None else ", bias=False"
        shown = self.padding_mode != "zeros"
        return f"{text}, padding_mode={self.padding_mode}" if shown else text


class Conv1d(Convolution):
    """A convolution of sequences (torch.nn.Conv1d)."""

    dims = 1
    function = staticmethod(functional.conv1d)


class Conv2d(Convolution):
    """A convolution of images (torch.nn.Conv2d)."""

    dims = 2
    function = staticmethod(functional.conv2d)


class Conv3d(Convolution):
    """A convolution of volumes (torch.nn.Conv3d)."""

    dims = 3
    function = staticmethod(functional.conv3d)


class Transposed(Convolution):
    """What transposed convolutions have in common."""

    modes = ("zeros",)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Length,
        stride: Length = 1,
        padding: Length = 0,
        output_padding: Length = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Length = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        plain = (stride, padding, dilation, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, kernel_size, *plain)
        self.output_padding = self._each(output_padding)
        shape = (in_channels, out_channels // groups, *self.kernel_size)
        self._begin(shape, out_channels if bias else None, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Return the transposed convolution."""
        how = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return type(self).function(input, self.weight, self.bias, *how)


class ConvTranspose1d(Transposed):
    """The transpose of a convolution of sequences (torch.nn.ConvTranspose1d)."""

    dims = 1
    function = staticmethod(functional.conv_transpose1d)


class ConvTranspose2d(Transposed):
    """The transpose of a convolution of images (torch.nn.ConvTranspose2d)."""

    dims = 2
    function = staticmethod(functional.conv_transpose2d)
