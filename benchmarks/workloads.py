"""The four workloads, each written once for every engine in that engine's own words.

A workload is forward, loss and backward; `build(engine)[name](dtype)` gives a function that runs it
once and returns the gradients as NumPy arrays.

- chain: y = y*w + b, 500 times on scalars: 1,000 operations, three leaves
- mlp: 784-128-10, batch 64, relu, cross entropy
- attention: one head, 64 x 64, weights for query, key and value
- large: mean(tanh(A @ B) * C + A * A), 1024 x 1024
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

LENGTH = 500
Run = Callable[[], list[Any]]
Workload = Callable[..., Run]


def data(dtype: str, times: int = 1) -> dict[str, Any]:
    """Make the inputs of all workloads, the same in every run; `times` as many samples of them."""
    rng = np.random.default_rng(0)

    def normal(*shape: int, scale: float = 1.0) -> Any:
        return (rng.standard_normal(shape) * scale).astype(dtype)

    return {
        "scalars": [np.asarray(v, dtype) for v in (0.5, 0.999, 0.001)],
        "batch": normal(64 * times, 784),
        "onehot": np.eye(10, dtype=dtype)[rng.integers(0, 10, 64 * times)],
        "weights": [
            normal(784, 128, scale=0.05),
            normal(128, scale=0.05),
            normal(128, 10, scale=0.05),
            normal(10, scale=0.05),
        ],
        "tokens": normal(64 * times, 64),
        "heads": [normal(64, 64, scale=0.1) for _ in range(3)],
        "large": [normal(1024, 1024, scale=0.05) for _ in range(3)],
    }


# NumPy, forward and gradient by hand: the limit --------------------------------------------


def numpy_by_hand() -> dict[str, Workload]:
    """Give the workloads with gradients derived by hand."""

    def chain(dtype: str) -> Run:
        start, w, b = (v[()] for v in data(dtype)["scalars"])

        def run() -> list[Any]:
            values, y = [], start
            for _ in range(LENGTH):
                values.append(y)
                y = y * w + b
            gy, gw, gb = y.dtype.type(1), y.dtype.type(0), y.dtype.type(0)
            for value in reversed(values):
                gb = gb + gy
                gw = gw + gy * value
                gy = gy * w
            return [gy, gw, gb]

        return run

    def mlp(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x, onehot, (w1, b1, w2, b2) = given["batch"], given["onehot"], given["weights"]

        def run() -> list[Any]:
            z = x @ w1 + b1
            h = np.maximum(z, 0)
            s = h @ w2 + b2
            p = np.exp(s - s.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            gs = (p - onehot) / len(x)
            gz = (gs @ w2.T) * (z > 0)
            return [x.T @ gz, gz.sum(0), h.T @ gs, gs.sum(0)]

        return run

    def attention(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x, (wq, wk, wv) = given["tokens"], given["heads"]

        def run() -> list[Any]:
            q, k, v = x @ wq, x @ wk, x @ wv
            s = q @ k.T / 8
            a = np.exp(s - s.max(1, keepdims=True))
            a /= a.sum(1, keepdims=True)
            o = a @ v
            go = 2 * o / o.size
            ga = go @ v.T
            gs = a * (ga - (ga * a).sum(1, keepdims=True)) / 8
            return [x.T @ (gs @ k), x.T @ (gs.T @ q), x.T @ (a.T @ go)]

        return run

    def large(dtype: str) -> Run:
        a, b, c = data(dtype)["large"]

        def run() -> list[Any]:
            t = np.tanh(a @ b)
            g = 1 / a.size
            gm = g * c * (1 - t * t)
            return [gm @ b.T + 2 * g * a, a.T @ gm, g * t]

        return run

    return {"chain": chain, "mlp": mlp, "attention": attention, "large": large}


# torch, and the reference engine with torch's names -----------------------------------------


def torch_like(module: str) -> dict[str, Workload]:
    """Give the workloads for torch or an engine with its names."""
    torch = importlib.import_module(module)

    def leaves(arrays: list[Any]) -> list[Any]:
        return [torch.tensor(a, requires_grad=True) for a in arrays]

    def differentiated(parameters: list[Any], loss: Callable[[], Any]) -> Run:
        def run() -> list[Any]:
            for p in parameters:
                p.grad = None
            loss().backward()
            return [p.grad.numpy() for p in parameters]

        return run

    def chain(dtype: str) -> Run:
        parameters = leaves(data(dtype)["scalars"])

        def loss() -> Any:
            y, w, b = parameters
            for _ in range(LENGTH):
                y = y * w + b
            return y

        return differentiated(parameters, loss)

    def mlp(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x, onehot = torch.tensor(given["batch"]), torch.tensor(given["onehot"])
        parameters = leaves(given["weights"])

        def loss() -> Any:
            w1, b1, w2, b2 = parameters
            scores = (x @ w1 + b1).relu() @ w2 + b2
            return -(torch.log_softmax(scores, 1) * onehot).sum() / 64

        return differentiated(parameters, loss)

    def attention(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x, parameters = torch.tensor(given["tokens"]), leaves(given["heads"])

        def loss() -> Any:
            wq, wk, wv = parameters
            weights = torch.softmax((x @ wq) @ (x @ wk).t() / 8, 1)
            out = weights @ (x @ wv)
            return (out * out).mean()

        return differentiated(parameters, loss)

    def large(dtype: str) -> Run:
        parameters = leaves(data(dtype)["large"])

        def loss() -> Any:
            a, b, c = parameters
            return (torch.tanh(a @ b) * c + a * a).mean()

        return differentiated(parameters, loss)

    return {"chain": chain, "mlp": mlp, "attention": attention, "large": large}


# a tape with nothing to it -------------------------------------------------------------------


def bare_tape() -> dict[str, Workload]:
    """Give the workloads for the least that a tape in Python costs."""
    bare = importlib.import_module("bare")

    def differentiated(arrays: list[Any], loss: Callable[..., Any]) -> Run:
        leaves = [bare.Value(a) for a in arrays]
        for leaf in leaves:
            leaf.wanted = True

        def run() -> list[Any]:
            bare.backward(loss(*leaves))
            return [leaf.grad for leaf in leaves]

        return run

    def chain(dtype: str) -> Run:
        def loss(y: Any, w: Any, b: Any) -> Any:
            for _ in range(LENGTH):
                y = y * w + b
            return y

        return differentiated([v[()] for v in data(dtype)["scalars"]], loss)

    def mlp(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x, onehot = bare.Value(given["batch"]), bare.Value(given["onehot"])

        def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
            scores = (x @ w1 + b1).relu() @ w2 + b2
            return -(scores.log_softmax() * onehot).sum() / 64

        return differentiated(given["weights"], loss)

    def attention(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x = bare.Value(given["tokens"])

        def loss(wq: Any, wk: Any, wv: Any) -> Any:
            out = ((x @ wq) @ (x @ wk).t() / 8).softmax() @ (x @ wv)
            return (out * out).mean()

        return differentiated(given["heads"], loss)

    def large(dtype: str) -> Run:
        def loss(a: Any, b: Any, c: Any) -> Any:
            return ((a @ b).tanh() * c + a * a).mean()

        return differentiated(data(dtype)["large"], loss)

    return {"chain": chain, "mlp": mlp, "attention": attention, "large": large}


# MyGrad -------------------------------------------------------------------------------------


def mygrad() -> dict[str, Workload]:
    """Give the workloads for MyGrad, its memory guard off."""
    mg = importlib.import_module("mygrad")
    activations = importlib.import_module("mygrad.nnet.activations")
    mg.turn_memory_guarding_off()

    def differentiated(arrays: list[Any], loss: Callable[..., Any]) -> Run:
        parameters = [mg.tensor(a) for a in arrays]

        def run() -> list[Any]:
            loss(*parameters).backward()
            return [p.grad for p in parameters]

        return run

    def chain(dtype: str) -> Run:
        def loss(y: Any, w: Any, b: Any) -> Any:
            for _ in range(LENGTH):
                y = y * w + b
            return y

        return differentiated(data(dtype)["scalars"], loss)

    def mlp(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)

        def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
            scores = activations.relu(given["batch"] @ w1 + b1) @ w2 + b2
            return -(activations.logsoftmax(scores) * given["onehot"]).sum() / 64

        return differentiated(given["weights"], loss)

    def attention(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x = given["tokens"]

        def loss(wq: Any, wk: Any, wv: Any) -> Any:
            out = activations.softmax((x @ wq) @ (x @ wk).T / 8) @ (x @ wv)
            return (out * out).mean()

        return differentiated(given["heads"], loss)

    def large(dtype: str) -> Run:
        def loss(a: Any, b: Any, c: Any) -> Any:
            return (mg.tanh(a @ b) * c + a * a).mean()

        return differentiated(data(dtype)["large"], loss)

    return {"chain": chain, "mlp": mlp, "attention": attention, "large": large}


# HIPS autograd ------------------------------------------------------------------------------


def hips_autograd() -> dict[str, Workload]:
    """Give the workloads for HIPS autograd."""
    grad = importlib.import_module("autograd").grad
    np_ = importlib.import_module("autograd.numpy")

    def differentiated(arrays: list[Any], loss: Callable[..., Any]) -> Run:
        gradient = grad(loss, tuple(range(len(arrays))))
        return lambda: list(gradient(*arrays))

    def softmax(scores: Any) -> Any:
        powers = np_.exp(scores - np_.max(scores, axis=1, keepdims=True))
        return powers / np_.sum(powers, axis=1, keepdims=True)

    def chain(dtype: str) -> Run:
        def loss(y: Any, w: Any, b: Any) -> Any:
            for _ in range(LENGTH):
                y = y * w + b
            return y

        return differentiated([v[()] for v in data(dtype)["scalars"]], loss)

    def mlp(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)

        def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
            scores = np_.maximum(given["batch"] @ w1 + b1, 0) @ w2 + b2
            shifted = scores - np_.max(scores, axis=1, keepdims=True)
            total = np_.log(np_.sum(np_.exp(shifted), axis=1, keepdims=True))
            return -np_.sum((shifted - total) * given["onehot"]) / 64

        return differentiated(given["weights"], loss)

    def attention(dtype: str, times: int = 1) -> Run:
        given = data(dtype, times)
        x = given["tokens"]

        def loss(wq: Any, wk: Any, wv: Any) -> Any:
            out = softmax((x @ wq) @ (x @ wk).T / 8) @ (x @ wv)
            return np_.mean(out * out)

        return differentiated(given["heads"], loss)

    def large(dtype: str) -> Run:
        def loss(a: Any, b: Any, c: Any) -> Any:
            return np_.mean(np_.tanh(a @ b) * c + a * a)

        return differentiated(data(dtype)["large"], loss)

    return {"chain": chain, "mlp": mlp, "attention": attention, "large": large}


ENGINES: dict[str, Callable[[], dict[str, Workload]]] = {
    "numpy by hand": numpy_by_hand,
    "a bare tape": bare_tape,
    "gradspec_reference": lambda: torch_like("gradspec_reference"),
    "mygrad": mygrad,
    "autograd": hips_autograd,
}
"""Engine -> its workloads; torch, which the others are measured against, stands apart."""
