"""Losses that vanish beyond a margin, and what is as if they did."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gradspec.catalogue.domain import SPACED, Domain, places
from gradspec.catalogue.entrywise import real, size, smaller
from gradspec.catalogue.functional import functional
from gradspec.catalogue.losses import WEIGHTS, check_alike, classes_of, reduced, reductions, wanted
from gradspec.catalogue.operator import ANALYTIC, PIECEWISE, Given, Kink, of, on, point

ALIKE: Final = Domain((1, -1), repeats=True)
TRUE_OR_NOT: Final = Domain((1, 0), repeats=True)
UNTOLD: Final = -1
"""What ends a list of classes."""


def above_zero(x: Any) -> Any:
    """Give what is above zero, and zero."""
    return np.where(real(x) <= 0, 0.0, x)


def margin_ranking_loss(
    x: Any, other: Any, target: Any, margin: float = 0, reduction: str = "mean"
) -> Any:
    """Give by how much the one that ranks higher is not larger by a margin."""
    check_alike(x.ndim, other.ndim, target.ndim)
    return reduced(above_zero(margin - target * (x - other)), reduction)


def hinge_embedding_loss(x: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """Give distances of what is alike, and what those of others lack to a margin."""
    return reduced(np.where(target == 1, x, above_zero(margin - x)), reduction)


def cosine_embedding_loss(
    x: Any, other: Any, target: Any, margin: float = 0, reduction: str = "mean"
) -> Any:
    """Give one less the cosine of what is alike, and that of others beyond a margin."""
    check_alike(x.ndim - 1, other.ndim - 1, target.ndim)
    squares = [(v * v).sum(-1) + 1e-12 for v in (x, other)]
    cosine = (x * other).sum(-1) / np.sqrt(squares[0] * squares[1])
    return reduced(np.where(target == 1, 1 - cosine, above_zero(cosine - margin)), reduction)


def triplet_margin_loss(
    x: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """Give by how much what is alike is not nearer than what is not, by a margin."""

    def distance(a: Any, b: Any) -> Any:
        return (size(a - b + eps) ** p).sum(-1) ** (1 / p)

    far, other = distance(x, negative), distance(positive, negative)
    far = smaller(other, far) if swap else far
    return reduced(above_zero(distance(x, positive) - far + margin), reduction)


def soft_margin_loss(x: Any, target: Any, reduction: str = "mean") -> Any:
    """Give log(1 + exp(-x)) of each number, or of its opposite."""
    check_alike(x.shape, target.shape)
    return reduced(np.log(1 + np.exp(-target * x)), reduction)


def multilabel_soft_margin_loss(
    x: Any, target: Any, weight: Any = 1.0, reduction: str = "mean"
) -> Any:
    """Give the mean over the classes of what it costs to be wrong about each."""
    costs = target * np.log(1 + np.exp(-x)) + (1 - target) * np.log(1 + np.exp(x))
    return reduced((weight * costs).mean(-1), reduction)


def multi_margin_loss(
    x: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """Give what the wanted class is not ahead of each other by a margin."""
    one_hot = wanted(x, target, UNTOLD)
    dim = classes_of(x)
    if not x.shape[dim]:
        raise ValueError("there are no classes")
    ahead = np.where(one_hot, x, 0.0).sum(dim, keepdims=True) - x
    costs = np.where(one_hot, 0.0, above_zero(margin - ahead) ** p)
    shares = 1.0 if weight is None else np.take(weight, target)
    return reduced(shares * costs.mean(dim), reduction)


def multilabel_margin_loss(x: Any, target: Any, reduction: str = "mean") -> Any:
    """Give what each wanted class is not ahead of each other by one."""
    rows, lists = x.reshape(-1, x.shape[-1]), target.reshape(-1, x.shape[-1])
    losses = []
    for row, listed in zip(rows, lists, strict=True):
        named = listed[: np.argmax(listed == UNTOLD) if UNTOLD in listed else None]
        others = np.delete(row, named)
        losses.append(above_zero(1 - (row[named][:, None] - others)).sum() / row.size)
    return reduced(np.reshape(losses, x.shape[:-1]), reduction)


RANKED: Final[Given] = on(2, 3, other=of(2, 3), target=of(2, 3, domain=ALIKE))
ALIKE_OR_NOT: Final[Given] = on(2, 3, target=of(2, 3, domain=ALIKE))
VECTORS: Final[Given] = on(
    4, 2, domain=SPACED, other=of(4, 2, domain=SPACED), target=of(4, domain=ALIKE)
)
TRIPLETS: Final[Given] = on(
    4, 2, domain=SPACED, positive=of(4, 2, domain=SPACED), negative=of(4, 2, domain=SPACED)
)
SEVERAL_TRUE: Final[Given] = on(2, 3, target=of(2, 3, domain=TRUE_OR_NOT))
CLASSED: Final[Given] = on(3, 4, domain=SPACED, target=of(3, domain=places(4)))
LISTED: Final[Given] = on(
    2, 4, domain=SPACED, target=np.array([[3, 0, UNTOLD, 1], [1, UNTOLD, 2, 0]])
)

ROWS: Final = (
    functional(
        "margin_ranking_loss(x, other, target, margin=0, reduction='mean')",
        margin_ranking_loss,
        PIECEWISE,
        RANKED,
        margin={**RANKED, "margin": 0.65625},
        **reductions(RANKED),
        kinks={
            "": Kink(point(1.5, other=np.array(1.5), target=np.array(1)), (-1.0, 1.0), (-1.0, 1.0))
        },
        keeps="",
    ),
    functional(
        "hinge_embedding_loss(x, target, margin=1.0, reduction='mean')",
        hinge_embedding_loss,
        PIECEWISE,
        ALIKE_OR_NOT,
        margin={**ALIKE_OR_NOT, "margin": 0.65625},
        **reductions(ALIKE_OR_NOT),
        kinks={"": Kink(point(1.0, target=np.array(-1)), (-1.0, 0.0), -1.0)},
        keeps="",
    ),
    functional(
        "cosine_embedding_loss(x, other, target, margin=0, reduction='mean')",
        cosine_embedding_loss,
        PIECEWISE,
        VECTORS,
        margin={**VECTORS, "margin": 0.375},
        alone=on(3, other=of(3), target=np.array(1)),
        **reductions(VECTORS),
        keeps="other x",
    ),
    functional(
        "triplet_margin_loss(x, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, "
        "reduction='mean')",
        *(triplet_margin_loss, PIECEWISE, TRIPLETS),
        margin={**TRIPLETS, "margin": 0.25},
        sums={**TRIPLETS, "p": 1.0},
        eps={**TRIPLETS, "eps": 0.125},
        swap={**TRIPLETS, "swap": True},
        **reductions(TRIPLETS),
        keeps="",
    ),
    functional(
        *("soft_margin_loss(x, target, reduction='mean')", soft_margin_loss),
        *(ANALYTIC, ALIKE_OR_NOT),
        **reductions(ALIKE_OR_NOT),
        keeps="?",
    ),
    functional(
        "multilabel_soft_margin_loss(x, target, weight=None, reduction='mean')",
        multilabel_soft_margin_loss,
        ANALYTIC,
        SEVERAL_TRUE,
        weight={**SEVERAL_TRUE, "weight": of(3)},
        **reductions(SEVERAL_TRUE),
    ),
    functional(
        "multi_margin_loss(x, target, p=1, margin=1.0, weight=None, reduction='mean')",
        multi_margin_loss,
        PIECEWISE,
        CLASSED,
        numbers="weight",
        squares={**CLASSED, "p": 2},
        margin={**CLASSED, "margin": 0.65625},
        weight={**CLASSED, "weight": WEIGHTS},
        alone=on(4, domain=SPACED, target=of(domain=places(4))),
        **reductions(CLASSED),
        kinks={
            "": Kink(
                point([1.5, 0.5], target=np.array(0), reduction="sum"),
                (np.array([-0.5, 0.0]), np.array([0.0, 0.5])),
                0.0,
            )
        },
        halves=False,
    ),
    functional(
        *("multilabel_margin_loss(x, target, reduction='mean')", multilabel_margin_loss),
        *(PIECEWISE, LISTED),
        alone=on(4, domain=SPACED, target=np.array([2, UNTOLD, UNTOLD, 0])),
        **reductions(LISTED),
        keeps="?",
        halves=False,
    ),
)
