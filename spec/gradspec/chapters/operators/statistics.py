"""Normalisation: what is taken for a constant, and what is not.

The mean and the variance of what is standardised depend on every entry of it.  What is known from
before does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gradspec import VALUE, clause, expect
from gradspec.catalogue.operators import CALLS
from gradspec.catalogue.slopes import pulled_back
from gradspec.chapters.operators.calling import function

if TYPE_CHECKING:
    from gradspec import Autograd
    from gradspec.catalogue.operator import Call

STANDARDISING: Final = {
    "layer_norm": CALLS["layer_norm"],
    "batch_norm": CALLS["batch_norm_training"],
    "group_norm": CALLS["group_norm"],
    "instance_norm": CALLS["instance_norm"],
}


@clause("op-090", VALUE, sources=["torch.nn.functional.layer_norm docstring"], over=STANDARDISING)
def what_is_standardised_has_a_constant_sum(ag: Autograd, call: Call) -> None:
    """The gradient of the sum of what {name} has standardised is zero.

    The sum is zero wherever one is.  An engine that takes the statistics for constants gives one
    over the deviation to each entry.
    """
    sample = call.sample()
    x = sample["x"]
    ones = np.ones(x.shape)
    _, (found,) = ag.vjp(function(ag, call, sample), [x], ones)

    expect(found).is_close(np.zeros(x.shape), scale=pulled_back(call, sample, ones).scale)


@clause("op-091", VALUE, sources=["torch.nn.functional.batch_norm docstring"])
def known_statistics_are_constants(ag: Autograd) -> None:
    """When not training, batch_norm divides what arrives by the deviation that was known before."""
    weights = ag.random(2, 1)
    _, (found,) = ag.vjp(
        lambda x: ag.batch_norm(x, [0.5], [4.0], eps=0.0), [[[1.0], [2.0]]], weights
    )

    expect(found).is_close(weights / 2)
