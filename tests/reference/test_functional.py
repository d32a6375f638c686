"""Functional derivatives beside torch: drawn functions, structures, and what is refused."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import torch

import gradspec_reference as reference

if TYPE_CHECKING:
    from collections.abc import Callable

SIX: Final = ("vjp", "jvp", "vhp", "hvp", "jacobian", "hessian")
PRODUCTS: Final = ("vjp", "jvp", "vhp", "hvp")
OF_NUMBERS: Final = ("vhp", "hvp", "hessian")
DRAWS: Final = 12

of_all = pytest.mark.parametrize("name", SIX)


def tensor(engine: Any, values: Any, **options: Any) -> Any:
    return engine.tensor(values, dtype=engine.float64, **options)


def shown(found: Any) -> Any:
    """Give tensors as arrays and flags, in the form that they have."""
    if isinstance(found, tuple):
        return tuple(map(shown, found))
    array = found.detach().numpy()
    return np.round(array, 9).tolist(), tuple(array.shape), str(array.dtype), found.requires_grad


def came_to(engine: Any, program: Callable[[Any, Any], Any]) -> Any:
    """Give what a program found, or the error that it raised."""
    try:
        return shown(program(engine, engine.autograd.functional))
    except Exception as error:  # noqa: BLE001 - whatever torch raises
        return error


def assert_same(program: Callable[[Any, Any], Any]) -> None:
    """Demand that both find the same, or that what catches torch's error catches the other."""
    theirs, ours = came_to(torch, program), came_to(reference, program)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), (theirs, ours)
    else:
        assert ours == theirs


pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch's


OPERATIONS: Final[tuple[Callable[[Any, Any], Any], ...]] = (
    lambda a, b: a * b,
    lambda a, b: a.sin() + b,
    lambda a, b: a * a * 0.5 - b,
    lambda a, b: a.exp() * 0.1 + b * b,
    lambda a, b: a.cumsum(0) * b.cos(),
    lambda a, b: a.flip(0) + b.sum(),
)


def drawn(seed: int) -> Callable[..., Any]:
    """Draw a function of two tensors of three entries."""
    generator = np.random.default_rng(seed)
    steps = generator.integers(len(OPERATIONS), size=4)
    operands = generator.integers(2, size=4)

    def function(x: Any, y: Any) -> Any:
        values = [x, y]
        for step, operand in zip(steps, operands, strict=True):
            values[operand] = OPERATIONS[step](values[operand], values[1 - operand])
        return values[operands[-1]]

    return function


@of_all
@pytest.mark.parametrize("seed", range(DRAWS))
def test_drawn_functions_have_torchs_derivatives(name: str, seed: int) -> None:
    function, values = drawn(seed), np.random.default_rng(seed + 1000).normal(size=(5, 3))
    flags = dict(zip(("create_graph", "strict"), divmod(seed % 4, 2), strict=True))

    def program(engine: Any, functional: Any) -> Any:
        x, y = (tensor(engine, v, requires_grad=bool(seed % 3)) for v in values[:2])
        of_number = name in OF_NUMBERS
        form = function if not of_number else lambda x, y: function(x, y).sum()
        vectors = tuple(tensor(engine, v) for v in values[2:4])
        given = {"vjp": vectors[0]}.get(name, vectors)
        more = {"v": given} if name in PRODUCTS else {"vectorize": seed % 5 == 0}
        options = {k: bool(v) for k, v in flags.items()}
        return getattr(functional, name)(form, (x, y), **more, **options)

    assert_same(program)


@pytest.mark.parametrize("name", SIX)
def test_what_has_a_graph_is_differentiated_as_in_torch(name: str) -> None:
    def program(engine: Any, functional: Any) -> Any:
        x = tensor(engine, [0.5, -1.5, 2.0], requires_grad=True)
        v = tensor(engine, [1.0, 2.0, -1.0], requires_grad=name in PRODUCTS)
        form = (lambda x: (x.sin() * x.prod()).sum()) if name in OF_NUMBERS else lambda x: x.sin()
        given = (x, v) if name in PRODUCTS else (x,)
        found = getattr(functional, name)(form, *given, create_graph=True)
        last = found[1] if name in PRODUCTS else found
        wanted = (x, v) if name in PRODUCTS else (x,)
        return engine.autograd.grad((last * last).sum(), wanted)

    assert_same(program)


INPUTS: Final[dict[str, Callable[[Any], Any]]] = {
    "a list": lambda e: [tensor(e, [1.0, 2.0])],
    "a number": lambda _: 3.0,
    "a number in a tuple": lambda e: (tensor(e, [1.0, 2.0]), 2.0),
    "an empty tuple": lambda _: (),
    "None": lambda _: None,
    "whole numbers": lambda e: e.tensor([1, 2]),
    "no entries": lambda e: tensor(e, []),
    "a scalar": lambda e: tensor(e, 2.0),
    "one entry": lambda e: tensor(e, [2.0]),
    "a matrix": lambda e: tensor(e, [[1.0, 2.0]]),
}
VECTORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "none": lambda _e, _x: None,
    "alike": lambda _e, x: x,
    "too long": lambda e, _: tensor(e, [1.0, 2.0, 3.0]),
    "a tuple": lambda e, _: (tensor(e, [1.0, 2.0]), tensor(e, [1.0, 2.0])),
    "a number": lambda *_: 2.0,
}
OUTPUTS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "a number": lambda *_: 3.0,
    "a list": lambda _e, x: [x],
    "None": lambda *_: None,
    "a tuple of a number": lambda _e, x: (x.sum(),),
    "a vector": lambda _e, x: x * x,
    "whole numbers": lambda e, _: e.tensor([1, 2]),
    "no entries": lambda _e, x: x[:0],
    "a constant": lambda e, _: tensor(e, [1.0, 2.0]),
    "one entry": lambda _e, x: (x * x).sum().reshape(1, 1),
    "narrow numbers": lambda _e, x: x.float() * 2.0,
}


