"""A tensor prints as it does in torch."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import gradspec_reference as engine

if TYPE_CHECKING:
    from collections.abc import Iterator

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
SPECIALS = [np.nan, np.inf, -np.inf, -0.0, 0.0, 5e-324, 1e-40, 1e300, 65504.0, 99999999.0, 0.5]
SHAPES = [
    *((), (0,), (2, 0, 3), (1,), (7,), (30,), (2, 3), (3, 1, 2), (2, 2, 3, 2)),
    *((1001,), (1100, 2), (2, 1100), (11, 10, 12), (6, 6, 6, 6)),
]
OPTIONS: dict[str, list[Any]] = {
    "profile": ["default", "short", "full"],
    "precision": [0, 2, 6],
    "threshold": [0, 5, 1000],
    "edgeitems": [0, 1, 3],
    "linewidth": [1, 40, 80, 120],
    "sci_mode": [True, False],
}


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    for module in (torch, engine):
        module.set_printoptions(profile="default")


def numbers(draw: random.Random, dtype: str) -> np.ndarray[Any, Any]:
    """Return an array of a random shape, whose numbers are close together or far apart."""
    shape = draw.choice(SHAPES)
    spread = np.random.default_rng(draw.randrange(1 << 30))
    values = spread.normal(size=shape) * 10.0 ** draw.randrange(-6, 10)
    if draw.random() < 0.3:
        values = np.round(values)
    if draw.random() < 0.2:
        values = np.exp(spread.normal(size=shape) * 10)
    if draw.random() < 0.3:
        values = np.where(spread.random(shape) < 0.5, spread.choice(SPECIALS, shape), values)
    if dtype == "bool":
        return np.asarray(values > 0)
    if not dtype.startswith("float"):
        values = np.clip(np.nan_to_num(values), *((0, 99) if dtype == "uint8" else (-99, 99)))
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(dtype)


def printed(module: Any, values: Any, dtype: str, options: dict[str, Any], ending: str) -> str:
    module.set_printoptions(profile="default")
    module.set_printoptions(**options)
    tensor = module.tensor(values, dtype=getattr(module, dtype))
    if dtype.startswith("float") and ending:
        tensor.requires_grad_()
        tensor = tensor.clone() if ending == "node" else tensor
    return repr(tensor)


@pytest.mark.parametrize("seed", range(300))
def test_a_tensor_prints_as_in_torch(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    dtype = draw.choice(DTYPES)
    values = numbers(draw, dtype)
    options = {o: draw.choice(choices) for o, choices in OPTIONS.items() if draw.random() < 0.2}
    ending = draw.choice(["", "leaf", "node"])

    expected, found = (printed(m, values, dtype, options, ending) for m in (torch, engine))

    assert found == expected


def test_the_default_dtype_is_not_named() -> None:
    for module in (torch, engine):
        module.set_default_dtype(module.float64)
    texts = [
        repr(m.tensor([1.5], dtype=getattr(m, d)))
        for d in ("float32", "float64")
        for m in (torch, engine)
    ]
    for module in (torch, engine):
        module.set_default_dtype(module.float32)

    assert texts[0::2] == texts[1::2]


def test_a_view_whose_history_cannot_be_told_still_prints() -> None:
    texts = []
    for module in (torch, engine):
        base = module.ones(2, requires_grad=True) * 1
        first, _ = base.unbind()
        base.mul_(2)
        texts.append(repr(first))

    assert texts == ["tensor(2., grad_fn=<Invalid>)"] * 2
