"""Derivatives where there is one: the whole Jacobian of every operator, in reverse mode.

A random cotangent mixes the rows of the Jacobian, so that one product tells a wrong entry wherever
it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import SAFETY, VALUE, clause, expect
from gradspec.catalogue.operator import DIFFERENTIABLE, REFUSED, variables
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import (
    both_triangles,
    cotangent,
    function,
    is_of_symmetric,
    results,
)

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

SMOOTH: Final = {
    name: call
    for name, call in CALLS.items()
    if call.operator.smoothness in DIFFERENTIABLE and not call.operator.inplace
}
WITHOUT_RULE: Final = {n: c for n, c in CALLS.items() if c.operator.smoothness is REFUSED}


@clause(
    "op-001",
    VALUE,
    sources=["notes/autograd § Gradients for non-differentiable functions", "mathematics"],
    over=SMOOTH,
    stands_for={
        "op-002": "add add_broadcast sub sub_broadcast sub_of_number",
        "op-003": "add_alpha sub_alpha",
        "op-004": "mul mul_broadcast",
        "op-005": "div div_broadcast",
        "op-008": "div_of_number pow_of_number neg neg_array",
        "op-027": "clamp_tensors",
        "op-032": "sum sum_dim sum_keepdim",
        "op-033": "mean mean_dim mean_keepdim",
        "op-034": "prod prod_dim prod_keepdim prod_one_zero prod_two_zeros",
        "op-036": "var var_dim var_keepdim var_correction",
        "op-038": "logsumexp logsumexp_keepdim logsumexp_dims",
        "op-043": "where where_broadcast",
        "op-052": "expand expand_new broadcast_to broadcast_to_new expand_as",
        "op-054": "transpose permute movedim t",
        "op-058": "flip roll roll_flat",
        "op-060": "unfold unfold_overlap as_strided as_strided_overlap",
        "op-062": "getitem getitem_steps",
        "op-063": "getitem_places",
        "op-064": "getitem_mask",
        "op-069": "sort sort_descending topk topk_smallest gather take_along_dim",
        "op-070": "matmul matmul_vectors matmul_matrix_vector matmul_vector_matrix "
        "matmul_stacks matmul_broadcast matmul_stack_vector",
        "op-071": "matmul mm",
        "op-078": "softmax softmax_first",
        "op-079": "log_softmax log_softmax_first",
    },
)
def derivative_is_that_of_the_formula(ag: Autograd, call: Call) -> None:
    """Where {name} is differentiable, its derivative is that of its formula, entry by entry.

    Of a symmetric matrix one triangle may be read: what is determined is the derivative by both.
    """
    sample = call.sample()
    points = list(variables(sample))

    for part, value in results(call, sample):
        if value.dtype.kind == "f":
            weights = cotangent(ag, value)
            _, found = ag.vjp(function(ag, call, sample, part), points, weights)
            expected = pulled_back(call, sample, weights, part)
            for gradient, wanted in zip(found, expected.gradients, strict=True):
                if is_of_symmetric(call):
                    gradient, wanted = both_triangles(gradient), both_triangles(wanted)  # noqa: PLW2901
                expect(gradient).is_close(wanted, scale=expected.scale)


@clause("op-203", SAFETY, sources=["torch.heaviside source"], over=WITHOUT_RULE)
def a_step_without_a_rule_is_refused_or_flat(ag: Autograd, call: Call) -> None:
    """A pass through {name} is refused, or gives the derivative of its formula.

    torch has no rule for it and refuses when the pass gets there.  To its first argument it is
    flat, but for the jump, where any number will do.
    """
    sample = call.sample()
    step, _ = points = list(variables(sample))
    weights = cotangent(ag, call.value(sample))
    _, wanted = pulled_back(call, sample, weights).gradients
    room = np.where(step == 0, np.inf, 0.0)

    with ag.attempt() as attempt:
        _, (by_step, by_value) = ag.vjp(function(ag, call, sample), points, weights)
        with attempt.granted():
            expect(by_step).lies_between(-room, room)
            expect(by_value).is_close(wanted)