@of_all
@pytest.mark.parametrize("given", INPUTS)
def test_odd_inputs_are_taken_or_refused_as_in_torch(name: str, given: str) -> None:
    for vector in VECTORS.values() if name in PRODUCTS else [None]:

        def program(engine: Any, functional: Any, vector: Any = vector) -> Any:
            zero = tensor(engine, 0.0)
            squares = lambda *xs: xs[0] * xs[0] if xs else zero  # noqa: E731
            total = lambda *xs: sum(((x * x).sum() for x in xs), zero)  # noqa: E731
            inputs = INPUTS[given](engine)
            more = () if vector is None else (vector(engine, inputs),)
            form = total if name in OF_NUMBERS else squares
            return getattr(functional, name)(form, inputs, *more)

        assert_same(program)


@of_all
@pytest.mark.parametrize("returned", OUTPUTS)
def test_odd_outputs_are_taken_or_refused_as_in_torch(name: str, returned: str) -> None:
    for strict, vectorize in itertools.product((False, True), repeat=2):
        options: dict[str, Any] = {"strict": strict}
        if name not in PRODUCTS:
            options["vectorize"] = vectorize

        def program(engine: Any, functional: Any, options: Any = options) -> Any:
            x = tensor(engine, [1.0, 2.0])
            more = (tensor(engine, [3.0, -1.0]),) if name in PRODUCTS else ()
            form = lambda x: OUTPUTS[returned](engine, x)  # noqa: E731
            return getattr(functional, name)(form, x, *more, **options)

        assert_same(program)


@pytest.mark.parametrize("name", ["jacobian", "hessian"])
def test_strategies_are_refused_as_in_torch(name: str) -> None:
    argument = "strategy" if name == "jacobian" else "outer_jacobian_strategy"
    flags = ("create_graph", "strict", "vectorize")
    for strategy, *chosen in itertools.product(
        ("forward-mode", "reverse-mode", "sideways", None), *[(False, True)] * 3
    ):
        options = dict(zip(flags, chosen, strict=True))
        if strategy == "forward-mode" and chosen == [False, False, True]:
            continue  # what is not there yet

        def program(engine: Any, functional: Any, options: Any = options) -> Any:
            x = tensor(engine, [1.0, 2.0], requires_grad=True)
            return getattr(functional, name)(lambda x: (x * x * x).sum(), x, **options)

        options[argument] = strategy
        assert_same(program)


PUSHED: Final[tuple[Callable[..., Any], ...]] = (
    lambda x, y: (x * x * y, (x * y).exp().sum(), y.sin()),
    lambda x, y: x * 2.0 + 0.0 * y,
    lambda x, y: (y.detach() * x, y.detach()),
    lambda x, y: (x * float(x.sum()), y if y[0] > 0 else -y),
    lambda x, y: x[x > 1.0] * y.sum(),
    lambda x, y: (x.reshape(3, 1) * y, 3),
    lambda *_: 3.0,
)


@pytest.mark.parametrize("function", PUSHED)
def test_a_jacobian_by_columns_is_that_of_torch(function: Callable[..., Any]) -> None:
    def program(engine: Any, functional: Any) -> Any:
        inputs = (tensor(engine, [0.5, 1.5, 2.0]), tensor(engine, [0.25, -1.0, 0.75]))
        found = functional.jacobian(function, inputs, vectorize=True, strategy="forward-mode")
        assert isinstance(found, list)
        return tuple(block for row in found for block in (row if isinstance(row, list) else [row]))

    assert_same(program)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_hessian_by_columns_is_that_of_torch(requires_grad: bool) -> None:
    def program(engine: Any, functional: Any) -> Any:
        x = tensor(engine, [0.5, 1.5, 2.0], requires_grad=requires_grad)
        y = tensor(engine, [0.25, -1.0, 0.75])
        rows = functional.hessian(
            lambda x, y: (x**3 * y.exp()).sum(),
            (x, y),
            vectorize=True,
            outer_jacobian_strategy="forward-mode",
        )
        third = engine.autograd.grad(rows[0][0].sum(), x)[0] if requires_grad else rows[0][0]
        return (*rows[0], *rows[1], third)

    assert_same(program)


@of_all
def test_an_exception_of_the_function_leaves_the_mode_as_it_was(name: str) -> None:
    def stop(_: Any) -> Any:
        raise KeyError("stop")

    x = reference.tensor([1.0])
    with reference.no_grad():
        with pytest.raises(KeyError, match="stop"):
            getattr(reference.autograd.functional, name)(stop, x, *[x] * (name in PRODUCTS))
        assert not reference.is_grad_enabled()
