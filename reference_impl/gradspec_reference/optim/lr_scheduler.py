"""Schedules: how the rate of an optimizer changes from step to step (torch.optim.lr_scheduler).

Each is a rule from the present rates to the next ones, as in torch; so what a program changes by
hand in between stays, and two schedules of one optimizer multiply.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.optim.optimizer import Optimizer


class LRScheduler:
    """Sets the rates of all groups at each `step`; a kind says in `get_lr` to what."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError("a schedule that goes on needs the initial_lr of each group")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self.step()

    def get_lr(self) -> list[float]:
        """Return the next rates, one a group."""
        raise NotImplementedError(f"{type(self).__name__} has no rule: define get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def step(self) -> None:
        """Set the next rates."""
        if self._step_count == 1 and not self.optimizer._steps:
            warnings.warn(
                "a schedule made its step before the optimizer had made one, so that the first "
                "rate is never used; call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _times(self, factor: float) -> list[float]:
        return [rate * factor for rate in self._rates()]

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


class LambdaLR(LRScheduler):
    """The initial rate times a function of the epoch; one function, or one a group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"{len(self.lr_lambdas)} functions were given for {groups} groups")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * factor(self.last_epoch) for base, factor in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers; functions are the caller's."""
        return {n: value for n, value in super().state_dict().items() if n != "lr_lambdas"}


class StepLR(LRScheduler):
    """Times gamma, every so many steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        is_due = self.last_epoch > 0 and not self.last_epoch % self.step_size
        return self._times(self.gamma) if is_due else self._rates()


class MultiStepLR(LRScheduler):
    """Times gamma, at each milestone."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Sequence[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        passed = self.milestones[self.last_epoch]
        return self._times(self.gamma**passed) if passed else self._rates()


class ExponentialLR(LRScheduler):
    """Times gamma, at each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        return self._times(self.gamma) if self.last_epoch > 0 else self._rates()


class ConstantLR(LRScheduler):
    """A part of the rate for so many steps, then all of it."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"factor={factor} was given; it lies in 0 to 1")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        if self.last_epoch == 0:
            return self._times(self.factor)
        return (
            self._times(1 / self.factor) if self.last_epoch == self.total_iters else self._rates()
        )


class LinearLR(LRScheduler):
    """From a part of the rate in a line to another, over so many steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                f"start_factor={start_factor} and end_factor={end_factor} were given; they lie in "
                "0 to 1, and the first is not 0"
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self.last_epoch > self.total_iters:
            return self._rates()
        way = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * way
        return self._times(1 + way / before)


class CosineAnnealingLR(LRScheduler):
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

    def get_lr(self) -> list[float]:
        """Return the next rates."""
        at, half, least = self.last_epoch, self.T_max, self.eta_min
        if at == 0:
            return self._rates()
        if (at - 1 - half) % (2 * half) == 0:  # from the very bottom, where there is no ratio
            rise = (1 - math.cos(math.pi / half)) / 2
            pairs = zip(self._rates(), self.base_lrs, strict=True)
            return [rate + (base - least) * rise for rate, base in pairs]
        ratio = (1 + math.cos(math.pi * at / half)) / (1 + math.cos(math.pi * (at - 1) / half))
        return [ratio * (rate - least) + least for rate in self._rates()]


class OneCycleLR(LRScheduler):
    """Up to the largest rate and down to nearly nothing, in one cycle; momentum goes against it."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if anneal_strategy not in {"cos", "linear"}:
            raise ValueError(f"anneal_strategy={anneal_strategy!r}; it is 'cos' or 'linear'")
        self.total_steps, self._anneal = total_steps, anneal_strategy
        top = pct_start * total_steps - 1
        low, high = (base_momentum, max_momentum)
        self._phases: list[tuple[float, str, str, float, float]] = [
            (top, "initial_lr", "max_lr", high, low)
        ]
        if three_phase:
            down = 2 * pct_start * total_steps - 2
            self._phases.append((down, "max_lr", "initial_lr", low, high))
            self._phases.append((total_steps - 1, "initial_lr", "min_lr", high, high))
        else:
            self._phases.append((total_steps - 1, "max_lr", "min_lr", low, high))
        largest = (
            [max_lr] * len(optimizer.param_groups) if isinstance(max_lr, float | int) else max_lr
        )
        self.cycle_momentum = cycle_momentum
        if cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError("the optimizer has no momentum; give cycle_momentum=False")
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, largest, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
                group["lr"] = group["initial_lr"]
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the next rates, and set the momenta."""
        at = self.last_epoch
        if at > self.total_steps:
            raise ValueError(f"step {at} was made of a cycle of {self.total_steps} steps")
        start = 0.0
        for end, *_ in self._phases[:-1]:
            if at <= end:
                break
            start = end
        phase = next((one for one in self._phases if at <= one[0]), self._phases[-1])
        end, first, last, momentum, to_momentum = phase
        part = (at - start) / (end - start)
        if self.cycle_momentum:
            self._set_momentum(self._between(momentum, to_momentum, part))
        groups = self.optimizer.param_groups
        return [self._between(group[first], group[last], part) for group in groups]

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal == "cos":
            return end + (start - end) / 2.0 * (1 + math.cos(math.pi * part))
        return (end - start) * part + start

    def _set_momentum(self, momentum: float) -> None:
        for group in self.optimizer.param_groups:
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


class SequentialLR(LRScheduler):
    """One schedule after the other, each from its milestone on."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(milestones)} milestones were given for {len(schedulers)} schedules; there "
                "is one between two"
            )
        self.optimizer = optimizer
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:  # those that made them changed the rates in turn
            group["lr"] = group["initial_lr"]
        for scheduler in schedulers:
            scheduler.last_epoch -= 1
        self._start(self._schedulers[0])
        self._last_lr = self._schedulers[0].get_last_lr()

    def _start(self, scheduler: LRScheduler) -> None:
        scheduler.last_epoch = 0
        scheduler._set(scheduler.base_lrs)
        scheduler._set(scheduler.get_lr())

    def step(self) -> None:
        """Set the next rates, by the schedule whose turn it is."""
        self.last_epoch += 1
        turn = sum(self.last_epoch >= milestone for milestone in self._milestones)
        scheduler = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            self._start(scheduler)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers, of each schedule too."""
        own = {n: v for n, v in super().state_dict().items() if n != "_schedulers"}
        return {**own, "_schedulers": [one.state_dict() for one in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another sequence was."""
        for scheduler, remembered in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(remembered)
        super().load_state_dict({n: v for n, v in state_dict.items() if n != "_schedulers"})


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
        groups = len(optimizer.param_groups)
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lrs = [min_lr] * groups if isinstance(min_lr, float | int) else list(min_lr)
        self.eps, self.last_epoch = eps, 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        self._last_lr = self._rates()

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Look at the number, and lower the rates if it is time."""
        value = float(metrics)
        self.last_epoch += 1
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            pairs = zip(self._rates(), self.min_lrs, strict=True)
            lower = [(rate, max(rate * self.factor, least)) for rate, least in pairs]
            self._set([new if rate - new > self.eps else rate for rate, new in lower])
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    def is_better(self, value: float, best: float) -> bool:
        """Tell whether a number is better than the best by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * value > sign * best * (1 + sign * self.threshold)
        return sign * value > sign * (best + sign * self.threshold)
