"""A schedule by a number that is given at each step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradspec_reference.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_is_optimizer,
    per_group,
    warn_of_epoch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Times a factor, when a number that is given at each step has not got better for long."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"factor={factor} was given; it is less than 1")
        if mode not in {"min", "max"} or threshold_mode not in {"rel", "abs"}:
            raise ValueError("mode is 'min' or 'max', threshold_mode 'rel' or 'abs'")
        check_is_optimizer(optimizer)
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lrs = per_group(optimizer, "min_lr", min_lr)
        self.default_min_lr = min_lr if isinstance(min_lr, float | int) else None
        self.eps, self.last_epoch = eps, 0
        self.best = self.mode_worse = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        self._last_lr = self._rates()

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the number, and lower the rates if it is time."""
        value = float(metrics)
        if epoch is not None:
            warn_of_epoch()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._lower()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    def _lower(self) -> None:
        rates = [float(rate) for rate in self._rates()]
        if len(self.min_lrs) != len(rates):  # groups were added
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"there are {len(rates)} groups now, and {len(self.min_lrs)} least rates; "
                    "put one for each group into min_lrs"
                )
            self.min_lrs = [self.default_min_lr] * len(rates)
        lower = [max(r * self.factor, least) for r, least in zip(rates, self.min_lrs, strict=True)]
        pairs = zip(rates, lower, strict=True)
        self._set([new if rate - new > self.eps else rate for rate, new in pairs])

    def is_better(self, value: float, best: float) -> bool:
        """Tell whether a number is better than the best by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * value > sign * best * (1 + sign * self.threshold)
        return sign * value > sign * (best + sign * self.threshold)
