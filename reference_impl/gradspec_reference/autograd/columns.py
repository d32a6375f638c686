"""A Jacobian by its columns: what is pushed forward from a one for each entry of the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradspec_reference.autograd.forward_ad import dual_level, make_dual, unpack_dual
from gradspec_reference.engine.batched import Level, lifted, over_axis, wrap
from gradspec_reference.engine.differentiating import (
    Call,
    of_columns,
    stretches,
    units_of_each,
    zeros,
)
from gradspec_reference.engine.transforms import Reverse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.engine.tensor import Tensor

    Tensors = tuple[Tensor, ...]


def by_columns(func: Callable[..., Any], inputs: Any) -> Any:
    """Return the Jacobian of func, all columns of which are one batch of tangents.

    Tuples of inputs and outputs come back as lists.  FunctionalTypeError; inside func, what is
    raised under `vmap`.
    """
    call = Call("jacobian", create_graph=False, strict=False)
    inputs_form, points = call.tensors(inputs, "inputs")
    units = units_of_each(points)
    level = Level(sum(x.numel() for x in points), "error")
    with level, dual_level():
        pushed = [make_dual(x, wrap(level, unit)) for x, unit in zip(points, units, strict=True)]
        outputs_form, outputs = call.tensors(func(*pushed), "outputs of the function")
        found = [tangent_or_zeros(x) for x in outputs]
    columns = [over_axis(level, lifted(level, x)) for x in found]
    blocks = [
        [
            of_columns(column, start, end, (*column.shape[1:], *point.shape))
            for point, start, end in stretches(points)
        ]
        for column in columns
    ]
    rows = blocks if inputs_form else [row[0] for row in blocks]
    return rows if outputs_form else rows[0]


def tangent_or_zeros(output: Tensor) -> Tensor:
    """Return the tangent of an output."""
    primal, tangent = unpack_dual(output)
    return zeros(primal) if tangent is None else tangent


def recorded(tensors: Tensors) -> Tensors:
    """Return the tensors, or leaves on their memory: what is pushed along has a history."""
    return tuple([x if x.requires_grad else x.detach().requires_grad_() for x in tensors])


def gradient_inside(func: Callable[..., Sequence[Tensor]], points: Tensors) -> Tensors:
    """Return the gradient of a number at points that are pushed; it is recorded outside, too."""
    with Reverse() as call:
        at = tuple([call.own(x) for x in points])
        slopes = call.products(func(*at), None, at, recording=True)
    return tuple([call.leaving(x, recording=True) for x in slopes])
