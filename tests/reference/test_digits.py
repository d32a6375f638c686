"""A whole training on images of digits, beside torch: each loss, and what is read in the end."""

from __future__ import annotations

import importlib.util
import sys
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


def test_each_loss_is_torchs(data: tuple[Any, Any]) -> None:
    sides = []
    for engine in (torch, ref):
        model = digits.network(engine, engine.float64)
        losses = islice(digits.train(engine, model, data[0], engine.float64), 90)
        sides.append((list(losses), [p.detach().numpy() for p in model.parameters()]))
    (theirs, numbers), (ours, own) = sides
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    for one, other in zip(numbers, own, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-9)


def test_as_many_are_read_right_as_by_torch(data: tuple[Any, Any]) -> None:
    found = []
    for engine in (torch, ref):
        model = digits.network(engine, engine.float64)
        losses = list(digits.train(engine, model, data[0], engine.float64, epochs=3))
        assert losses[-1] < losses[0] / 4
        found.append(digits.accuracy(engine, model, data[1], engine.float64))
    assert found[0] == found[1]
    assert found[1] > 0.85
