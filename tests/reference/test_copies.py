"""Copies, pickles and conversions of a tensor give what they give in torch."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import gradspec_reference as engine

if TYPE_CHECKING:
    from collections.abc import Callable


def pickled(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))  # noqa: S301 - ours


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickled,
}

TENSORS: dict[str, Callable[[Any], Any]] = {
    "vector": lambda m: m.tensor([1.0, 2.0], requires_grad=True),
    "number": lambda m: m.tensor(1.5, dtype=m.float64),
    "integers": lambda m: m.tensor([[1, 2]], dtype=m.int8),
    "transposed": lambda m: m.arange(6.0).reshape(2, 3).t(),
    "part": lambda m: m.arange(6.0)[2:4],
    "every_other": lambda m: m.arange(6.0)[::2],
    "expanded": lambda m: m.tensor(1.0).expand(3),
    "permuted": lambda m: m.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1).clone(),
    "array": lambda m: m.from_numpy(np.arange(8)[::2]),
    "written": lambda m: m.ones(2).mul_(3).add_(1),
}


@pytest.mark.parametrize("tensor", TENSORS)
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_is_laid_out_as_in_torch(way: str, tensor: str) -> None:
    facts = []
    for module in (torch, engine):
        twin = COPIES[way](TENSORS[tensor](module))
        facts.append(
            (
                twin.tolist(),
                str(twin.dtype),
                tuple(twin.shape),
                twin.stride(),
                twin.requires_grad,
                twin.is_leaf,
                twin._is_view(),
                twin._version,
                twin.grad,
            )
        )

    assert facts[1] == facts[0]


@pytest.mark.parametrize("way", COPIES)
def test_copies_of_what_shared_memory_share_it_where_they_do_in_torch(way: str) -> None:
    found = []
    for module in (torch, engine):
        x = module.arange(4.0)
        first, again, part, row = COPIES[way]([x, x, x[1:3], x.reshape(2, 2)[1]])
        part.fill_(9)
        row.fill_(7)
        found.append((first.tolist(), again is first, part.tolist(), x.tolist()))

    assert found[1] == found[0]


@pytest.mark.parametrize("way", COPIES)
def test_attributes_of_ones_own_go_with_a_copy(way: str) -> None:
    found = []
    for module in (torch, engine):
        x = module.tensor([1.0], requires_grad=True)
        x.tag = ["a"]
        twin = COPIES[way](x)
        derived = (x * 1, x.detach(), x.clone(), x[:])
        found.append((twin.tag, twin.tag is x.tag, vars(x), [vars(each) for each in derived]))

    assert found[1] == found[0]


@pytest.mark.parametrize("way", COPIES)
def test_a_result_is_copied_or_refused_as_in_torch(way: str) -> None:
    found = []
    for module in (torch, engine):
        x = module.tensor([1.0], requires_grad=True)
        for result in (x * 2, x[:], (x * 2).detach()):
            try:
                twin = COPIES[way](result)
                found.append((twin.tolist(), twin.requires_grad, twin.grad_fn))
            except RuntimeError:
                found.append(None)

    assert found[3:] == found[:3]


def test_a_deep_copy_has_the_gradient_and_a_pickle_has_not() -> None:
    x = engine.tensor([1.0], requires_grad=True)
    (x * 2).sum().backward()

    assert copy.deepcopy(x).grad.tolist() == [2.0]
    assert pickled(x).grad is None


def test_numpy_is_served_where_nothing_is_recorded() -> None:
    for module in (torch, engine):
        x = module.tensor([1.0], requires_grad=True)
        with module.no_grad():
            x.numpy()[0] = 5.0
            np.asarray(x)

        assert x.tolist() == [5.0]
        for refused in (x.numpy, lambda x=x: np.asarray(x)):
            with pytest.raises(RuntimeError):
                refused()


@pytest.mark.parametrize("spec", ["", ".3f", ">12", ".2e", "d", "%"])
@pytest.mark.parametrize("data", [1.23456, 7, True, [1.5], [1.5, 2.5]])
def test_a_format_is_that_of_the_number(data: Any, spec: str) -> None:
    found: list[Any] = []
    for module in (torch, engine):
        try:
            found.append(format(module.tensor(data), spec))
        except (TypeError, ValueError) as error:
            found.append(type(error))

    assert found[1] == found[0]
