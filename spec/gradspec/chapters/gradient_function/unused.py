"""What is answered where no path leads from the outputs to an input.

A query by default says that there is none, by refusing: a missing path is most often a mistake.
With allow_unused its answer there is None, with materialize_grads a zero.  None and a zero that
was computed are told apart: where there is a path, there is a tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import CONVENTION, Autograd, Tensor, clause, expect
from gradspec.drawing.expressions import Expression, expressions_with_some_values

if TYPE_CHECKING:
    from typing import Any

GRAD: Final = "torch.autograd.grad docstring"


@clause(
    "grad-205",
    CONVENTION,
    sources=[GRAD],
    given={"drawn": expressions_with_some_values()},
    builds_on=("vjp-011c",),
)
def none_is_the_answer_where_no_path_leads(
    ag: Autograd, drawn: tuple[Expression, tuple[int, ...]]
) -> None:
    """For every program, under allow_unused the derivative of one of its values by another is None
    if no path leads there, and a tensor else.
    """
    case, (number, *_) = drawn
    values = case.values(ag, [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves])
    ones = ag.tensor(np.ones(np.shape(case.numbers[number])))
    answers = ag.grad(values[number], values, ones, allow_unused=True)

    for place, answer in enumerate(answers):
        if place in case.below(number):
            expect(answer).is_present()
        else:
            expect(answer).is_none()


@clause("grad-014", CONVENTION, sources=[GRAD], builds_on=("vjp-205",))
def a_zero_on_request_has_the_shape_of_its_input(ag: Autograd) -> None:
    """With materialize_grads, the answer for an unused input has its shape, and is zero in every
    place.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor([[3.0, 4.0, 5.0]], requires_grad=True)
    _, answer = ag.grad(x * 3.0, [x, unused], materialize_grads=True)

    expect(answer).equals([[0.0, 0.0, 0.0]])


@clause("grad-206", CONVENTION, sources=[GRAD], builds_on=("vjp-205",))
def allow_unused_does_not_undo_materialize_grads(ag: Autograd) -> None:
    """With materialize_grads and allow_unused, the answer for an unused input is zero, not None."""
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(3.0, requires_grad=True)
    options = {"allow_unused": True, "materialize_grads": True}
    _, answer = ag.grad(x * 5.0, [x, unused], **options)

    expect(answer).equals(0.0)


@clause("grad-015", CONVENTION, sources=[GRAD])
def unused_inputs_are_not_allowed_and_forbidden(ag: Autograd) -> None:
    """To give materialize_grads together with allow_unused=False is refused.

    Remedy: leave allow_unused out.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3.0
    with ag.refuses("conflicting-arguments"):
        ag.grad(y, [x], allow_unused=False, materialize_grads=True)


@clause("grad-017", CONVENTION, sources=[GRAD], builds_on=("vjp-205",))
def a_zero_on_request_can_be_differentiated(ag: Autograd) -> None:
    """With create_graph, the zero that materialize_grads gives requires grad, so that it can be an
    output like the other answers.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(3.0, requires_grad=True)
    options = {"create_graph": True, "materialize_grads": True}
    _, answer = ag.grad(x * x, [x, unused], **options)

    expect(answer.requires_grad).is_true()


@clause("grad-207", CONVENTION, sources=[GRAD], builds_on=("vjp-205",))
def a_zero_on_request_is_flat(ag: Autograd) -> None:
    """With create_graph and materialize_grads throughout, the second derivative by an unused input
    is zero, as the first.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(3.0, requires_grad=True)
    options = {"create_graph": True, "materialize_grads": True}
    _, first = ag.grad(x * x, [x, unused], **options)
    (second,) = ag.grad(first, [unused], materialize_grads=True)

    expect(first).equals(0.0)
    expect(second).equals(0.0)


@clause("grad-033", CONVENTION, sources=["torch.autograd.grad source"])
def an_edge_has_no_zero(ag: Autograd) -> None:
    """With materialize_grads, a query for an edge to which no path leads is refused.

    An edge does not say of which shape a zero for it would be.

    Remedy: give the tensor in place of its edge.
    """
    x = ag.tensor(2.0, requires_grad=True)
    edge = ag.gradient_edge(ag.tensor(3.0, requires_grad=True))
    y = x * 5.0
    with ag.refuses("unused-input"):
        ag.grad(y, [x, edge], materialize_grads=True)


def _nothing(ag: Autograd) -> Any:
    class Nothing(ag.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(_ctx: Any, x: Tensor) -> Any:
            return x * 1.0

        @staticmethod
        def backward(_ctx: Any, _gradient: Tensor) -> None:
            return None

    return Nothing


@clause("grad-038", CONVENTION, sources=["notes/extending § How to use", "observed"])
def a_custom_function_that_gives_none_leaves_its_argument_unused(ag: Autograd) -> None:
    """An input that gets None from the backward of a custom function, and nothing else, counts as
    unused.

    Remedy: return zeros from the function, or give allow_unused=True.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = _nothing(ag).apply(x)
    with ag.refuses("unused-input"):
        ag.grad(y, [x])


@clause("grad-208", CONVENTION, sources=["notes/extending § How to use", "observed"])
def none_of_a_custom_function_is_the_answer(ag: Autograd) -> None:
    """With allow_unused, what the backward of a custom function gives as None is answered by
    None.
    """
    x = ag.tensor(2.0, requires_grad=True)
    (answer,) = ag.grad(_nothing(ag).apply(x), [x], allow_unused=True)

    expect(answer).is_none()
