"""Nodes have torch's names, and an edge for each operand that has one in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference as engine

OF_ONE = """
abs acos asin atan ceil clone cos cosh exp exp2 expm1 floor log log10 log1p log2 neg reciprocal relu
round rsqrt sigmoid sign sin sinh sqrt square t tan tanh trunc sum mean prod var std amax amin max
min median flatten squeeze unbind sort norm
"""

CALLS = """
x + y, x + 2, x - y, x - 2, 2 - x, x * y, x / y, 2 / x, x % y, x % 2, 2 % x, x ** y, x ** 2, 2 ** x
torch.rsub(x, y), torch.rsub(x, 2), torch.add(x, y, alpha=2), torch.maximum(x, y)
x @ y.t(), x @ w, w @ x.t(), w @ w, torch.bmm(s, s.mT)
torch.outer(w, w), torch.mv(x, w), torch.dot(w, w), torch.addmm(v, x, x.t())
torch.vdot(w, w), torch.addmv(v, x, w), torch.addr(x, v, w), torch.baddbmm(s[:, :, :2], s, s.mT)
torch.addbmm(v, s, s.mT), torch.linalg.cross(x, y), torch.trace(x), torch.linalg.pinv(x)
torch.linalg.det(x[:, 1:]), torch.linalg.inv(x[:, 1:]), torch.linalg.slogdet(x[:, 1:])
torch.linalg.matrix_exp(x[:, 1:]), torch.linalg.eigh(x[:, 1:]), torch.linalg.qr(x.t())
torch.linalg.svd(x, full_matrices=False), torch.linalg.solve(x[:, 1:], y)
torch.linalg.solve_triangular(x[:, 1:], y, upper=True)
x.reshape(3, 2), x.view(6), x.t().reshape(6), x.t().reshape(3, 2), x.flatten()
x.unflatten(1, (3, 1))
x.permute(1, 0), x.movedim(0, 1), x.transpose(0, 1), x.expand(2, 2, 3), x.broadcast_to((2, 2, 3))
x[None].squeeze(0), x[None].squeeze((0, 1)), x.squeeze(), x.unsqueeze(0), x.narrow(1, 0, 2)
x.select(0, 1), x.diagonal(), x.unfold(1, 2, 1), x.as_strided((2,), (1,)), x.repeat(2, 1), x.flip(0)
x.roll(1, 0), x.tril(), x.triu(), x.split(1), x.split([1, 1]), x.chunk(2), x.unsafe_split(1)
torch.cat([x, y]), torch.stack([x, y.detach()]), x.cumsum(0), x.softmax(0), x.log_softmax(0)
x.sum(0), x.mean(0), x.prod(0), x.var(0), x.amax(0), x.max(0), x.min(0), x.median(0), x.topk(1)
x.logsumexp(0), x.norm(2, 0), x.clamp(0, 1), x.clamp(min=y), x.masked_fill(mask, 0)
x.masked_fill(mask, w.sum()), torch.where(mask, x, y), torch.where(mask, x, 2.0), x.where(mask, y)
torch.where(mask, x.detach(), y), x.masked_select(mask), x.index_select(0, rows)
x.gather(0, places)
x.take_along_dim(places, 0), x.sum(dtype=torch.float64), w[0].movedim(0, 0), w[:0].unsafe_chunk(2)
torch.heaviside(x, y.detach()), x // 2, 2 // x, x.detach() // y, w[0].index_select(0, rows[:1])
x.T, x.mT, x.float(), x.to(torch.float64, copy=True)
torch.nn.functional.mse_loss(x, y), torch.nn.functional.linear(x, y), torch.nn.functional.relu(x)
torch.nn.functional.linear(x, y, v), torch.nn.functional.cross_entropy(x, rows)
x[0], x[:, 1], x[..., 0], x[None], x[:], x[::2], x[rows], x[mask], x[[0, 1], [1, 2]], x[x > 0.5]
""".replace("\n", ", ")

WRITES = """
add_(y), sub_(2), mul_(y), div_(2), pow_(2), remainder_(2), exp_(), zero_(), fill_(2)
fill_(w.sum())
copy_(y), copy_(w), copy_(y.float()), clamp_(0, 1), masked_fill_(mask, 0)
masked_fill_(mask, w.sum())
t_(), transpose_(0, 1), squeeze_(), squeeze_(0), squeeze_((0, 1)), unsqueeze_(0), relu_(), detach_()
__setitem__(0, 2), __setitem__(0, w), __setitem__(rows, 2), __setitem__(mask, w.sum())
""".replace("\n", ", ")


BATCHED = ["s @ s.mT", "s @ x.t()", "s @ w", "w @ s.mT", "torch.nn.functional.linear(s, x)"]
"""What torch makes of several nodes is one here, under the name of the last."""

SHAPES = {"x": (2, 3), "y": (2, 3), "s": (2, 2, 3), "v": (2,), "w": (3,)}


def separate(calls: str) -> list[str]:
    """Split at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for character in calls:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def nodes(library: Any, expression: str, depth: int) -> list[Any]:
    """Return the chains of nodes of what an expression gives."""
    leaves = {
        name: library.tensor(np.arange(1.0, 1 + np.prod(shape)).reshape(shape) / 20)
        for name, shape in SHAPES.items()
    }
    places = {
        "mask": library.tensor([[True, False, True], [False, True, True]]),
        "rows": library.tensor([0, 1]),
        "places": library.tensor([[0, 1, 0]]),
    }
    for leaf in leaves.values():
        leaf.requires_grad_()
    found = eval(expression, {"torch": library, **leaves, **places})  # noqa: S307 - ours
    results = found if isinstance(found, list | tuple) else [found]
    return [chain(result.grad_fn, depth) for result in results]


def chain(node: Any, depth: int) -> Any:
    """Return a node's names, and those of the nodes below it."""
    if node is None or not depth:
        return None
    below = [(chain(each, depth - 1), number) for each, number in node.next_functions]
    return (type(node).__name__, node.name(), depth > 1 and below)


@pytest.mark.parametrize(
    "expression", [*(f"torch.{f}(x)" for f in OF_ONE.split()), *separate(CALLS)]
)
def test_a_node_has_its_name_and_edges(expression: str) -> None:
    assert nodes(engine, expression, 4) == nodes(torch, expression, 4)


@pytest.mark.parametrize("expression", BATCHED)
def test_a_batched_product_has_its_name(expression: str) -> None:
    assert nodes(engine, expression, 1) == nodes(torch, expression, 1)


@pytest.mark.parametrize("write", separate(WRITES))
def test_a_write_has_its_name_and_edges(write: str) -> None:
    to_all = f"(h := x * 1, h.{write})[0]"
    through_a_view = f"(h := x * 1, v := h[:], v.{write}, h, v)[3:]"
    expressions = [to_all] if "detach" in write else [to_all, through_a_view]

    for expression in expressions:
        assert nodes(engine, expression, 4) == nodes(torch, expression, 4)


def test_a_saved_shape_and_index_have_their_names() -> None:
    x, index = engine.ones(2, 3, requires_grad=True), engine.tensor([[0, 1, 0]])

    assert x.gather(0, index).grad_fn._saved_index.tolist() == index.tolist()
    assert "_saved_index" in dir(x.gather(0, index).grad_fn)
    assert "next_functions" in dir(x.exp().grad_fn.next_functions[0][0])
    for result in (x.sum(0), x[0], x.reshape(6)):
        assert result.grad_fn._saved_self_sym_sizes == (2, 3)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_differentiable_gradient_was_copied_into_its_memory() -> None:
    chains = []
    for library in (torch, engine):
        x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        for leaf in (x, x[:, 0].detach().requires_grad_()):
            (leaf**3).sum().backward(create_graph=True)
            chains.append(chain(leaf.grad.grad_fn, 2))

    assert chains[2:] == chains[:2]


@pytest.mark.parametrize("call", ["sort()", "topk(2)", "cummax(1)"])
def test_a_node_shows_which_places_it_chose(call: str) -> None:
    def shown(library: Any) -> Any:
        x = library.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
        values = eval(f"x.{call}", {"x": x})[0]  # noqa: S307 - ours
        return values.grad_fn._saved_indices.tolist()

    assert shown(engine) == shown(torch)


def test_a_node_shows_no_argument_of_this_engine_alone() -> None:
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    nodes = [(y := x * 1).normal_().grad_fn, x[engine.tensor([0])].grad_fn, y[:1].grad_fn]
    shown = {name for node in nodes for name in dir(node) if name.startswith("_saved_")}

    assert not shown & {"_saved_draw", "_saved_generator", "_saved_key", "_saved_self_geometry"}
