"""Transforms beside torch: a Hessian in the ways there are, and gradients of each example.

    python benchmarks/transforms.py [--rounds 7]

The Hessian is that of a function of 100 variables; the gradients are those of a perceptron of
64, 32 and 10 units for each of 256 images of digits.  In each round every way runs once on every
engine; medians are printed, and the ratio to torch.  float64, one thread.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES: Final = ("gradspec_reference", "torch")
VARIABLES: Final = 100
BATCH: Final = 256


def hessians(torch: Any) -> dict[str, Callable[[], Any]]:
    """Give the ways to the Hessian of one function."""
    random = np.random.default_rng(0)
    matrix = torch.tensor(random.standard_normal((VARIABLES, VARIABLES)) / VARIABLES**0.5)
    point = torch.tensor(random.standard_normal(VARIABLES))

    def function(x: Any) -> Any:
        return ((matrix @ x).tanh() * x).sum() + (x**3).sum()

    transforms, functional = torch.func, torch.autograd.functional
    return {
        "hessian, reverse over reverse": partial(
            transforms.jacrev(transforms.jacrev(function)), point
        ),
        "hessian, forward over reverse": partial(transforms.hessian(function), point),
        "hessian, row by row": partial(functional.hessian, function, point),
        "hessian, rows at once": partial(functional.hessian, function, point, vectorize=True),
    }


def examples(torch: Any) -> dict[str, Callable[[], Any]]:
    """Give the ways to the gradients of each example."""
    random = np.random.default_rng(1)
    shapes = {"w1": (32, 64), "b1": (32,), "w2": (10, 32), "b2": (10,)}
    weights = {name: torch.tensor(random.uniform(-0.1, 0.1, of)) for name, of in shapes.items()}
    images = torch.tensor(random.uniform(0.0, 1.0, (BATCH, 64)))
    labels = torch.tensor(random.integers(0, 10, BATCH))
    layer = torch.nn.functional

    def loss(named: Any, image: Any, label: Any) -> Any:
        hidden = layer.linear(image, named["w1"], named["b1"]).relu()
        return layer.cross_entropy(layer.linear(hidden, named["w2"], named["b2"]), label)

    gradients = torch.func.grad(loss)

    def one_by_one() -> Any:
        return [gradients(weights, images[place], labels[place]) for place in range(BATCH)]

    at_once = torch.func.vmap(gradients, in_dims=(None, 0, 0))
    return {
        "each example, in a loop": one_by_one,
        "each example, at once": partial(at_once, weights, images, labels),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    ways: dict[str, dict[str, Callable[[], Any]]] = defaultdict(dict)
    for engine in map(importlib.import_module, ENGINES):
        if engine.__name__ == "torch":
            engine.set_num_threads(1)
        for way, run in (hessians(engine) | examples(engine)).items():
            run()
            ways[way][engine.__name__] = run
    table = Table(box=None)
    for heading in ("", *(f"{name}, ms" for name in ENGINES), "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for way, runs in ways.items():
        taken: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                taken[name].append(time.perf_counter() - started)
        ours, theirs = (statistics.median(taken[name]) * 1e3 for name in ENGINES)
        table.add_row(way, f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
