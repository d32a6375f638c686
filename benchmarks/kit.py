"""What the kit itself costs, as ratios in one run.

    pip install -e '.[bench]'
    python benchmarks/kit.py --engine reference --rounds 5

Five ways to run the same clauses, in turn, several rounds; medians are printed, and
the cost per clause from the lowest:

- bare:    the bodies of the clauses in a plain loop, in process (import time apart)
- plain:   an ordinary pytest file with one function a clause, which does the same steps on the
           engine itself and holds what it gives to what is expected, with nothing of the kit; laws
           and programs too long to print left out
- same:    `gradspec run ENGINE` on the clauses of the plain file
- kit:     `gradspec run ENGINE`
- kit -n 2: the same on two processes

The cost per clause is (time - time for one clause) / (clauses - 1), for plain and for same: all
that grows with the clauses, finding them (a file, chapters) and telling of them among it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

BARE = """
import time
started = time.perf_counter()
from gradspec import chapters
from gradspec.writing.clause import CASES
from gradspec_conformance.execution.execute import run_clause
from gradspec_conformance.engines.loading import load_engine
chapters.load()
engine = load_engine({engine!r})
imported = time.perf_counter()
for clause in CASES.values():
    run_clause(clause, engine)
print(imported - started, time.perf_counter() - imported, len(CASES))
"""

PLAIN = """
import numpy
import pytest


def demand(found, _, expected, *bounds):
    if expected is None or isinstance(expected, bool) or expected == "a tensor":
        assert found is not None if expected == "a tensor" else found == expected
        return
    array = found.detach().numpy() if hasattr(found, "detach") else numpy.asarray(found)
    if bounds:
        low, high = numpy.asarray(bounds[0]), numpy.asarray(bounds[2])
        assert numpy.all((array >= low - 1e-14) & (array <= high + 1e-14))
        return
    if isinstance(expected, str):
        assert str(found)
        return
    assert array.shape == numpy.shape(expected)
    near = 16 * numpy.finfo(array.dtype).eps if array.dtype.kind in "fc" else 0
    numpy.testing.assert_allclose(array, expected, rtol=near, atol=near)

"""
"""The head of an ordinary test file, whose functions do what clauses do in the engine's own words.

`demand` holds values to what is expected of them as a test does that was written by hand.
"""

DEMANDED = (
    (r"print\('found: no error   expected: ", "pytest.fail('expected "),
    (r"print\('found:', type\(error\).__name__, error, .*", "assert isinstance(error, Exception)"),
    (r"print\('found:', (?=.*'   expected:', )", "demand("),
)
"""What a script prints beside what is expected -> what a test does."""

ENGINES = ("reference", "torch")
ONE = "acc-001"


def seconds(command: list[str], folder: str) -> float:
    """Time a whole process; its output is dropped, its failure is not."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} exited {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return elapsed


def bare(engine: str) -> tuple[float, float, int]:
    """Give the import time, the time of the plain loop, and the number of clauses."""
    program = BARE.format(engine=engine)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    imported, looped, clauses = done.stdout.split()
    return float(imported), float(looped), int(clauses)


def plain_file(engine: str, folder: str) -> tuple[list[str], list[str]]:
    """Write the pytest file with one function a clause; give the ids in it, and the others.

    Laws are left out, since one function is not what a law does.
    """
    from gradspec import Autograd, chapters  # noqa: PLC0415 - only this function needs them
    from gradspec.program.recorder import Recorder  # noqa: PLC0415
    from gradspec.writing.clause import CASES  # noqa: PLC0415
    from gradspec_conformance.engines.loading import load_engine  # noqa: PLC0415

    chapters.load()
    loaded, sources = load_engine(engine), {}
    for clause in CASES.values():
        if not clause.is_law:
            with Recorder(loaded) as recorder:
                clause.perform(Autograd(recorder))
            sources[clause.id] = loaded.script(recorder.program)
    functions = [_test(identifier, script) for identifier, script in sources.items()]
    Path(folder, "test_plain.py").write_text(PLAIN + "".join(functions), encoding="utf-8")
    Path(folder, "test_one.py").write_text(PLAIN + _test(ONE, sources[ONE]), encoding="utf-8")
    Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return list(sources), [i for i in CASES if i not in sources]


def _test(identifier: str, script: str) -> str:
    """Write the function of a plain file that does what a script does."""
    for printed, demanded in DEMANDED:
        script = re.sub(printed, demanded, script)
    return f"\n\ndef test_{re.sub('[-/]', '_', identifier)}():\n{textwrap.indent(script, '    ')}\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="reference")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    engine = options.engine
    bin_folder = Path(sys.executable).parent
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    kit = [str(bin_folder / "gradspec"), "run", engine]
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        alike, unlike = plain_file(engine, folder)
        commands = {
            "plain": [*pytest, "test_plain.py"],
            "plain, one": [*pytest, "test_one.py"],
            "same": [*kit, "-k", f"not ({' or '.join(unlike)})"],
            "same, one": [*kit, "-k", ONE],
            "kit": kit,
            "kit -n 2": [*kit, "-n", "2"],
        }
        for _ in range(options.rounds):
            imported, looped, clauses = bare(engine)
            times.setdefault("import", []).append(imported)
            times.setdefault("bare loop", []).append(looped)
            for name, command in commands.items():
                times.setdefault(name, []).append(seconds(command, folder))
    middle = {name: statistics.median(values) for name, values in times.items()}
    report(f"{clauses} clauses on {engine}, seconds", middle, times, len(alike))


def report(title: str, middle: dict[str, float], times: dict[str, list[float]], alike: int) -> None:
    """Print the medians and the ratios that matter."""
    table = Table(title=title, box=None, title_justify="left")
    for heading in ("what", "median", "lowest", "highest"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, value in middle.items():
        spread = (f"{min(times[name]):.2f}", f"{max(times[name]):.2f}")
        table.add_row(name, f"{value:.2f}", *spread)
    console = Console(highlight=False)
    console.print(table)
    lowest = {name: min(values) for name, values in times.items()}  # noise only ever adds
    plain = (lowest["plain"] - lowest["plain, one"]) / (alike - 1)
    same = (lowest["same"] - lowest["same, one"]) / (alike - 1)
    console.print(
        f"per clause ({alike} alike): plain pytest {plain * 1e3:.2f} ms, kit {same * 1e3:.2f} ms "
        f"(ratio {same / plain:.2f})"
    )
    alone = middle["import"] + middle["bare loop"]
    console.print(f"kit / (import + bare loop): {middle['kit'] / alone:.2f}")
    console.print(f"kit -n 2 / kit: {middle['kit -n 2'] / middle['kit']:.2f}")


if __name__ == "__main__":
    main()
