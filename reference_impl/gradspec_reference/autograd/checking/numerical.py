"""The Jacobian by central differences: an input is moved a little both ways."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec_reference.autograd.checking.given import as_tuple, checked, reals, shape_of_reals
from gradspec_reference.engine.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Values = list[np.ndarray[Any, Any]]


def values(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Values:
    """Return copies of the numbers that a function returns."""
    returned = (x for x in as_tuple(function(*inputs)) if isinstance(x, Tensor))
    return [np.array(reals(x.materialise())) for x in returned]


@contextlib.contextmanager
def moved(x: Tensor, where: Any, by: Any) -> Iterator[None]:
    """Let a tensor have other numbers for a while, behind the engine's back."""
    array = reals(x.materialise())
    before = np.array(array[where])
    array[where] = before + by
    try:
        yield
    finally:
        array[where] = before


def difference(
    function: Callable[..., Any],
    inputs: tuple[Any, ...],
    x: Tensor,
    where: Any,
    step: Any,
    eps: float,
) -> Values:
    """Return (f(x + step) - f(x - step)) / (2 eps) of each output; a step is eps long."""
    with moved(x, where, -step):
        low = values(function, inputs)
    with moved(x, where, step):
        high = values(function, inputs)
    return [(b - a) / (2 * eps) for a, b in zip(low, high, strict=True)]


def jacobians(
    function: Callable[..., Any], inputs: tuple[Any, ...], eps: float
) -> list[list[np.ndarray[Any, Any]]]:
    """Return for each input that is checked, for each output, a row for each entry of the input."""
    found = []
    for x in checked(inputs):
        rows = [
            [d.ravel() for d in difference(function, inputs, x, entry, eps, eps)]
            for entry in np.ndindex(*shape_of_reals(x))
        ]
        outputs = values(function, inputs) if not rows else rows[0]
        found.append(
            [
                np.array([row[k] for row in rows]).reshape(len(rows), output.size)
                for k, output in enumerate(outputs)
            ]
        )
    return found
