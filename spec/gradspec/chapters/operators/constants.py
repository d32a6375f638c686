"""What has no derivative: truth values, places, copies that are cut off, and factories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradspec import CONVENTION, clause, expect
from gradspec.catalogue.operator import CONSTANT, PIECEWISE
from gradspec.catalogue.operators import CALLS
from gradspec.chapters.operators.calling import on_leaves

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

CUT_OFF: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness is CONSTANT and name != "resize_"  # refused where grad is required
}
WITH_PLACES: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness is PIECEWISE and call.tells_places
}


@clause("op-206", CONVENTION, sources=["torch docstrings"], over=CUT_OFF)
def what_has_no_derivative_does_not_require_grad(ag: Autograd, call: Call) -> None:
    """What {name} gives does not require grad, whatever it was given."""
    expect(on_leaves(ag, call, call.sample()).requires_grad).is_false()


@clause("op-207", CONVENTION, sources=["torch docstrings"], over=WITH_PLACES)
def places_do_not_require_grad(ag: Autograd, call: Call) -> None:
    """The places that {name} gives beside the values do not require grad."""
    _, places = on_leaves(ag, call, call.sample())

    expect(places.requires_grad).is_false()


FLAT: Final = {name: CALLS[name] for name in ("sign", "floor", "ceil", "round", "trunc")}


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
