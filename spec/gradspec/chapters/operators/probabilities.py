"""Probabilities and their logarithms: large logits, masks, and targets that do not count.

The exponential of a thousand is infinite in every data type, and infinity over infinity no number.
An engine takes the largest logit from all of them first, which changes no probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec import CONVENTION, MAY, SHOULD, VALUE, clause, expect

if TYPE_CHECKING:
    from gradspec import Autograd

INF: Final = np.inf
CROSS_ENTROPY: Final = "torch.nn.functional.cross_entropy docstring"


@clause("op-080", VALUE, sources=["mathematics"])
def probabilities_weighed_alike_do_not_move(ag: Autograd) -> None:
    """The entries of a softmax always sum to one, so their sum has the gradient zero."""
    _, (found,) = ag.vjp(lambda x: ag.softmax(x, 0), [[0.5, -1.0, 2.0]], [1.0, 1.0, 1.0])

    expect(found).is_close([0.0, 0.0, 0.0], scale=1.0)


EVEN: Final = [[0.25, -0.25], [-0.25, 0.25]]
LARGE: Final[dict[str, Any]] = {
    "softmax": (
        lambda ag, x: ag.softmax(x, 1),
        [[1000.0, 1000.0], [-1000.0, -1000.0]],
        [[0.5, 0.5], [0.5, 0.5]],
        [EVEN, EVEN],
    ),
    "log_softmax": (
        lambda ag, x: ag.log_softmax(x, 1),
        [[1000.0, 0.0], [-1000.0, 0.0]],
        [[0.0, -1000.0], [-1000.0, 0.0]],
        [[[0.0, 0.0], [-1.0, 1.0]], [[1.0, -1.0], [0.0, 0.0]]],
    ),
    "binary_cross_entropy_with_logits": (
        lambda ag, x: ag.binary_cross_entropy_with_logits(
            x, ag.tensor([[0.25, 0.75], [1.0, 0.5]]), reduction="none"
        ),
        [[1000.0, -1000.0], [1000.0, -1000.0]],
        [[750.0, 750.0], [0.0, 500.0]],
        [[[0.75, 0.0], [0.0, -0.75]], [[0.0, 0.0], [0.0, -0.5]]],
    ),
}
"""An operator, two rows of logits, its values and its Jacobians."""


@clause(
    "op-081",
    VALUE,
    sources=["torch.nn.functional.log_softmax docstring"],
    over=LARGE,
    stands_for={"op-088": "binary_cross_entropy_with_logits"},
)
def large_logits_do_not_overflow(ag: Autograd, row: Any) -> None:
    """Where exponentials overflow or vanish, {name} still has its value and its gradient."""
    function, logits, values, jacobians = row
    weights = ag.random(2, 2)
    found, (gradient,) = ag.vjp(lambda x: function(ag, x), [logits], weights)

    expect(found).is_close(values)
    expect(gradient).is_close(np.einsum("ni,nij->nj", weights, jacobians))


MASK: Final = [True, False, False]
MASKING: Final[dict[str, Any]] = {
    "add": lambda ag, x: x + ag.tensor([-INF, 0.0, 0.0]),
    "masked_fill": lambda ag, x: x.masked_fill(ag.tensor(MASK), -INF),
    "where": lambda ag, x: ag.where(ag.tensor(MASK), ag.tensor(-INF), x),
}
"""What puts minus infinity in the place of the first of three logits."""


@clause(
    "op-082", VALUE, sources=["mathematics", "torch.Tensor.masked_fill_ docstring"], over=MASKING
)
def a_masked_logit_takes_no_part(ag: Autograd, mask: Any) -> None:
    """A logit that {name} makes minus infinity has the probability 0 and receives the gradient 0.

    The others are what they would be without it.
    """
    weights = ag.random(3)
    found, (gradient,) = ag.vjp(lambda x: ag.softmax(mask(ag, x), 0), [[1.0, 2.0, 2.0]], weights)
    share = (weights[1] - weights[2]) / 4

    expect(found).is_close([0.0, 0.5, 0.5])
    expect(gradient).is_close([0.0, share, -share], scale=1.0)


@clause("op-260", CONVENTION, sources=["observed"])
def nothing_but_masked_logits_is_no_number(ag: Autograd) -> None:
    """The softmax of logits that are all minus infinity is NaN, which is 0 / 0."""
    expect(ag.softmax(ag.tensor([-INF, -INF]), 0)).equals([np.nan, np.nan])


@clause("op-261", CONVENTION, sources=["observed"])
def attention_to_nothing_is_zero(ag: Autograd) -> None:
    """What attends to nothing, since its mask is all false, gets zeros from attention."""
    x, key, value = (ag.tensor(ag.random(2, n)) for n in (3, 3, 4))
    mask = ag.tensor([[False, False], [True, False]])
    found = ag.scaled_dot_product_attention(x, key, value, attn_mask=mask)

    expect(found[0]).equals([0.0, 0.0, 0.0, 0.0])


@clause(
    "op-089",
    CONVENTION,
    level=MAY,
    sources=["torch.nn.functional.binary_cross_entropy docstring"],
)
def what_was_impossible_costs_a_hundred(ag: Autograd) -> None:
    """Where the probability of what is true is 0, binary_cross_entropy is 100 and has a slope."""
    found, (gradient,) = ag.vjp(lambda x: ag.binary_cross_entropy(x, ag.tensor(1.0)), [0.0])

    expect(found).is_close(100.0)
    expect(gradient).lies_between(-1e30, -100.0)


LOSSES: Final = {
    "cross_entropy": (lambda ag: ag.cross_entropy, np.log(2.0), [0.5, -0.5]),
    "nll_loss": (lambda ag: ag.nll_loss, -2.0, [0.0, -1.0]),
}
"""A loss of classes, its value of the logits 2 and 2 for the second class, and its gradient."""


@clause("op-084", VALUE, sources=[CROSS_ENTROPY], over=LOSSES)
def an_ignored_target_does_not_count(ag: Autograd, row: Any) -> None:
    """The mean of {name} is over the targets that are not ignore_index, and the others get zero."""
    loss, value, gradient = row
    target = ag.tensor([-1, 1, -1])
    found, (by_logits,) = ag.vjp(
        lambda x: loss(ag)(x, target, ignore_index=-1), [[[1.0, 3.0], [2.0, 2.0], [5.0, 4.0]]]
    )

    expect(found).is_close(value)
    expect(by_logits).is_close([[0.0, 0.0], gradient, [0.0, 0.0]])


@clause("op-262", CONVENTION, sources=[CROSS_ENTROPY], over=LOSSES)
def a_hundred_below_zero_is_ignored(ag: Autograd, row: Any) -> None:
    """Unless told otherwise {name} ignores the target -100."""
    loss, value, _ = row
    found = loss(ag)(ag.tensor([[1.0, 3.0], [2.0, 2.0]]), ag.tensor([-100, 1]))

    expect(found).is_close(value)


@clause("op-263", CONVENTION, level=SHOULD, sources=["observed"], over=LOSSES)
def a_mean_over_no_target_is_no_number(ag: Autograd, row: Any) -> None:
    """Where every target is ignored the mean of {name} is NaN, and the logits receive zero."""
    loss, _, _ = row
    target = ag.tensor([-1, -1])
    found, (by_logits,) = ag.vjp(
        lambda x: loss(ag)(x, target, ignore_index=-1), [[[1.0, 3.0], [2.0, 2.0]]]
    )

    expect(found).equals(np.nan)
    expect(by_logits).equals([[0.0, 0.0], [0.0, 0.0]])
