"""Evenly spaced numbers, and the identity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference import dtypes
from gradspec_reference.engine.narrow import check_is_wider
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.names.factories import floating, made

if TYPE_CHECKING:
    from gradspec_reference.dtypes import DType, Scalar
    from gradspec_reference.engine.shapes import LeftOut

__all__ = [
    "arange",
    "eye",
    "linspace",
]


def check_is_no_boolean(name: str, dtype: DType | None) -> None:
    """Refuse to space booleans evenly."""
    if dtype is not None and dtype.category == 0:
        raise NotImplementedError(f"{name} was asked for booleans; ask for integers")


def arange(
    start: float | LeftOut = None,
    end: float | LeftOut = None,
    step: float | LeftOut = None,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return evenly spaced values below an end (torch.arange)."""
    if end is None and step is None:
        start, end = 0, start
    if end is None:
        raise TypeError("arange was given no end; a step needs a start and an end")
    first, by = 0 if start is None else start, 1 if step is None else step
    if not by or not (end - first) * by >= 0 or not math.isfinite(end - first):
        raise RuntimeError(f"arange cannot go from {first} to {end} by steps of {by}")
    if dtype is None:
        real = any(isinstance(v, float) for v in (first, end, by))
        dtype = dtypes.get_default_dtype() if real else dtypes.int64
    check_is_no_boolean("arange", dtype)
    if dtype.is_complex:
        raise NotImplementedError(f"arange was asked for {dtype}; there is no arange of such")
    check_is_wider("arange", dtype)
    return made(np.arange(first, end, by).astype(dtype.numpy), requires_grad, device)


def linspace(
    start: Scalar | Tensor,
    end: Scalar | Tensor,
    steps: int,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return evenly spaced values, the end included (torch.linspace)."""
    if isinstance(start, Tensor) or isinstance(end, Tensor):
        raise RuntimeError("linspace was given a tensor; give a number")  # noqa: TRY004
    if steps < 0:
        raise RuntimeError(f"linspace was asked for {steps} values; ask for none or more")
    if steps > 1:
        check_is_no_boolean("linspace", dtype)
        check_is_wider("linspace", dtype)
    if dtype is None and (isinstance(start, complex) or isinstance(end, complex)):
        dtype = dtypes.get_default_dtype().to_complex()
    return made(_between(start, end, steps, floating(dtype)), requires_grad, device)


def _between(start: Scalar, end: Scalar, steps: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Count from the nearer end, each number rounded once, as torch does to the last digit."""
    if steps < 2 or dtype.kind == "c":  # noqa: PLR2004 - two ends
        return np.linspace(start, end, steps).astype(dtype)
    low, high = np.array([start, end]).astype(dtype)
    apart = (high - low if dtype.kind == "f" else float(high) - float(low)) / (steps - 1)
    place: Any = np.arange(steps, dtype=np.longdouble if dtype == np.float64 else np.float64)
    from_low, from_high = low + apart * place, high - apart * place[::-1]
    spaced: np.ndarray = np.where(place < steps // 2, from_low, from_high).astype(dtype)
    return spaced


def eye(
    n: int,
    m: int | LeftOut = None,
    *,
    dtype: DType | None = None,
    requires_grad: bool | None = False,
    device: Any = None,
) -> Tensor:
    """Return a matrix with ones on the diagonal (torch.eye)."""
    if min(n, n if m is None else m) < 0:
        raise RuntimeError(f"eye was given {n} and {m}; neither is negative")
    return made(np.eye(n, m, dtype=floating(dtype)), requires_grad, device)
