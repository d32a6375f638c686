"""Batches: one query for many cotangents.

With is_grads_batched the first dimension of each cotangent counts cotangents, and that of each
answer counts answers.  How it is done, by one walk over batches or by many walks, is the engine's
own affair.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, VALUE, Autograd, clause, expect
from gradspec.drawing.expressions import Expression, expressions_with_a_second_cotangent

GRAD: Final = "torch.autograd.grad docstring"


@clause("grad-029", VALUE, sources=[GRAD])
def the_identity_gives_the_jacobian(ag: Autograd) -> None:
    """With is_grads_batched and the identity for a cotangent, the answer is the Jacobian.

    The entries of (x * x) A' are sums of A x^2; row by row, their derivatives are 2Ax.
    """
    a = np.array([[3.0, 2.0], [4.0, 0.5], [-1.0, 4.0]])
    x = ag.tensor([2.0, -3.0], requires_grad=True)
    y = (ag.tensor(a) * (x * x)).sum(dim=1)
    (answer,) = ag.grad(y, [x], ag.tensor(np.eye(3)), is_grads_batched=True)

    expect(answer).is_close(2.0 * a * [2.0, -3.0])


@clause(
    "grad-030",
    VALUE,
    sources=[GRAD],
    given={"drawn": expressions_with_a_second_cotangent()},
)
def a_batch_is_answered_row_by_row(
    ag: Autograd, drawn: tuple[Expression, Any, float, float]
) -> None:
    """For every program, the answers to a batch of cotangents are those to each of them, one after
    the other.
    """
    case, other, a, b = drawn
    batch = [case.cotangent, other, a * case.cotangent + b * other]
    leaves = [ag.tensor(leaf, requires_grad=True) for leaf in case.leaves]
    cotangents = ag.tensor(np.stack(batch))
    answers = ag.grad(case.evaluate(ag, leaves), leaves, cotangents, is_grads_batched=True)

    expected = zip(*(case.gradients(cotangent) for cotangent in batch), strict=True)
    for answer, rows in zip(answers, expected, strict=True):
        expect(answer).is_close(np.stack(rows), scale=case.scale * (1.0 + abs(a) + abs(b)))


@clause("grad-290", VALUE, sources=[GRAD], builds_on=("grad-029",))
def each_row_can_be_differentiated(ag: Autograd) -> None:
    """Under create_graph, the answer to each cotangent of a batch can be differentiated again, and
    not to the last alone.
    """
    v, u = ag.random(3, 2), ag.random(3, 2)
    x = ag.tensor([2.0, -1.5], requires_grad=True)
    options = {"is_grads_batched": True, "create_graph": True}
    (answer,) = ag.grad(x * x * x, [x], ag.tensor(v), **options)
    (second,) = ag.grad((answer * ag.tensor(u)).sum(), [x])

    expect(second).is_close((u * v).sum(axis=0) * 6.0 * [2.0, -1.5])


@clause("grad-291", CONVENTION, sources=[GRAD])
def a_batch_without_create_graph_has_no_history(ag: Autograd) -> None:
    """Without create_graph, the answer to a batch of cotangents does not require grad."""
    x = ag.tensor([2.0, -1.5], requires_grad=True)
    (answer,) = ag.grad(x * x, [x], ag.tensor(ag.random(3, 2)), is_grads_batched=True)

    expect(answer.requires_grad).is_false()


@clause("grad-211", VALUE, sources=[GRAD], builds_on=("grad-029",))
def each_output_has_its_batch(ag: Autograd) -> None:
    """Of several outputs each has a batch of its own, and the answers are sums over the outputs."""
    v, w = ag.random(3, 2), ag.random(3)
    x = ag.tensor([2.0, 5.0], requires_grad=True)
    outputs, batches = [x * 3.0, (x * x).sum()], [ag.tensor(v), ag.tensor(w)]
    (answer,) = ag.grad(outputs, [x], batches, is_grads_batched=True)

    expect(answer).is_close(3.0 * v + w[:, None] * [4.0, 10.0])


@clause("grad-212", CONVENTION, sources=[GRAD], builds_on=("vjp-011c",))
def a_batch_has_one_none(ag: Autograd) -> None:
    """With allow_unused, the answer to a batch is None for an input that is not used."""
    x = ag.tensor(2.0, requires_grad=True)
    unused = ag.tensor(3.0, requires_grad=True)
    batch = ag.tensor([1.0, -2.0])
    options = {"is_grads_batched": True, "allow_unused": True}
    by_x, by_unused = ag.grad(x * 5.0, [x, unused], batch, **options)

    expect(by_x).equals([5.0, -10.0])
    expect(by_unused).is_none()


@clause(
    "grad-031",
    CONVENTION,
    sources=["torch.autograd.grad source"],
    over={
        "rows_of_another_length": (3, 3),
        "rows_that_are_numbers": (2,),
        "rows_of_rows": (2, 1, 2),
    },
)
def the_rows_of_a_batch_fit_the_output(ag: Autograd, shape: tuple[int, ...]) -> None:
    """With is_grads_batched, a cotangent with {name} is refused for an output of two entries.

    Remedy: put a dimension for the batch in front of the output's shape.
    """
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    v = ag.tensor(ag.random(*shape))
    with ag.refuses("cotangent-shape"):
        ag.grad(y, [x], v, is_grads_batched=True)


@clause("grad-039", CONVENTION, level=MAY, sources=["observed"])
def a_batch_is_given(ag: Autograd) -> None:
    """With is_grads_batched, a query for a scalar output without a cotangent is refused.

    The one that is understood without words is no batch.

    Remedy: give a cotangent with one dimension.
    """
    x = ag.tensor(2.0, requires_grad=True)
    y = x * x
    with ag.refuses("cotangent-shape"):
        ag.grad(y, [x], is_grads_batched=True)
