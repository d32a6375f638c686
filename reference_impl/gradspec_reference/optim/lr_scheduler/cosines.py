"""Schedules along a cosine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradspec_reference.optim.lr_scheduler.scheduler import ByRule

if TYPE_CHECKING:
    from gradspec_reference.optim.optimizer import Optimizer


class CosineAnnealingLR(ByRule):
    """Down to `eta_min` along half a cosine, in T_max steps, and up again."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803 - torch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        at, half, least = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return self._rates()
        if (at - 1 - half) % (2 * half) == 0:  # from the very bottom, where there is no ratio
            rise = (1 - math.cos(math.pi / half)) / 2
            pairs = zip(self._rates(), self.base_lrs, strict=True)
            return [rate + (base - least) * rise for rate, base in pairs]
        ratio = (1 + math.cos(math.pi * at / half)) / (1 + math.cos(math.pi * (at - 1) / half))
        return [ratio * (rate - least) + least for rate in self._rates()]

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(ByRule):
    """Down to `eta_min` along half a cosine, and up at once; each time T_mult times as slowly."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803 - torch's name
        T_mult: int = 1,  # noqa: N803 - torch's name
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0 or not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"T_0={T_0} and T_mult={T_mult} were given; both count from 1")
        if not isinstance(eta_min, float | int):
            raise ValueError(  # noqa: TRY004 - as torch does
                f"eta_min was given as {type(eta_min).__name__}; it is a number"
            )
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min, self.T_cur = T_mult, eta_min, float(last_epoch)
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the next rates, or those of an epoch, which may be a fraction."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        self._set(self._asked())

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"the epoch {epoch} was given; none is before 0")
        times, first = 0, 0
        if self.T_mult == 1:
            first = int(epoch // self.T_0) * self.T_0
        else:
            times = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            first = self.T_0 * (self.T_mult**times - 1) // (self.T_mult - 1)
        self.T_i, self.T_cur = self.T_0 * self.T_mult**times, epoch - first
