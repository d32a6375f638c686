"""`LRScheduler`: a rule from the present rates to the next ones; start at `step`.

So what a program changes by hand in between stays, and two schedules of one optimizer multiply.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gradspec_reference.engine.tensor import Tensor
from gradspec_reference.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Sequence


class LRScheduler:
    """Sets the rates of all groups at each `step`; a kind says in `get_lr` to what."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_is_optimizer(optimizer)
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError("a schedule that goes on needs the initial_lr of each group")
        self.base_lrs = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self._begin()

    def _begin(self) -> None:
        self._step_count = 0
        self._get_lr_called_within_step = False
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float]:
        """Return the next rates, one a group."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the next rates, or those of an epoch."""
        if self._step_count == 1 and not self.optimizer._steps:
            warnings.warn(
                "a schedule made its step before the optimizer had made one, so that the first "
                "rate is never used; call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update(epoch)

    def _update(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        at_once = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._set(at_once() if at_once else self._asked())

    def _asked(self) -> list[float]:
        self._get_lr_called_within_step = True
        try:
            return self.get_lr()
        finally:
            self._get_lr_called_within_step = False

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, rate)
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def _times(self, factor: float) -> list[float]:
        return [rate * factor for rate in self._rates()]

    def _initial_times(self, factor: float) -> list[float]:
        return [rate * factor for rate in self.base_lrs]

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers, but for the optimizer and functions."""
        return {
            name: value
            for name, value in vars(self).items()
            if name != "optimizer" and not callable(value)
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind was."""
        vars(self).update(state_dict)


class ByRule(LRScheduler):
    """A schedule whose rates are for `step` to ask for; whoever else does so is warned."""

    def get_lr(self) -> list[float]:
        """Return the next rates, one a group."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr() was called outside of step(), where it gives what would come next; "
                "get_last_lr() gives the rates that are set",
                UserWarning,
                stacklevel=2,
            )
        return self.next_rates()

    def next_rates(self) -> list[float]:
        """Return the next rates, one a group."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define next_rates()")


def check_is_optimizer(optimizer: object) -> None:
    """Refuse to schedule what has no groups; raises TypeError."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"a schedule sets the rates of an optimizer, and was given {type(optimizer).__name__}"
        )


def warn_of_epoch() -> None:
    """Warn that an epoch was named."""
    warnings.warn(
        "a schedule was told the epoch, which it counts by itself; call step() without it",
        UserWarning,
        stacklevel=3,
    )


def copied(rate: Any) -> Any:
    """Return a rate that stays as it is: one that is a tensor may be written."""
    return rate.clone() if isinstance(rate, Tensor) else rate


def set_rate(group: dict[str, Any], rate: Any) -> None:
    """Set the rate of a group; one that is a tensor is written."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(float(rate))
    else:
        group["lr"] = rate


def per_group(optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """Return an option of each group, which was given once, or for each; raises ValueError."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name} was given {len(value)} times for {groups} groups")
    return list(value)
