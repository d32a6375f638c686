"""Printed scripts do what was done: in the engine's own words, and for every clause."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradspec.exceptions import ProgramError
from gradspec.judging.comparison import COMPARISONS
from gradspec.program.passing import compared
from gradspec.program.recorder import Recorder
from gradspec.program.scripts import as_gradspec, writer
from gradspec.writing.clause import CASES
from gradspec.writing.notation import Autograd
from gradspec_conformance.engines.loading import load_engine
from gradspec_conformance.exceptions import EngineNotInstalled
from gradspec_conformance.execution.effort import Effort, seed_of
from gradspec_conformance.execution.execute import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.engine import Engine
    from gradspec.writing.clause import Clause

FEWEST = {"reference": 459, "torch": 459, "autograd": 37, "micrograd": 39}
"""Engine -> how many clauses it passes."""

LABEL = "   expected:"

Shown = tuple[Any, ...]
Demand = tuple[str, Any, dict[str, Any]]

EXAMPLES = 3
"""How many examples of a law are printed."""


@pytest.fixture(scope="module", params=list(FEWEST))
def speaker(request: pytest.FixtureRequest) -> Any:
    """Give an engine that has words of its own."""
    try:
        return load_engine(request.param)
    except EngineNotInstalled as error:
        pytest.skip(str(error))


class Demanding(Recorder):
    """Keeps what was demanded, in order: the check, what was expected, and how nearly."""

    def __init__(self, engine: Engine, *, seed: int = 0) -> None:
        super().__init__(engine, seed=seed)
        self.demands: list[Demand] = []

    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Keep a demand that was met."""
        super().expect(found, check, expected, options)
        self.demands.append((check, expected, options))


def passing(clause: Clause, engine: Engine) -> list[Demanding]:
    """Run a clause; give its runs if it passes, and nothing if it does not."""
    effort = Effort(examples=EXAMPLES, shrink=False)
    runs: list[Demanding] = []

    def once(**inputs: Any) -> None:
        with Demanding(engine, seed=seed_of(clause, effort)) as recorder:
            clause.perform(Autograd(recorder), **inputs)
        runs.append(recorder)

    try:
        tried(clause, once, effort)()
    except ProgramError:
        return []
    return runs


def printed(engine: Any, script: str) -> list[Shown]:
    """Run a script; give the lines that it prints, with values as they are at that moment."""
    shown: list[Shown] = []

    def show(*what: Any) -> None:
        shown.append((plain(engine, what[0]), *what[1:]))

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(compile(script, "script", "exec"), {"print": show})
    return shown


def plain(engine: Any, value: Any) -> Any:
    """Give what a comparison sees of an engine's own value."""
    if isinstance(value, list | tuple):
        return [plain(engine, one) for one in value]
    if value is None or isinstance(value, bool | int | str | np.dtype) or type(value) is float:
        return value
    if isinstance(value, np.generic | np.ndarray):
        return np.array(value)
    try:
        return np.array(engine.array(value))
    except (AttributeError, TypeError):  # a data type of its own
        return str(value).rpartition(".")[2]


def complaints(engine: Any, shown: list[Shown], demands: list[Demand]) -> Iterator[str]:
    """Say where a script shows something else than was demanded."""
    asked = [line for line in shown if line[1:2] == (LABEL,)]
    if len(asked) != len(demands):
        yield f"{len(asked)} demands are shown, expected {len(demands)}"
    for (found, *_), (check, expected, options) in zip(asked, demands, strict=False):
        if not agrees(found, check, compared(expected), options):
            yield f"{found!r} is shown, expected {check} {expected!r}"
    for line in (one for one in shown if one[1:2] != (LABEL,)):
        text = str(line[-1])
        if text.startswith("no error"):
            yield text
        elif text.startswith(LABEL):
            if engine.error_kind(line[1]) != text.removeprefix(f"{LABEL} "):
                yield f"{line[1]!r} is shown, {text}"
        elif text.startswith("warnings") and bool(line[0]) != text.endswith("at least one"):
            yield f"{line[0]} {text}"


def agrees(found: Any, check: str, expected: Any, options: dict[str, Any]) -> bool:
    """Say whether what is shown meets the demand: shapes and data types are shown themselves."""
    if check == "has_shape":
        return list(found) == list(expected)
    if check == "has_dtype":
        return bool(found == np.dtype(expected))
    return COMPARISONS[check](found, expected, **options) is None


def test_the_script_of_every_passing_clause_shows_what_the_clause_demanded(
    speaker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_LINES", sys.maxsize)
    wrong: list[tuple[str, str]] = []
    compared_scripts = 0
    for clause in CASES.values():
        for recorder in passing(clause, speaker):
            script = speaker.script(recorder.program)
            compared_scripts += 1
            try:
                shown = printed(speaker, script)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is named
                wrong.append((clause.id, repr(error)))
                continue
            wrong += [(clause.id, text) for text in complaints(speaker, shown, recorder.demands)]

    assert wrong == []
    assert compared_scripts >= FEWEST[speaker.name]


# what a person reads --------------------------------------------------------------------
def both(body: Callable[[Autograd], Any], engine: Any) -> Demanding:
    """Run a body, and its scripts in both dialects; each has to show what was demanded."""
    with Demanding(engine) as recorder:
        body(Autograd(recorder))
    shown = printed(engine, engine.script(recorder.program))
    counted: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(as_gradspec(recorder.program, engine.name), "notation", "exec"), counted)

    assert list(complaints(engine, shown, recorder.demands)) == []
    assert counted["ag"]._recorder.assertions == recorder.assertions > 0
    return recorder
