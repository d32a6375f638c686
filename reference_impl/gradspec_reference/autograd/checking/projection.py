"""Fast mode: one number beside one number, v'Ju for random vectors u and v.

A wrong entry shows in it, unless it is orthogonal to both by chance; it costs two calls and one
pass for each input and output, however large these are.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.autograd.checking import analytical, comparison, numerical
from gradspec_reference.autograd.checking.given import is_checked, shape_of_reals
from gradspec_reference.errors import GradcheckError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gradspec_reference.autograd.checking.comparison import Check

Array = np.ndarray[Any, Any]
SEED: Final = 0
"""A check that fails fails again."""


def unit_vectors(likes: Sequence[Any]) -> list[Array]:
    """Draw a vector of length one for each tensor, in its shape."""
    generator = np.random.default_rng(SEED)
    drawn = [generator.uniform(size=shape_of_reals(x)) for x in likes]
    return [u / max(float(np.linalg.norm(u)), np.finfo(float).tiny) for u in drawn]


def compare(check: Check, outputs: tuple[Any, ...], mode: str) -> None:
    """Compare one projection of each Jacobian; GradcheckError, with the whole, where it differs."""
    points = {place: x for place, x in enumerate(check.inputs) if is_checked(x)}
    # all at once: if u and v were alike, nothing would be seen of what is antisymmetric
    drawn = unit_vectors([*points.values(), *outputs])
    of_inputs = dict(zip(points, drawn[: len(points)], strict=True))
    of_outputs = drawn[len(points) :]
    project = BY_MODE[mode]
    for order, (place, u) in enumerate(of_inputs.items()):
        moved = numerical.difference(
            check.function, check.inputs, points[place], ..., check.eps * u, check.eps
        )
        for k, found in project(check, outputs, (order, place, u), of_outputs):
            wanted, v = float(np.sum(moved[k] * of_outputs[k])), of_outputs[k]
            near = np.allclose(found, wanted, check.rtol, check.atol * u.sum() * v.sum())
            if not near:
                raise GradcheckError(explained(check, outputs, (k, order, found, wanted), mode))


Projected = list[tuple[int, float]]


def by_rows(
    check: Check, outputs: tuple[Any, ...], moving: tuple[int, int, Array], of_outputs: list[Array]
) -> Projected:
    """Give for each output its v times the Jacobian, by one input, times u."""
    order, _, u = moving
    found = []
    for k, (x, v) in enumerate(zip(outputs, of_outputs, strict=True)):
        if is_checked(x):
            rows = comparison.settled(check, x, functools.partial(_alone, v))
            found.append((k, float(np.sum(rows[order].ravel() * u.ravel()))))
    return found


def _alone(v: Array, _output: Any) -> Iterator[Array]:
    """Give the only cotangent there is."""
    yield v


def by_columns(
    check: Check, outputs: tuple[Any, ...], moving: tuple[int, int, Array], of_outputs: list[Array]
) -> Projected:
    """Give for each output its v times the tangent for u."""
    _, place, u = moving
    tangents = analytical.pushed(check.function, check.inputs, {place: u})
    return [
        (k, float(np.sum(tangents[k] * v)))
        for k, (x, v) in enumerate(zip(outputs, of_outputs, strict=True))
        if is_checked(x)
    ]


BY_MODE: Final[dict[str, Callable[..., Projected]]] = {"reverse": by_rows, "forward": by_columns}


def explained(
    check: Check, outputs: tuple[Any, ...], pair: tuple[int, int, float, float], mode: str
) -> str:
    """Say which numbers differ, and what the whole Jacobians are."""
    k, place, found, wanted = pair
    said = (
        f"Jacobian mismatch for output {k} with respect to input {place}, computed in fast mode: "
        f"{wanted} by differences, {found} by the engine, of v'Ju for random unit vectors u, v\n"
    )
    try:
        comparison.compare(check, outputs, mode)
    except GradcheckError as error:
        return f"{said}The whole, computed in slow mode: {error.args[0]}"
    return f"{said}Computed in slow mode, the whole Jacobians agree: the tolerances are near."
