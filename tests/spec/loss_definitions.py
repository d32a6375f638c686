"""What losses compute, in loops on the numbers of mpmath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
from network_definitions import built, distance

if TYPE_CHECKING:
    from collections.abc import Callable


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
def of_numbers(
    loss: Callable[..., Any], options: str, count: int = 1, *, shared: bool = False
) -> Callable[..., Any]:
    """Apply a function to a prediction and to what stands beside it in so many other tensors.

    Weights are for each entry or for each column; the mean is one of shares if they are `shared`.
    """

    def losses(x: Any, *others: Any, **how: Any) -> Any:
        tensors, how = others[:count], named(options, others[count:], how)
        reduction, weight = how.pop("reduction", "mean"), how.pop("weight", None)
        beside = [t if t.ndim == x.ndim else np.repeat(t[..., None], len(x.T), -1) for t in tensors]
        found = built(x.shape, lambda *at: loss(x[at], *(t[at] for t in beside), **how))
        if weight is None:
            return reduced(found, reduction)
        weights = np.broadcast_to(np.vectorize(mp.mpf, otypes=[object])(weight), x.shape)
        return reduced(found * weights, reduction, np.ravel(weights).tolist() if shared else None)

    return losses


def named(options: str, given: tuple[Any, ...], how: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(options.split(), given, strict=False)) | how


def smooth(x: Any, t: Any, beta: float = 1.0) -> Any:
    off, beta = abs(x - t), mp.mpf(beta)
    return off**2 / (2 * beta) if off < beta else off - beta / 2


def huber(x: Any, t: Any, delta: float = 1.0) -> Any:
    off, delta = abs(x - t), mp.mpf(delta)
    return off**2 / 2 if off < delta else delta * off - delta**2 / 2


def binary(p: Any, t: Any) -> Any:
    return -t * mp.log(p) - (1 - t) * mp.log(1 - p)


def logistic(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def of_logits(x: Any, target: Any, *given: Any, **how: Any) -> Any:
    how = named("weight reduction pos_weight", given, how)
    columns = [mp.mpf(w) for w in how.pop("pos_weight", [1] * x.shape[-1])]

    def cost(*at: int) -> Any:
        p, t = logistic(x[at]), target[at]
        return -columns[at[-1]] * t * mp.log(p) - (1 - t) * mp.log(1 - p)

    return of_numbers(lambda cost, _: cost, "")(built(x.shape, cost), target, **how)


def divergence(x: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    def cost(q: Any, t: Any) -> Any:
        p = mp.exp(t) if log_target else t
        return p * (mp.log(p) - q)

    by_rows = reduction == "batchmean"
    found = of_numbers(cost, "")(x, target, reduction="sum" if by_rows else reduction)
    return np.array(found / len(x), object) if by_rows else found


def poisson(x: Any, t: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> Any:
    rate = mp.exp(x) if log_input else x
    log = x if log_input else mp.log(x + mp.mpf(eps))
    stirling = t * mp.log(t) - t + mp.log(2 * mp.pi * t) / 2
    return rate - t * log + (stirling if full and t > 1 else 0)


def gaussian(x: Any, t: Any, var: Any, full: bool = False) -> Any:
    density = mp.exp(-((x - t) ** 2) / (2 * var)) / mp.sqrt(2 * mp.pi * var)
    return -mp.log(density if full else density * mp.sqrt(2 * mp.pi))


# margins ------------------------------------------------------------------------------
def of_rows(loss: Callable[..., Any], options: str, count: int = 1) -> Callable[..., Any]:
    """Apply a function to vectors and to what stands beside each of them."""

    def losses(x: Any, *others: Any, **how: Any) -> Any:
        tensors, how = others[:count], named(options, others[count:], how)
        reduction = how.pop("reduction", "mean")
        rows = x.shape[:-1]
        found = built(rows, lambda *at: loss(list(x[at]), *(t[at] for t in tensors), **how))
        return reduced(found, reduction)

    return losses


def ranked(x: Any, other: Any, t: Any, margin: float = 0) -> Any:
    higher, lower = (x, other) if t == 1 else (other, x)
    return max(mp.mpf(0), lower - higher + mp.mpf(margin))


def hinge(x: Any, t: Any, margin: float = 1.0) -> Any:
    return x if t == 1 else max(mp.mpf(0), mp.mpf(margin) - x)


def of_cosines(x: Any, other: Any, t: Any, margin: float = 0) -> Any:
    squares = [mp.fsum(e**2 for e in v) + mp.mpf(1e-12) for v in (x, other)]
    product = mp.fsum(a * b for a, b in zip(x, other, strict=True))
    cosine = product / mp.sqrt(squares[0] * squares[1])
    return 1 - cosine if t == 1 else max(mp.mpf(0), cosine - mp.mpf(margin))


def triplet(
    x: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    *,
    swap: bool = False,
) -> Any:
    far = [distance(x, negative, p, eps)]
    far += [distance(positive, negative, p, eps)] if swap else []
    return max(mp.mpf(0), distance(x, positive, p, eps) - min(far) + mp.mpf(margin))


def labels(row: Any, told: Any, weight: Any = None) -> Any:
    weights = [mp.mpf(1)] * len(row) if weight is None else list(weight)
    costs = [-mp.log(logistic(e if t else -e)) for e, t in zip(row, told, strict=True)]
    return mp.fsum(w * c for w, c in zip(weights, costs, strict=True)) / len(row)


def one_class(row: Any, wanted: int, p: int = 1, margin: float = 1.0, weight: Any = None) -> Any:
    share = mp.mpf(1 if weight is None else weight[wanted])
    others = [e for k, e in enumerate(row) if k != wanted]
    lacking = [max(mp.mpf(0), mp.mpf(margin) - row[wanted] + e) ** p for e in others]
    return share * mp.fsum(lacking) / len(row)


def several_classes(row: Any, told: Any) -> Any:
    wanted: list[int] = []
    for label in told:
        if label < 0:
            break
        wanted.append(label)
    others = [e for k, e in enumerate(row) if k not in wanted]
    lacking = [max(mp.mpf(0), 1 - row[k] + e) for k in wanted for e in others]
    return mp.fsum(lacking) / len(row)


LOSSES: dict[str, Callable[..., Any]] = {
    "nll_loss": of_classes(lambda v: v),
    "cross_entropy": of_classes(log_probabilities),
    "mse_loss": of_numbers(lambda x, t: (x - t) ** 2, "reduction weight", shared=True),
    "l1_loss": of_numbers(lambda x, t: abs(x - t), "reduction weight", shared=True),
    "smooth_l1_loss": of_numbers(smooth, "reduction beta"),
    "huber_loss": of_numbers(huber, "reduction delta weight"),
    "binary_cross_entropy": of_numbers(binary, "weight reduction"),
    "binary_cross_entropy_with_logits": of_logits,
    "kl_div": divergence,
    "poisson_nll_loss": of_numbers(poisson, "log_input full eps reduction"),
    "gaussian_nll_loss": of_numbers(gaussian, "full eps reduction", 2),
    "margin_ranking_loss": of_numbers(ranked, "margin reduction", 2),
    "hinge_embedding_loss": of_numbers(hinge, "margin reduction"),
    "cosine_embedding_loss": of_rows(of_cosines, "margin reduction", 2),
    "triplet_margin_loss": of_rows(triplet, "margin p eps swap reduction", 2),
    "soft_margin_loss": of_numbers(lambda x, t: -mp.log(logistic(t * x)), "reduction"),
    "multilabel_soft_margin_loss": of_rows(labels, "weight reduction"),
    "multi_margin_loss": of_rows(one_class, "p margin weight reduction"),
    "multilabel_margin_loss": of_rows(several_classes, "reduction"),
}
