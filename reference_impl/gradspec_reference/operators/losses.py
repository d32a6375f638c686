"""Losses: how far predictions are from what was wanted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradspec_reference.operators.batching import in_turn
from gradspec_reference.operators.batching import losses as losses_of_each
from gradspec_reference.operators.forward import linear, losses
from gradspec_reference.operators.indexing import scatter_kernel
from gradspec_reference.operators.reductions import mean_kernel
from gradspec_reference.operators.row import Operator, no_slope

LEAST = -100.0  # as small as the logarithm of a probability may be
NEAR_ZERO = 1e-12
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


def smooth_kernel(x: Any, target: Any, reduction: str, beta: float) -> Any:
    """Return absolute differences; below beta a parabola that meets them."""
    size = np.abs(x - target)
    return REDUCTIONS[reduction](np.where(size < beta, 0.5 * size * size / beta, size - 0.5 * beta))


def huber_kernel(x: Any, target: Any, reduction: str, delta: float) -> Any:
    """Return half the squared differences, and straight lines from delta on."""
    size = np.abs(x - target)
    lines = delta * (size - 0.5 * delta)
    return REDUCTIONS[reduction](np.where(size <= delta, 0.5 * size * size, lines))


def share_of(g: Any, difference: Any, reduction: str) -> Any:
    """Return what each loss receives."""
    return g / max(math.prod(difference.shape), 1) if reduction == "mean" else g


def smooth_rule(xp: Any, g: Any, x: Any, target: Any, reduction: str, beta: float) -> Any:
    """Return the difference over beta, and its sign from beta on."""
    off = x - target
    slope = xp.where(xp.abs(off) >= beta, xp.sign(off), off / beta)
    return slope * share_of(g, slope, reduction)


def huber_rule(xp: Any, g: Any, x: Any, target: Any, reduction: str, delta: float) -> Any:
    """Return the difference, and delta with its sign from there on."""
    off = x - target
    slope = xp.where(xp.abs(off) >= delta, xp.sign(off) * delta, off)
    return slope * share_of(g, slope, reduction)


def binary_kernel(x: Any, target: Any, reduction: str) -> Any:
    """Return minus the logarithm of what was right, at most a hundred."""
    true, false = np.maximum(np.log(x), LEAST), np.maximum(np.log1p(-x), LEAST)
    return REDUCTIONS[reduction]((target - 1) * false - target * true)


def binary_rule(xp: Any, g: Any, x: Any, target: Any, reduction: str) -> Any:
    """Return (x - t) / (x (1 - x)), whose divisor is not smaller than a small number."""
    divisor = xp.clamp((1 - x) * x, NEAR_ZERO, None)
    return (x - target) / divisor * share_of(g, x, reduction)


def binary_rule_of_target(xp: Any, g: Any, x: Any, _target: Any, reduction: str) -> Any:
    """Return log(1 - x) - log(x)."""
    return (xp.log(1 - x) - xp.log(x)) * share_of(g, x, reduction)


def opposite(rule: Any) -> Any:
    """Return the rule of what is subtracted."""
    return lambda *given: -rule(*given)


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


JVP = losses
BATCH = losses_of_each
ROWS = (
    Operator(
        "mse_loss",
        kernel=mse_kernel,
        operands="self target",
        params="reduction",
        saves="self target",
        vjp={"self": mse_rule, "target": opposite(mse_rule)},
        pointwise=True,
    ),
    Operator(
        "smooth_l1_loss",
        node="SmoothL1LossBackward0",
        kernel=smooth_kernel,
        operands="self target",
        params="reduction beta",
        saves="self target",
        vjp={"self": smooth_rule, "target": opposite(smooth_rule)},
        pointwise=True,
    ),
    Operator(
        "huber_loss",
        kernel=huber_kernel,
        operands="self target",
        params="reduction delta",
        saves="self target",
        vjp={"self": huber_rule, "target": opposite(huber_rule)},
        pointwise=True,
    ),
    Operator(
        "binary_cross_entropy",
        kernel=binary_kernel,
        operands="self target",
        params="reduction",
        saves="self target",
        vjp={"self": binary_rule, "target": binary_rule_of_target},
        pointwise=True,
    ),
    Operator(
        "nll_loss",
        kernel=nll_kernel,
        operands="self target",
        params="reduction",
        saves="self target",
        vjp={"self": nll_rule},
        batch=in_turn,
        jvp=linear,
    ),
    # as in torch it depends on the probabilities, if with derivative zero
    Operator(
        "nll_loss_backward",
        kernel=nll_backward_kernel,
        operands="grad_output self target",
        params="reduction",
        saves={"grad_output": "target"},
        vjp={"grad_output": nll_backward_rule, "self": no_slope},
        jvp=linear,
        batch=in_turn,
    ),
)
