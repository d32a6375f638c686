"""What a derivative owes beside right numbers: zeros for zeros and for nothing, batches as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec_reference.autograd.checking import analytical
from gradspec_reference.autograd.checking.given import (
    checked,
    is_checked,
    of_reals,
    shape_of_reals,
)
from gradspec_reference.engine.asking import answer, answers_of_a_batch
from gradspec_reference.engine.custom import Function
from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.errors import GradcheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.autograd.checking.comparison import Check

ROWS: Final = 2


class Undefined(Function):
    """The identity, whose gradient is none."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        """Return the same."""
        same: Tensor = x.clone()
        return same

    @staticmethod
    def backward(_ctx: Any, _g: Any) -> None:
        """Give nothing."""


def zeros(outputs: Sequence[Tensor]) -> list[Any]:
    """Return cotangents of zeros."""
    return [Tensor(np.zeros(x.shape, x._array.dtype)) for x in outputs]


def is_nothing(gradient: Tensor | None) -> bool:
    """Tell whether nothing but zeros came."""
    return gradient is None or not np.any(gradient.materialise())


def demand_multiplied(check: Check, outputs: Sequence[Tensor]) -> None:
    """Demand zeros for cotangents of zeros."""
    if not outputs:
        return
    points = checked(check.inputs)
    found = answer(list(outputs), zeros(outputs), points, True, False)
    for place, gradient in enumerate(found):
        if not is_nothing(gradient):
            raise GradcheckError(
                f"backward is not multiplied by the cotangent: for zeros the gradient by input "
                f"{place} is {gradient.materialise()}"
            )


def demand_undefined(check: Check) -> None:
    """Demand nothing for no cotangents: for none at all, then for each output alone."""
    outputs = checked(check.outputs())
    demand_nothing(check, [Undefined.apply(x) for x in outputs])
    for missing in range(len(outputs)) if len(outputs) > 1 else ():
        again = checked(check.outputs())
        demand_nothing(
            check, [Undefined.apply(x) if k == missing else x for k, x in enumerate(again)]
        )


def demand_nothing(check: Check, outputs: list[Tensor]) -> None:
    """Demand that a pass which is given nothing, or zeros, gives nothing."""
    try:
        found = answer(outputs, zeros(outputs), checked(check.inputs), False, False)
    except RuntimeError as error:
        raise GradcheckError(
            f"backward raised {type(error).__name__} where an output has no cotangent: {error}; "
            "take a missing one for zeros, or give check_undefined_grad=False"
        ) from error
    for place, gradient in enumerate(found):
        if not is_nothing(gradient):
            raise GradcheckError(
                f"the gradient by input {place} is not zero where no output has a cotangent but "
                "zeros; take a missing one for zeros"
            )


def demand_undefined_tangents(check: Check) -> None:
    """Demand of an input without a tangent what it gives with one of zeros."""
    generator = np.random.default_rng(0)
    points = {place: x for place, x in enumerate(check.inputs) if is_checked(x)}
    tangents = {place: generator.uniform(size=shape_of_reals(x)) for place, x in points.items()}
    for place in points:
        others = {other: u for other, u in tangents.items() if other != place}
        zeros, none = (
            analytical.pushed(check.function, check.inputs, others, constant)
            for constant in (None, place)
        )
        for k, (found, wanted) in enumerate(zip(none, zeros, strict=True)):
            if not np.allclose(found, wanted):
                raise GradcheckError(
                    f"the tangent of output {k} is {found} where input {place} has no tangent, and "
                    f"{wanted} where it has one of zeros; take a missing one for zeros"
                )


def demand_batches(check: Check, outputs: Sequence[Tensor]) -> None:
    """Demand of a batch of cotangents what they give one by one."""
    generator = np.random.default_rng(0)
    points = checked(check.inputs)
    for k, output in enumerate(outputs):
        rows = of_reals(generator.standard_normal((ROWS, *shape_of_reals(output))), output)
        one_by_one = [answer([output], [Tensor(row)], points, True, False) for row in rows]
        together = answers_of_a_batch([output], [Tensor(rows)], points, True, False)
        for place, batch in enumerate(together):
            alone = [row[place] for row in one_by_one]
            if batch is None or any(g is None for g in alone):
                continue
            wanted = np.stack([g.materialise() for g in alone])
            if not np.allclose(batch.materialise(), wanted, check.rtol, check.atol):
                raise GradcheckError(
                    f"batched gradients of output {k} by input {place} are not those of its rows\n"
                    f"together: {batch.materialise()}\none by one: {wanted}\n"
                )
