"""Modes of the reference engine, as far as no clause can ask for them."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import gradspec_reference as torch
from gradspec_reference.engine import modes, nesting

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_decorated_class_makes_its_objects_in_the_mode() -> None:
    with pytest.warns(FutureWarning):

        @torch.no_grad()
        class Model:
            def __init__(self) -> None:
                self.made_in = torch.is_grad_enabled()

            def called_in(self) -> bool:
                return torch.is_grad_enabled()

    model: Any = Model()  # type: ignore[no-untyped-call]
    assert (model.made_in, model.called_in()) == (False, True)


def test_a_decorated_generator_is_sent_values_and_exceptions_in_its_mode() -> None:
    found: list[Any] = []

    @torch.inference_mode()
    def steps() -> Iterator[int]:
        found.append((yield 1))
        try:
            yield 2
        except KeyError:
            found.append(torch.is_inference_mode_enabled())
        yield 3

    generator: Any = steps()
    assert [next(generator), generator.send("sent"), generator.throw(KeyError())] == [1, 2, 3]
    assert found == ["sent", True]
    assert not torch.is_inference_mode_enabled()


def test_a_generator_that_is_given_up_leaves_no_mode_behind() -> None:
    @torch.no_grad()
    def steps() -> Iterator[bool]:
        while True:
            yield torch.is_grad_enabled()

    generator: Any = steps()
    assert next(generator) is False
    generator.close()
    assert torch.is_grad_enabled()


def test_a_mode_is_entered_from_within_itself() -> None:
    mode = torch.no_grad()
    with mode:
        with mode:
            assert not torch.is_grad_enabled()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    "setting", [torch.set_grad_enabled, torch.autograd.set_multithreading_enabled]
)
def test_a_setting_that_is_no_boolean_is_refused(setting: Any) -> None:
    with pytest.raises(TypeError):
        setting(1)


def test_no_tensor_is_asked_what_it_is_where_no_thread_is_in_inference_mode() -> None:
    with torch.inference_mode():
        assert threading.get_ident() in modes.exceptional
    assert not modes.exceptional


def test_a_pass_that_gets_a_thread_of_its_own_stays_in_inference_mode() -> None:
    found = []

    def walk() -> None:
        found.append(torch.is_inference_mode_enabled())

    with torch.inference_mode():
        nesting.run_in_thread(SimpleNamespace(visit_all=walk))
    assert found == [True]


def test_a_tensor_that_takes_over_data_of_inference_is_one_of_inference() -> None:
    with torch.inference_mode():
        inferred = torch.ones(2)
    x = torch.zeros(2)
    x.data = inferred
    assert x.is_inference()
    inferred.data = torch.zeros(2)
    assert not torch.is_inference(inferred)


def test_a_function_of_the_callers_saves_no_inference_tensor() -> None:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(y)
            return x * y

    with torch.inference_mode():
        inferred = torch.ones(2)
    with pytest.raises(RuntimeError, match="inference mode"):
        Product.apply(torch.ones(2, requires_grad=True), inferred)
