"""Tensors on the device meta: shapes, types and histories without numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import gradspec_reference


@pytest.fixture(params=[torch, gradspec_reference], ids=["torch", "reference"])
def engine(request: pytest.FixtureRequest) -> Any:
    return request.param


def leaf(engine: Any) -> Any:
    return engine.tensor([1.5, -2.5]).to("meta").requires_grad_()


def test_what_is_moved_there_keeps_its_shape_and_type(engine: Any) -> None:
    x = engine.tensor([[1.0, 2.0]], dtype=engine.float64).to("meta")

    assert (x.device.type, tuple(x.shape), x.dtype) == ("meta", (1, 2), engine.float64)
    assert x.is_meta


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: (x * 3.0).sum(),
        lambda e, x: e.sin(x).mean(),
        lambda _, x: (x @ x) + x.exp().sum(),
        lambda e, x: e.relu(x)[:1].sum(),
        lambda e, x: e.cat([x, x]).sum(dim=0),
        lambda _, x: x.sort().values.sum(),
    ],
)
def test_a_gradient_is_there_too(engine: Any, function: Any) -> None:
    x = leaf(engine)
    function(engine, x).backward()

    assert x.grad.device.type == "meta"
    assert tuple(x.grad.shape) == (2,)


def test_gradients_add_up_there(engine: Any) -> None:
    x = leaf(engine)
    (x * 3.0).sum().backward()
    (x * 3.0).sum().backward()

    assert x.grad.device.type == "meta"


def test_what_is_asked_for_is_there(engine: Any) -> None:
    x = leaf(engine)
    (gradient,) = engine.autograd.grad((x * 3.0).sum(), x)

    assert gradient.device.type == "meta"


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x.numpy(),
        lambda x: x.to("cpu"),
        lambda x: x[0].item(),
        lambda x: x.tolist(),
        lambda x: (x * 3.0).sum().to("cpu"),
    ],
)
def test_there_are_no_numbers_to_look_at(engine: Any, look: Any) -> None:
    with pytest.raises((NotImplementedError, RuntimeError, TypeError)):
        look(engine.tensor([1.5, -2.5]).to("meta"))


def test_operands_are_there_or_here(engine: Any) -> None:
    x = engine.tensor([1.5, -2.5])

    with pytest.raises(RuntimeError):
        x.to("meta") * x


def test_numbers_belong_to_any_device(engine: Any) -> None:
    x = engine.tensor([1.5, -2.5]).to("meta")

    assert (x * engine.tensor(2.0)).device.type == "meta"


def test_the_gradient_of_what_was_moved_there_cannot_come_back(engine: Any) -> None:
    x = engine.tensor([1.5, -2.5], requires_grad=True)

    with pytest.raises(NotImplementedError):
        (x.to("meta") * 3.0).sum().backward()


def test_what_is_made_like_it_is_there(engine: Any) -> None:
    x = leaf(engine)

    made = (engine.zeros_like(x), engine.ones_like(x), engine.full_like(x, 2.0))
    assert {one.device.type for one in (*made, engine.rand_like(x))} == {"meta"}


def test_it_prints_where_it_is(engine: Any) -> None:
    shown = repr(leaf(engine))

    assert shown == "tensor(..., device='meta', size=(2,), requires_grad=True)"


MAKERS = {
    "ones": lambda torch: torch.ones(2, device="meta"),
    "tensor": lambda torch: torch.tensor([1.0, 2.0], device="meta"),
    "full": lambda torch: torch.full((2,), 3.0, device="meta"),
    "rand": lambda torch: torch.rand(2, device="meta"),
    "arange": lambda torch: torch.arange(2.0, device=torch.device("meta")),
    "as_tensor": lambda torch: torch.as_tensor(torch.ones(2), device="meta"),
    "new_ones": lambda torch: torch.ones(3, device="meta").new_ones(2),
}


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_made_there_is_there(engine: Any, make: str) -> None:
    x = MAKERS[make](engine).requires_grad_()

    (x * 2.0).sum().backward()

    assert (x.device.type, x.grad.device.type, tuple(x.grad.shape)) == ("meta", "meta", (2,))


def test_a_block_says_where_tensors_are_made(engine: Any) -> None:
    with engine.device("meta"):
        inside, named = engine.zeros(2), engine.zeros(2, device="cpu")
        with engine.device("cpu"):
            innermost = engine.zeros(2)

    found = [x.device.type for x in (inside, named, innermost, engine.zeros(2))]
    assert found == ["meta", "cpu", "cpu", "cpu"]


LOOKS = {
    "equal": lambda torch, x: torch.equal(x, x),
    "nonzero": lambda torch, x: torch.nonzero(x),
    "unique": lambda torch, x: torch.unique(x),
    "mask": lambda _torch, x: x[x > 0.0],
    "copy_": lambda torch, x: torch.ones(2).copy_(x),
    "cpu": lambda _torch, x: x.cpu(),
    "grad": lambda torch, x: setattr(x, "grad", torch.ones(2)),
    "cotangent": lambda torch, x: (x * 2.0).backward(torch.ones(2)),
}


@pytest.mark.parametrize("look", LOOKS)
def test_its_numbers_are_not_looked_at(engine: Any, look: str) -> None:
    with pytest.raises(RuntimeError):
        LOOKS[look](engine, leaf(engine))
