"""Functions beyond the elementary ones (torch.special).

Some have no kernel in NumPy; SciPy's are imported when one is first called.
"""

from __future__ import annotations

import functools
import importlib
import math
from typing import Any

import numpy as np

from gradspec_reference.dtypes import FLOATING, limits
from gradspec_reference.operators.batching import entrywise
from gradspec_reference.operators.complex_numbers import complex_kernel
from gradspec_reference.operators.conjugation import is_complex
from gradspec_reference.operators.forward import symmetric
from gradspec_reference.operators.row import Operator, unary_operator

NEAR = 0.01  # two terms more of the series would be lost in rounding
TO_SLOPE = 2 / math.sqrt(math.pi)  # of the error function at 0


def sinc_kernel(x: Any) -> Any:
    """sin(pi x) / (pi x), and 1 at 0."""
    turned = x * math.pi
    return np.where(x == 0, 1, np.sin(turned) / turned).astype(x.dtype)[()]


def sinc_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx sinc x = (cos(pi x) - sinc x) / x; near 0, where that is 0 / 0, its series."""
    near = xp.abs(x) < NEAR if is_complex(x) else (x < NEAR) & (x > -NEAR)
    square = x * x
    series = x * (square * (square * (-(math.pi**6) / 840) + math.pi**4 / 30) - math.pi**2 / 3)
    apart = xp.where(near, 1.0, x)
    turned = apart * math.pi
    slope = (turned * xp.cos(turned) - xp.sin(turned)) / (turned * apart)
    return g * xp.where(near, series, slope)


def logit_kernel(x: Any, eps: Any) -> Any:
    """Return the logarithm of the odds, of x at least eps away from 0 and 1."""
    if eps is not None:
        low, high = x.dtype.type(eps), x.dtype.type(1 - eps)
        x = np.where(x < low, low, np.where(x > high, high, x))[()]
    return np.log(x / (1 - x))


def logit_rule(xp: Any, g: Any, x: Any, eps: Any) -> Any:
    """d/dx logit x = 1 / (x (1 - x)); 0 where x was moved, and NaN where there are no odds."""
    low, outside = (0, math.nan) if eps is None else (eps, 0.0)
    return xp.where((x >= low) & (x <= 1 - low), g / (x * (1 - x)), outside)


def nan_to_num_kernel(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    """Return x with numbers for NaN, 0, and for the infinities, the extreme ones."""
    if x.dtype.kind == "c":
        real, imaginary = (nan_to_num_kernel(p, nan, posinf, neginf) for p in (x.real, x.imag))
        return complex_kernel(real, imaginary)
    if x.dtype.kind not in FLOATING:
        return x.copy()
    ends = limits(x.dtype)
    high = ends.max if posinf is None else posinf
    low = ends.min if neginf is None else neginf
    result = np.where(np.isnan(x), x.dtype.type(nan or 0.0), x)
    result = np.where(x == np.inf, x.dtype.type(high), result)
    return np.where(x == -np.inf, x.dtype.type(low), result)[()]


def nan_to_num_rule(xp: Any, g: Any, x: Any, *_: Any) -> Any:
    """Pass the gradient where nothing was replaced."""
    return g * xp.isfinite(x)


def of_scipy(name: str) -> Any:
    """Make the kernel that calls one of SciPy's functions, in the dtype of its operands."""

    def kernel(*values: Any) -> Any:
        function = getattr(scipy_special(), name)
        dtype = next(v.dtype for v in values if getattr(v, "dtype", None) is not None)
        result = function(*values)
        return result if result.dtype == dtype else result.astype(dtype)

    return kernel


@functools.cache
def scipy_special() -> Any:
    """Import SciPy's special functions."""
    try:
        return importlib.import_module("scipy.special")
    except ImportError as error:
        raise ImportError(
            "this function is computed by SciPy, which is not installed; install gradspec[special]"
        ) from error


smooth = functools.partial(unary_operator, pointwise=True, floating=True)


def erfinv_rule(xp: Any, g: Any, x: Any) -> Any:
    """d/dx erfinv x = sqrt(pi) / 2 exp(r r)."""
    result = xp.erfinv(x)
    return g * (xp.exp(result * result) / TO_SLOPE)


def lgamma_kernel(x: Any) -> Any:
    """Return log |gamma x|, which is infinite at either end."""
    return np.where(np.isinf(x), np.inf, of_scipy("gammaln")(x)).astype(x.dtype)[()]


def polygamma_kernel(x: Any, n: Any) -> Any:
    """Return the nth derivative of digamma; towards minus infinity it has no limit."""
    if n == 0:
        return of_scipy("psi")(x)
    found = np.where(x == -np.inf, np.nan, scipy_special().polygamma(n, x))
    return found.astype(x.dtype)[()]


def xlogy_self(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """d/dx x log y = log y, and 0 where x is 0 and the logarithm is none."""
    return xp.where((x == 0) & (y <= 0), 0.0, xp.xlogy(g, y))


def xlog1py_self(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """d/dx x log(1 + y) = log(1 + y), and 0 where x is 0 and the logarithm is none."""
    return xp.where((x == 0) & (y <= -1.0), 0.0, xp.xlog1py(g, y))


OF_TWO: Any = {"operands": "self other", "saves": "self other", "pointwise": True, "floating": True}

JVP = symmetric
BATCH = entrywise
ROWS = (
    smooth(
        "sinc",
        on_complex="holomorphic",
        kernel=sinc_kernel,
        saves="self",
        vjp=sinc_rule,
    ),
    smooth("logit", kernel=logit_kernel, params="eps", saves="self", vjp=logit_rule),
    unary_operator(
        "nan_to_num",
        on_complex="undifferentiated",
        kernel=nan_to_num_kernel,
        params="nan posinf neginf",
        saves="self",
        vjp=nan_to_num_rule,
    ),
    smooth(
        "erf",
        kernel=of_scipy("erf"),
        saves="self",
        vjp=lambda xp, g, x: g * (xp.exp(-(x * x)) * TO_SLOPE),
    ),
    smooth(
        "erfc",
        kernel=of_scipy("erfc"),
        saves="self",
        vjp=lambda xp, g, x: g * (xp.exp(-(x * x)) * -TO_SLOPE),
    ),
    smooth(
        "erfinv",
        kernel=of_scipy("erfinv"),
        saves="self",
        vjp=erfinv_rule,
    ),
    smooth(
        "lgamma",
        kernel=lgamma_kernel,
        saves="self",
        vjp=lambda xp, g, x: g * xp.digamma(x),
    ),
    smooth(
        "digamma",
        kernel=of_scipy("psi"),
        saves="self",
        vjp=lambda xp, g, x: g * xp.polygamma(x, 1),
    ),
    smooth(
        "polygamma",
        kernel=polygamma_kernel,
        params="n",
        saves="self",
        vjp=lambda xp, g, x, n: g * xp.polygamma(x, n + 1),
    ),
    Operator(
        "xlogy",
        kernel=of_scipy("xlogy"),
        vjp={"self": xlogy_self, "other": lambda _xp, g, x, y: g * x / y},
        **OF_TWO,
    ),
    Operator(
        "xlog1py",
        node="SpecialXlog1PyBackward0",
        kernel=of_scipy("xlog1py"),
        vjp={"self": xlog1py_self, "other": lambda _xp, g, x, y: g * x / (y + 1)},
        **OF_TWO,
    ),
)
