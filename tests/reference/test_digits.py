"""A whole training on images of digits, beside torch: each loss, and what is read in the end."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference as ref

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.py"
SPEC = importlib.util.spec_from_file_location("digits", EXAMPLE)
assert SPEC is not None
assert SPEC.loader is not None
digits: Any = importlib.util.module_from_spec(SPEC)
sys.modules["digits"] = digits
SPEC.loader.exec_module(digits)


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    return digits.Digits.load()


EARLY = 90
"""After so many batches the numbers of the models are compared."""


@dataclass
class Trained:
    """What a training came to: each loss, the numbers early on, and the share that is read."""

    losses: list[float]
    numbers: list[Any]
    accuracy: float


@pytest.fixture(scope="module")
def sides(data: tuple[Any, Any]) -> list[Trained]:
    """Train three epochs in torch, and in the reference engine."""
    found = []
    for engine in (torch, ref):
        model = digits.network(engine, engine.float64)
        training = digits.train(engine, model, data[0], engine.float64, epochs=3)
        losses = list(islice(training, EARLY))
        numbers = [p.detach().numpy().copy() for p in model.parameters()]
        losses += training
        accuracy = digits.accuracy(engine, model, data[1], engine.float64)
        found.append(Trained(losses, numbers, accuracy))
    return found


def test_each_loss_is_torchs(sides: list[Trained]) -> None:
    theirs, ours = sides
    np.testing.assert_allclose(ours.losses[:EARLY], theirs.losses[:EARLY], rtol=1e-9)
    for one, other in zip(theirs.numbers, ours.numbers, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-9)


def test_as_many_are_read_right_as_by_torch(sides: list[Trained]) -> None:
    theirs, ours = sides
    assert all(side.losses[-1] < side.losses[0] / 4 for side in sides)
    assert theirs.accuracy == ours.accuracy > 0.85
