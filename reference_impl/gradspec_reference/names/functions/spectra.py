"""What discrete Fourier transforms share: lengths, dimensions, norms, and the types of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradspec_reference import dtypes
from gradspec_reference.engine.recording import unary
from gradspec_reference.engine.shapes import named_dims, normal_dim
from gradspec_reference.errors import DimensionError
from gradspec_reference.names.functions import complex_numbers, parts
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.engine.tensor import Tensor

PRECISE: Final = ("float32", "float64", "complex64", "complex128")
NORMS: Final = {None: (0, 2), "backward": (0, 2), "forward": (2, 0), "ortho": (1, 1)}
"""Norm -> how the sum is normalised forward, and the other way."""


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


def halved(
    name: str, input: Tensor, s: Any, dim: Any
) -> tuple[tuple[int | None, ...], tuple[int, ...]]:
    """Return lengths and dimensions, of which the last has one half left out; there must be one."""
    sizes, dims = several(name, input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} was given no dimension; it needs one of which half is left out")
    return sizes, dims


def half_of(name: str, input: Tensor, s: Any, dim: Any) -> tuple[Tensor, tuple[int, ...], int]:
    """Return one half of a symmetric whole, the dimensions, and how long the last one is whole."""
    sizes, dims = halved(name, input, s, dim)
    last = sizes[-1]
    last = 2 * (input._array.shape[dims[-1]] - 1) if last is None else last
    check_count(name, last)
    x = promoted(name, input, to_complex=True)
    return resized(x, (*sizes[:-1], last // 2 + 1), dims), dims, last


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
