"""The Jacobian that the engine has: by rows in reverse mode, by columns in forward mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.autograd import forward_ad
from gradspec_reference.autograd.checking.given import (
    as_tuple,
    checked,
    is_checked,
    of_reals,
    reals,
    shape_of_reals,
)
from gradspec_reference.engine.asking import answer
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Products:
    """Cotangents times the Jacobian, by each input: what came, and whether each fits its input."""

    sizes: list[int]
    rows: list[list[Array]]
    of_the_type: bool
    of_the_size: bool

    def jacobians(self) -> list[Array]:
        """Return a row for each entry of the input, as differences have it."""
        pairs = zip(self.rows, self.sizes, strict=True)
        return [np.array(rows).reshape(len(rows), size).T for rows, size in pairs]


def product(output: Tensor, inputs: tuple[Any, ...], cotangent: Array) -> list[Tensor | None]:
    """Return a cotangent times the Jacobian, by each input that is checked."""
    seed = Tensor(of_reals(cotangent, output))
    found: list[Tensor | None] = answer([output], [seed], checked(inputs), True, False)
    return found


def products(output: Tensor, inputs: tuple[Any, ...], cotangents: Iterator[Array]) -> Products:
    """Ask for several products; one that does not fit its input is taken for zeros."""
    points = checked(inputs)
    rows: list[list[Array]] = [[] for _ in points]
    type_fits = size_fits = True
    for cotangent in cotangents:
        answers = product(output, inputs, cotangent)
        for own, x, gradient in zip(rows, points, answers, strict=True):
            row = np.zeros(shape_of_reals(x))
            if gradient is not None:
                type_fits &= gradient.dtype == x.dtype
                fits = gradient.shape == x.shape
                size_fits &= fits
                fits &= gradient.is_complex() == x.is_complex()
                row = np.array(reals(gradient.materialise())) if fits else row
            own.append(row.ravel())
    return Products([math.prod(shape_of_reals(x)) for x in points], rows, type_fits, size_fits)


def units(like: Tensor) -> Iterator[Array]:
    """Give for each entry an array of one there, and zeros elsewhere."""
    shape = shape_of_reals(like)
    for entry in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[entry] = 1.0
        yield unit


def reverse(output: Tensor, inputs: tuple[Any, ...]) -> Products:
    """Ask for all rows of the Jacobian of one output."""
    return products(output, inputs, units(output))


def pushed(
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    tangents: dict[int, Array],
    constant: int | None = None,
) -> list[Array]:
    """Return the tangents of all outputs, zeros for those that have none.

    `tangents` are for inputs by their places; what is checked and has none is given zeros, but for
    the one that is to be `constant`.
    """
    with forward_ad.dual_level():
        duals = [
            x
            if not is_checked(x)
            else x.detach()
            if place == constant
            else forward_ad.make_dual(x.detach(), tangent_for(x, tangents.get(place)))
            for place, x in enumerate(inputs)
        ]
        outputs = [x for x in as_tuple(function(*duals)) if isinstance(x, Tensor)]
        return [tangent_of(x) for x in outputs]


def tangent_for(x: Tensor, tangent: Array | None) -> Tensor:
    """Return a tangent of a tensor's type and layout."""
    made = np.zeros_like(x.materialise())
    if tangent is not None:
        reals(made)[...] = tangent
    return Tensor(made)


def tangent_of(output: Tensor) -> Array:
    """Return the tangent of an output."""
    tangent = forward_ad.unpack_dual(output).tangent
    if tangent is None:
        return np.zeros(shape_of_reals(output))
    return np.array(reals(tangent.materialise()))


def forward(function: Callable[..., Any], inputs: tuple[Any, ...]) -> list[list[Array]]:
    """Return the Jacobian in forward mode, as `numerical.jacobians` returns it."""
    found = []
    for place, x in enumerate(inputs):
        if is_checked(x):
            rows = [pushed(function, inputs, {place: unit}) for unit in units(x)]
            outputs = rows[0] if rows else pushed(function, inputs, {})
            found.append(
                [
                    np.array([row[k] for row in rows]).reshape(len(rows), output.size)
                    for k, output in enumerate(outputs)
                ]
            )
    return found
