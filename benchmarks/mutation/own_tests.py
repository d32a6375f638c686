"""Tests of the reference engine that come to what is changed: which they are, and if one fails.

They hold what no clause may ask of every engine: layers, optimizers and schedules by torch's names.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import defaultdict
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from mutation.changes import Mutant, Where

    Noting = Callable[[Sequence[Mutant]], AbstractContextManager[set[Where]]]

FORK: Final = multiprocessing.get_context("fork")

PATIENCE: Final = 60.0
"""Seconds of processor time that all tests may take."""

LOADED: Final = (
    "pytest.PytestAssertRewriteWarning",
    "hypothesis.errors.HypothesisSideeffectWarning",
)
"""Of plugins that were imported before pytest could: warnings are errors here."""

QUIETLY: Final = (
    *("-q", "-o", "addopts=", "-p", "no:cacheprovider"),
    *(word for warning in LOADED for word in ("-W", f"ignore::{warning}")),
)


class _Reached:
    """A plugin of pytest that writes down what each test came to that passed."""

    def __init__(self, met: set[Where]) -> None:
        self.met = met
        self.found: list[tuple[float, str, set[Where]]] = []

    def pytest_runtest_setup(self) -> None:
        self.met.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.found.append((report.duration, report.nodeid, set(self.met)))


def tests_through(
    mutants: Sequence[Mutant], files: Sequence[str], noting: Noting
) -> Mapping[Where, Sequence[str]]:
    """Give for the expression of each mutant the tests that come to it, the shortest first.

    They run in a child: after a backward pass torch refuses others in processes forked from it.
    """
    if not files:
        return {}
    import_module("torch")
    with _silence():
        pytest.main(["--collect-only", *QUIETLY, *files])
    places = {mutant.where: place for place, mutant in enumerate(mutants)}
    receiving, sending = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_run, args=(mutants, files, noting, places, sending))
    child.start()
    sending.close()
    reached = receiving.recv()
    child.join()
    found: dict[Where, list[str]] = defaultdict(list)
    for _, name, met in sorted(reached):
        for place in met:
            found[mutants[place].where].append(name)
    return found


def _run(
    mutants: Sequence[Mutant],
    files: Sequence[str],
    noting: Noting,
    places: Mapping[Where, int],
    sending: Any,
) -> None:
    with noting(mutants) as met, _silence():
        plugin = _Reached(met)
        pytest.main([*QUIETLY, *files], plugins=[plugin])
    sending.send(
        [(took, name, sorted(places[where] for where in met)) for took, name, met in plugin.found]
    )


def tests_fail(names: Sequence[str]) -> bool:
    """Run tests until one fails, and say whether one did."""
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        ended = pytest.main(["-x", *QUIETLY, *names])
    except BaseException:  # noqa: BLE001 - whatever a faulty engine raises
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ended is not pytest.ExitCode.OK


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        yield
