"""Between real numbers and complex ones: parts, conjugates, angles, and spectra.

None of these is a holomorphic function, and so each is differentiated by the real and the imaginary
parts of what it is given.  The operators that are holomorphic stand in their families.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import COMPLEX, HIGH, REAL, Domain
from gradspec.catalogue.operator import (
    ANALYTIC_BY_PARTS,
    LINEAR_BY_PARTS,
    Given,
    Operator,
    of,
    on,
    row,
)
from gradspec.catalogue.parts import argument, direction, polar

FLAT: Final = (-2, -1)


def by_parts(called: str, formula: Callable[..., Any], plain: Given, **more: Any) -> Operator:
    """Write the row of a function that is linear in the parts of its operands."""
    return row(called, formula, LINEAR_BY_PARTS, plain, **more)


def analytic(called: str, formula: Callable[..., Any], plain: Given, **more: Any) -> Operator:
    """Write the row of a function that is analytic in the parts of its operands."""
    return row(called, formula, ANALYTIC_BY_PARTS, plain, **more)


def conjugated(x: Any) -> Any:
    """Give the conjugates."""
    return np.conj(x)


def pairs(x: Any) -> Any:
    """Give the parts, side by side in a last dimension."""
    return np.stack([np.real(x), np.imag(x)], axis=-1)


PLAIN: Final = on(2, 3, domain=COMPLEX)

PARTS: Final = (
    by_parts("real(x)", np.real, PLAIN),
    by_parts("imag(x)", np.imag, PLAIN),
    by_parts("complex(x, imag)", lambda x, imag: x + 1j * imag, on(2, 3, imag=of(2, 3))),
    by_parts("view_as_real(x)", pairs, PLAIN),
    by_parts("view_as_complex(x)", lambda x: x[..., 0] + 1j * x[..., 1], on(3, 2)),
    by_parts("conj(x)", conjugated, PLAIN),
    by_parts("conj_physical(x)", conjugated, PLAIN, has_inplace=True),
    by_parts("resolve_conj(x)", np.array, PLAIN),
    by_parts("resolve_neg(x)", np.array, PLAIN),
    analytic("polar(x, angle)", polar, on(2, 3, domain=HIGH, angle=of(2, 3))),
    analytic("angle(x)", argument, PLAIN),
    analytic("sgn(x)", direction, PLAIN, has_inplace=True),
)


def spectrum(
    called: str, transformed: Callable[..., Any], domain: Domain, *shape: int, **more: Any
) -> Operator:
    """Write the row of a transform along one dimension or several; `dim` says which."""
    name, (size, dims) = called, more.pop("along")
    said = f"$({size}=${size}), $(dim=$dim), $(norm=$norm)"

    def formula(x: Any, size: Any = None, dim: Any = dims, norm: Any = None) -> Any:
        return transformed(x, size, dim, norm)

    return by_parts(
        f"{name}(x, {size}=None, dim={dims}, norm=None)",
        formula,
        on(*shape, domain=domain),
        torch=f"torch.fft.{name}($x, {said})",
        **more,
    )


def of_one(name: str, domain: Domain, length: int, shorter: int, longer: int) -> Operator:
    """Write the row of a transform along one dimension, which is cut or filled to a length."""
    return spectrum(
        *(name, getattr(np.fft, name), domain, 2, length),
        along=("n", -1),
        shorter=on(2, length, domain=domain, n=shorter),
        longer=on(2, length, domain=domain, n=longer),
        dim=on(length, 2, domain=domain, dim=0),
        ortho=on(2, length, domain=domain, norm="ortho"),
        forward=on(2, length, domain=domain, norm="forward"),
    )


Transform = Callable[..., Any]
Dims = tuple[int, ...] | None


def of_several(name: str, domain: Domain, dims: Dims, transformed: Transform) -> Operator:
    """Write the row of a transform along several dimensions; lengths alone are of the last ones."""

    def along(x: Any, s: Any, dim: Any, norm: Any) -> Any:
        named = range(-len(s or np.shape(x)), 0) if dim is None else dim
        return transformed(x, s, tuple(named), norm)

    lengths: Any = {} if dims else {"last": on(2, 3, 4, domain=domain, s=(2, 5))}
    return spectrum(
        *(name, along, domain, 2, 3, 4),
        along=("s", dims),
        sizes=on(2, 3, 4, domain=domain, s=(2, 5), dim=(0, 1)),
        ortho=on(3, 4, domain=domain, norm="ortho"),
        **lengths,
    )


def hermitian(x: Any, s: Any, dim: Dims, norm: Any) -> Any:
    """Transform one half of a symmetric whole: along all dimensions but the last, which is half."""
    *rest, last = dim or ()
    *sizes, size = s or (None,)
    x = np.fft.fftn(x, sizes or None, rest, norm) if rest else x
    return np.fft.hfft(x, size, last, norm)


def one_half(x: Any, s: Any, dim: Dims, norm: Any) -> Any:
    """Transform real numbers back, of the last dimension one half."""
    *rest, last = dim or ()
    *sizes, size = s or (None,)
    half = np.fft.ihfft(x, size, last, norm)
    return np.fft.ifftn(half, sizes or None, rest, norm) if rest else half


def shifted(called: str, formula: Callable[..., Any]) -> Operator:
    """Write the row of a rotation by half of each dimension."""
    return by_parts(
        f"{called}(x, dim=None)",
        formula,
        on(5, 4, domain=COMPLEX),
        dim=on(5, 4, domain=COMPLEX, dim=0),
        torch=f"torch.fft.{called}($x, $(dim=$dim))",
    )


SPECTRA: Final = (
    of_one("fft", COMPLEX, 5, 3, 6),
    of_one("ifft", COMPLEX, 5, 3, 6),
    of_one("rfft", REAL, 5, 4, 6),
    of_one("irfft", COMPLEX, 4, 5, 8),
    of_one("hfft", COMPLEX, 4, 5, 8),
    of_one("ihfft", REAL, 5, 4, 6),
    of_several("fft2", COMPLEX, FLAT, np.fft.fftn),
    of_several("ifft2", COMPLEX, FLAT, np.fft.ifftn),
    of_several("rfft2", REAL, FLAT, np.fft.rfftn),
    of_several("irfft2", COMPLEX, FLAT, np.fft.irfftn),
    of_several("fftn", COMPLEX, None, np.fft.fftn),
    of_several("ifftn", COMPLEX, None, np.fft.ifftn),
    of_several("rfftn", REAL, None, np.fft.rfftn),
    of_several("irfftn", COMPLEX, None, np.fft.irfftn),
    of_several("hfft2", COMPLEX, FLAT, hermitian),
    of_several("ihfft2", REAL, FLAT, one_half),
    of_several("hfftn", COMPLEX, None, hermitian),
    of_several("ihfftn", REAL, None, one_half),
    shifted("fftshift", lambda x, dim=None: np.fft.fftshift(x, dim)),
    shifted("ifftshift", lambda x, dim=None: np.fft.ifftshift(x, dim)),
)

ROWS: Final = (*PARTS, *SPECTRA)
