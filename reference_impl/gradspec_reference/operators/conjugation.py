"""Conjugates and parts as rules use them: of real numbers, what is given; start at `conj`."""

from __future__ import annotations

from typing import Any


def is_complex(x: Any) -> bool:
    """Tell whether an array, a tensor or a number is complex."""
    if isinstance(x, complex):
        return True
    dtype = getattr(getattr(x, "_array", x), "dtype", None)
    return dtype is not None and dtype.kind == "c"


def conj(xp: Any, x: Any) -> Any:
    """Return the conjugate; real numbers are their own."""
    if not is_complex(x):
        return x
    return x.conjugate() if isinstance(x, complex) else xp.conj_physical(x)


def real_part(xp: Any, x: Any) -> Any:
    """Return the real part, which for real numbers is what is given."""
    return xp.real_part(x) if is_complex(x) else x


def adjoint(xp: Any, matrices: Any) -> Any:
    """Return the conjugates with the last two dimensions swapped."""
    rank = len(matrices.shape)
    return conj(xp, xp.transpose(matrices, rank - 2, rank - 1))
