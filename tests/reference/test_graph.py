"""What torch shows of its graph, the engine shows too."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
import torch

import gradspec_reference as engine
from gradspec_reference.autograd import graph
from gradspec_reference.errors import (
    GraphFreedError,
    MutationOutsideError,
    NodeArgumentsError,
    NodeByHandError,
    SavedHooksError,
    StaleSavedTensorError,
)

CALLED = {
    "product": ("x * w", ["v"]),
    "broadcast": ("x * s", ["v"]),
    "constant": ("x * 3", ["v"]),
    "one_operand": ("x.exp()", ["v"]),
    "first_of_several": ("x.split(1)[0]", ["v[:1]", "None"]),
    "nothing_arrives": ("x.split(1)[0]", ["None", "None"]),
    "index": ("x[i]", ["v"]),
    "where": ("torch.where(x > 1, x, w)", ["v"]),
    "max": ("x.max(0).values", ["v[0]"]),
    "leaf": ("x.exp().grad_fn.next_functions[0][0]", ["v"]),
}


def seen(value: Any) -> Any:
    """Give what two libraries can be compared by."""
    if isinstance(value, tuple):
        return tuple(map(seen, value))
    return None if value is None else np.round(np.asarray(value.detach(), float), 4).tolist()


@pytest.mark.parametrize("row", CALLED.values(), ids=CALLED)
def test_a_node_is_called_as_in_torch(row: tuple[str, list[str]]) -> None:
    found = []
    for library in (torch, engine):
        leaves = {
            name: library.tensor(value, dtype=library.float64, requires_grad=True)
            for name, value in {"x": [1.0, 2.0], "w": [3.0, 4.0], "s": 5.0}.items()
        }
        names = leaves | {
            "torch": library,
            "v": library.tensor([0.5, -2.0], dtype=library.float64),
            "i": library.tensor([1, 1]),
        }
        made, gradients = eval(row[0], names), [eval(text, names) for text in row[1]]  # noqa: S307
        node = made if hasattr(made, "next_functions") else made.grad_fn
        answer = node(*gradients)
        found.append((seen(answer), seen(names["x"].grad)))

    assert found[0] == found[1]


def test_a_called_node_records_unless_recording_is_off() -> None:
    for library in (torch, engine):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        node = x.exp().grad_fn

        assert node(library.ones(2)).requires_grad
        with library.no_grad():
            assert not node(library.ones(2)).requires_grad


@pytest.mark.parametrize("gradients", [(), (1.0,), (engine.ones(2), engine.ones(2))])
def test_a_node_is_called_with_a_tensor_for_each_output(gradients: tuple[Any, ...]) -> None:
    with pytest.raises(NodeArgumentsError, match="gradient"):
        engine.ones(2, requires_grad=True).exp().grad_fn(*gradients)


def test_a_called_node_that_was_freed_is_refused() -> None:
    y = engine.ones(2, requires_grad=True).exp()
    y.sum().backward()

    with pytest.raises(GraphFreedError):
        y.grad_fn(engine.ones(2))


def test_nodes_are_no_ones_to_make() -> None:
    y = engine.ones(2, requires_grad=True) * 2

    assert isinstance(y.grad_fn, graph.Node)
    for kind in (graph.Node, type(y.grad_fn)):
        with pytest.raises(NodeByHandError, match="Function"):
            kind()


def test_a_node_tells_what_it_expects() -> None:
    for library in (torch, engine):
        x = library.ones(2, 3, requires_grad=True)
        expected = [
            (tuple(of.shape), str(of.dtype)) for of in x.split(2, 1)[0].grad_fn._input_metadata
        ]

        assert expected == [((2, 2), "torch.float32"), ((2, 1), "torch.float32")]


def test_hooks_on_a_saved_value_work_as_in_torch() -> None:
    found = []
    for library in (torch, engine):
        x = library.tensor([1.0, 2.0], requires_grad=True)
        w = library.tensor([3.0, 4.0], requires_grad=True)
        h = x * 2
        log: list[Any] = []

        def pack(value: Any, log: list[Any] = log) -> Any:
            log.append((value.requires_grad, value.grad_fn))
            return value.tolist()

        y = h * w
        y.grad_fn._raw_saved_self.register_hooks(pack, library.tensor)
        y.grad_fn._raw_saved_other.register_hooks(lambda value: value, lambda value: value * 10)
        read = y.grad_fn._saved_self
        log.append((seen(read), read.grad_fn is h.grad_fn, y.grad_fn._saved_other.requires_grad))
        (of_w,) = library.autograd.grad(y.sum(), [w], create_graph=True)
        (second,) = library.autograd.grad(of_w.sum(), [x], retain_graph=True)
        y.sum().backward()
        found.append((log, seen(of_w), seen(second), seen(x.grad), seen(w.grad)))

    assert found[0] == found[1]


def test_hooks_on_a_saved_value_of_a_callers_function_and_of_a_list() -> None:
    for library in (torch, engine):

        class Square(library.autograd.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return 2 * ctx.saved_tensors[0] * g

        x = library.tensor([1.0, 2.0], requires_grad=True)
        y = Square.apply(x)
        y.grad_fn._raw_saved_tensors[0].register_hooks(lambda v: v, lambda v: v * 7)
        z = x[library.tensor([0, 0])]
        z.grad_fn._raw_saved_indices[0].register_hooks(lambda v: v, lambda v: v + 1)
        (y.sum() + z.sum()).backward()

        assert seen(x.grad) == [14.0, 30.0]


def test_hooks_on_a_saved_value_that_cannot_be_are_refused() -> None:
    x, w = engine.ones(2, requires_grad=True), engine.ones(2, requires_grad=True)
    y = x * w
    raw = y.grad_fn._raw_saved_self
    raw.register_hooks(lambda v: v, lambda v: v)

    with pytest.raises(SavedHooksError, match="twice"):
        raw.register_hooks(lambda v: v, lambda v: v)
    with pytest.raises(SavedHooksError, match="did not need"):
        (x * engine.ones(2)).grad_fn._raw_saved_self.register_hooks(id, id)
    with pytest.raises(SavedHooksError, match="wrote"):
        w.exp().grad_fn._raw_saved_result.register_hooks(lambda v: v.mul_(2), lambda v: v)
    y.sum().backward()
    with pytest.raises(GraphFreedError):
        raw.register_hooks(lambda v: v, lambda v: v)


def test_what_unpack_returns_is_a_tensor() -> None:
    x, w = engine.ones(2, requires_grad=True), engine.ones(2, requires_grad=True)
    y = x * w
    y.grad_fn._raw_saved_self.register_hooks(lambda v: v, lambda _: None)

    with pytest.raises(TypeError, match="unpack hook"):
        y.sum().backward()


def test_a_packed_result_forms_no_circle() -> None:
    y = engine.ones(2, requires_grad=True).exp()
    y.grad_fn._raw_saved_result.register_hooks(lambda v: v.clone(), lambda v: v)
    gone = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert gone() is None
    finally:
        gc.enable()


def test_versions_are_raised_of_tensors_only() -> None:
    for library in (torch, engine):
        for wrong in (3, [None]):
            with pytest.raises(RuntimeError, match="increment_version"):
                library.autograd.graph.increment_version(wrong)


def test_the_current_node_of_a_nested_pass_is_given_back() -> None:
    found: list[Any] = []
    x = engine.ones((), requires_grad=True)
    inner = x * 3
    inner.register_hook(lambda _: found.append(graph.current_node() is inner.grad_fn))

    def hook(_: Any) -> None:
        inner.backward(retain_graph=True)
        found.append(graph.current_node() is outer.grad_fn)

    outer = x * 2
    outer.register_hook(hook)
    outer.backward()

    assert found == [True, True]
    assert graph.current_node() is None


def random_writes(library: Any, seed: int) -> Any:
    """Record products and writes at random inside the block; torch cannot see writes to views."""
    draw = np.random.default_rng(seed)
    with library.autograd.graph.allow_mutation_on_saved_tensors():
        x = library.tensor(draw.uniform(1, 2, 3), requires_grad=True)
        values = [x * 1.0]
        for _ in range(8):
            one, other = (values[i] for i in draw.integers(len(values), size=2))
            act = draw.integers(5)
            if act == 0:
                values.append(one * other)
            elif act == 1:
                values.append(one.sin())
            elif act == 2:
                one.mul_(float(draw.uniform(0.5, 1.5)))
            elif act == 3:
                one.add_(other)
            else:
                values.append(one.exp() if len(values) < 3 else one - other)
        root = sum((value.sum() for value in values[1:]), values[0].sum())
        (first,) = library.autograd.grad(root, [x], create_graph=True)
        second = first.sum().grad_fn and library.autograd.grad(first.sum(), [x], allow_unused=True)
        return seen(root), seen(first), seen(second or None)


def test_values_written_in_the_block_are_differentiated_as_in_torch() -> None:
    for seed in range(60):
        ours, theirs = random_writes(engine, seed), random_writes(torch, seed)
        for one, other in zip(ours, theirs, strict=True):
            assert (one is None) == (other is None), seed
            if one is not None:
                np.testing.assert_allclose(
                    np.array(one, float), np.array(other, float), rtol=1e-3, err_msg=str(seed)
                )


def test_a_write_through_a_view_is_seen_in_the_block() -> None:
    with graph.allow_mutation_on_saved_tensors():
        x = engine.tensor([1.0, 2.0, 3.0], requires_grad=True)
        h = x * 1
        y = h * h
        h[1:].mul_(5)
        y.sum().backward()

    assert seen(x.grad) == [2.0, 4.0, 6.0]


def test_behind_the_block_and_in_it_from_before_the_write_is_noticed() -> None:
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    before = x * 1
    y = before * before
    before.mul_(2)
    with graph.allow_mutation_on_saved_tensors():
        inside = x * 1
        z = inside * inside
        inside.mul_(2)
        with pytest.raises(StaleSavedTensorError):
            y.sum().backward()

    with pytest.raises(MutationOutsideError):
        z.sum().backward()
