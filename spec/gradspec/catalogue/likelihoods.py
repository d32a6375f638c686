"""Losses that are minus the logarithm of a probability."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import POSITIVE, SHARE, Domain
from gradspec.catalogue.ends import at
from gradspec.catalogue.entrywise import real
from gradspec.catalogue.functional import functional
from gradspec.catalogue.losses import check_alike, reduced, reductions
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, Given, of, on

COUNTS: Final = Domain.between(1 / 16, 47 / 16, 1 / 8)
"""On both sides of one, where Stirling's formula begins, and none of them one."""


def share(weight: Any) -> Any:
    """Give what each loss weighs."""
    return 1.0 if weight is None else np.asarray(weight)


def binary_cross_entropy(x: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """Give minus the logarithm of the probability of what is true or false."""
    check_alike(x.shape, target.shape)
    losses = -target * np.log(x) - (1 - target) * np.log(1 - x)
    return reduced(share(weight) * losses, reduction)


def with_logits(
    x: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Give the same of logits; what is true may weigh more."""
    check_alike(x.shape, target.shape)
    true = share(pos_weight) * target * np.log(1 + np.exp(-x))
    losses = true + (1 - target) * np.log(1 + np.exp(x))
    return reduced(share(weight) * losses, reduction)


def kl_div(x: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Give the divergence of probabilities from those whose logarithm is x."""
    logs = target if log_target else np.log(target)
    losses = np.exp(logs) * (logs - x)
    return losses.sum() / len(x) if reduction == "batchmean" else reduced(losses, reduction)


def poisson_nll_loss(
    x: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """Give minus the logarithm of a Poisson distribution, less what no rate changes."""
    losses = np.exp(x) - target * x if log_input else x - target * np.log(x + eps)
    if full:
        stirling = target * np.log(target) - target + np.log(2 * np.pi * target) / 2
        losses = losses + np.where(real(target) > 1, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    x: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """Give minus the logarithm of a normal distribution, with a variance for each or for a row."""
    var = var + np.maximum(eps - real(var), 0)  # of which the derivative knows nothing
    var = var if var.ndim == x.ndim else var[..., None]
    losses = (np.log(var) + (x - target) ** 2 / var) / 2
    return reduced(losses + full * np.log(2 * np.pi) / 2, reduction)


SHARES: Final[Given] = on(2, 3, domain=SHARE, target=of(2, 3, domain=SHARE))
LOGITS: Final[Given] = on(2, 3, target=of(2, 3, domain=SHARE))
LOGS: Final[Given] = on(2, 3, target=of(2, 3, domain=POSITIVE))
RATES: Final[Given] = on(2, 3, domain=POSITIVE, target=of(2, 3, domain=COUNTS))
NORMAL: Final[Given] = on(2, 3, target=of(2, 3), var=of(2, 3, domain=POSITIVE))
BY_COLUMN: Final = [0.5, 2.0, 0.25]

ROWS: Final = (
    functional(
        *("binary_cross_entropy(x, target, weight=None, reduction='mean')", binary_cross_entropy),
        *(ANALYTIC, SHARES),
        numbers="weight",
        weight={**SHARES, "weight": BY_COLUMN},
        **reductions(SHARES),
    ),
    functional(
        "binary_cross_entropy_with_logits(x, target, weight=None, reduction='mean', "
        "pos_weight=None)",
        *(with_logits, ANALYTIC, LOGITS),
        numbers="weight pos_weight",
        weight={**LOGITS, "weight": BY_COLUMN},
        pos_weight={**LOGITS, "pos_weight": BY_COLUMN},
        **reductions(LOGITS),
        keeps="?",
        cancels=True,
    ),
    functional(
        *("kl_div(x, target, reduction='mean', log_target=False)", kl_div, ANALYTIC, LOGS),
        log_target={**LOGS, "log_target": True},
        **reductions(LOGS, "batchmean"),
        promotes=False,
        cancels=True,
    ),
    functional(
        "poisson_nll_loss(x, target, log_input=True, full=False, eps=1e-08, reduction='mean')",
        poisson_nll_loss,
        PIECEWISE,
        RATES,
        rates={**RATES, "log_input": False},
        eps={**RATES, "log_input": False, "eps": 0.125},
        full={**RATES, "full": True},
        **reductions(RATES),
        promotes=False,
    ),
    functional(
        "gaussian_nll_loss(x, target, var, full=False, eps=1e-06, reduction='mean')",
        gaussian_nll_loss,
        ANALYTIC,
        NORMAL,
        full={**NORMAL, "full": True},
        rows={**NORMAL, "var": of(2, domain=POSITIVE)},
        ends={
            "eps": at([2.5], None, (2.0, -2.0, -1.5), target=[0.5], var=[0.25], eps=1.0),
        },
        **reductions(NORMAL),
        keeps="",
        older=False,
    ),
)
