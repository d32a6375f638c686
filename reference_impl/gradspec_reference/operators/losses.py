"""Losses: how far predictions are from what was wanted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.operators.indexing import scatter_kernel
from gradspec_reference.operators.reductions import mean_kernel
from gradspec_reference.operators.row import Operator, no_slope

REDUCTIONS: dict[str, Any] = {"none": lambda losses: losses, "mean": mean_kernel, "sum": np.sum}


def mse_kernel(x: Any, target: Any, reduction: str) -> Any:
    """Return the squared differences, reduced."""
    difference = x - target
    return REDUCTIONS[reduction](difference * difference)


def mse_rule(_xp: Any, g: Any, x: Any, target: Any, reduction: str) -> Any:
    """d (x - t)**2 / dx = 2 (x - t), of a mean its share."""
    difference = x - target
    count = math.prod(difference.shape) if reduction == "mean" else 1
    return difference * (g * (2 / max(count, 1)))


def nll_kernel(log_probabilities: Any, target: Any, reduction: str) -> Any:
    """Return minus each row's entry for its class, reduced."""
    return REDUCTIONS[reduction](-log_probabilities[np.arange(len(target)), target])


def nll_rule(xp: Any, g: Any, x: Any, target: Any, reduction: str) -> Any:
    """Return minus g at each row's class, zero elsewhere."""
    return xp.nll_loss_backward(g, x, target, reduction)


def nll_backward_kernel(g: Any, x: Any, target: Any, reduction: str) -> Any:
    """Return minus the share of each row, at its class."""
    rows = np.arange(len(target))
    share = -g / len(rows) if reduction == "mean" else -g
    return scatter_kernel(np.broadcast_to(share, rows.shape), x.shape, (rows, target))


def nll_backward_rule(xp: Any, g: Any, target: Any, reduction: str) -> Any:
    """Return the loss itself: it is linear."""
    return xp.nll_loss(g, target, reduction)


ROWS = (
    Operator(
        "mse_loss",
        kernel=mse_kernel,
        operands="self target",
        params="reduction",
        saves="self target",
        vjp={"self": mse_rule, "target": lambda xp, g, *rest: -mse_rule(xp, g, *rest)},
        pointwise=True,
    ),
    Operator(
        "nll_loss",
        kernel=nll_kernel,
        operands="self target",
        params="reduction",
        saves="self target",
        vjp={"self": nll_rule},
    ),
    # as in torch it depends on the probabilities, if with derivative zero
    Operator(
        "nll_loss_backward",
        kernel=nll_backward_kernel,
        operands="grad_output self target",
        params="reduction",
        saves={"grad_output": "target"},
        vjp={"grad_output": nll_backward_rule, "self": no_slope},
    ),
)
