"""vmap beside torch's: values, derivatives of every nesting, dimensions, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gradspec_reference

if TYPE_CHECKING:
    from collections.abc import Callable

torch = pytest.importorskip("torch")

RANDOM = np.random.default_rng(5)
ROWS, WEIGHTS = RANDOM.standard_normal((4, 3)), RANDOM.standard_normal(3)
MATRIX, OTHERS = RANDOM.standard_normal((3, 3)), RANDOM.standard_normal((5, 3))

NESTINGS: dict[str, Callable[[Any, Any, Any, Any, Any], Any]] = {
    "grad of each": lambda t, f, w, m, x: f.vmap(
        f.grad(lambda w, x: (t.tanh(x @ m) * w).sum()), in_dims=(None, 0)
    )(w, x),
    "grad of a map of grad": lambda _t, f, w, _m, x: f.grad(
        lambda w: (f.vmap(f.grad(lambda x: ((x * w) ** 3).sum()))(x) ** 2).sum()
    )(w),
    "jacrev of each": lambda t, f, _w, m, x: f.vmap(f.jacrev(lambda x: t.sin(x @ m) * x))(x),
    "jacfwd of each": lambda t, f, _w, m, x: f.vmap(f.jacfwd(lambda x: t.sin(x @ m) * x))(x),
    "jacrev of a map": lambda t, f, _w, m, x: f.jacrev(f.vmap(lambda x: t.sin(x @ m) * x))(x),
    "hessian of each": lambda t, f, _w, m, x: f.vmap(f.hessian(lambda x: t.sin(x @ m).sum()))(x),
    "jvp of a map of jvp": lambda t, f, w, m, x: f.jvp(
        lambda a: f.vmap(lambda x: f.jvp(lambda u: t.sin(u @ m) * a * u, (x,), (a,))[1])(x * a),
        (w,),
        (w * 2,),
    )[1],
    "a map in a grad in a map": lambda _t, f, w, _m, x: f.vmap(
        lambda x: f.grad(lambda w: f.vmap(lambda v: (v * w * x).sum() ** 2)(w * m_of(x)).sum())(w)
    )(x),
    "maps with dimensions": lambda t, f, w, _m, x: f.vmap(
        f.vmap(lambda a, b: a * b + t.sin(a - b), in_dims=(None, 0)), in_dims=(0, None), out_dims=1
    )(w, x[:, 0]),
    "writes": lambda _t, f, _w, _m, x: f.vmap(
        f.grad(lambda x: squared_after(x, lambda y: y[1:].mul_(3.0)))
    )(x),
    "sorted": lambda t, f, w, _m, x: f.vmap(f.grad(lambda x: (t.sort(x)[0] * w).sum()))(x),
    "largest": lambda t, f, w, _m, x: f.vmap(f.grad(lambda x: t.max(x * w)))(x),
    "numbers of all columns": lambda _t, f, _w, m, x: f.jacfwd(
        lambda x: x @ m * float(x.sum()) if x[0, 0] < 9.0 else x
    )(x),
    "places of all columns": lambda _t, f, w, _m, _x: f.jacfwd(
        lambda w: w[w > 0.0] * w[w.nonzero()[0]]
    )(w),
    "numbers of all examples": lambda _t, f, w, _m, x: f.vmap(
        lambda x: f.vmap(lambda v: v * x * w.tolist()[1])(w)
    )(x),
    "chunks": lambda t, f, _w, m, x: f.vmap(lambda x: t.exp(x @ m), chunk_size=3)(x),
}


def m_of(x: Any) -> Any:
    """Make a matrix of a row."""
    return x[:, None] * x[None, :]


def squared_after(x: Any, write: Callable[[Any], Any]) -> Any:
    """Return the sum of the squares of a copy that was written."""
    copy = x.clone()
    write(copy)
    return (copy * copy).sum()


def on_both(run: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Run something on the reference engine and on torch."""
    return run(gradspec_reference), run(torch)


