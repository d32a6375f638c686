"""Schedules that go up and down in lines: one cycle, or one after the other."""

from __future__ import annotations

import math
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from gradspec_reference.optim.lr_scheduler.scheduler import (
    ByRule,
    check_is_optimizer,
    per_group,
    set_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradspec_reference.optim.optimizer import Optimizer


def triangular(_cycle: float) -> float:
    """Return the height of each cycle."""
    return 1.0


def halved(cycle: float) -> float:
    """Return the height of a cycle, each half of the one before."""
    return 1 / math.pow(2.0, cycle - 1)


class CyclicLR(ByRule):
    """Up and down in straight lines, again and again; momentum goes against it."""

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_is_optimizer(optimizer)
        lowest = per_group(optimizer, "base_lr", base_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, lowest, strict=True):
                set_rate(group, rate)
        self.max_lrs = per_group(optimizer, "max_lr", max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        if mode not in {"triangular", "triangular2", "exp_range"} and scale_fn is None:
            raise ValueError(f"mode={mode!r}; give a known one, or scale_fn")
        self.mode, self.gamma, self.scale_mode = mode, gamma, scale_mode
        self._scale_fn_custom = scale_fn
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_betas(optimizer)
            self.base_momentums = per_group(optimizer, "base_momentum", base_momentum)
            self.max_momentums = per_group(optimizer, "max_momentum", max_momentum)
            if last_epoch == -1:
                begin_momenta(optimizer, self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """Return the height of a cycle, or of a step."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return math.pow(self.gamma, x)
        return (halved if self.mode == "triangular2" else triangular)(x)

    def next_rates(self) -> list[float]:
        """Return the next rates, and set the momenta."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        part = 1.0 + self.last_epoch / self.total_size - cycle
        rising = part <= self.step_ratio
        height = part / self.step_ratio if rising else (part - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            momenta = zip(self.base_momentums, self.max_momentums, strict=True)
            set_momenta(self.optimizer, [most - (most - least) * height for least, most in momenta])
        rates = zip(self.base_lrs, self.max_lrs, strict=True)
        return [least + (most - least) * height for least, most in rates]

    def state_dict(self) -> dict[str, Any]:
        """Return all that it remembers; of a function what it does, if it is an object."""
        given = self._scale_fn_custom
        plain = given is None or isinstance(given, FunctionType)
        return {**super().state_dict(), "_scale_fn_custom": None if plain else dict(vars(given))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind was."""
        super().load_state_dict({n: v for n, v in state_dict.items() if n != "_scale_fn_custom"})
        if state_dict["_scale_fn_custom"] is not None:
            vars(self._scale_fn_custom).update(state_dict["_scale_fn_custom"])


PHASE: Final = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
"""What a part of one cycle says: its last step, and the options of a group it leads between."""


class OneCycleLR(ByRule):
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
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_is_optimizer(optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if anneal_strategy not in {"cos", "linear"}:
            raise ValueError(f"anneal_strategy={anneal_strategy!r}; it is 'cos' or 'linear'")
        if not 0 <= pct_start <= 1 or not isinstance(pct_start, float) or total_steps <= 0:
            raise ValueError(
                f"pct_start={pct_start} of {total_steps} steps was given; it is a float from 0 to "
                "1, of one step at least"
            )
        self.total_steps, self._anneal_func_type = total_steps, anneal_strategy
        self._schedule_phases = phases(total_steps, pct_start, three=three_phase)
        largest = per_group(optimizer, "max_lr", max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, largest, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
                group["lr"] = group["initial_lr"]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = has_betas(optimizer)
            least = per_group(optimizer, "base_momentum", base_momentum)
            most = per_group(optimizer, "max_momentum", max_momentum)
            if last_epoch == -1:
                begin_momenta(optimizer, least, most)
        super().__init__(optimizer, last_epoch)

    def next_rates(self) -> list[float]:
        """Return the next rates, and set the momenta."""
        at = self.last_epoch
        if at > self.total_steps:
            raise ValueError(f"step {at} was made of a cycle of {self.total_steps} steps")
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if at <= phase["end_step"]:
                break
            start = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        end, first, last, momentum, to_momentum = (phase[name] for name in PHASE)
        part = (at - start) / (end - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            pairs = [(group[momentum], group[to_momentum]) for group in groups]
            set_momenta(self.optimizer, [self._between(*pair, part) for pair in pairs])
        return [self._between(group[first], group[last], part) for group in groups]

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (1 + math.cos(math.pi * part))
        return (end - start) * part + start


def phases(total_steps: int, pct_start: float, *, three: bool) -> list[dict[str, Any]]:
    """Return the parts of one cycle: up, and down to nearly nothing; or down to the begin first."""
    top, down, last = pct_start * total_steps - 1, 2 * pct_start * total_steps - 2, total_steps - 1
    low, high = "base_momentum", "max_momentum"
    found: list[tuple[float, str, str, str, str]] = [(top, "initial_lr", "max_lr", high, low)]
    if three:
        found.append((down, "max_lr", "initial_lr", low, high))
        found.append((last, "initial_lr", "min_lr", high, high))
    else:
        found.append((last, "max_lr", "min_lr", low, high))
    return [dict(zip(PHASE, phase, strict=True)) for phase in found]


def has_betas(optimizer: Optimizer) -> bool:
    """Tell whether the momentum is the first beta; ValueError if there is none."""
    if not {"momentum", "betas"} & optimizer.defaults.keys():
        raise ValueError("the optimizer has no momentum; give cycle_momentum=False")
    return "betas" in optimizer.defaults


def begin_momenta(optimizer: Optimizer, least: Sequence[float], most: Sequence[float]) -> None:
    """Begin with the most momentum, and let each group say between which it goes."""
    set_momenta(optimizer, most)
    for group, low, high in zip(optimizer.param_groups, least, most, strict=True):
        group.update(max_momentum=high, base_momentum=low)


def set_momenta(optimizer: Optimizer, momenta: Sequence[float]) -> None:
    """Set the momentum of each group, or the first beta."""
    for group, momentum in zip(optimizer.param_groups, momenta, strict=True):
        if "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum
