"""Losses of classes, in all the forms in which torch has them."""

from __future__ import annotations

import pytest
from lockstep import assert_alike

SHAPES = [
    "(3, 4), (3,)",
    "(4,), ()",
    "(2, 4, 3), (2, 3)",
    "(3, 4), (3, 4)",
    "(3, 4), (2,)",
    "(), ()",
]
OPTIONS = [
    "",
    "weight=weight",
    "ignore_index=1",
    "weight=weight, ignore_index=0",
    "label_smoothing=0.25",
    "label_smoothing=0.25, weight=weight, ignore_index=2",
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "average"])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_a_loss_of_classes(
    name: str, dtype: str, shapes: str, options: str, reduction: str
) -> None:
    assert_alike(f"""
shape, beside = {shapes}
random = np.random.default_rng(7)
x = torch.tensor(random.normal(size=shape)).requires_grad_()
target = torch.tensor(np.asarray(random.random(beside) * 3)).to(torch.{dtype})
weight = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)
loss = torch.nn.functional.{name}(x, target, reduction={reduction!r}, {options})
loss.sum().backward()
out(loss, x.grad)
""")


@pytest.mark.parametrize("shapes", ["(), (1,)", "(1,), ()", "(2, 1), (3,)", "(2,), (3,)", "(), ()"])
@pytest.mark.parametrize("weight", ["None", "torch.ones(1)"])
def test_a_loss_of_numbers_compares_what_is_broadcast(shapes: str, weight: str) -> None:
    assert_alike(f"""
first, second = {shapes}
x = torch.ones(first, dtype=torch.float64, requires_grad=True)
loss = torch.nn.functional.mse_loss(x, torch.zeros(second), weight={weight})
loss.backward()
out(loss, x.grad, [edge[0] for edge in loss.grad_fn.next_functions])
""")
