"""Schedules that multiply the rates by something."""

from __future__ import annotations

from collections import Counter
from types import FunctionType
from typing import TYPE_CHECKING, Any

from gradspec_reference.optim.lr_scheduler.scheduler import ByRule, check_is_optimizer, per_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.optim.optimizer import Optimizer


class ByFunctions(ByRule):
    """A schedule by a function of the epoch, or one a group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        check_is_optimizer(optimizer)
        self.lr_lambdas = per_group(optimizer, "lr_lambda", lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda must be a function, not {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers; of functions what they do, if they are objects."""
        of_functions = [
            None if isinstance(each, FunctionType) else dict(vars(each)) for each in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": of_functions}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind was."""
        super().load_state_dict({n: v for n, v in state_dict.items() if n != "lr_lambdas"})
        for function, own in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if own is not None:
                vars(function).update(own)


class LambdaLR(ByFunctions):
    """The initial rate times a function of the epoch."""

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * factor(self.last_epoch) for base, factor in pairs]


class MultiplicativeLR(ByFunctions):
    """Times a function of the epoch, at each step."""

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        if self._is_initial:
            return self._rates()
        pairs = zip(self._rates(), self.lr_lambdas, strict=True)
        return [rate * factor(self.last_epoch) for rate, factor in pairs]


class StepLR(ByRule):
    """Times gamma, every so many steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        is_due = self.last_epoch and not self.last_epoch % self.step_size
        return self._times(self.gamma) if is_due else self._rates()

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        return self._initial_times(self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(ByRule):
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

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        passed = self.milestones[self.last_epoch]
        return self._times(self.gamma**passed) if passed else self._rates()

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        passed = sum(n for each, n in self.milestones.items() if each <= self.last_epoch)
        return self._initial_times(self.gamma**passed)


class ExponentialLR(ByRule):
    """Times gamma, at each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        return self._rates() if self._is_initial else self._times(self.gamma)

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        return self._initial_times(self.gamma**self.last_epoch)


class ConstantLR(ByRule):
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

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        if self.last_epoch == 0:
            return self._times(self.factor)
        return (
            self._times(1 / self.factor) if self.last_epoch == self.total_iters else self._rates()
        )

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        is_over = self.last_epoch >= self.total_iters
        return self._initial_times(1.0 if is_over else self.factor)


class LinearLR(ByRule):
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

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        way = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * way
        return self._times(1 + way / before)

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        part = min(self.total_iters, self.last_epoch) / self.total_iters
        way = self.end_factor - self.start_factor
        return self._initial_times(self.start_factor + way * part)


class PolynomialLR(ByRule):
    """Down to nothing along a power of what is left of so many steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        left = 1 - self.last_epoch / self.total_iters
        before = 1 - (self.last_epoch - 1) / self.total_iters
        return self._times((left / before) ** self.power)

    def _get_closed_form_lr(self) -> list[float]:
        """Return the rates of the present epoch, from the initial ones."""
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return self._initial_times(left**self.power)
