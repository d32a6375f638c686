"""Peak memory of one step of training, above what its inputs and parameters take.

    pip install -e '.[bench]'
    python benchmarks/memory.py

The steps are those of `engines.py` with 32 times as many samples.  Each runs in a process of its
own on Linux, which counts the most memory that the process ever held: once on few samples, so that
all that is made once is there, and then, after the count was set back, once on many.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from workloads import ENGINES, torch_like

TIMES = 32
STEPS = ("mlp", "attention")
MIB = 1024
BUILDERS = {"torch": lambda: torch_like("torch")} | ENGINES


def resident(field: str) -> int:
    """Read how many KiB this process holds now (VmRSS), or held at most (VmHWM)."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition(f"{field}:")[2].split()[0])


def peak(engine: str, step: str) -> float:
    """Give the most MiB that a step adds to what this process holds before it."""
    workload = BUILDERS[engine]()[step]
    workload("float64", 1)()
    run = workload("float64", TIMES)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free already would hide what the step takes
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    before = resident("VmRSS")
    run()
    return (resident("VmHWM") - before) / MIB


def main() -> None:
    """Measure each engine and step in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs=2, metavar=("ENGINE", "STEP"))
    options = parser.parse_args()
    if options.only:
        print(peak(*options.only))
        return
    table = Table(title="peak of a step above its inputs, MiB, float64", box=None)
    table.add_column("engine")
    for step in STEPS:
        table.add_column(step, justify="right")
    for engine in BUILDERS:
        cells = []
        for step in STEPS:
            command = [sys.executable, __file__, "--only", engine, step]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            cells.append(f"{float(done.stdout):.0f}")
        table.add_row(engine, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
