"""How time and memory grow with a graph: chains of 10^3 to 10^6 operations, widths up to 10^4.

    python benchmarks/scale.py

A chain applies operations one after the other, a fan sums many branches of one leaf.  Printed, for
an operation: microseconds to record it, to go back through it and to free it, and bytes; a column
that stays the same grows linearly.  Nothing recurses, so no size ends in a full stack.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import itertools
import time
import tracemalloc
from typing import Any

from rich.console import Console
from rich.table import Table

LENGTHS = (10**3, 10**4, 10**5, 10**6)
WIDTHS = (10**2, 10**3, 10**4)


def chain(engine: Any, count: int) -> Any:
    """Give the end of `count` operations on a number, one after the other."""
    x = y = engine.tensor(1.0, requires_grad=True)
    for _ in range(count // 2):
        y = (y * x) + x
    return y


def fan(engine: Any, count: int) -> Any:
    """Give the sum of `count` branches of one leaf."""
    x = engine.tensor(1.0, requires_grad=True)
    return engine.stack([x * number for number in range(count)]).sum()


def measured(engine: Any, build: Any, count: int) -> list[float]:
    """Give microseconds an operation for recording, going back and freeing, and bytes."""
    gc.collect()
    marks = [time.perf_counter()]
    root = build(engine, count)
    marks.append(time.perf_counter())
    root.backward(retain_graph=True)
    marks.append(time.perf_counter())
    del root
    marks.append(time.perf_counter())
    tracemalloc.start()
    root = build(engine, count)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del root
    times = [(after - before) / count * 1e6 for before, after in itertools.pairwise(marks)]
    return [*times, held / count]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="gradspec_reference")
    engine = importlib.import_module(parser.parse_args().engine)
    table = Table(title=engine.__name__, box=None)
    for heading in ("graph", "operations", "record, us", "backward, us", "free, us", "bytes"):
        table.add_column(heading, justify="right")
    for build, counts in ((fan, WIDTHS), (chain, LENGTHS)):
        for count in counts:
            found = measured(engine, build, count)
            row = [f"{value:.2f}" for value in found[:3]]
            table.add_row(build.__name__, f"{count:,}", *row, f"{found[3]:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
