"""Numerical checks of the reference engine, beside torch's: of one function one verdict."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import gradspec_reference

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES = (torch, gradspec_reference)


def leaf(engine: Any, *numbers: complex, dtype: str = "float64") -> Any:
    """Make a leaf that requires grad."""
    return engine.tensor(list(numbers), dtype=getattr(engine, dtype), requires_grad=True)


def custom(engine: Any, slope: Callable[..., Any], of: Callable[..., Any], **rest: Any) -> Any:
    """Make a custom function of its forward, backward and further rules."""

    class Custom(engine.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.set_materialize_grads(rest.get("materialize", True))
            return of(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return slope(g, *ctx.saved_tensors)

        if "jvp" in rest:
            jvp = staticmethod(rest["jvp"])

    return Custom.apply


def verdict(engine: Any, check: str, make: Callable[[Any], Any], options: dict[str, Any]) -> Any:
    """Say what a check says, or what it raises."""
    function, inputs = make(engine)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(engine.autograd, check)(function, inputs, **options)
    except (RuntimeError, ValueError, AssertionError, TypeError) as error:
        builtins = [k for k in type(error).__mro__ if k.__module__ == "builtins"]
        return builtins[0].__name__


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "smooth": lambda t: (lambda x, y: (x * y.sin()).exp(), (leaf(t, 0.5, 1.5), leaf(t, 2.0, -1.0))),
    "several": lambda t: (lambda x: (x.exp(), x.sum(), x.detach() * 0), leaf(t, 0.5, 1.5)),
    "a matrix": lambda t: (lambda x: x.reshape(2, 2) @ x.reshape(2, 2).T, leaf(t, 1, 2, 3, 5)),
    "numbers too": lambda t: (lambda x, k: x**k, (leaf(t, 1.5, 2.5), 3)),
    "nothing to check": lambda t: (t.sin, t.tensor([1.0], dtype=t.float64)),
    "no tensor": lambda t: (t.sin, 1.0),
    "expanded": lambda t: (t.sin, leaf(t, 1.0).expand(3)),
    "cut off": lambda t: (lambda x: x.detach() * 2, leaf(t, 1.0)),
    "flat": lambda t: (lambda x: x.detach().floor(), leaf(t, 1.5)),
    "relu at zero": lambda t: (t.relu, leaf(t, 0.0)),
    "abs at zero": lambda t: (t.abs, leaf(t, 0.0)),
    "empty": lambda t: (t.sin, leaf(t)),
    "a single number": lambda t: (t.sin, t.tensor(0.5, dtype=t.float64, requires_grad=True)),
    "wrong": lambda t: (custom(t, lambda g, _: g * 3, lambda x: x * 2), leaf(t, 1.0, 2.0)),
    "constant": lambda t: (custom(t, lambda g, _: g * 0 + 2, lambda x: x * 2), leaf(t, 1.0)),
    "cut once": lambda t: (
        custom(t, lambda g, x: g * 2 * x.detach(), lambda x: x * x),
        leaf(t, 1.0, 2.0),
    ),
    "without a jvp": lambda t: (custom(t, lambda g, _: g * 2, lambda x: x * 2), leaf(t, 1.0)),
    "a wrong jvp": lambda t: (
        custom(t, lambda g, _: g * 2, lambda x: x * 2, jvp=lambda _, v: v * 3),
        leaf(t, 1.0),
    ),
    "nothing for nothing": lambda t: (
        custom(t, lambda g, _: g, lambda x: x * 1, materialize=False),
        leaf(t, 1.0),
    ),
}
OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("gradcheck", {}),
    "false": ("gradcheck", {"raise_exception": False}),
    "fast": ("gradcheck", {"fast_mode": True}),
    "forward": ("gradcheck", {"check_forward_ad": True}),
    "forward alone": ("gradcheck", {"check_forward_ad": True, "check_backward_ad": False}),
    "forward, fast": ("gradcheck", {"check_forward_ad": True, "fast_mode": True}),
    "wide": ("gradcheck", {"atol": 5.0}),
    "far": ("gradcheck", {"eps": 0.5}),
    "batched": ("gradcheck", {"check_batched_grad": True}),
    "types": ("gradcheck", {"check_grad_dtypes": True}),
    "no undefined": ("gradcheck", {"check_undefined_grad": False}),
    "neither": ("gradcheck", {"check_backward_ad": False}),
    "twice": ("gradgradcheck", {}),
    "twice, fast": ("gradgradcheck", {"fast_mode": True}),
    "twice, forward": ("gradgradcheck", {"check_fwd_over_rev": True}),
    "twice, spaced": ("gradgradcheck", {"gen_non_contig_grad_outputs": True}),
    "twice, neither": (
        "gradgradcheck",
        {"check_rev_over_rev": False, "check_undefined_grad": False},
    ),
}


PAIRS = [
    (what, how)
    for what in FUNCTIONS
    for how, (check, _) in OPTIONS.items()
    if check == "gradcheck" or what not in ("cut off", "flat")  # without outputs torch slices [:-0]
]


@pytest.mark.parametrize(("what", "how"), PAIRS)
def test_a_check_says_what_that_of_torch_says(what: str, how: str) -> None:
    check, options = OPTIONS[how]
    expected, found = (verdict(t, check, FUNCTIONS[what], options) for t in ENGINES)

    assert found == expected


def test_a_mismatch_shows_the_numbers() -> None:
    function, x = FUNCTIONS["wrong"](gradspec_reference)
    with pytest.raises(gradspec_reference.autograd.gradcheck.__globals__["GradcheckError"]) as info:
        gradspec_reference.autograd.gradcheck(function, x)

    said = str(info.value)
    assert all(part in said for part in ("output 0", "input 0", "3.0 by the engine", "numerical"))


def test_single_precision_is_warned_of() -> None:
    for engine in ENGINES:
        with pytest.warns(UserWarning, match="float"):
            engine.autograd.gradcheck(
                engine.sin, leaf(engine, 1.0, dtype="float32"), eps=1e-2, atol=1e-1
            )


def test_options_are_by_name() -> None:
    for engine in ENGINES:
        with pytest.raises(TypeError):
            engine.autograd.gradcheck(engine.sin, leaf(engine, 1.0), 1e-6)


def old_helpers(engine: Any) -> Any:
    """Find the module of the deprecated helpers."""
    return sys.modules[f"{engine.__name__}.autograd.gradcheck"]


def test_the_old_helpers_give_what_those_of_torch_give() -> None:
    found = []
    for engine in ENGINES:
        x = leaf(engine, 1.0, 2.0)
        helpers = old_helpers(engine)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (numerical,) = helpers.get_numerical_jacobian(lambda i: i[0] ** 2, (x,), eps=0.25)
            (analytical,), *flags = helpers.get_analytical_jacobian((x,), x**2)
        found.append((numerical.tolist(), analytical.tolist(), flags))

    np.testing.assert_allclose(found[1][0], found[0][0])
    np.testing.assert_allclose(found[1][1], found[0][1])
    assert found[1][2] == found[0][2]


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_old_helpers_know_complex_inputs_and_no_complex_outputs() -> None:
    for engine in ENGINES:
        z = leaf(engine, 1.0 + 2.0j, -2.0j, dtype="complex128")
        helpers = old_helpers(engine)
        (numerical,) = helpers.get_numerical_jacobian(lambda i: i[0].abs(), (z,), eps=1e-5)
        (analytical,), *_ = helpers.get_analytical_jacobian((z,), z.abs())

        for found in (numerical, analytical):
            wanted = np.diag([(1.0 + 2.0j) / 5**0.5, -1.0j])
            np.testing.assert_allclose(np.array(found.tolist()), wanted, rtol=1e-6, atol=1e-9)
        with pytest.raises(ValueError, match="complex"):
            helpers.get_numerical_jacobian(lambda i: i[0] * 1.0, (z,))
        with pytest.raises(ValueError, match="complex"):
            helpers.get_analytical_jacobian((z,), z * 1.0)


@pytest.mark.parametrize("name", ["get_numerical_jacobian", "get_analytical_jacobian"])
def test_the_old_helpers_take_no_cotangent(name: str) -> None:
    for engine in ENGINES:
        x = leaf(engine, 1.0)
        given = (lambda i: i[0], (x,)) if "numerical" in name else ((x,), x * 2)
        with pytest.warns(FutureWarning), pytest.raises(ValueError, match="grad_out"):
            getattr(old_helpers(engine), name)(*given, grad_out=2.0)