def double(engine: Any, array: Any) -> Any:
    """Make a tensor of an array."""
    return engine.tensor(np.asarray(array).tolist(), dtype=engine.float64)


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch's own, of jvp
@pytest.mark.parametrize("name", NESTINGS)
def test_nestings_are_those_of_torch(name: str) -> None:
    def run(engine: Any) -> Any:
        arrays = (WEIGHTS, MATRIX, ROWS)
        found = NESTINGS[name](engine, engine.func, *(double(engine, a) for a in arrays))
        return np.array(found.tolist())

    ours, theirs = on_both(run)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "item": lambda e, x: e.vmap(lambda a: a.sum().item())(x),
    "bool": lambda e, x: e.vmap(lambda a: a if a.sum() > 0 else -a)(x),
    "float": lambda e, x: e.vmap(lambda a: float(a.sum()))(x),
    "numpy": lambda e, x: e.vmap(lambda a: a.numpy())(x),
    "tolist": lambda e, x: e.vmap(lambda a: a.tolist())(x),
    "nonzero": lambda e, x: e.vmap(e.nonzero)(x),
    "mask": lambda e, x: e.vmap(lambda a: a[a > 0])(x),
    "unique": lambda e, x: e.vmap(e.unique)(x),
    "equal": lambda e, x: e.vmap(lambda a: e.equal(a, a))(x),
    "copy": lambda e, x: e.vmap(lambda a: e.zeros(3, dtype=e.float64).copy_(a))(x),
    "random": lambda e, x: e.vmap(lambda a: a + e.rand(3))(x),
    "dropout": lambda e, x: e.vmap(e.nn.functional.dropout)(x),
    "drawn alike": lambda e, x: e.vmap(e.bernoulli, randomness="same")(x.sigmoid()),
    "randomness": lambda e, x: e.vmap(lambda a: a, randomness="other")(x),
    "lengths": lambda e, x: e.vmap(lambda a, b: a + b)(x, x[:2]),
    "no dimension": lambda e, x: e.vmap(lambda a: a, in_dims=None)(x),
    "no arguments": lambda e, _x: e.vmap(lambda: 1)(),
    "a list": lambda e, x: e.vmap(lambda a, _b: a, in_dims=[0, 0])(x, x),
    "too few": lambda e, x: e.vmap(lambda a, _b: a, in_dims=(0,))(x, x),
    "text": lambda e, x: e.vmap(lambda a: a, in_dims="0")(x),
    "a number": lambda e, x: e.vmap(lambda a, b: a * b)(x, 2.0),
    "too far": lambda e, x: e.vmap(lambda a: a, in_dims=2)(x),
    "too far back": lambda e, x: e.vmap(lambda a: a, in_dims=-3)(x),
    "a scalar": lambda e, x: e.vmap(lambda a: a)(x.sum()),
    "returns a number": lambda e, x: e.vmap(lambda _a: 3.0)(x),
    "returns None": lambda e, x: e.vmap(lambda _a: None)(x),
    "returns text": lambda e, x: e.vmap(lambda a: (a, "s"))(x),
    "out_dims": lambda e, x: e.vmap(lambda a: (a, a), out_dims=(0,))(x),
    "out_dims too far": lambda e, x: e.vmap(lambda a: a, out_dims=3)(x),
    "out_dims None": lambda e, x: e.vmap(lambda a: a, out_dims=None)(x),
    "out_dims text": lambda e, x: e.vmap(lambda a: a, out_dims="a")(x),
    "chunk_size": lambda e, x: e.vmap(lambda a: a, chunk_size=0)(x),
    "a pass inside": lambda e, x: e.vmap(lambda a: e.autograd.grad(a.sum(), a))(x),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_refuses_is_refused_with_its_class(name: str) -> None:
    with pytest.raises((RuntimeError, ValueError, IndexError)) as theirs:
        REFUSED[name](torch, double(torch, ROWS))
    with pytest.raises(theirs.type):
        REFUSED[name](gradspec_reference, double(gradspec_reference, ROWS))


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_examples_get_the_same_numbers_or_their_own(randomness: str) -> None:
    def run(engine: Any) -> Any:
        drawn = engine.vmap(lambda a: a * 0 + engine.rand(3), randomness=randomness)
        found = drawn(double(engine, ROWS))
        return bool((found[0] == found[1]).all())

    ours, theirs = on_both(run)
    assert ours == theirs


def test_a_batched_tensor_that_is_kept_cannot_be_used() -> None:
    kept: list[Any] = []
    gradspec_reference.vmap(lambda a: kept.append(a) or a)(double(gradspec_reference, ROWS))
    with pytest.raises(RuntimeError, match="after its vmap"):
        kept[0] * 2.0


def test_batches_of_cotangents_are_answered_as_by_torch() -> None:
    def run(engine: Any) -> Any:
        x = double(engine, WEIGHTS).requires_grad_()
        (found,) = engine.autograd.grad(
            (x**2).sin(), x, double(engine, OTHERS), is_grads_batched=True
        )
        return np.array(found.tolist())

    ours, theirs = on_both(run)
    np.testing.assert_allclose(ours, theirs)


def test_a_gradient_that_a_batch_left_in_a_tensor_does_not_stop_the_next() -> None:
    def run(engine: Any) -> Any:
        x = double(engine, WEIGHTS).requires_grad_()
        y = x**2
        y.retain_grad()
        for _ in range(2):
            (found,) = engine.autograd.grad(
                y.sin(), x, double(engine, OTHERS), is_grads_batched=True, retain_graph=True
            )
        return np.array(found.tolist())

    ours, theirs = on_both(run)
    np.testing.assert_allclose(ours, theirs)
