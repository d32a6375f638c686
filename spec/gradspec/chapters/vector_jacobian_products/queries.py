"""Queries: products that are handed to the caller and stored nowhere.

A query names its inputs, and its answer has one place for each of them, in their order.  What has
no answer is told apart from what is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradspec import CONVENTION, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd


@clause("vjp-202", VALUE, sources=["torch.autograd.grad docstring"])
def a_query_gives_the_derivative(ag: Autograd) -> None:
    """A query for the gradient of a scalar gives its derivative by the input."""
    x = ag.tensor(3.0, requires_grad=True)
    (gradient,) = ag.grad(x * -5.0, [x])

    expect(gradient).equals(-5.0)


@clause("vjp-011a", VALUE, sources=["notes/gradcheck § Default real input analytical evaluation"])
def one_graph_answers_for_all_rows(ag: Autograd) -> None:
    """Queries with unit cotangents give the rows of the Jacobian from one graph, if it is kept;
    each gives its products in the order in which the inputs are listed, and adds to no leaf.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    jacobian = np.array([[3.0, 2.0], [4.0, 0.0], [0.0, 4.0]])
    of_x, of_y = jacobian.T
    results = x * ag.tensor(of_x) + y * ag.tensor(of_y)
    for row, unit in zip(jacobian, np.eye(3), strict=True):
        for inputs, columns in (([x, y], row), ([y, x], row[::-1])):
            found = ag.grad(results, inputs, ag.tensor(unit), retain_graph=True)

            expect(found[0]).equals(columns[0])
            expect(found[1]).equals(columns[1])

    expect(x.grad).is_none_or_zero()
    expect(y.grad).is_none_or_zero()


@clause("vjp-011b", VALUE, sources=["observed"], stands_for=("grad-024",))
def an_input_listed_twice_is_answered_twice(ag: Autograd) -> None:
    """A query that lists a tensor twice among its inputs gives its whole gradient both times."""
    x = ag.tensor(2.0, requires_grad=True)
    y = ag.tensor(3.0, requires_grad=True)
    found = ag.grad(x * x * y, [x, y, x])

    expect(found[0]).equals(12.0)
    expect(found[1]).equals(4.0)
    expect(found[2]).equals(12.0)


@clause(
    "vjp-011c",
    CONVENTION,
    sources=["torch.autograd.grad docstring"],
    stands_for=("grad-013",),
)
def an_unused_input_is_answered_by_none(ag: Autograd) -> None:
    """With allow_unused, the answer for an input that the output does not depend on is None.

    An engine that answers with a tensor hides a missing connection; NaN was made of None in
    Oneflow#10251.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(5.0, requires_grad=True)
    by_unused, by_x = ag.grad(x * x, [unused, x], allow_unused=True)

    expect(by_unused).is_none()
    expect(by_x).equals(4.0)


@clause(
    "vjp-205",
    CONVENTION,
    sources=["torch.autograd.grad docstring"],
    stands_for=("grad-016",),
)
def an_unused_input_is_answered_by_a_zero_on_request(ag: Autograd) -> None:
    """With materialize_grads, the answer for an input that the output does not depend on is a
    zero.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(5.0, requires_grad=True)
    by_unused, by_x = ag.grad(x * x, [unused, x], materialize_grads=True)

    expect(by_unused).equals(0.0)
    expect(by_x).equals(4.0)


@clause("vjp-206", CONVENTION, sources=["torch.autograd.grad docstring"], builds_on=("vjp-205",))
def a_zero_on_request_is_a_constant(ag: Autograd) -> None:
    """The zero that materialize_grads gives does not require grad, if create_graph is not given.

    Zeros that require grad let a constant into the graph (pytorch#168059).
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(5.0, requires_grad=True)
    by_unused, _ = ag.grad(x * x, [unused, x], materialize_grads=True)

    expect(by_unused.requires_grad).is_false()


@clause(
    "vjp-011d",
    CONVENTION,
    sources=["torch.autograd.grad docstring"],
    stands_for=("grad-012",),
)
def an_unused_input_is_refused_if_not_allowed(ag: Autograd) -> None:
    """Without allow_unused, a query for an input that the output does not depend on is refused.

    Remedy: give allow_unused=True and take None for an answer, or look for a detach() that cut the
    path.
    """
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(5.0, requires_grad=True)
    y = x * x

    with ag.refuses("unused-input"):
        ag.grad(y, [x, unused])
    expect(unused.grad).is_none_or_zero()
    expect(x.grad).is_none_or_zero()


@clause("vjp-204", VALUE, sources=["torch.autograd.grad docstring"], builds_on=("vjp-202",))
def a_query_starts_from_nothing(ag: Autograd) -> None:
    """The answer to a query does not contain what earlier passes accumulated into the input."""
    x = ag.tensor(3.0, requires_grad=True)
    (x * 5.0).backward()
    (found,) = ag.grad(x * 7.0, [x])

    expect(found).equals(7.0)
