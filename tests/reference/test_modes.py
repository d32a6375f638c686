"""Modes of the reference engine, as far as no clause can ask for them."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch as oracle
from lockstep import assert_alike

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


NESTED = {
    "no_grad": "torch.no_grad()",
    "enable_grad": "torch.enable_grad()",
    "set_grad_enabled": "torch.set_grad_enabled(False)",
    "inference_mode": "torch.inference_mode()",
    "inference_mode_off": "torch.inference_mode(False)",
    "set_multithreading_enabled": "torch.autograd.set_multithreading_enabled(False)",
    "detect_anomaly": "torch.autograd.detect_anomaly(check_nan=False)",
    "set_detect_anomaly": "torch.autograd.set_detect_anomaly(True)",
    "dual_level": "torch.autograd.forward_ad.dual_level()",
    "saved_tensors_hooks": "torch.autograd.graph.saved_tensors_hooks(id, id)",
}

INSIDE_ITSELF = """
def told():
    out(torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled())
    out(torch._C._is_multithreading_enabled())

{outside}
mode = {mode}
told()
with mode:
    told()
    with mode:
        told()
    told()
told()
"""

LEFT_ONLY = """
mode = {mode}
attempt(lambda: mode.__exit__(None, None, None))
out(torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled())
with {mode}:
    pass
attempt(lambda: mode.__exit__(None, None, None))
out(torch.is_grad_enabled(), getattr(mode, "prev", None), getattr(mode, "mode", None))
torch.autograd.set_detect_anomaly(False)
"""


def in_a_thread_of_its_own(program: str) -> None:
    """Compare a program where no mode was touched, so that none that it leaves on is met again."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            assert_alike(program)
        except BaseException as error:  # noqa: BLE001 - handed on
            failed.append(error)
        finally:
            for library in (oracle, torch):
                library.autograd.set_detect_anomaly(False)
            modes.leave_inference((False, True))  # the number of this thread is used again

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed[0]


@pytest.mark.parametrize("outside", ["", "torch.set_grad_enabled(False)"])
@pytest.mark.parametrize("name", NESTED)
def test_a_mode_that_is_entered_within_itself_forgets_what_torch_forgets(
    name: str, outside: str
) -> None:
    in_a_thread_of_its_own(INSIDE_ITSELF.format(outside=outside, mode=NESTED[name]))


@pytest.mark.parametrize("name", NESTED)
def test_a_mode_that_is_left_and_was_not_entered(name: str) -> None:
    in_a_thread_of_its_own(LEFT_ONLY.format(mode=NESTED[name]))


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
