"""The names that programs use are torch's."""

from __future__ import annotations

import torch

import gradspec_reference as engine
from gradspec_reference.names.functions import rows
from gradspec_reference.names.methods import METHODS

OWN = {"DType", "GradError", "draw", "is_grad_layout_enforcement_enabled"}


def test_what_the_package_lists_torch_has() -> None:
    assert {name for name in engine.__all__ if not hasattr(torch, name)} == OWN


def test_what_the_package_lists_it_has() -> None:
    assert [name for name in engine.__all__ if not hasattr(engine, name)] == []


def test_what_a_tensor_can_do_torch_can() -> None:
    assert [name for name in METHODS if not hasattr(torch.Tensor, name)] == []


def test_no_name_is_listed_twice() -> None:
    assert len(engine.__all__) == len(set(engine.__all__))


def test_where_as_a_method_takes_the_condition_second() -> None:
    condition = engine.tensor([True, False])

    assert engine.tensor([1.0, 2.0]).where(condition, 0.0).tolist() == [1.0, 0.0]


def test_every_row_has_its_function_or_is_inner() -> None:
    places = (engine, engine.special, engine.linalg, engine.nn.functional)

    assert [*rows.on_trial(*places)] == []
