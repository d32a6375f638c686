"""bfloat16 and numbers of 8 bits do what they do in torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from lockstep import assert_alike

import gradspec_reference as engine
from gradspec_reference.dtypes import OF_8_BITS

EIGHT = [dtype.name for dtype in OF_8_BITS]
WIDER = ("bool", "uint8", "int16", "int64", "float16", "float32", "float64")
OF_ONE = (
    *("x * 2", "2.5 - x", "x / 3", "x ** 2", "x.exp()", "x.sin()", "x.sigmoid()", "x.tanh()"),
    *("x.sum()", "x.mean()", "x.std()", "x.prod()", "x.cumsum(0)", "x.softmax(0)", "x.norm()"),
    *("x.max()", "x.sort()[0]", "x.argmax()", "x[0] * x[1]", "x @ x", "x.outer(x)", "x > 0"),
    *("x.view(3, 1)", "x.unsqueeze(0).t()", "x[1:]", "x.clone()", "x.clamp(max=1)", "x.double()"),
    *("torch.cat([x, x])", "torch.where(x > 0, x, 0.5)", "torch.zeros_like(x)", "x.fill_(3)"),
    *("torch.nn.functional.layer_norm(x, (3,))", "x.as_strided((2, 2), (1, 1))", "x.numpy()"),
    *("x.type()", "x.tolist()", "x.item()", "x.element_size()", "x.is_floating_point()"),
)
STORED = (
    *("x * 2", "-x", "x.exp()", "x.sum()", "x + torch.ones(3)", "x + x", "x @ x", "x.float()"),
    *("x.view(3, 1)", "x[1:]", "x.clone()", "x == x", "torch.cat([x, x])", "x.fill_(2)"),
    *(
        "torch.zeros_like(x)",
        "x.tolist()",
        "x.type()",
        "x.roll(1)",
        "x.numpy()",
        "str(x.dtype)[6:]",
    ),
    *("x.element_size()", "x[torch.tensor([0, 2])]", "x.requires_grad_().requires_grad"),
)


@pytest.mark.parametrize("call", OF_ONE)
def test_a_function_of_bfloat16(call: str) -> None:
    assert_alike(f"x = torch.tensor([1.5, -2.5, 0.75]).bfloat16()\nattempt(lambda: {call})")


@pytest.mark.parametrize("dtype", WIDER)
@pytest.mark.parametrize("sign", ["+", "*", "/", "<"])
def test_a_sign_between_bfloat16_and_another_type(sign: str, dtype: str) -> None:
    lines = ["x = torch.tensor([1.5, -2.5]).bfloat16()", f"y = torch.ones(2).to(torch.{dtype})"]
    lines += [f"out(x {sign} y, y {sign} x, x {sign} y[0], x[0] {sign} y)"]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize(
    "line",
    [
        "y = (x * 0.1).sin() + x.exp() / 3; y.sum().backward(); out(y, x.grad)",
        "y = (x.outer(x) @ x).tanh(); y.sum().backward(); out(y, x.grad)",
        "y = x * 1; y.mul_(x); y[0] = 3; y.sum().backward(); out(y, x.grad)",
        "y = (x ** 3).sum(); g, = torch.autograd.grad(y, x, create_graph=True); out(g)",
        "(x.float() * 0.1).sum().backward(); out(x.grad)",
        "(x * torch.full((3,), 0.1)).sum().backward(); out(x.grad)",
        "x.sum().backward(); x.sum().backward(); (x * 0.1).sum().backward(); out(x.grad)",
    ],
)
def test_gradients_in_bfloat16(line: str) -> None:
    made = "x = torch.tensor([1.5, -2.5, 0.75], dtype=torch.bfloat16, requires_grad=True)"

    assert_alike(f"{made}\n{line}")


@pytest.mark.parametrize("dtype", EIGHT)
@pytest.mark.parametrize("call", STORED)
def test_a_function_of_8_bits(call: str, dtype: str) -> None:
    made = f"x = torch.tensor([1.0, 2.0, 4.0]).to(torch.{dtype})"
    shown = ".float()" if "." in call and call.endswith(")") and "tolist" not in call else ""
    shown = "" if any(word in call for word in ("type()", "size()", "numpy()", "[6:]")) else shown

    assert_alike(f"{made}\nattempt(lambda: ({call}){shown})")


OF_8_BITS_COMPUTED = (
    *("x * x", "x.mul_(x)", "x.outer(x)", "x * x[:1]", "x[:1] * x", "x[1] * x[0]", "x * 2"),
    *("2 * x", "x * x.detach()[:, None]", "x.abs()", "x.abs_()", "x.isnan()", "x.square()"),
    *("x.fill_(torch.tensor(-900.0))", "x.copy_(torch.tensor([0.0, -500.0, 600.0, 3e38, 0.3]))"),
    *("x.zero_()", "x.fill_(0)", "torch.zeros(2, dtype=x.dtype)", "x.nan_to_num()"),
    "x.index_put_((index,), x[1].clone())",
)
NUMBERS = "[0.0, -0.0, -1.0, -3.0, 1e-45, 3e38, float('inf'), float('nan'), 0.3, 3.0, 1.5, 500.0]"


@pytest.mark.parametrize("dtype", EIGHT)
@pytest.mark.parametrize("call", OF_8_BITS_COMPUTED)
def test_what_torch_computes_with_8_bits(call: str, dtype: str) -> None:
    lines = ["x = torch.tensor([1.5, -2.0, 0.0, 300.0, 0.5]).to(torch." + dtype + ")"]
    lines += ["index = torch.tensor([0])", f"attempt(lambda: ({call}).float())"]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize("dtype", EIGHT)
@pytest.mark.parametrize("wide", ["bfloat16", "float16", "float32", "float64"])
def test_zero_signs_and_the_ends_are_converted_as_in_torch(wide: str, dtype: str) -> None:
    made = f"torch.tensor({NUMBERS}).to(torch.{wide})"

    assert_alike(f"out({made}.to(torch.{dtype}).float())")
    assert_alike(f"out(torch.tensor([0, -1, 3, -500]).to(torch.{dtype}).float())")


@pytest.mark.parametrize("dtype", EIGHT)
def test_a_product_of_8_bits_has_gradients_of_8_bits(dtype: str) -> None:
    lines = [f"x = torch.tensor([1.5, 2.0, 6.0]).to(torch.{dtype}).requires_grad_()"]
    lines += ["y = x * x.detach()", "y.backward(x.detach())", "out(y.float(), x.grad.float())"]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("options", ["", "1.0, 2.0, -3.3", "nan=0.1", "posinf=5.0"])
def test_infinities_become_the_ends_of_their_own_type(options: str, dtype: str) -> None:
    lines = ["x = torch.tensor([float('inf'), -float('inf'), float('nan'), 1.5])"]
    lines += [f"x = x.to(torch.{dtype}).requires_grad_()", f"y = x.nan_to_num({options})"]
    lines += ["y.backward(torch.ones(4).to(y.dtype))", "out(y, x.grad)"]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize("other", ["bfloat16", "float16", "float64", "int64", "float8_e5m2"])
def test_8_bits_are_brought_to_no_other_type(other: str) -> None:
    lines = ["x = torch.ones(2).to(torch.float8_e4m3fn)", f"y = torch.ones(2).to(torch.{other})"]

    assert_alike("\n".join([*lines, "attempt(lambda: x + y)", "attempt(lambda: y * x)"]))


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e5m2fnuz"])
def test_numbers_are_rounded_as_in_torch(dtype: str) -> None:
    numbers = np.random.default_rng(3).normal(size=200) * 2.0 ** np.arange(200).__mod__(9)
    found, expected = (
        library.tensor(numbers).to(getattr(library, dtype)).double().tolist()
        for library in (engine, torch)
    )

    assert found == expected


def test_without_the_library_the_types_are_names_and_say_what_to_install() -> None:
    program = """
import sys
sys.modules["ml_dtypes"] = None
import gradspec_reference as torch
from gradspec_conformance.adapters.reference import ReferenceEngine

print(torch.bfloat16, torch.bfloat16.itemsize, "dtype:bfloat16" in ReferenceEngine().abilities)
try:
    torch.ones(2, dtype=torch.bfloat16)
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510 - our own

    assert done.stdout.startswith("torch.bfloat16 2 False\n"), done.stderr
    assert "pip install 'gradspec[types]'" in done.stdout
