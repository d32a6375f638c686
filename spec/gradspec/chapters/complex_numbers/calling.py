"""A call of the catalogue on complex numbers, and as a function of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.catalogue.operator import replaced, variables
from gradspec.chapters.operators.calling import is_of_symmetric, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Given


def drawn(ag: Autograd, *shape: int) -> Any:
    """Draw complex numbers, the same in every run."""
    return ag.random(*shape) + 1j * ag.random(*shape)


def cotangent(ag: Autograd, value: Any) -> Any:
    """Draw a cotangent of sixteenths, complex if the result is."""
    shape = np.shape(value)
    weights = drawn(ag, *shape) if np.iscomplexobj(value) else ag.random(*shape)
    return np.round(weights * 16) / 16


def hermitian(call: Call, array: Any) -> Any:
    """Add the conjugate transposed, if the operator is about Hermitian matrices.

    Of the gradient of one, which an engine may read half of, no more is determined.
    """
    if not is_of_symmetric(call):
        return array
    last = len(array.shape) - 1
    return array + array.swapaxes(last - 1, last).conj()


def hermitian_by_parts(call: Call, gradients: list[Any]) -> list[Any]:
    """Give the same where gradients by real and imaginary parts take turns."""
    if not is_of_symmetric(call):
        return gradients
    by_real, by_imag = gradients
    last = len(by_real.shape) - 1
    return [
        by_real + by_real.swapaxes(last - 1, last),
        by_imag - by_imag.swapaxes(last - 1, last),
    ]


def parts_of(points: list[Any]) -> list[Any]:
    """Give the real and imaginary parts of complex points, one after the other, and real points."""
    return [part for point in points for part in parts(point)]


def parts(point: Any) -> tuple[Any, ...]:
    """Give the parts of complex numbers, and real numbers alone."""
    return (point.real.copy(), point.imag.copy()) if np.iscomplexobj(point) else (point,)


def put_together(ag: Autograd, points: list[Any], given: Any) -> Iterator[Any]:
    """Make complex numbers of their parts, where the points are complex."""
    rest = iter(given)
    for point in points:
        yield ag.complex(next(rest), next(rest)) if np.iscomplexobj(point) else next(rest)


def of_parts(
    ag: Autograd, call: Call, sample: Given, weights: Any, part: int | None = None
) -> Callable[..., Any]:
    """Give the real function of the parts: Re(conj(weights) y), entry by entry."""
    points = list(variables(sample))

    def applied(*given: Any) -> Any:
        operands = put_together(ag, points, given)
        result = perform(ag, call, replaced(sample, operands, ag.tensor))
        return weighed(ag, result if part is None else result[part], weights)

    return applied


def weighed(ag: Autograd, result: Any, weights: Any) -> Any:
    """Give Re(conj(weights) y), a real number for each entry."""
    if not np.iscomplexobj(weights):
        return result * ag.tensor(weights)
    by_real, by_imag = ag.tensor(weights.real), ag.tensor(weights.imag)
    return ag.real(result) * by_real + ag.imag(result) * by_imag
