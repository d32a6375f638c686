"""The reference engine beside torch, MyGrad, HIPS autograd, NumPy by hand and a bare tape.

    pip install -e '.[bench]'
    python benchmarks/engines.py

All in one process.  Every round times torch, the engine, torch, in processor time; the ratio is the
engine's time over the mean of the two.  Printed: the median ratio, with the lowest and the highest
round.  Gradients are compared with those derived by hand before anything is timed.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import gc
import statistics
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from workloads import ENGINES, Run, numpy_by_hand, torch_like

TOLERANCE = {"float64": 1e-9, "float32": 2e-4}


def seconds(run: Run, repeats: int) -> float:
    """Time one call: the best of a few repeats."""
    best = float("inf")
    for _ in range(repeats):
        started = time.thread_time()
        run()
        best = min(best, time.thread_time() - started)
    return best


def check(run: Run, by_hand: Run, dtype: str) -> None:
    """Raise AssertionError unless the gradients are those derived by hand."""
    for found, wanted in zip(run(), by_hand(), strict=True):
        scale = float(np.max(np.abs(wanted)))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE[dtype] * scale)


def measure(run: Run, oracle: Run, rounds: int) -> tuple[list[float], float]:
    """Give the ratio to torch for each round, and the median time in milliseconds."""
    repeats = max(3, int(0.02 / seconds(oracle, 3)))
    ratios, times = [], []
    for _ in range(rounds):
        before = seconds(oracle, repeats)
        own = seconds(run, repeats)
        after = seconds(oracle, repeats)
        ratios.append(own / ((before + after) / 2))
        times.append(own * 1e3)
    return ratios, statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    options = parser.parse_args()
    torch.set_num_threads(1)
    oracle, by_hand = torch_like("torch"), numpy_by_hand()
    table = Table(title=f"time / torch, {options.dtype}: median (lowest to highest); ms", box=None)
    table.add_column("engine")
    for name in oracle:
        table.add_column(name, justify="right")
    for engine, build in ENGINES.items():
        workloads, cells = build(), []
        for name, workload in workloads.items():
            run, beside = workload(options.dtype), oracle[name](options.dtype)
            check(run, by_hand[name](options.dtype), options.dtype)
            gc.collect()
            ratios, milliseconds = measure(run, beside, options.rounds)
            middle = statistics.median(ratios)
            cells.append(
                f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f}); {milliseconds:.3g}"
            )
        table.add_row(engine, *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
