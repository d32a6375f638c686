"""Discrete Fourier transforms under torch's names (torch.fft); start at `fft`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import named_dims
from gradspec_reference.names import arguments
from gradspec_reference.names.factories import floating, made
from gradspec_reference.names.functions import assembly, complex_numbers
from gradspec_reference.names.functions.spectra import (
    c2c,
    c2r,
    check_real,
    half_of,
    halved,
    promoted,
    r2c,
    resized,
    several,
    way,
)
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

FLAT: Final = (-2, -1)


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the transform along a dimension (torch.fft.fft)."""
    if complex_numbers.is_complex(input):
        return c2c("fft", input, (n,), (dim,), norm, forward=True)
    return r2c("fft", input, n, dim, norm, forward=True, onesided=False)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the inverse transform along a dimension (torch.fft.ifft)."""
    if complex_numbers.is_complex(input):
        return c2c("ifft", input, (n,), (dim,), norm, forward=False)
    return r2c("ifft", input, n, dim, norm, forward=False, onesided=False)


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return one half of the transform of real numbers (torch.fft.rfft)."""
    return r2c("rfft", input, n, dim, norm, forward=True, onesided=True)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return one half of the inverse transform of real numbers (torch.fft.ihfft)."""
    return r2c("ihfft", input, n, dim, norm, forward=False, onesided=True)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the real numbers of which this is one half of the transform (torch.fft.irfft)."""
    return c2r("irfft", input, n, dim, norm, forward=False)


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the real transform of numbers of which this is one half (torch.fft.hfft)."""
    return c2r("hfft", input, n, dim, norm, forward=True)


def fftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the transform along several dimensions (torch.fft.fftn)."""
    sizes, dims = several("fftn", input, s, dim)
    return c2c("fftn", input, sizes, dims, norm, forward=True)


def ifftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the inverse transform along several dimensions (torch.fft.ifftn)."""
    sizes, dims = several("ifftn", input, s, dim)
    return c2c("ifftn", input, sizes, dims, norm, forward=False)


def rfftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the transform of real numbers, of the last dimension one half (torch.fft.rfftn)."""
    sizes, dims = halved("rfftn", input, s, dim)
    check_real("rfftn", input)
    x = resized(promoted("rfftn", input), sizes, dims)
    return unary(OPERATORS["fft_r2c"], x, dims, way("rfftn", norm, forward=True), True)


def irfftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the real numbers of which this is one half of the transform (torch.fft.irfftn)."""
    x, dims, last = half_of("irfftn", input, s, dim)
    return unary(OPERATORS["fft_c2r"], x, dims, way("irfftn", norm, forward=False), last)


def hfftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the real transform of numbers of which this is one half (torch.fft.hfftn)."""
    x, dims, last = half_of("hfftn", input, s, dim)
    how = way("hfftn", norm, forward=True)
    if dims[:-1]:
        x = unary(OPERATORS["fft_c2c"], x, dims[:-1], how, True)
    return unary(OPERATORS["fft_c2r"], complex_numbers.conj(x), dims[-1:], how, last)


def ihfftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return one half of the inverse transform of real numbers (torch.fft.ihfftn)."""
    sizes, dims = halved("ihfftn", input, s, dim)
    check_real("ihfftn", input)
    how = way("ihfftn", norm, forward=False)
    x = resized(promoted("ihfftn", input), sizes, dims)
    half = unary(OPERATORS["fft_r2c"], x, dims[-1:], how, True)
    if not dims[:-1]:
        return complex_numbers.conj(half)
    turned = complex_numbers.conj_physical(half)
    return unary(OPERATORS["fft_c2c"], turned, dims[:-1], how, False)


def in_two(transform: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make of a transform along several dimensions that along two, the last if none are named."""

    def transformed(
        input: Tensor,
        s: int | Sequence[int] | None = None,
        dim: int | Sequence[int] = FLAT,
        norm: str | None = None,
    ) -> Tensor:
        return transform(input, s, dim, norm)

    several = transform.__name__
    name = transformed.__name__ = transformed.__qualname__ = f"{several.removesuffix('n')}2"
    transformed.__doc__ = f"Do what {several} does, along two dimensions (torch.fft.{name})."
    return transformed


fft2, ifft2, rfft2, irfft2, hfft2, ihfft2 = map(in_two, (fftn, ifftn, rfftn, irfftn, hfftn, ihfftn))


def fftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Return the elements with that of frequency 0 in the middle (torch.fft.fftshift)."""
    return moved(input, dim, lambda n: n // 2)


def ifftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Return the elements with that of frequency 0 in front (torch.fft.ifftshift)."""
    return moved(input, dim, lambda n: (n + 1) // 2)


def moved(input: Tensor, dim: int | Sequence[int] | None, by: Any) -> Tensor:
    """Roll along dimensions, each as far as its length says."""
    dims = tuple(range(input.ndim)) if dim is None else named_dims(dim, input.ndim)
    return assembly.roll(input, [by(input._array.shape[d]) for d in dims], dims)


def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return the frequencies of a transform, at this distance of samples (torch.fft.fftfreq)."""
    numbers = np.fft.ifftshift(np.arange(-(n // 2), n - n // 2))
    return made(spaced(numbers, n, d, floating(dtype)), requires_grad, device)


def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return the frequencies of one half of a transform (torch.fft.rfftfreq)."""
    return made(spaced(np.arange(n // 2 + 1), n, d, floating(dtype)), requires_grad, device)


def spaced(numbers: Any, n: int, d: float, dtype: Any) -> Any:
    """Return whole numbers as frequencies."""
    return numbers.astype(dtype) * dtype.type(1 / (n * d))


arguments.put_doors(sys.modules[__name__])
