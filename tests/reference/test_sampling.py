"""What is drawn at random, and what is counted: as torch does it, but for the numbers drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference

WRONG = {
    "no_probability": lambda e: e.bernoulli(e.tensor([2.0])),
    "whole_probabilities": lambda e: e.bernoulli(e.tensor([1])),
    "a_negative_rate": lambda e: e.poisson(e.tensor([-1.0])),
    "a_negative_deviation": lambda e: e.normal(e.tensor([1.0]), -1.0),
    "whole_moments": lambda e: e.normal(e.tensor([1]), 1.0),
    "moments_that_do_not_fit": lambda e: e.normal(e.ones(2), e.ones(3)),
    "more_than_there_are": lambda e: e.multinomial(e.ones(2), 3),
    "none_at_all": lambda e: e.multinomial(e.ones(2), 0),
    "negative_weights": lambda e: e.multinomial(-e.ones(2), 1),
    "no_weight": lambda e: e.multinomial(e.zeros(2), 1),
    "whole_weights": lambda e: e.multinomial(e.tensor([1, 2]), 1),
    "a_block_of_weights": lambda e: e.multinomial(e.ones(2, 2, 2), 1),
    "counted_fractions": lambda e: e.bincount(e.tensor([1.0])),
    "counted_negatives": lambda e: e.bincount(e.tensor([-1])),
    "counted_rows": lambda e: e.bincount(e.tensor([[1]])),
    "too_many_weights": lambda e: e.bincount(e.tensor([1]), e.ones(2)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_torch_refuses_is_refused_so(name: str) -> None:
    with pytest.raises((RuntimeError, NotImplementedError)) as by_torch:
        WRONG[name](torch)
    with pytest.raises((RuntimeError, NotImplementedError)) as refused:
        WRONG[name](gradspec_reference)

    wanted = NotImplementedError if by_torch.type is NotImplementedError else RuntimeError
    assert issubclass(refused.type, wanted)


NODES = {
    "bernoulli": lambda e, x: e.bernoulli(x),
    "poisson": lambda e, x: e.poisson(x),
    "normal_mean": lambda e, x: e.normal(x, 0.5),
    "normal_deviation": lambda e, x: e.normal(1.0, x),
    "normal_both": lambda e, x: e.normal(x, x),
    "unique": lambda e, x: e.unique(x),
    "unique_rows": lambda e, x: e.unique(x, dim=0),
    "bincount": lambda e, x: e.bincount(e.tensor([0, 1]), weights=x),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes_have_torchs_names(name: str) -> None:
    by_torch, found = (
        NODES[name](e, e.tensor([0.5, 0.25], requires_grad=True)).grad_fn.name()
        for e in (torch, gradspec_reference)
    )

    assert found == by_torch


COUNTS = {
    "unique": lambda e: e.tensor([3.0, 1.0, 3.0]).unique(),
    "unique_inverse": lambda e: e.unique(e.tensor([[3.0, 1.0], [1.0, 3.0]]), return_inverse=True),
    "unique_counts": lambda e: e.unique(e.tensor([3, 1, 3]), return_counts=True),
    "unique_rows": lambda e: e.unique(
        e.tensor([[3, 1], [1, 2], [3, 1]]), return_inverse=True, return_counts=True, dim=0
    ),
    "bincount": lambda e: e.bincount(e.tensor([1, 1, 3])),
    "bincount_none": lambda e: e.bincount(e.tensor([], dtype=e.int64)),
    "bincount_longer": lambda e: e.bincount(e.tensor([1]), minlength=4),
    "bincount_weights": lambda e: e.bincount(e.tensor([1, 1]), e.tensor([0.5, 0.25])),
    "bincount_whole": lambda e: e.tensor([1, 1]).bincount(e.tensor([2, 3])),
}


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_counted_is_what_torch_counts(name: str) -> None:
    by_torch, found = (COUNTS[name](e) for e in (torch, gradspec_reference))

    for one, wanted in zip(several(found), several(by_torch), strict=True):
        np.testing.assert_array_equal(one.numpy(), wanted.numpy())
        assert str(one.dtype) == str(wanted.dtype)


def several(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_equal_seeds_draw_equal_numbers() -> None:
    e = gradspec_reference
    first, second = (
        [
            e.bernoulli(e.full((20,), 0.5), generator=e.Generator().manual_seed(seed)),
            e.normal(0.0, 1.0, (20,), generator=e.Generator().manual_seed(seed)),
            e.multinomial(e.ones(20), 20, generator=e.Generator().manual_seed(seed)),
        ]
        for seed in (7, 7)
    )

    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_what_is_drawn_has_its_moments() -> None:
    e = gradspec_reference
    e.manual_seed(3)

    assert abs(e.bernoulli(e.full((4000,), 0.25)).mean().item() - 0.25) < 0.03
    assert abs(e.poisson(e.full((4000,), 3.0)).mean().item() - 3.0) < 0.15
    assert abs(e.normal(e.full((4000,), 2.0), 0.5).std().item() - 0.5) < 0.03


def test_places_without_weight_are_drawn_last() -> None:
    e = gradspec_reference

    assert sorted(e.multinomial(e.tensor([0.0, 1.0, 1.0]), 2).tolist()) == [1, 2]
    assert e.multinomial(e.tensor([0.0, 1.0]), 5, replacement=True).tolist() == [1] * 5
