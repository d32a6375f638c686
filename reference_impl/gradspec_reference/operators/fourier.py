"""Discrete Fourier transforms: of complex numbers, from real ones, and to real ones.

Each is linear over real numbers, so its rule is another of them.  `normalization` is 0 for the sum
as it is, 1 for the sum over the root of the number of summands, 2 for their mean.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from gradspec_reference.operators.batching import shifted
from gradspec_reference.operators.forward import linear
from gradspec_reference.operators.row import unary_operator
from gradspec_reference.operators.shapes import slice_key

Dims = tuple[int, ...]

FORWARD: Final = ("backward", "ortho", "forward")
INVERSE: Final = ("forward", "ortho", "backward")
"""NumPy's names of what `normalization` counts, for either direction."""


def c2c_kernel(x: Any, dim: Dims, normalization: int, forward: bool) -> Any:
    """Transform complex numbers along dimensions, one way or the other."""
    if not dim:
        return x.copy()
    if forward:
        return np.fft.fftn(x, axes=dim, norm=FORWARD[normalization])
    return np.fft.ifftn(x, axes=dim, norm=INVERSE[normalization])


def r2c_kernel(x: Any, dim: Dims, normalization: int, onesided: bool) -> Any:
    """Transform real numbers; of the last dimension one half is enough."""
    transform = np.fft.rfftn if onesided else np.fft.fftn
    return transform(x, axes=dim, norm=FORWARD[normalization])


def c2r_kernel(x: Any, dim: Dims, normalization: int, last_dim_size: int) -> Any:
    """Transform one half of what real numbers are transformed to back to them."""
    sizes = [*(x.shape[d] for d in dim[:-1]), last_dim_size]
    return np.fft.irfftn(x, s=sizes, axes=dim, norm=INVERSE[normalization])


def c2c_rule(xp: Any, g: Any, dim: Dims, normalization: int, forward: bool) -> Any:
    """Transform the other way: the matrix is symmetric, and its conjugate is that."""
    return xp.fft_c2c(g, dim, normalization, not forward)


def r2c_rule(xp: Any, g: Any, x: Any, dim: Dims, normalization: int, onesided: bool) -> Any:
    """Transform back, with zeros for the half that is left out, and take the real part.

    Of the operand only the shape is needed, but torch saves it whole.
    """
    half = g.shape[dim[-1]]
    if onesided and half < x.shape[dim[-1]]:
        g = xp.scatter_to(g, tuple(x.shape), slice_key(dim[-1], 0, half, 1))
    return xp.real_part(xp.fft_c2c(g, dim, normalization, False))


def c2r_rule(xp: Any, g: Any, dim: Dims, normalization: int, last_dim_size: int) -> Any:
    """Transform again; what stands for two conjugate numbers receives for both."""
    found = xp.fft_r2c(g, dim, normalization, True)
    half = found.shape[dim[-1]]
    twice = np.ones(half, g_dtype(g))
    twice[1 : 1 + last_dim_size - half] = 2
    rest = len(found.shape) - 1 - dim[-1]
    return xp.mul(found, twice.reshape(half, *(1,) * rest))


def g_dtype(g: Any) -> Any:
    """Return NumPy's dtype of a cotangent."""
    return getattr(g, "_array", g).dtype


transform = functools.partial(unary_operator, batch=shifted, jvp=linear)

ON_COMPLEX = "as written"
ROWS = (
    transform(
        "fft_c2c",
        node="FftC2CBackward0",
        kernel=c2c_kernel,
        params="dim normalization forward",
        vjp=c2c_rule,
    ),
    transform(
        "fft_r2c",
        node="FftR2CBackward0",
        kernel=r2c_kernel,
        params="dim normalization onesided",
        saves="self",
        vjp=r2c_rule,
    ),
    transform(
        "fft_c2r",
        node="FftC2RBackward0",
        kernel=c2r_kernel,
        params="dim normalization last_dim_size",
        vjp=c2r_rule,
    ),
)
