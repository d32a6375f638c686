"""Which dtypes an operation takes, and which it gives, is as in torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from lockstep import assert_alike

import gradspec_reference as engine

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
NUMBERS = ("True", "2", "-1", "2.5")
SIGNS = ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<", "==")
OF_ONE = (
    *("abs", "neg", "sign", "sqrt", "exp", "floor", "round", "trunc", "relu", "reciprocal"),
    *("bitwise_not", "logical_not", "isnan", "signbit", "square", "sigmoid", "sum", "prod"),
    *("mean", "var", "max", "median", "argmax", "amax", "all", "any", "norm", "count_nonzero"),
)
ALONG = (
    *("sum(0)", "prod(0)", "mean(0)", "std(0)", "max(0)", "argmin(0)", "cumsum(0)", "sort()"),
    *("topk(1)", "median(0)", "log_softmax(0)", "logsumexp(0)", "norm(dim=0)"),
    *("clamp(0, 1)", "clamp(min=0.5)", "clamp(True)", "pow(2)", "pow(-1)", "pow(0.5)", "nonzero()"),
    *("sum(dtype=torch.float64)", "sum(dtype=torch.int32)", "prod(dtype=torch.bool)"),
    *("mean(dtype=torch.float64)", "mean(dtype=torch.int64)", "cumsum(0, dtype=torch.float32)"),
    *("softmax(0, dtype=torch.float64)", "norm(dtype=torch.float64)", "dot(x)", "outer(x)"),
    *("view(1, 3).mm(x.view(3, 1))", "view(1, 3).mv(x)", "maximum(x)", "where(x > 0, 0.5)"),
    *("masked_fill(x > 0, 1.5)", "fill_(1.5)", "allclose(x)", "heaviside(x)", "to(torch.bool)"),
)


def made(dtype: str) -> str:
    """Write a vector of a dtype."""
    return f"torch.tensor([0, 1, 3]).to(torch.{dtype})"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_between_two_dtypes(sign: str, dtype: str) -> None:
    others = [*map(made, DTYPES), *NUMBERS, *(f"{made(other)}[1]" for other in DTYPES)]
    lines = [f"x = {made(dtype)}"]
    lines += [f"attempt(lambda: x {sign} ({other}))" for other in others]
    lines += [f"attempt(lambda: ({other}) {sign} x)" for other in NUMBERS]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "pow_", "remainder_", "copy_"])
def test_a_result_that_the_target_cannot_hold(name: str, dtype: str) -> None:
    others = [*map(made, DTYPES), *NUMBERS]
    lines = [f"attempt(lambda: {made(dtype)}.{name}({other}))" for other in others]

    assert_alike("\n".join(lines))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("call", [*(f"{name}()" for name in OF_ONE), *ALONG])
def test_a_function_of_one_dtype(call: str, dtype: str) -> None:
    assert_alike(f"x = {made(dtype)}\nattempt(lambda: x.{call})")


@pytest.mark.parametrize("call", ["sum", "prod", "cumsum"])
def test_no_integers_are_made_of_what_requires_grad(call: str) -> None:
    dim = "0, " if call == "cumsum" else ""

    assert_alike(f"x = leaf([1.5, 2.5])\nattempt(lambda: x.{call}({dim}dtype=torch.int64))")


LIMITS = """
finfo(float32) finfo(float16) finfo(float64) finfo(bfloat16) finfo(float8_e4m3fn) finfo()
finfo(float8_e5m2) finfo(float8_e4m3fnuz) finfo(float8_e8m0fnu) finfo(int32) finfo(3) finfo(float)
iinfo(int8) iinfo(uint8) iinfo(int64) iinfo(float32) iinfo(bool) iinfo() iinfo(int)
promote_types(int8,uint8) promote_types(uint8,float16) promote_types(bfloat16,float16)
promote_types(bool,int16) promote_types(float8_e5m2,float32) promote_types(int64,3)
can_cast(float64,float16) can_cast(float32,int64) can_cast(int64,bool) can_cast(3,int64)
"""
ATTRIBUTES = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")


@pytest.mark.parametrize("call", LIMITS.split())
def test_what_a_dtype_can_hold(call: str) -> None:
    def told(library: Any) -> Any:
        try:
            found = eval(call, {**vars(library)})  # noqa: S307 - ours
        except (RuntimeError, TypeError) as error:
            return TypeError if isinstance(error, TypeError) else RuntimeError
        attributes = [name for name in ATTRIBUTES if hasattr(found, name)]
        return repr(found), [(name, getattr(found, name)) for name in attributes]

    assert told(engine) == told(torch)
