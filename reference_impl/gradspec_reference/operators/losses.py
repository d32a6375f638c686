"""Losses: how far predictions are from what was wanted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.operators.indexing import array_of
from gradspec_reference.operators.reductions import ADD, mean_kernel
from gradspec_reference.operators.row import Operator

REDUCTIONS = {"none": lambda losses: losses, "mean": mean_kernel, "sum": ADD}


def mse_kernel(x: Any, target: Any, reduction: str) -> Any:
    """Return the squared differences, reduced."""
    difference = x - target
    return REDUCTIONS[reduction](difference * difference)


def mse_rule(_xp: Any, g: Any, x: Any, target: Any, reduction: str) -> Any:
    """d (x - t)**2 / dx = 2 (x - t), of a mean its share."""
    difference = x - target
    count = math.prod(difference.shape) if reduction == "mean" else 1
    return difference * (g * (2 / max(count, 1)))


def nll_kernel(log_probabilities: Any, target: Any, mean: bool) -> Any:
    """Return minus the sum, or the mean, of each row's entry for its class."""
    picked = log_probabilities[np.arange(len(target)), target]
    total = -ADD(picked)
    return total / len(target) if mean else total


def nll_rule(xp: Any, g: Any, target: Any, shape: tuple[int, ...], mean: bool) -> Any:
    """Return minus g at each row's class, zero elsewhere."""
    classes = array_of(target)
    share = -g / shape[0] if mean else -g
    return xp.scatter_to(share, shape, (np.arange(shape[0]), classes))


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
        params="mean",
        saves="target self_shape",
        vjp={"self": nll_rule},
    ),
)
