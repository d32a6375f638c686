"""Complex numbers and their parts.

A gradient is that of a real function of two real numbers, as one complex number: that of a real
function L of z = x + iy is dL/dx + i dL/dy.  What is not holomorphic has rules that say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradspec_reference.marked import conjugate_view, negative_view
from gradspec_reference.operators.arithmetic import sign_kernel
from gradspec_reference.operators.batching import entrywise, in_turn
from gradspec_reference.operators.conjugation import conj, is_complex, real_part
from gradspec_reference.operators.forward import linear, real_valued, symmetric, written
from gradspec_reference.operators.row import Operator, unary_operator


def view_as_real_kernel(x: Any) -> Any:
    """Return the parts as a last dimension of length two, in the same memory."""
    if not isinstance(x, np.ndarray):
        return np.array([x.real, x.imag])
    shape, steps = (*x.shape, 2), (*x.strides, x.itemsize // 2)
    return np.lib.stride_tricks.as_strided(x.real, shape, steps, writeable=x.flags.writeable)


def view_as_complex_kernel(x: Any) -> Any:
    """Return complex numbers whose parts are the last dimension; a copy if it has gaps."""
    wide = np.dtype(f"c{2 * x.itemsize}")
    steps = x.strides
    if steps[-1] != x.itemsize or any(
        step % wide.itemsize and n != 1 for step, n in zip(steps[:-1], x.shape, strict=False)
    ):
        x = np.ascontiguousarray(x)
    shown = x.view(wide) if x.flags.c_contiguous else pairs_of(x, wide)
    return shown.reshape(x.shape[:-1]) if x.flags.c_contiguous else shown


def pairs_of(x: Any, wide: Any) -> Any:
    """Return a view in which each pair that lies side by side is one number."""
    shown = Pairs(x)
    shown.__array_interface__ |= {
        "shape": x.shape[:-1],
        "strides": x.strides[:-1],
        "typestr": wide.str,
        "descr": [("", wide.str)],
    }
    return np.asarray(shown)


class Pairs:
    """The memory of an array, seen with other elements; it keeps the array alive."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.__array_interface__ = dict(base.__array_interface__)


def sgn_kernel(x: Any) -> Any:
    """z / |z|, 0 at 0; of real numbers the sign."""
    if x.dtype.kind != "c":
        return sign_kernel(x)
    size = np.abs(x)
    return np.where(size == 0, x.dtype.type(0), x / np.where(size == 0, 1, size))[()]


def sgn_rule(xp: Any, g: Any, x: Any, result: Any) -> Any:
    """Return what of g turns z, over |z|: what lengthens it changes nothing."""
    if not is_complex(x):
        return xp.zeros_like(g)
    size = xp.abs(x)
    turning = g - result * xp.real_part(conj(xp, result) * g)
    return xp.where(size == 0, 0.0, turning / xp.where(size == 0, 1.0, size))


def angle_kernel(x: Any) -> Any:
    """Return the angle; of real numbers 0 or pi, and NaN of NaN."""
    if x.dtype.kind == "c":
        return np.angle(x)
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0)))[()]


def angle_rule(xp: Any, g: Any, x: Any) -> Any:
    """d angle / dz = i z / |z|^2 in the convention of pairs; 0 at 0."""
    if not is_complex(x):
        return xp.zeros_like(g)
    square = xp.real_part(x * conj(xp, x))
    unit = x * 1j / xp.where(square == 0, 1.0, square)
    return g * xp.where(square == 0, 0.0, unit)


def complex_kernel(real: Any, imag: Any) -> Any:
    """real + i imag."""
    shape = np.broadcast_shapes(np.shape(real), np.shape(imag))
    made = np.empty(shape, np.result_type(real.dtype, np.complex64))
    made.real, made.imag = real, imag
    return made if shape else made[()]


def polar_kernel(size: Any, angle: Any) -> Any:
    """Return size exp(i angle)."""
    return complex_kernel(size * np.cos(angle), size * np.sin(angle))


def polar_size(xp: Any, g: Any, result: Any) -> Any:
    """Return the part of g along the number."""
    return real_part(xp, conj(xp, g) * xp.sgn(result))


def polar_angle(xp: Any, g: Any, result: Any) -> Any:
    """Return the part of g along i times the number."""
    return real_part(xp, conj(xp, g) * (result * 1j))


def polar_jvp(xp: Any, t: list[Any], result: Any) -> Any:
    """d (r e^ia) = dr e^ia + i r e^ia da."""
    of_size, of_angle = t
    parts = []
    if of_size is not None:
        parts.append(xp.sgn(result) * of_size)
    if of_angle is not None:
        parts.append(result * 1j * of_angle)
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def nothing_like(xp: Any, g: Any) -> Any:
    return xp.zeros_like(g)


ON_COMPLEX = "as written"
BATCH = entrywise
ROWS = (
    unary_operator(
        "conj_physical",
        kernel=lambda x: np.conjugate(x) if x.dtype.kind == "c" else x,
        vjp=lambda xp, g: xp.conj_physical(g),
        jvp=linear,
    ),
    unary_operator(
        "conj",
        kernel=conjugate_view,
        vjp=lambda xp, g: xp.conj_physical(g),
        jvp=linear,
    ),
    unary_operator(
        "neg_view",
        inner=True,
        kernel=negative_view,
        vjp=lambda _xp, g: -g,
        jvp=linear,
    ),
    unary_operator(
        "real_part",
        inner=True,
        kernel=lambda x: x.real.copy(),
        vjp=lambda xp, g: xp.complex(g, nothing_like(xp, g)),
        jvp=linear,
    ),
    unary_operator(
        "imaginary_part",
        inner=True,
        kernel=lambda x: x.imag.copy(),
        vjp=lambda xp, g: xp.complex(nothing_like(xp, g), g),
        jvp=linear,
    ),
    unary_operator(
        "view_as_real",
        kernel=view_as_real_kernel,
        vjp=lambda xp, g: xp.view_as_complex(g),
        jvp=linear,
        batch=in_turn,
    ),
    unary_operator(
        "view_as_complex",
        kernel=view_as_complex_kernel,
        vjp=lambda xp, g: xp.view_as_real(g),
        jvp=linear,
        batch=in_turn,
    ),
    unary_operator("sgn", kernel=sgn_kernel, saves="self result", vjp=sgn_rule, jvp=symmetric),
    unary_operator(
        "abs",
        kernel=np.abs,
        saves="self",
        vjp=lambda xp, g, x: g * xp.sgn(x),
        jvp=real_valued,
        without="bool",
    ),
    unary_operator(
        "angle",
        kernel=angle_kernel,
        saves="self",
        vjp=angle_rule,
        jvp=real_valued,
        pointwise=True,
        floating=True,
    ),
    Operator(
        "complex",
        kernel=complex_kernel,
        operands="real imag",
        vjp={
            "real": lambda xp, g: xp.real_part(g),
            "imag": lambda xp, g: xp.imaginary_part(g),
        },
        jvp=linear,
    ),
    Operator(
        "polar",
        kernel=polar_kernel,
        operands="abs angle",
        saves="result",
        vjp={"abs": polar_size, "angle": polar_angle},
        jvp=written(polar_jvp),
    ),
)
