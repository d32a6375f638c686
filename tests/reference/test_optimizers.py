"""Optimizers and schedules of the reference engine, step by step beside torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference as ref

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"lr": 0.1, "maximize": True, "weight_decay": 0.1},
    ],
    "Adam": [
        {},
        {"lr": 0.01, "betas": (0.8, 0.99)},
        {"lr": 0.1, "betas": (0.3, 0.9), "eps": 1e-3},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
        {"amsgrad": True, "maximize": True},
    ],
    "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}],
    "RMSprop": [
        {},
        {"alpha": 0.5, "centered": True, "momentum": 0.9},
        {"alpha": 0.3, "weight_decay": 0.1, "momentum": 0.3},
        {"maximize": True, "eps": 0.1},
    ],
    "Adagrad": [
        {},
        {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.3},
        {"maximize": True},
    ],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]
SHAPES = ((3, 4), (5,), ())
ULPS = 64


def pair(name: str, options: dict[str, Any], dtype: str) -> tuple[Any, Any, np.random.Generator]:
    rng = np.random.default_rng(0)
    starts = [np.asarray(rng.normal(size=shape), dtype) for shape in SHAPES]
    made = []
    for engine in (torch, ref):
        parameters = [engine.tensor(start).requires_grad_() for start in starts]
        made.append((parameters, getattr(engine.optim, name)(parameters, **options)))
    return (*made, rng)


def step(sides: tuple[Any, Any], rng: np.random.Generator, dtype: str) -> None:
    gradients = [np.asarray(rng.normal(size=shape), dtype) for shape in SHAPES]
    for engine, (parameters, optimizer) in zip((torch, ref), sides, strict=True):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = engine.tensor(gradient)
        optimizer.step()


def agree(one: Any, other: Any) -> None:
    for theirs, ours in zip(one, other, strict=True):
        a, b = theirs.detach().numpy(), ours.detach().numpy()
        assert a.dtype == b.dtype
        room = ULPS * np.finfo(a.dtype).eps
        np.testing.assert_allclose(b, a, rtol=room, atol=room)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_twenty_steps_go_where_torch_goes(name: str, options: dict[str, Any], dtype: str) -> None:
    theirs, ours, rng = pair(name, options, dtype)
    for _ in range(20):
        step((theirs, ours), rng, dtype)
        agree(theirs[0], ours[0])


@pytest.mark.parametrize(("name", "options"), CASES)
def test_what_is_remembered_has_torchs_names_and_numbers(
    name: str, options: dict[str, Any]
) -> None:
    theirs, ours, rng = pair(name, options, "float64")
    for _ in range(3):
        step((theirs, ours), rng, "float64")
    one, other = theirs[1].state_dict(), ours[1].state_dict()
    assert one["param_groups"] == other["param_groups"]
    assert one["state"].keys() == other["state"].keys()
    for number, memory in one["state"].items():
        assert [*memory] == [*other["state"][number]]
        agree(memory.values(), other["state"][number].values())
    assert repr(theirs[1]) == repr(ours[1])


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_loaded_state_goes_on(name: str, options: dict[str, Any]) -> None:
    theirs, ours, rng = pair(name, options, "float64")
    for _ in range(3):
        step((theirs, ours), rng, "float64")
    fresh = getattr(ref.optim, name)(ours[0], **options)
    fresh.load_state_dict(ours[1].state_dict())
    for _ in range(3):
        step((theirs, (ours[0], fresh)), rng, "float64")
        agree(theirs[0], ours[0])


def test_groups_have_options_of_their_own() -> None:
    p, q = (ref.ones(1, requires_grad=True) for _ in range(2))
    optimizer = ref.optim.SGD([{"params": [p], "lr": 0.5}], lr=0.25)
    optimizer.add_param_group({"params": q})
    (p + q).sum().backward()
    optimizer.step()
    assert (p.item(), q.item()) == (0.5, 0.75)


@pytest.mark.parametrize("engine", [torch, ref])
@pytest.mark.parametrize(
    ("error", "given"),
    [
        (TypeError, lambda e: (e.ones(1), {})),
        (TypeError, lambda _e: ([1.0], {})),
        (ValueError, lambda _e: ([], {})),
        (ValueError, lambda e: ([e.ones(1, requires_grad=True) * 2], {})),
        (ValueError, lambda e: ([e.ones(1)], {"lr": -1.0})),
        (ValueError, lambda e: ([e.ones(1)], {"nesterov": True})),
        (ValueError, lambda e: ([{"params": [p := e.ones(1)]}, {"params": [p]}], {})),
    ],
)
def test_what_cannot_be_optimized_is_refused(engine: Any, error: Any, given: Any) -> None:
    parameters, options = given(engine)
    with pytest.raises(error):
        engine.optim.SGD(parameters, **options)


def test_hooks_are_called_around_a_step() -> None:
    seen: list[str] = []
    p = ref.ones(1, requires_grad=True)
    optimizer = ref.optim.SGD([p], lr=0.1)
    before = optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.step()
    before.remove()
    optimizer.step()
    assert seen == ["before", "after", "after"]


def test_a_step_is_counted_as_a_write() -> None:
    p = ref.ones(1, requires_grad=True)
    p.grad = ref.ones(1)
    before = p._version
    ref.optim.SGD([p], lr=0.1).step()
    assert p._version == before + 1


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.95**epoch}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 4}),
    ("LinearLR", {"start_factor": 0.25, "total_iters": 6}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 20}),
    (
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 20, "three_phase": True, "anneal_strategy": "linear"},
    ),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_rates_are_those_of_torch(name: str, options: dict[str, Any]) -> None:
    rates = []
    for engine in (torch, ref):
        optimizer = engine.optim.SGD([engine.ones(1)], lr=0.1, momentum=0.9)
        schedule = getattr(engine.optim.lr_scheduler, name)(optimizer, **options)
        found = [(optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"])]
        for _ in range(18):
            optimizer.step()
            schedule.step()
            group = optimizer.param_groups[0]
            assert schedule.get_last_lr() == [group["lr"]]
            found.append((group["lr"], group["momentum"]))
        rates.append(found)
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-12)


def test_schedules_follow_each_other() -> None:
    rates = []
    for engine in (torch, ref):
        optimizer = engine.optim.SGD([engine.ones(1)], lr=0.1)
        kinds = engine.optim.lr_scheduler
        parts = [
            kinds.LinearLR(optimizer, 0.25, total_iters=4),
            kinds.ExponentialLR(optimizer, 0.9),
        ]
        schedule = kinds.SequentialLR(optimizer, parts, [4])
        found = [optimizer.param_groups[0]["lr"]]
        for _ in range(9):
            optimizer.step()
            schedule.step()
            found.append(optimizer.param_groups[0]["lr"])
        rates.append(found)
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 1},
        {"patience": 1, "cooldown": 2, "factor": 0.5, "min_lr": 0.02},
        {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 0},
    ],
)
def test_a_plateau_lowers_the_rate(options: dict[str, Any]) -> None:
    losses = [1.0, 0.9, 0.95, 0.93, 0.91, 0.5, 0.5, 0.5, 0.5, 0.49, 0.6, 0.7, 0.8]
    rates = []
    for engine in (torch, ref):
        optimizer = engine.optim.SGD([engine.ones(1)], lr=0.1)
        schedule = engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        found = []
        for loss in losses:
            schedule.step(loss)
            found.append(optimizer.param_groups[0]["lr"])
        rates.append(found)
    assert rates[0] == rates[1]


def test_a_schedule_before_the_first_step_is_warned_of() -> None:
    optimizer = ref.optim.SGD([ref.ones(1)], lr=0.1)
    schedule = ref.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    with pytest.warns(UserWarning, match="first rate is never used"):
        schedule.step()
