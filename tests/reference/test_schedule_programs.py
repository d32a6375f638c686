"""Schedules of rates in both libraries: step by step, by epoch, saved and loaded, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alongside import same

if TYPE_CHECKING:
    from collections.abc import Callable


def optimizer_of(e: Any, **options: Any) -> Any:
    return e.optim.SGD([e.ones(1)], **{"lr": 0.1, "momentum": 0.9, **options})


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "step": lambda kinds, o: kinds.StepLR(o, 3),
    "milestones": lambda kinds, o: kinds.MultiStepLR(o, [2, 5, 5]),
    "exponential": lambda kinds, o: kinds.ExponentialLR(o, 0.9),
    "function": lambda kinds, o: kinds.LambdaLR(o, lambda n: 1 / (n + 1)),
    "factors": lambda kinds, o: kinds.MultiplicativeLR(o, lambda n: 1 - n / 100),
    "polynomial": lambda kinds, o: kinds.PolynomialLR(o, total_iters=6, power=2.0),
    "line to nothing": lambda kinds, o: kinds.PolynomialLR(o),
    "constant": lambda kinds, o: kinds.ConstantLR(o),
    "line": lambda kinds, o: kinds.LinearLR(o),
    "cosine": lambda kinds, o: kinds.CosineAnnealingLR(o, 4),
    "restarts": lambda kinds, o: kinds.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "triangles": lambda kinds, o: kinds.CyclicLR(o, 0.01, 0.1, step_size_up=3),
    "smaller triangles": lambda kinds, o: kinds.CyclicLR(
        o, 0.01, 0.1, step_size_up=3, step_size_down=2, mode="triangular2"
    ),
    "falling triangles": lambda kinds, o: kinds.CyclicLR(
        o, 0.01, 0.1, step_size_up=3, mode="exp_range", gamma=0.9, cycle_momentum=False
    ),
    "triangles of the caller's": lambda kinds, o: kinds.CyclicLR(
        o, [0.01], [0.1], step_size_up=3, scale_fn=lambda n: 1 / (n + 1), scale_mode="iterations"
    ),
    "one cycle": lambda kinds, o: kinds.OneCycleLR(o, 0.5, total_steps=20),
    "chained": lambda kinds, o: kinds.ChainedScheduler(
        [kinds.ConstantLR(o, 0.5, 4), kinds.ExponentialLR(o, 0.9)]
    ),
    "one after the other": lambda kinds, o: kinds.SequentialLR(
        o, [kinds.ConstantLR(o, 0.1, 2), kinds.ExponentialLR(o, 0.9), kinds.StepLR(o, 1)], [3, 5]
    ),
    "chained within": lambda kinds, o: kinds.SequentialLR(
        o, [kinds.ChainedScheduler([kinds.ExponentialLR(o, 0.9)]), kinds.LinearLR(o)], [3]
    ),
}
SEEN = {
    *("last_epoch", "base_lrs", "_step_count", "_last_lr", "gamma", "step_size", "milestones"),
    *("T_max", "T_0", "T_i", "T_mult", "T_cur", "eta_min", "total_iters", "factor", "power"),
    *("start_factor", "end_factor", "total_size", "total_steps", "step_ratio", "lr_lambdas"),
    *("max_lrs", "mode", "scale_mode", "best", "min_lrs", "mode_worse", "default_min_lr"),
    *("num_bad_epochs", "cooldown_counter", "patience"),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_and_momenta_are_torchs(name: str) -> None:
    def program(e: Any) -> Any:
        optimizer = optimizer_of(e)
        schedule = SCHEDULES[name](e.optim.lr_scheduler, optimizer)
        found = []
        for _ in range(14):
            group = optimizer.param_groups[0]
            found.append((group["lr"], group["momentum"], schedule.get_last_lr()))
            optimizer.step()
            schedule.step()
        return found

    same(program)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_loaded_schedule_goes_on(name: str) -> None:
    def program(e: Any) -> Any:
        one, other = (optimizer_of(e) for _ in range(2))
        schedule, loaded = (SCHEDULES[name](e.optim.lr_scheduler, o) for o in (one, other))
        for _ in range(4):
            one.step()
            schedule.step()
        state = schedule.state_dict()
        other.load_state_dict(one.state_dict())
        loaded.load_state_dict(state)
        found = []
        for _ in range(6):
            other.step()
            loaded.step()
            found.append(other.param_groups[0]["lr"])
        return {key: state[key] for key in sorted(SEEN & state.keys())}, found

    same(program)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if "one after" not in name])
def test_an_epoch_may_be_named(name: str) -> None:
    def program(e: Any) -> Any:
        optimizer = optimizer_of(e)
        schedule = SCHEDULES[name](e.optim.lr_scheduler, optimizer)
        optimizer.step()
        found = []
        for epoch in (1, 3, 2, 7, 0):
            schedule.step(epoch)
            found.append((optimizer.param_groups[0]["lr"], schedule.last_epoch))
        return found

    same(program)


def test_restarts_take_fractions() -> None:
    def program(e: Any) -> Any:
        optimizer = optimizer_of(e)
        found = []
        for times in (1, 2):
            schedule = e.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, times)
            for epoch in (0, 0.5, 1, 1.5, 3.5, 7, 9.25):
                schedule.step(epoch)
                found.append((optimizer.param_groups[0]["lr"], schedule.last_epoch))
        return found

    same(program)


def test_a_plateau_is_torchs() -> None:
    def program(e: Any) -> Any:
        optimizer, other = optimizer_of(e), optimizer_of(e)
        kind = e.optim.lr_scheduler.ReduceLROnPlateau
        schedule, loaded = kind(optimizer, patience=0), kind(other)
        found = []
        for loss in (1.0, 2.0, 3.0, 0.5):
            schedule.step(e.tensor(loss))
            found.append((optimizer.param_groups[0]["lr"], schedule.get_last_lr()))
        optimizer.add_param_group({"params": e.ones(1), "lr": 1.0})
        schedule.step(1, epoch=9)
        state = schedule.state_dict()
        loaded.load_state_dict(state)
        return found, {key: state[key] for key in sorted(SEEN & state.keys())}, loaded.best

    same(program)


def test_a_rate_that_is_a_tensor_is_written() -> None:
    def program(e: Any) -> Any:
        rate = e.tensor(0.5)
        optimizer = optimizer_of(e, lr=rate)
        schedule = e.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        first = schedule.get_last_lr()
        optimizer.step()
        schedule.step()
        return optimizer.param_groups[0]["lr"] is rate, rate.item(), first[0].item()

    same(program)


def test_a_schedule_of_the_callers_is_followed() -> None:
    def program(e: Any) -> Any:
        class Warming(e.optim.lr_scheduler.LRScheduler):  # type: ignore[misc, name-defined]
            def __init__(self, optimizer: Any, steps: int) -> None:
                self.steps = steps
                super().__init__(optimizer)

            def get_lr(self) -> list[float]:
                part = min(1, (self.last_epoch + 1) / self.steps)
                return [base * part for base in self.base_lrs]

        optimizer = optimizer_of(e)
        schedule = Warming(optimizer, 4)
        found = []
        for _ in range(5):
            optimizer.step()
            schedule.step()
            found.append(optimizer.param_groups[0]["lr"])
        return found, schedule.state_dict()["steps"]

    same(program)


def several(e: Any, *, of_others: bool) -> Any:
    kinds, optimizer = e.optim.lr_scheduler, optimizer_of(e)
    one = kinds.ConstantLR(optimizer_of(e)) if of_others else kinds.ReduceLROnPlateau(optimizer)
    return kinds.SequentialLR(optimizer, [one], [])


REFUSED: dict[str, Callable[[Any], Any]] = {
    "a number to schedule": lambda e: e.optim.lr_scheduler.StepLR(3, 1),
    "a number on a plateau": lambda e: e.optim.lr_scheduler.ReduceLROnPlateau(3),
    "a plateau that rises": lambda e: e.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer_of(e), factor=1.0
    ),
    "too many functions": lambda e: e.optim.lr_scheduler.LambdaLR(
        optimizer_of(e), [lambda _: 1] * 3
    ),
    "a number for a function": lambda e: e.optim.lr_scheduler.LambdaLR(optimizer_of(e), 3),
    "to go on at once": lambda e: e.optim.lr_scheduler.StepLR(optimizer_of(e), 3, last_epoch=4),
    "to be early": lambda e: e.optim.lr_scheduler.StepLR(optimizer_of(e), 3).step(),
    "no rule": lambda e: e.optim.lr_scheduler.LRScheduler(optimizer_of(e)),
    "what comes next": lambda e: e.optim.lr_scheduler.ConstantLR(optimizer_of(e)).get_lr(),
    "a cycle of no length": lambda e: e.optim.lr_scheduler.OneCycleLR(optimizer_of(e), 0.1),
    "a cycle of minus three": lambda e: e.optim.lr_scheduler.OneCycleLR(
        optimizer_of(e), 0.1, total_steps=-3
    ),
    "a cycle along something": lambda e: e.optim.lr_scheduler.OneCycleLR(
        optimizer_of(e), 0.1, total_steps=3, anneal_strategy="x"
    ),
    "a cycle that rises for ever": lambda e: e.optim.lr_scheduler.OneCycleLR(
        optimizer_of(e), 0.1, total_steps=3, pct_start=2.0
    ),
    "none after the other": lambda e: e.optim.lr_scheduler.SequentialLR(optimizer_of(e), [], []),
    "one of another optimizer": lambda e: several(e, of_others=True),
    "a plateau among others": lambda e: several(e, of_others=False),
    "a constant of two": lambda e: e.optim.lr_scheduler.ConstantLR(optimizer_of(e), 2.0),
    "a line from nothing": lambda e: e.optim.lr_scheduler.LinearLR(optimizer_of(e), 0),
    "restarts each time": lambda e: e.optim.lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer_of(e), 0
    ),
    "no momentum": lambda e: e.optim.lr_scheduler.CyclicLR(e.optim.Adagrad([e.ones(1)]), 0.1, 0.2),
    "an unknown form": lambda e: e.optim.lr_scheduler.CyclicLR(optimizer_of(e), 0.1, 0.2, mode="x"),
    "none chained": lambda e: e.optim.lr_scheduler.ChainedScheduler([]),
}


def kind_of(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a program that gives numbers, or the name of a class."""

    def named(e: Any) -> Any:
        found = program(e)
        return found if isinstance(found, list | None) else type(found).__name__

    return named


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_scheduled_is_refused_as_in_torch(name: str) -> None:
    same(kind_of(REFUSED[name]))
