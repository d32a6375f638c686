"""Forward mode of the reference engine, beside torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import gradspec_reference
from gradspec_reference.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch's

random = np.random.default_rng(0)


def drawn(*shape: int) -> Any:
    """Draw numbers between 0.2 and 0.9, where all of these are smooth."""
    return random.uniform(0.2, 0.9, shape)


def positive(n: int) -> Any:
    """Draw a symmetric matrix with positive eigenvalues."""
    square = drawn(n, n)
    return square @ square.T + n * np.eye(n)


ONE = "exp rsqrt tanh sigmoid erf lgamma relu abs frac floor var std sum mean prod max median amax"
TWO = "add sub mul div pow maximum atan2 hypot logaddexp fmod remainder xlogy"
ALONG = "cumsum cumprod logcumsumexp softmax log_softmax logsumexp prod var"
CASES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    **{n: (lambda t, x, n=n: getattr(t, n)(x), [drawn(3, 4)]) for n in ONE.split()},
    **{f"{n} along": (lambda t, x, n=n: getattr(t, n)(x, 1), [drawn(3, 4)]) for n in ALONG.split()},
    **{n: (lambda t, x, y, n=n: getattr(t, n)(x, y), [drawn(3, 4), drawn(4)]) for n in TWO.split()},
    **{
        n: (lambda t, x, n=n: getattr(t.linalg, n)(x), [positive(3)])
        for n in ("inv", "det", "cholesky", "pinv", "matrix_exp")
    },
    "matmul": (lambda t, x, y: t.matmul(x, y), [drawn(3, 4), drawn(4, 3)]),
    "solve": (lambda t, a, b: t.linalg.solve(a, b), [positive(3), drawn(3, 2)]),
    "slogdet": (lambda t, x: t.linalg.slogdet(x)[1], [positive(3)]),
    "eigh": (lambda t, x: t.linalg.eigh(x)[1].abs(), [positive(3)]),
    "svd": (lambda t, x: t.linalg.svd(x, full_matrices=False)[0].abs(), [drawn(4, 3)]),
    "qr": (lambda t, x: t.linalg.qr(x)[0], [drawn(4, 3)]),
    "zeros in a product": (lambda t, x: t.cumprod(x * (x > 0.5), 1), [drawn(3, 4)]),
    "conv2d": (
        lambda t, x, w, b: t.nn.functional.conv2d(x, w, b, padding=1),
        [drawn(2, 2, 5, 5), drawn(3, 2, 3, 3), drawn(3)],
    ),
    "layer_norm": (
        lambda t, x, w, b: t.nn.functional.layer_norm(x, (4,), w, b),
        [drawn(3, 4), drawn(4), drawn(4)],
    ),
    "cross_entropy of probabilities": (
        lambda t, x, y: t.nn.functional.binary_cross_entropy(x, y),
        [drawn(3, 4), drawn(3, 4)],
    ),
    "addmm": (
        lambda t, x, y, z: t.addmm(x, y, z, beta=2, alpha=3),
        [drawn(3, 3), drawn(3, 4), drawn(4, 3)],
    ),
    "einsum": (lambda t, x, y: t.einsum("ij,kj->ik", x, y), [drawn(3, 4), drawn(2, 4)]),
    "split": (lambda t, x: t.split(x, 2, 1)[1] * 2, [drawn(3, 4)]),
    "sort": (lambda t, x: t.sort(x, 1)[0], [drawn(3, 4)]),
}


def tangent(engine: Any, case: Any, directions: list[Any], moving: range) -> Any:
    """Compute the tangent of a result, with tangents for some operands."""
    function, operands = case
    forward = engine.autograd.forward_ad
    given = [engine.tensor(x) for x in operands]
    with forward.dual_level():
        for place in moving:
            given[place] = forward.make_dual(given[place], engine.tensor(directions[place]))
        return forward.unpack_dual(function(engine, *given)).tangent.numpy()


@pytest.mark.parametrize("name", CASES)
def test_tangents_are_those_of_torch(name: str) -> None:
    """Each operand alone, and all together."""
    operands = CASES[name][1]
    directions = [np.random.default_rng(1).normal(size=x.shape) for x in operands]
    for moving in [range(i, i + 1) for i in range(len(operands))] + [range(len(operands))]:
        ours, theirs = (
            tangent(engine, CASES[name], directions, moving)
            for engine in (gradspec_reference, torch)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_what_has_no_forward_derivative() -> None:
    """What torch refuses to differentiate is all that has none."""
    without = {row.name for row in OPERATORS.values() if row.vjp and row.jvp is None}
    assert without == {
        *("bincount", "floor_divide", "heaviside", "remainder_of_number"),
        *("scatter_joined", "set", "unique", "unique_dim"),
    }


@pytest.mark.parametrize("engine", [gradspec_reference, torch], ids=["reference", "torch"])
@pytest.mark.parametrize("moving", [0, 1])
def test_memory_is_not_taken_from_or_for_a_tensor_with_a_tangent(engine: Any, moving: int) -> None:
    forward = engine.autograd.forward_ad
    with forward.dual_level():
        tensors = [engine.ones(2), engine.zeros(2)]
        tensors[moving] = forward.make_dual(tensors[moving], engine.ones(2))
        with pytest.raises(NotImplementedError):
            tensors[0].set_(tensors[1])


@pytest.mark.parametrize("level", [None, 3])
def test_levels_are_left_in_turn(level: int | None) -> None:
    """As in torch, leaving what was not entered is an error."""
    for engine in (gradspec_reference, torch):
        with pytest.raises(RuntimeError):
            engine.autograd.forward_ad.exit_dual_level(level=level)


@pytest.mark.parametrize("engine", [gradspec_reference, torch], ids=["reference", "torch"])
def test_a_tangent_is_used_as_it_is(engine: Any) -> None:
    """One that lies otherwise in memory is copied."""
    forward = engine.autograd.forward_ad
    x, v = engine.zeros(2, 2), engine.ones(2, 2)
    with forward.dual_level():
        assert forward.unpack_dual(forward.make_dual(x, v)).tangent is v
        turned = forward.unpack_dual(forward.make_dual(x, v.T)).tangent
        assert turned is not v
        assert turned.stride() == x.stride()
        assert forward.unpack_dual(x).tangent is None


@pytest.mark.parametrize("engine", [gradspec_reference, torch], ids=["reference", "torch"])
def test_a_callers_jvp(engine: Any) -> None:
    """It is given tangents, zeros for what has none, and what was saved for it."""

    class Product(engine.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, z: float) -> Any:
            ctx.save_for_forward(x, y)
            ctx.z = z
            return x * y * z

        @staticmethod
        def jvp(ctx: Any, of_x: Any, of_y: Any, _: Any) -> Any:
            x, y = ctx.saved_tensors
            return ctx.z * (y * of_x + x * of_y)

    class Without(engine.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(_: Any, x: Any) -> Any:
            return x * 1

    forward = engine.autograd.forward_ad
    with forward.dual_level():
        x = forward.make_dual(engine.tensor([2.0]), engine.tensor([1.0]))
        made = Product.apply(x, engine.tensor([5.0]), 4)
        assert forward.unpack_dual(made).tangent.tolist() == [20.0]
        with pytest.raises(NotImplementedError):
            Without.apply(x)


@pytest.mark.parametrize(
    ("primal", "tangent"),
    [
        (lambda t: t.zeros(1).expand(3), lambda t: t.ones(3)),
        (lambda t: t.zeros(1).expand(3), lambda t: t.ones(1).expand(3)),
        (lambda t: t.zeros(3), lambda t: t.ones(1).expand(3)),
        (lambda t: t.zeros(3, 1).expand(3, 2), lambda t: t.ones(3, 2)),
        (lambda t: t.zeros(1).expand(1), lambda t: t.ones(1)),
        (lambda t: t.zeros(1, 0).expand(3, 0), lambda t: t.ones(3, 0)),
        (lambda t: t.zeros(4).as_strided((3, 2), (1, 1)), lambda t: t.ones(3, 2)),
    ],
)
def test_a_tangent_needs_an_address_for_each_index(
    primal: Callable[[Any], Any], tangent: Callable[[Any], Any]
) -> None:
    def refused(t: Any) -> bool:
        ad = t.autograd.forward_ad
        with ad.dual_level():
            try:
                ad.make_dual(primal(t), tangent(t))
            except RuntimeError:
                return True
        return False

    assert refused(gradspec_reference) is refused(torch)
