"""What functions of networks compute, in loops on the numbers of mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def built(shape: Any, entry: Callable[..., Any]) -> Any:
    result = np.empty(tuple(shape), object)
    for at in np.ndindex(*result.shape):
        result[at] = entry(*at)
    return result


def reduced(losses: Any, reduction: str, shares: list[Any] | None = None) -> Any:
    if reduction == "none":
        return losses
    total = mp.fsum(np.ravel(losses).tolist())
    if reduction == "sum":
        return np.array(total, object)
    return np.array(total / (losses.size if shares is None else mp.fsum(shares)), object)


# losses of classes --------------------------------------------------------------------
def log_probabilities(v: list[Any]) -> list[Any]:
    return [e - mp.log(mp.fsum(map(mp.exp, v))) for e in v]


def of_classes(logs_of: Callable[[list[Any]], list[Any]]) -> Callable[..., Any]:
    """Say for each place what its class or its probabilities cost, and what share it has."""

    def loss(
        x: Any,
        target: Any,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> Any:
        x = x if x.ndim > 1 else x[None]
        by_place = np.moveaxis(x, 1, -1)
        count = x.shape[1]
        weights = [mp.mpf(w) for w in weight or [1] * count]
        smooth = mp.mpf(label_smoothing)
        probable = target.dtype == object
        targets = np.moveaxis(target, 1, -1) if probable else target.reshape(by_place.shape[:-1])
        shares: list[Any] = []

        def entry(*at: int) -> Any:
            logs = logs_of(list(by_place[at]))
            wanted = targets[at]
            if not probable and wanted == ignore_index:
                return mp.mpf(0)
            one_hot = list(wanted) if probable else [mp.mpf(int(k == wanted)) for k in range(count)]
            shares.append(1 if probable else weights[wanted])
            terms = zip(weights, one_hot, logs, strict=True)
            return -mp.fsum(w * ((1 - smooth) * q + smooth / count) * p for w, q, p in terms)

        losses = built(by_place.shape[:-1], entry)
        return reduced(losses.reshape(() if target.ndim == 0 else losses.shape), reduction, shares)

    return loss


# losses of numbers --------------------------------------------------------------------
def of_numbers(loss: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of a prediction and what was wanted to each pair."""

    def losses(
        x: Any, target: Any, reduction: str = "mean", *, weight: Any = None, **options: Any
    ) -> Any:
        found = built(x.shape, lambda *at: loss(x[at], target[at], **options))
        if weight is not None:
            found = found * weight
        return reduced(found, reduction, None if weight is None else np.ravel(weight).tolist())

    return losses


# layers -------------------------------------------------------------------------------
def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    def entry(*at: int) -> Any:
        *before, o = at
        row = x[tuple(before)]
        products = [a * b for a, b in zip(row, weight[o], strict=True)]
        return mp.fsum(products) + (0 if bias is None else bias[o])

    return built((*x.shape[:-1], len(weight)), entry)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "nll_loss": of_classes(lambda v: v),
    "cross_entropy": of_classes(log_probabilities),
    "mse_loss": of_numbers(lambda x, t: (x - t) ** 2),
    "linear": linear,
}
