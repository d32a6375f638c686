"""Discrete Fourier transforms under torch's names (torch.fft); start at `fft`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import named_dims, normal_dim
from gradspec_reference.errors import DimensionError
from gradspec_reference.names import arguments
from gradspec_reference.names.devices import check_device
from gradspec_reference.names.factories import floating, made
from gradspec_reference.names.functions import assembly, complex_numbers, parts
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.dtypes import DType
    from gradspec_reference.engine.tensor import Tensor

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

FLAT: Final = (-2, -1)
PRECISE: Final = ("float32", "float64", "complex64", "complex128")
NORMS: Final = {None: (0, 2), "backward": (0, 2), "forward": (2, 0), "ortho": (1, 1)}
"""Norm -> how the sum is normalised forward, and the other way."""


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
    sizes, dims = several("rfftn", input, s, dim)
    check_real("rfftn", input)
    if not dims:
        raise RuntimeError("rfftn was given no dimension; it needs one to leave half of out")
    x = resized(promoted("rfftn", input), sizes, dims)
    return unary(OPERATORS["fft_r2c"], x, dims, way("rfftn", norm, forward=True), True)


def irfftn(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: int | Sequence[int] | None = None,
    norm: str | None = None,
) -> Tensor:
    """Return the real numbers of which this is one half of the transform (torch.fft.irfftn)."""
    sizes, dims = several("irfftn", input, s, dim)
    if not dims:
        raise RuntimeError("irfftn was given no dimension; it needs one of which half is there")
    last = sizes[-1]
    last = 2 * (input._array.shape[dims[-1]] - 1) if last is None else last
    check_count("irfftn", last)
    x = promoted("irfftn", input, to_complex=True)
    x = resized(x, (*sizes[:-1], last // 2 + 1), dims)
    return unary(OPERATORS["fft_c2r"], x, dims, way("irfftn", norm, forward=False), last)


def fft2(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: Sequence[int] = FLAT,
    norm: str | None = None,
) -> Tensor:
    """Return the transform along two dimensions (torch.fft.fft2)."""
    return fftn(input, s, dim, norm)


def ifft2(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: Sequence[int] = FLAT,
    norm: str | None = None,
) -> Tensor:
    """Return the inverse transform along two dimensions (torch.fft.ifft2)."""
    return ifftn(input, s, dim, norm)


def rfft2(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: Sequence[int] = FLAT,
    norm: str | None = None,
) -> Tensor:
    """Return the transform of real numbers along two dimensions (torch.fft.rfft2)."""
    return rfftn(input, s, dim, norm)


def irfft2(
    input: Tensor,
    s: int | Sequence[int] | None = None,
    dim: Sequence[int] = FLAT,
    norm: str | None = None,
) -> Tensor:
    """Return the real numbers of which this is one half of the transform (torch.fft.irfft2)."""
    return irfftn(input, s, dim, norm)


def c2c(
    name: str,
    input: Tensor,
    sizes: Sequence[int | None],
    dims: Sequence[int],
    norm: str | None,
    *,
    forward: bool,
) -> Tensor:
    """Transform complex numbers; real ones become such first."""
    x = promoted(name, input, to_complex=True)
    dims = tuple([normal_dim(d, x.ndim) for d in dims])
    how = way(name, norm, forward=forward)
    return unary(OPERATORS["fft_c2c"], resized(x, sizes, dims, name), dims, how, forward)


def r2c(
    name: str,
    input: Tensor,
    n: int | None,
    dim: int,
    norm: str | None,
    *,
    forward: bool,
    onesided: bool,
) -> Tensor:
    """Transform real numbers; the other way round is the conjugate."""
    check_real(name, input)
    x = promoted(name, input)
    dims = (normal_dim(dim, x.ndim),)
    x = resized(x, (n,), dims, name)
    found = unary(OPERATORS["fft_r2c"], x, dims, way(name, norm, forward=forward), onesided)
    return found if forward else complex_numbers.conj(found)


def c2r(
    name: str, input: Tensor, n: int | None, dim: int, norm: str | None, *, forward: bool
) -> Tensor:
    """Transform one half of a symmetric whole to real numbers."""
    x = promoted(name, input, to_complex=True)
    if not x.ndim:
        raise DimensionError(f"{name} was given a number, which has no dimension")
    dims = (normal_dim(dim, x.ndim),)
    length = x._array.shape[dims[0]]
    size = 2 * (length - 1) if n is None else n
    check_count(name, size)
    if n is not None:
        x = resized(x, (n // 2 + 1,), dims, name)
    how = way(name, norm, forward=forward)
    return unary(OPERATORS["fft_c2r"], complex_numbers.conj(x) if forward else x, dims, how, size)


def way(name: str, norm: str | None, *, forward: bool) -> int:
    """Return how a sum is normalised; RuntimeError for a norm that there is not."""
    if norm not in NORMS:
        raise RuntimeError(f"{name} was given the norm {norm!r}; use one of {[*NORMS]}")
    return NORMS[norm][0 if forward else 1]


def promoted(name: str, input: Tensor, *, to_complex: bool = False) -> Tensor:
    """Return whole numbers as floating ones, and if need be real ones as complex."""
    dtype = input.dtype if input.dtype.category >= dtypes.FLOAT else dtypes.get_default_dtype()
    if dtype.name not in PRECISE:
        raise RuntimeError(f"{name} was given {dtype}; convert it with to() first")
    wanted = dtype.to_complex() if to_complex else dtype
    return input if wanted is input.dtype else input.to(wanted)


def check_real(name: str, input: Tensor) -> None:
    """Refuse complex numbers, of which there is no half to leave out."""
    if complex_numbers.is_complex(input):
        raise RuntimeError(f"{name} was given {input.dtype}; it is of real numbers")


def check_count(name: str, count: int) -> None:
    """Refuse to transform no numbers."""
    if count < 1:
        raise RuntimeError(f"{name} was asked for {count} numbers; there must be one")


def several(
    name: str, input: Tensor, s: Any, dim: Any
) -> tuple[tuple[int | None, ...], tuple[int, ...]]:
    """Return the lengths and the dimensions that are meant: all, or the last if lengths are given.

    A length of -1 is that of the dimension.
    """
    given = None if s is None else (s,) if isinstance(s, int) else tuple(s)
    if dim is None:
        dims = tuple(range(input.ndim))
        if given is not None:
            if len(given) > input.ndim:
                raise RuntimeError(f"{name} was given {len(given)} lengths of {input.ndim}")
            dims = dims[input.ndim - len(given) :]
    else:
        dims = named_dims(dim, input.ndim)
    if given is not None and len(given) != len(dims):
        raise RuntimeError(f"{name} was given {len(given)} lengths for {len(dims)} dimensions")
    sizes = (None,) * len(dims) if given is None else tuple([None if n == -1 else n for n in given])
    for d, n in zip(dims, sizes, strict=True):
        check_count(name, input._array.shape[d] if n is None else n)
    return sizes, dims


def resized(x: Tensor, sizes: Sequence[int | None], dims: Sequence[int], name: str = "") -> Tensor:
    """Return a tensor cut, or filled with zeros, to these lengths."""
    shape = x._array.shape
    widths = [(0, 0)] * len(shape)
    for d, size in zip(dims, sizes, strict=True):
        length = shape[d] if shape else 1
        wanted = length if size is None else size
        if name:
            check_count(name, wanted)
        if wanted < length:
            x = parts.narrow(x, d, 0, wanted)
        elif wanted > length:
            widths[d] = (0, wanted - length)
    if not any(after for _, after in widths):
        return x
    return unary(OPERATORS["constant_pad_nd"], x, tuple(widths), 0.0)


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
    check_device(device)
    numbers = np.fft.ifftshift(np.arange(-(n // 2), n - n // 2))
    return made(spaced(numbers, n, d, floating(dtype)), requires_grad)


def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return the frequencies of one half of a transform (torch.fft.rfftfreq)."""
    check_device(device)
    return made(spaced(np.arange(n // 2 + 1), n, d, floating(dtype)), requires_grad)


def spaced(numbers: Any, n: int, d: float, dtype: Any) -> Any:
    """Return whole numbers as frequencies."""
    return numbers.astype(dtype) * dtype.type(1 / (n * d))


arguments.put_doors(sys.modules[__name__])
