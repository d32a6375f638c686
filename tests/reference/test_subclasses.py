"""Classes derived from tensors, beside torch's: who is asked, and what results are."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch

import gradspec_reference as ref

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES = {"torch": torch, "reference": ref}

CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda _, s: s + 1.0,
    "number_before": lambda _, s: 2.0 - s,
    "tensor_before": lambda e, s: e.ones(2) / s,
    "power": lambda _, s: s**2,
    "comparison": lambda _, s: s > 1.0,
    "negative": lambda _, s: -s,
    "function": lambda e, s: e.sqrt(s),
    "option": lambda e, s: e.sum(s, dim=0),
    "keyword": lambda e, s: e.add(input=e.ones(2), other=s),
    "method": lambda _, s: s.floor(),
    "in_place": lambda _, s: s.add_(1.0),
    "sign_in_place": lambda _, s: operator.imul(s, 2.0),  # type: ignore[no-untyped-call]
    "in_place_from": lambda e, s: e.ones(2).add_(s),
    "list": lambda e, s: e.cat([e.ones(2), s]),
    "several": lambda _, s: s.split(1),
    "named": lambda _, s: s.max(0),
    "layer": lambda e, s: e.nn.functional.relu(s),
    "reading": lambda _, s: s.T,
    "data": lambda _, s: s.data,
    "detach": lambda _, s: s.detach(),
    "index": lambda _, s: s[0],
    "shape": lambda _, s: s.shape,
    "number": lambda _, s: s.sum().item(),
    "flag": lambda _, s: s.requires_grad_(),
    "grad": lambda e, s: e.autograd.grad((s.requires_grad_() * 2.0).sum(), s),
    "stored": lambda _, s: ((s.requires_grad_() * 2.0).sum().backward(), s.grad)[1],
}


def shown(value: Any) -> Any:
    """Say of which class something is, or each of several things, and what it holds."""
    if isinstance(value, tuple | list):
        return [shown(each) for each in value]
    return (type(value).__name__, value.tolist()) if hasattr(value, "tolist") else value


def plain(engine: Any) -> Any:
    """Derive a class that says nothing."""
    return type("Plain", (engine.Tensor,), {})


@pytest.mark.filterwarnings("ignore:The use of")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_results_are_of_the_class_as_in_torch(call: Callable[[Any, Any], Any]) -> None:
    found = {}
    for name, engine in ENGINES.items():
        tensor = engine.tensor([1.0, 2.0]).as_subclass(plain(engine))
        found[name] = shown(call(engine, tensor))

    assert found["reference"] == found["torch"]


@pytest.mark.filterwarnings("ignore:The use of")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_class_is_asked_as_often_as_in_torch(call: Callable[[Any, Any], Any]) -> None:
    assert counted(ref, call) == counted(torch, call)


def counted(engine: Any, call: Callable[[Any, Any], Any]) -> list[int]:
    """Give how many classes there were, each time that a class was asked."""
    asked: list[int] = []

    class Told(engine.Tensor):  # type: ignore[misc]
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, *given: Any) -> Any:
            asked.append(len(types))
            return super().__torch_function__(func, types, *given)

    call(engine, engine.tensor([1.0, 2.0]).as_subclass(Told))
    return asked


def test_a_class_is_told_of_signs_by_torchs_names() -> None:
    def names(engine: Any) -> list[str]:
        told: list[str] = []

        class Telling(engine.Tensor):  # type: ignore[misc, name-defined]
            @classmethod
            def __torch_function__(
                cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                told.append(func.__name__)
                return super().__torch_function__(func, types, args, kwargs or {})

        x = engine.tensor([1.0, 2.0]).as_subclass(Telling)
        _ = x + 1, 1 - x, x / 2, 2 / x, x**2, 2**x, -x, x // 2, 2 // x, x % 2, x == 1, x < 2
        _ = len(x), float(x[0]), bool(x[0]), 1.0 in x, (x > 1) & (x < 2), ~(x > 1)
        x[0] = 1
        return told

    assert names(ref) == names(torch)


def test_a_function_that_was_called_with_lists_before_looks_into_them() -> None:
    ref.cat([ref.ones(1), ref.ones(1)])
    made = plain(ref)

    assert type(ref.cat([ref.ones(1), ref.ones(1).as_subclass(made)])) is made


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_classes_that_do_not_know_each_other_answer_for_none(engine: Any) -> None:
    one, other = (engine.ones(2).as_subclass(plain(engine)) for _ in range(2))

    with pytest.raises(TypeError):
        engine.add(one, other)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_what_is_no_tensor_is_asked_too(engine: Any) -> None:
    class Asked:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any, kwargs: Any = None) -> Any:
            del func, types, args, kwargs
            return "answered"

    assert engine.add(engine.ones(2), Asked()) == "answered"


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_method_of_the_class_goes_on_by_super(engine: Any) -> None:
    class Doubling(engine.Tensor):  # type: ignore[misc]
        def __add__(self, other: Any) -> Any:
            return super().__add__(other) * 2.0

    found = engine.ones(2).as_subclass(Doubling) + 1.0

    assert type(found) is Doubling
    assert found.tolist() == [4.0, 4.0]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_nobody_is_asked_in_a_block(engine: Any) -> None:
    tensor = engine.ones(2).as_subclass(plain(engine))

    with engine._C.DisableTorchFunctionSubclass():
        found = tensor * 2.0

    assert type(found) is engine.Tensor


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_class_can_say_that_it_is_not_asked(engine: Any) -> None:
    held = {"__torch_function__": engine._C._disabled_torch_function_impl}
    made = type("Unasked", (engine.Tensor,), held)

    assert type(engine.ones(2).as_subclass(made) * 2.0) is engine.Tensor


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_parameter_of_a_class_is_one_of_both(engine: Any) -> None:
    made = plain(engine)
    module = engine.nn.Module()
    module.weight = engine.nn.Parameter(engine.ones(2).as_subclass(made))

    assert type(module.weight) is made
    assert isinstance(module.weight, engine.nn.Parameter)
    assert not isinstance(engine.ones(2).as_subclass(made), engine.nn.Parameter)
    assert [each is module.weight for each in module.parameters()] == [True]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_parameters_can_be_derived_from(engine: Any) -> None:
    class Named(engine.nn.Parameter):  # type: ignore[misc]
        def __new__(cls, data: Any, name: str) -> Any:
            made = super().__new__(cls, data)
            made.called = name
            return made

    found = Named(engine.ones(2), "bias")

    assert (found.called, found.requires_grad) == ("bias", True)
    assert type(found * 1.0) is engine.Tensor


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_leaf_of_a_class_is_made_on_the_same_memory(engine: Any) -> None:
    source, made = engine.ones(2), plain(engine)

    leaf = engine.Tensor._make_subclass(made, source, True)
    source.add_(1.0)

    assert type(leaf) is made
    assert (leaf.requires_grad, leaf.is_leaf, leaf.tolist(), leaf._version) == (
        True,
        True,
        [2.0] * 2,
        1,
    )


def pickled(tensor: Any) -> Any:
    """Turn a tensor into bytes, and back."""
    return pickle.loads(pickle.dumps(tensor))  # noqa: S301 - made here


@pytest.mark.parametrize("size", [2, 20, 40], ids=str)
def test_printing_names_the_class_as_torch_does(size: int) -> None:
    shown = {
        name: repr(engine.ones(size).requires_grad_().as_subclass(plain(engine)))
        for name, engine in ENGINES.items()
    }

    assert shown["reference"] == shown["torch"]


class Kept(ref.Tensor):
    """A class that pickle finds by its name."""


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_copies_are_of_the_class(copied: Callable[[Any], Any]) -> None:
    found = copied(ref.ones(2).as_subclass(Kept).detach().requires_grad_())

    assert type(found) is Kept
    assert found.requires_grad


def test_what_is_no_class_of_tensors_is_refused() -> None:
    with pytest.raises(TypeError, match="class of tensors"):
        ref.ones(2).as_subclass(int)
