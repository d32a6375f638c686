"""Transforms of functions beside torch: random compositions, structures, and what is refused.

`GRADSPEC_COMPOSITIONS=1000` draws that many instead of those that are tried each day.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import torch

import gradspec_reference as reference

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT: Final = int(os.environ.get("GRADSPEC_COMPOSITIONS", "100"))
DEPTH: Final = 3
POINT: Final = np.array([0.3, -0.7, 0.5])

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own


def tensor(engine: Any, values: Any, **options: Any) -> Any:
    return engine.tensor(values, dtype=engine.float64, **options)


# what is differentiated: functions of a vector, with numbers of the draw ----------------
FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (
    lambda _t, x, c: (x * c).sin() * x.sum(),
    lambda _t, x, c: (x * x * c).exp().cumsum(0),
    lambda t, x, c: t.outer(x, x) @ c,
    lambda t, x, c: t.stack([x.prod() + c[0], x[1] * c[1], (x - c).pow(3).sum()]),
    lambda t, x, c: t.softmax(x * c, 0) * x.flip(0),
    lambda _t, x, c: written(x, c),
    lambda t, x, c: x / (x * x + 1.0) + held(t, x) * c,
    lambda t, x, c: t.where(x > 0.0, x * c, x * x) - x.mean(),
)


def written(x: Any, c: Any) -> Any:
    """Write in place, through a view as well."""
    y = (x * c).clone()  # torch cannot write to what it knows to be zero
    y[1:].mul_(x[:2])
    return y.add_(x.sin())


def held(engine: Any, x: Any) -> Any:
    """Compute what is constant to who differentiates."""
    with engine.no_grad():
        return x.cos()


# transforms: each makes a function of a vector from one ---------------------------------
Transform = Any  # engine, function, numbers of the draw -> function

TRANSFORMS: Final[dict[str, Transform]] = {
    "grad": lambda t, f, c: t.func.grad(lambda x: (f(x) * c).sum()),
    "grad_and_value": lambda t, f, c: (
        lambda x: sum(t.func.grad_and_value(lambda x: (f(x) * c).sum())(x))
    ),
    "grad by the second": lambda t, f, _c: (
        lambda x: t.func.grad(lambda y, x: (f(x) * f(y)).sum(), argnums=1)(x, x)
    ),
    "grad of a structure": lambda t, f, c: (
        lambda x: t.func.grad(lambda p: (f(p["x"]) * p["c"][0]).sum())({"x": x, "c": [x * c]})["x"]
    ),
    "vjp": lambda t, f, c: lambda x: t.func.vjp(f, x)[1](c)[0],
    "vjp by its own value": lambda t, f, _c: lambda x: pulled(t, f, x),
    "jvp": lambda t, f, c: lambda x: t.func.jvp(f, (x,), (c,))[1],
    "jvp along itself": lambda t, f, c: lambda x: t.func.jvp(f, (x,), (x * c,))[1],
    "jvp and value": lambda t, f, c: lambda x: sum(t.func.jvp(f, (x,), (c,))),
    "jacrev": lambda t, f, c: lambda x: t.func.jacrev(f)(x) @ c,
    "jacfwd": lambda t, f, c: lambda x: c @ t.func.jacfwd(f)(x),
    "hessian": lambda t, f, c: lambda x: t.func.hessian(lambda x: (f(x) * c).sum())(x) @ x,
    "closed over": lambda t, f, _c: lambda x: x * t.func.grad(lambda y: (f(y) * x).sum())(x),
    "in no_grad": lambda t, f, _c: lambda x: x * constant(t, t.func.grad(lambda x: f(x).sum()), x),
}


def pulled(engine: Any, f: Any, x: Any) -> Any:
    """Multiply the value of a function by its Jacobian."""
    value, pull = engine.func.vjp(f, x)
    return pull(value)[0]


def constant(engine: Any, f: Any, x: Any) -> Any:
    """Compute what is constant to who differentiates."""
    with engine.no_grad():
        return f(x)


def composition(seed: int) -> tuple[list[str], int, list[Any]]:
    """Draw transforms, the innermost first, a function, and numbers for each."""
    random = np.random.default_rng(seed)
    names = list(random.choice(list(TRANSFORMS), random.integers(1, DEPTH + 1)))
    numbers = [random.uniform(-1.0, 1.0, 3) for _ in range(len(names) + 1)]
    return names, int(random.integers(len(FUNCTIONS))), numbers


def came_to(engine: Any, seed: int) -> Any:
    """Give what a composition comes to at a leaf, and what a pass then stores in that."""
    names, place, (first, *numbers) = composition(seed)
    by = tensor(engine, first, requires_grad=True)

    def function(x: Any) -> Any:
        return FUNCTIONS[place](engine, x, by)

    for name, each in zip(names, numbers, strict=True):
        function = TRANSFORMS[name](engine, function, tensor(engine, each))
    x = tensor(engine, POINT, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = function(x)
        if found.requires_grad:
            found.sum().backward()
    nothing = tensor(engine, np.zeros(3))  # torch keeps zeros that it knows apart: it is added
    stored = [nothing if leaf.grad is None else leaf.grad for leaf in (x, by)]
    return [(each.detach() + nothing).numpy() for each in (found, *stored)]


@pytest.mark.parametrize("seed", range(COUNT))
def test_compositions_come_to_the_same(seed: int) -> None:
    """The value, and what a tape outside stores; a derivative that is zero may be missing."""
    for ours, theirs in zip(came_to(reference, seed), came_to(torch, seed), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-8)


# indices of each example's own ------------------------------------------------------------
OWN_INDICES: Final[dict[str, Any]] = {
    "gather": lambda t, x, i: t.gather(x, 1, i),
    "index": lambda _t, x, i: x[i[:, 0]],
    "index of two": lambda _t, x, i: x[i[:, 0], i[:, 1]],
    "index behind a slice": lambda _t, x, i: x[:, i[:, 0]],
    "index beside a number": lambda _t, x, i: x[i[:, 0], 1],
    "embedding": lambda t, x, i: t.nn.functional.embedding(i, x),
    "classes": lambda t, x, i: t.nn.functional.cross_entropy(x, i[:, 0]),
    "classes, some of which are ignored": lambda t, x, i: t.nn.functional.cross_entropy(
        x, t.where(i[:, 0] == 0, -100, i[:, 0])
    ),
}


@pytest.mark.parametrize("in_dims", [(0, 0), (None, 0), (0, None), (1, 0)], ids=str)
@pytest.mark.parametrize("name", OWN_INDICES)
def test_each_example_is_read_at_places_of_its_own(name: str, in_dims: tuple[Any, Any]) -> None:
    """The first and the second derivative of a map."""
    random = np.random.default_rng(3)
    shapes = [(3, 4, 4) if dim is not None else (4, 4) for dim in in_dims]
    numbers = np.moveaxis(random.normal(size=shapes[0]), 0, in_dims[0] or 0)
    places = random.integers(0, 4, shapes[1])

    def came(engine: Any) -> list[Any]:
        def function(x: Any, i: Any) -> Any:
            return (OWN_INDICES[name](engine, x, i) ** 3).sum()

        given = engine.tensor(numbers.copy()), engine.tensor(places)
        ways = (engine.func.grad(function), engine.func.hessian(function))
        return [engine.func.vmap(way, in_dims=in_dims)(*given).numpy() for way in ways]

    for ours, theirs in zip(came(reference), came(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)
