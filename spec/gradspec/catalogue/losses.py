"""Losses of classes, with the options that they have in torch.nn.functional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.catalogue.domain import POSITIVE, places
from gradspec.catalogue.entrywise import so_many
from gradspec.catalogue.functional import functional
from gradspec.catalogue.operator import ANALYTIC, LINEAR, Given, of, on

if TYPE_CHECKING:
    from collections.abc import Callable

IGNORED: Final = -100
WEIGHTS: Final = [0.5, 2.0, 0.25, 1.5]


def check_alike(*traits: Any) -> None:
    """Refuse what a loss does not broadcast, though its formula would."""
    if len(set(traits)) > 1:
        raise ValueError(f"operands that are not alike: {traits}")


def reduced(losses: Any, reduction: str, shares: Any = 1.0) -> Any:
    """Give the losses themselves, their sum, or their mean, in which each has its share."""
    if reduction == "none":
        return losses
    total = losses.sum()
    return total if reduction == "sum" else total / np.broadcast_to(shares, losses.shape).sum()


def along_classes(values: Any, x: Any, dim: int) -> Any:
    """Give a number for each class in a shape that broadcasts to x."""
    return np.reshape(values, [-1 if d == dim else 1 for d in range(x.ndim)])


def classes_of(x: Any) -> int:
    """Give the dimension of the classes: the second, or the only one."""
    return 1 if x.ndim > 1 else 0


def wanted(x: Any, target: Any, ignore_index: int) -> Any:
    """Give one for the class that is wanted and zero for the others, or all zeros."""
    dim = classes_of(x)
    kept = np.expand_dims(target != ignore_index, dim)
    return kept * (along_classes(range(x.shape[dim]), x, dim) == np.expand_dims(target, dim))


def weighted(
    logs: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float = 0.0
) -> Any:
    """Give minus the logarithm for each wanted class, with its weight; the others smoothed in."""
    dim = classes_of(logs)
    shares = along_classes(1.0 if weight is None else weight, logs, dim)
    one_hot = wanted(logs, target, ignore_index)
    smoothed = one_hot * (1 - smoothing) + one_hot.any(dim, keepdims=True) * (
        smoothing / logs.shape[dim]
    )
    losses = -so_many(shares * smoothed, logs).sum(dim)
    return reduced(losses, reduction, (shares * one_hot).sum(dim))


def nll_loss(
    x: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = IGNORED,
    reduction: str = "mean",
) -> Any:
    """Give minus what x has for the wanted classes."""
    return weighted(x, target, weight, ignore_index, reduction)


def cross_entropy(
    x: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = IGNORED,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Give minus the logarithms of the wanted classes under softmax, or of their probabilities."""
    dim = classes_of(x)
    logs = x - np.log(np.exp(x).sum(dim, keepdims=True))
    if target.dtype.kind == "i":
        return weighted(logs, target, weight, ignore_index, reduction, label_smoothing)
    count = x.shape[dim]
    target = target * (1 - label_smoothing) + label_smoothing / max(count, 1)
    shares = along_classes(1.0 if weight is None else weight, logs, dim)
    rows = 1.0 if count else np.nan  # they are counted by what each class has
    return reduced(-(shares * target * logs).sum(dim), reduction, rows)


CLASSES: Final = of(5, domain=places(4))
CLASSED: Final[Given] = on(5, 4, target=CLASSES)
AT_PIXELS: Final[Given] = on(2, 3, 2, target=of(2, 2, domain=places(3)))
PROBABILITIES: Final[Given] = on(3, 4, target=of(3, 4, domain=POSITIVE))


def reductions(plain: Given, *others: str) -> dict[str, Any]:
    """Write the calls that say how losses are reduced; the mean is what happens unasked."""
    return {name: {**plain, "reduction": name} for name in ("sum", "none", *others)}


def of_classes(called: str, formula: Callable[..., Any], smoothness: Any, **more: Any) -> Any:
    """Write the row of a loss whose target is the number of a class."""
    return functional(
        *(called, formula, smoothness, CLASSED),
        numbers="weight",
        alone=on(4, target=of(domain=places(4))),
        pixels=AT_PIXELS,
        weight={**CLASSED, "weight": WEIGHTS},
        ignore_index={**CLASSED, "ignore_index": 1},
        weight_ignored={**CLASSED, "weight": WEIGHTS, "ignore_index": 2, "reduction": "none"},
        **reductions(CLASSED),
        **more,
    )


SMOOTHED: Final[Given] = {**CLASSED, "label_smoothing": 0.25}

ROWS: Final = (
    of_classes(
        "nll_loss(x, target, weight=None, ignore_index=-100, reduction='mean')",
        nll_loss,
        LINEAR,
        keeps="target x",
    ),
    of_classes(
        "cross_entropy(x, target, weight=None, ignore_index=-100, reduction='mean', "
        "label_smoothing=0.0)",
        *(cross_entropy, ANALYTIC),
        smoothed=SMOOTHED,
        smoothed_weight={**SMOOTHED, "weight": WEIGHTS, "ignore_index": 3},
        probabilities=PROBABILITIES,
        probabilities_weight={**PROBABILITIES, "weight": WEIGHTS, "reduction": "sum"},
        probabilities_smoothed={**PROBABILITIES, "label_smoothing": 0.125},
        keeps="target",
    ),
)
