"""What has no derivative: truth values, places, copies that are cut off, and factories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect
from gradspec.catalogue.operator import CONSTANT, PIECEWISE
from gradspec.catalogue.operators import CALLS, OPERATORS, writes_truth
from gradspec.catalogue.slopes import jacobians
from gradspec.chapters.operators.calling import on_leaves

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call, Operator

NON_DIFFERENTIABLE: Final = "notes/autograd § Gradients for non-differentiable functions"
CUT_OFF: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness is CONSTANT
    and not (call.operator.inplace and not call.operator.form_of)
    and not writes_truth(call.operator)
}
WITH_PLACES: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness is PIECEWISE and call.tells_places
}


@clause(
    "op-206",
    CONVENTION,
    sources=["torch docstrings"],
    over=CUT_OFF,
    stands_for={
        "nd-005": "eq ne gt ge lt le logical_not logical_and logical_or logical_xor isnan isinf "
        "isfinite signbit isclose argmax argmin argsort all any count_nonzero searchsorted "
        "bucketize",
    },
)
def what_has_no_derivative_does_not_require_grad(ag: Autograd, call: Call) -> None:
    """What {name} gives does not require grad, whatever it was given."""
    expect(on_leaves(ag, call, call.sample()).requires_grad).is_false()


@clause(
    "op-207",
    CONVENTION,
    sources=["torch docstrings"],
    over=WITH_PLACES,
    stands_for={"nd-005": "sort"},
)
def places_do_not_require_grad(ag: Autograd, call: Call) -> None:
    """The places that {name} gives beside the values do not require grad."""
    _, places = on_leaves(ag, call, call.sample())

    expect(places.requires_grad).is_false()


@clause("op-109", VALUE, sources=["chain rule"])
def what_a_shape_tells_is_a_constant(ag: Autograd) -> None:
    """A number that was computed from the shape of a tensor is a constant."""
    weights = ag.random(3)
    _, (found,) = ag.vjp(lambda x: x * x.shape[0], [[1.0, 2.0, 4.0]], weights)

    expect(found).is_close(3 * weights)


@clause("op-107", CONVENTION, sources=[NON_DIFFERENTIABLE])
def what_has_no_rule_is_refused_by_a_pass(ag: Autograd) -> None:
    """An operator without a derivative gives its value, and is refused when a pass gets there.

    Remedy: call it in no_grad, or detach what it is given.
    """
    y = ag.heaviside(ag.tensor(0.0, requires_grad=True), ag.tensor(0.5))

    expect(y).equals(0.5)
    with ag.refuses("no-derivative"):
        y.backward()


def is_step(operator: Operator) -> bool:
    """Say whether it is flat wherever it has a slope."""
    calls = [CALLS[operator.named(name)] for name in operator.calls]
    return all(not np.any(j) for call in calls for j in jacobians(call, call.sample()))


FLAT: Final = {
    o.name: CALLS[o.name]
    for o in OPERATORS.values()
    if o.smoothness is PIECEWISE and not (o.inplace or o.several) and is_step(o)
}


@clause("op-020", CONVENTION, sources=["observed"], over=FLAT)
def a_step_function_requires_grad(ag: Autograd, call: Call) -> None:
    """What {name} gives requires grad, though its slope is zero wherever it has one."""
    expect(on_leaves(ag, call, call.sample()).requires_grad).is_true()


@clause("op-095", CONVENTION, sources=["torch.nn.functional.embedding docstring"])
def the_row_of_padding_receives_zero(ag: Autograd) -> None:
    """Of an embedding the row that padding_idx names receives zero, however often it was read."""
    weight = ag.tensor([[1.5, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    read = ag.embedding(ag.tensor([1, 0, 1]), weight, padding_idx=1)
    read.backward(ag.tensor([[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]]))

    expect(weight.grad).equals([[9.0, 10.0], [0.0, 0.0], [0.0, 0.0]])
