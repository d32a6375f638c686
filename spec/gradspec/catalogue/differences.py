"""Losses of differences: squared, absolute, and what is squared where it is small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue import parts
from gradspec.catalogue.domain import EVEN, ODD, POSITIVE
from gradspec.catalogue.entrywise import real, size
from gradspec.catalogue.functional import functional
from gradspec.catalogue.losses import reduced, reductions
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, Given, Kink, of, on, point

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR: Final[Given] = on(2, 4, domain=ODD, target=of(2, 4, domain=EVEN))
"""No difference is of the size at which a parabola ends."""
WEIGHED: Final[Given] = {**PAIR, "weight": of(2, 4, domain=POSITIVE)}
SLOPED: Final = {"": Kink(point(1.5, target=np.array(1.5)), (-1.0, 1.0), 0.0)}


def weighed(loss: Callable[[Any], Any]) -> Callable[..., Any]:
    """Give the formula of a function of the differences, of which each has its share."""

    def formula(x: Any, target: Any, reduction: str = "mean", weight: Any = 1.0) -> Any:
        return reduced(weight * loss(x - target), reduction, weight)

    return formula


def smooth_l1_loss(x: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Give the absolute differences, and below beta a parabola that meets them."""
    off = size(x - target)
    if beta == 0:
        return reduced(off, reduction)
    losses = np.where(real(off) < beta, off * off / (2 * beta), off - beta / 2)
    return reduced(losses, reduction)


def huber_loss(
    x: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = 1.0
) -> Any:
    """Give half the squared differences, and straight lines from delta on."""
    off = size(x - target)
    losses = np.where(real(off) < delta, off * off / 2, delta * (off - delta / 2))
    return reduced(weight * losses, reduction)


ROWS: Final = (
    functional(
        *("mse_loss(x, target, reduction='mean', weight=None)", weighed(lambda off: off**2)),
        *(ANALYTIC, PAIR),
        weight=WEIGHED,
        **reductions(PAIR),
    ),
    functional(
        *("l1_loss(x, target, reduction='mean', weight=None)", weighed(size), PIECEWISE, PAIR),
        weight=WEIGHED,
        **reductions(PAIR),
        kinks=SLOPED,
        keeps="",
        promotes=False,
        of_parts=lambda x, target: parts.distance(x, target).mean(),
    ),
    functional(
        *("smooth_l1_loss(x, target, reduction='mean', beta=1.0)", smooth_l1_loss),
        *(PIECEWISE, PAIR),
        beta={**PAIR, "beta": 0.625},
        straight={**PAIR, "beta": 0.0},
        **reductions(PAIR),
        promotes=False,
    ),
    functional(
        *("huber_loss(x, target, reduction='mean', delta=1.0, weight=None)", huber_loss),
        *(PIECEWISE, PAIR),
        delta={**PAIR, "delta": 0.625},
        weight=WEIGHED,
        **reductions(PAIR),
        promotes=False,
        older=False,
    ),
)
