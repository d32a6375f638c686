"""Checkpoints beside torch: what no clause can ask, since it takes Python objects."""

from __future__ import annotations

import contextlib
import functools
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.utils.checkpoint

import gradspec_reference as reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENGINES = pytest.mark.parametrize("engine", [torch, reference], ids=["torch", "reference"])


def leaf(engine: Any, values: list[float]) -> Any:
    return engine.tensor(values, dtype=engine.float64, requires_grad=True)


@ENGINES
def test_the_first_context_is_of_the_forward_pass_and_the_second_of_the_other(engine: Any) -> None:
    entered = []

    @contextlib.contextmanager
    def noted(name: str) -> Iterator[None]:
        entered.append(name)
        yield

    y = engine.utils.checkpoint.checkpoint(
        lambda t: t.sin().exp(),
        leaf(engine, [1.0]),
        use_reentrant=False,
        context_fn=lambda: (noted("forward"), noted("again")),
    )
    y.sum().backward()

    assert entered == ["forward", "again"]


@ENGINES
def test_a_reentrant_checkpoint_takes_no_contexts(engine: Any) -> None:
    with pytest.raises(ValueError, match="context_fn"):
        engine.utils.checkpoint.checkpoint(
            lambda t: t.sin(),
            leaf(engine, [1.0]),
            use_reentrant=True,
            context_fn=lambda: (contextlib.nullcontext(), contextlib.nullcontext()),
        )


@ENGINES
def test_a_policy_is_asked_of_each_operation(engine: Any) -> None:
    checkpoints = engine.utils.checkpoint
    asked = []

    def policy(_context: Any, op: Any, *_operands: Any, **_named: Any) -> Any:
        asked.append(str(op))
        return checkpoints.CheckpointPolicy.MUST_SAVE

    x = leaf(engine, [1.0])
    contexts = functools.partial(checkpoints.create_selective_checkpoint_contexts, policy)
    y = checkpoints.checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False, context_fn=contexts)
    y.sum().backward()

    assert asked == ["aten.sin.default", "aten.exp.default"]
    assert float(x.grad[0]) == pytest.approx(np.cos(1.0) * np.exp(np.sin(1.0)))


@ENGINES
def test_with_debug_the_error_lists_the_operations_of_both_runs(engine: Any) -> None:
    runs = []

    def function(t: Any) -> Any:
        runs.append(1)
        return t.exp().sin().sum() if len(runs) == 1 else t.sin().sum()

    y = engine.utils.checkpoint.checkpoint(
        function, leaf(engine, [1.0]), use_reentrant=False, debug=True
    )
    with pytest.raises(engine.utils.checkpoint.CheckpointError) as caught:
        y.backward()

    said = str(caught.value)
    assert "Operations executed during the original forward" in said
    assert "Operations executed during recomputation" in said
    assert "exp" in said


def test_a_deep_chain_in_checkpoints_takes_less_memory() -> None:
    def peak(call: Callable[..., Any]) -> int:
        x = reference.tensor(np.ones(50_000), requires_grad=True)
        tracemalloc.start()
        y = x
        for _ in range(5):
            y = call(chain, y)
        y.sum().backward()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    def chain(t: Any) -> Any:
        for _ in range(8):
            t = t.sin()
        return t

    again = functools.partial(reference.utils.checkpoint.checkpoint, use_reentrant=False)

    assert peak(again) < 0.6 * peak(lambda function, t: function(t))
