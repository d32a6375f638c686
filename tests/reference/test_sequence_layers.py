"""Layers that go along sequences: recurrent ones, and those of transformers, beside torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from alongside import same
from test_modules import agree, twins

import gradspec_reference as ref

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"RNN": 1, "GRU": 1, "LSTM": 2}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "two_layers_both_ways": {"num_layers": 2, "bidirectional": True},
    "batch_first": {"batch_first": True, "bias": False},
    "unbatched": {},
}


def compare(theirs: Any, ours: Any, arrays: list[Any], call: Callable[..., Any]) -> None:
    """Hold that results and gradients agree."""
    rng = np.random.default_rng(5)
    results = []
    cotangents: list[Any] = []
    for engine, module in ((torch, theirs), (ref, ours)):
        given = [engine.tensor(array, requires_grad=True) for array in arrays]
        found = call(module, *given)
        cotangents = cotangents or [rng.normal(size=tuple(each.shape)) for each in found]
        pairs = zip(found, cotangents, strict=True)
        sum((y * engine.tensor(c)).sum() for y, c in pairs).backward()
        of_parameters = [p.grad for p in module.parameters()]
        results.append([*found, *(x.grad for x in given), *of_parameters])
    for one, other in zip(*results, strict=True):
        agree(one, other)


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", [*KINDS, "relu"])
def test_recurrent_layers_give_what_torchs_give(kind: str, options: str, started: bool) -> None:
    name, more = ("RNN", {"nonlinearity": "relu"}) if kind == "relu" else (kind, {})
    how = OPTIONS[options] | more
    theirs, ours = twins(lambda nn: getattr(nn, name)(3, 4, **how))
    assert repr(theirs) == repr(ours)
    rng = np.random.default_rng(4)
    rows = how.get("num_layers", 1) * (2 if how.get("bidirectional") else 1)
    shape, hidden = ((5, 3), (rows, 4)) if options == "unbatched" else ((5, 2, 3), (rows, 2, 4))
    if options == "batch_first":
        shape = (2, 5, 3)
    count = KINDS[name] * started
    arrays = [rng.normal(size=shape), *(rng.normal(size=hidden) for _ in range(count))]

    def call(module: Any, x: Any, *state: Any) -> Any:
        given = () if not state else (state,) if len(state) > 1 else state
        steps, last = module(x, *given)
        return steps, *(last if isinstance(last, tuple) else (last,))

    compare(theirs, ours, arrays, call)


@pytest.mark.parametrize("unbatched", [False, True])
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_cells_give_what_torchs_give(kind: str, started: bool, unbatched: bool) -> None:
    theirs, ours = twins(lambda nn: getattr(nn, f"{kind}Cell")(3, 4, bias=not started))
    assert repr(theirs) == repr(ours)
    rng = np.random.default_rng(4)
    rows = () if unbatched else (2,)
    count = KINDS[kind] * started
    arrays = [rng.normal(size=(*rows, 3)), *(rng.normal(size=(*rows, 4)) for _ in range(count))]

    def call(module: Any, x: Any, *state: Any) -> Any:
        found = module(x, *(() if not state else (state,) if len(state) > 1 else state))
        return found if isinstance(found, tuple) else (found,)

    compare(theirs, ours, arrays, call)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "no features": lambda e: e.nn.LSTM(0, 3),
    "half a feature": lambda e: e.nn.LSTM(0.5, 3),
    "nothing hidden": lambda e: e.nn.LSTM(2, 0),
    "no layers": lambda e: e.nn.GRU(2, 3, 0),
    "much dropout": lambda e: e.nn.GRU(2, 3, dropout=2.0),
    "dropout of one layer": lambda e: repr(e.nn.GRU(2, 3, dropout=0.5)),
    "another form": lambda e: e.nn.RNN(2, 3, nonlinearity="x"),
    "a number": lambda e: e.nn.RNN(2, 3)(e.ones(())),
    "other features": lambda e: e.nn.RNN(2, 3)(e.ones(4, 1, 3)),
    "another dtype": lambda e: e.nn.RNN(2, 3)(e.ones(4, 1, 2, dtype=e.float64)),
    "another memory": lambda e: e.nn.RNN(2, 3)(e.ones(4, 1, 2), e.ones(2, 1, 3)),
    "a cell's form": lambda e: e.nn.RNNCell(2, 3, nonlinearity="x")(e.ones(1, 2)),
    "a cell's dimensions": lambda e: e.nn.RNNCell(2, 3)(e.ones(1, 1, 2)),
    "an activation": lambda e: e.nn.TransformerEncoderLayer(4, 2, activation="x"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_what_torch_refuses(name: str) -> None:
    same(REFUSED[name])


FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "normalised_first": {"norm_first": True, "activation": "gelu"},
    "batch_first": {"batch_first": True, "bias": False},
}
MASK = np.triu(np.ones((3, 3), bool), 1)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_encoders_give_what_torchs_give(form: str, masked: bool) -> None:
    def make(nn: Any) -> Any:
        layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, **FORMS[form])
        return nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(4))

    theirs, ours = twins(make)
    shape = (2, 3, 4) if form == "batch_first" else (3, 2, 4)
    arrays = [np.random.default_rng(4).normal(size=shape)]

    def call(module: Any, x: Any) -> Any:
        engine = torch if isinstance(x, torch.Tensor) else ref
        return (module(x, mask=engine.tensor(MASK) if masked else None),)

    compare(theirs, ours, arrays, call)
    assert repr(theirs) == repr(ours)


@pytest.mark.parametrize("form", FORMS)
def test_decoders_give_what_torchs_give(form: str) -> None:
    def make(nn: Any) -> Any:
        layer = nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0, **FORMS[form])
        return nn.TransformerDecoder(layer, 2)

    theirs, ours = twins(make)
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=(3, 3, 4)), rng.normal(size=(3, 3, 4))]

    def call(module: Any, x: Any, memory: Any) -> Any:
        engine = torch if isinstance(x, torch.Tensor) else ref
        return (module(x, memory, tgt_mask=engine.tensor(MASK)),)

    compare(theirs, ours, arrays, call)
