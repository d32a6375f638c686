"""Rules: to where each kind of optimizer goes.

Each is a function of the gradients so far, written here with NumPy: it is given the parameter and
the gradients of all steps, and says where the parameter is after the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from gradspec import VALUE, Autograd, clause, expect

Array = npt.NDArray[np.float64]
Rule = Callable[[Array, list[Array]], Array]

RATE: Final = 0.125


def descent(
    momentum: float = 0.0, dampening: float = 0.0, decay: float = 0.0, *, nesterov: bool = False
) -> Rule:
    """Write out p - lr b, where b is the gradient, or what momentum makes of those so far."""

    def rule(p: Array, gradients: list[Array]) -> Array:
        velocity = None
        for given in gradients:
            gradient = given + decay * p
            if velocity is None:
                velocity = gradient
            else:
                velocity = momentum * velocity + (1 - dampening) * gradient
            p = p - RATE * (gradient + momentum * velocity if nesterov else velocity)
        return p

    return rule


def adam(
    decay: float = 0.0, decoupled: float = 0.0, *, sign: float = 1.0, amsgrad: bool = False
) -> Rule:
    """Write out the means of gradients and squares, each over what its weights add up to."""

    def rule(p: Array, gradients: list[Array]) -> Array:
        mean, square, largest = (np.zeros_like(p) for _ in range(3))
        for count, given in enumerate(gradients, 1):
            gradient = sign * given + decay * p
            p = p * (1 - RATE * decoupled)
            mean = 0.75 * mean + 0.25 * gradient
            square = 0.5 * square + 0.5 * gradient**2
            largest = np.maximum(largest, square)
            scale = np.sqrt((largest if amsgrad else square) / (1 - 0.5**count)) + 1e-3
            p = p - RATE * mean / (1 - 0.75**count) / scale
        return p

    return rule


def of_squares(momentum: float = 0.0, decay: float = 0.0, *, centered: bool = False) -> Rule:
    """Write out the gradient over the root of the mean of squares, less that of the mean."""

    def rule(p: Array, gradients: list[Array]) -> Array:
        mean, square, velocity = (np.zeros_like(p) for _ in range(3))
        for given in gradients:
            gradient = given + decay * p
            mean = 0.75 * mean + 0.25 * gradient
            square = 0.75 * square + 0.25 * gradient**2
            spread = square - mean**2 if centered else square
            velocity = momentum * velocity + gradient / (np.sqrt(spread) + 1e-3)
            p = p - RATE * velocity
        return p

    return rule


def minus(rule: Rule) -> Rule:
    """Go up instead of down."""
    return lambda p, gradients: rule(p, [-gradient for gradient in gradients])


MEANS: Final[dict[str, Any]] = {"betas": (0.75, 0.5), "eps": 1e-3}
SQUARES: Final[dict[str, Any]] = {"alpha": 0.75, "eps": 1e-3}

RULES: Final[dict[str, tuple[str, dict[str, Any], Rule]]] = {
    "sgd": ("SGD", {}, descent()),
    "sgd_weight_decay": ("SGD", {"weight_decay": 0.5}, descent(decay=0.5)),
    "sgd_maximize": ("SGD", {"maximize": True}, minus(descent())),
    "sgd_momentum": ("SGD", {"momentum": 0.75}, descent(0.75)),
    "sgd_dampening": ("SGD", {"momentum": 0.75, "dampening": 0.25}, descent(0.75, 0.25)),
    "sgd_nesterov": (
        "SGD",
        {"momentum": 0.75, "nesterov": True, "weight_decay": 0.5},
        descent(0.75, decay=0.5, nesterov=True),
    ),
    "adam": ("Adam", MEANS, adam()),
    "adam_weight_decay": ("Adam", {**MEANS, "weight_decay": 0.5}, adam(0.5)),
    "adam_amsgrad": ("Adam", {**MEANS, "amsgrad": True}, adam(amsgrad=True)),
    "adam_maximize": ("Adam", {**MEANS, "maximize": True}, adam(sign=-1.0)),
    "adamw": ("AdamW", {**MEANS, "weight_decay": 0.5}, adam(decoupled=0.5)),
    "rmsprop": ("RMSprop", SQUARES, of_squares()),
    "rmsprop_weight_decay": ("RMSprop", {**SQUARES, "weight_decay": 0.5}, of_squares(decay=0.5)),
    "rmsprop_momentum": ("RMSprop", {**SQUARES, "momentum": 0.75}, of_squares(0.75)),
    "rmsprop_centered": ("RMSprop", {**SQUARES, "centered": True}, of_squares(centered=True)),
    "rmsprop_maximize": ("RMSprop", {**SQUARES, "maximize": True}, minus(of_squares())),
}
"""Row -> the optimizer, its options beside the rate, and its rule."""


@clause(
    "loop-201",
    VALUE,
    sources=[
        "torch.optim.SGD docstring",
        "torch.optim.Adam docstring",
        "torch.optim.AdamW docstring",
        "torch.optim.RMSprop docstring",
    ],
    over=RULES,
)
def steps_follow_the_rule(ag: Autograd, row: tuple[str, dict[str, Any], Rule]) -> None:
    """The steps of an optimizer are those of its rule, here of {name}.

    The first begins what the rule remembers, and the others go on from it.
    """
    name, options, rule = row
    start = ag.random(3)
    gradients = [ag.random(3) for _ in range(4)]
    p = ag.tensor(start, requires_grad=True)
    optimizer = getattr(ag, name)([p], lr=RATE, **options)

    for gradient in gradients:
        p.grad = ag.tensor(gradient)
        optimizer.step()

    expect(p).is_close(rule(start, gradients), scale=8.0)
