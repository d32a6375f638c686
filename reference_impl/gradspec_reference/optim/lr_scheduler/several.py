"""Schedules that are made of others."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from gradspec_reference.optim.lr_scheduler.plateau import ReduceLROnPlateau
from gradspec_reference.optim.lr_scheduler.scheduler import LRScheduler, set_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradspec_reference.optim.optimizer import Optimizer


class OfSeveral(LRScheduler):
    """What schedules that are made of others remember."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers, of each schedule too."""
        own = {n: v for n, v in super().state_dict().items() if n != "_schedulers"}
        return {**own, "_schedulers": [one.state_dict() for one in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another one was."""
        for scheduler, remembered in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(remembered)
        super().load_state_dict({n: v for n, v in state_dict.items() if n != "_schedulers"})


class SequentialLR(OfSeveral):
    """One schedule after the other, each from its milestone on."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        check_belong_to(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(milestones)} milestones were given for {len(schedulers)} schedules; there "
                "is one between two"
            )
        self.optimizer = optimizer
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:  # those that made them changed the rates in turn
            set_rate(group, group["initial_lr"])
        take_back(self._schedulers)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Set the next rates, by the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(OfSeveral):
    """Schedules that all make their steps, one upon the other."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if schedulers and optimizer is None:
            optimizer = getattr(schedulers[0], "optimizer", None)
        check_belong_to(optimizer, schedulers)
        self._schedulers, self.optimizer = list(schedulers), schedulers[0].optimizer
        self._last_lr = self._rates()

    def step(self) -> None:  # type: ignore[override]
        """Let each make its step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._rates()


def check_belong_to(optimizer: Optimizer | None, schedulers: Sequence[LRScheduler]) -> None:
    """Refuse no schedules, those of other optimizers, and those that look at a number."""
    if not schedulers:
        raise ValueError("no schedules were given; give one at least")
    for scheduler in schedulers:
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(f"among the schedules is something else: {type(scheduler).__name__}")
        if isinstance(scheduler, ReduceLROnPlateau) or scheduler.optimizer is not optimizer:
            raise ValueError(
                "a schedule was put among others that looks at a number, or is of another "
                "optimizer; all are of one, and make their steps alone"
            )


def take_back(schedulers: Sequence[LRScheduler]) -> None:
    """Undo that each was told to begin when it was made."""
    for scheduler in schedulers:
        if isinstance(scheduler, OfSeveral):
            take_back(scheduler._schedulers)
        else:
            scheduler.last_epoch -= 1
