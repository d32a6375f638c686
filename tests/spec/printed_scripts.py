"""Scripts that are run where they are printed, and compared with what the program demanded."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from gradspec import Autograd
from gradspec.judging.comparison import COMPARISONS
from gradspec.program.passing import compared
from gradspec.program.recorder import Recorder
from gradspec.program.scripts import as_gradspec
from gradspec_conformance import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gradspec.port.engine import Engine
    from gradspec.program.steps import Program, Step

KINDS_OF_THE_KIT = ("callback", "grad-is-none")
"""Error kinds that no engine names."""

FOUND = "found:"
LABEL = "   expected:"

Shown = tuple[Any, ...]
Demand = tuple[str, Any, dict[str, Any]]


class Demanding(Recorder):
    """Keeps what was demanded, in order: the check, what was expected, and how nearly."""

    def __init__(self, engine: Engine, *, seed: int = 0) -> None:
        super().__init__(engine, seed=seed)
        self.demands: list[Demand] = []
        self.excused: list[list[Step]] = []

    def block(self, key: str, **given: Any) -> tuple[Step, list[Step]]:
        """Note what is only written down, since its attempt ended otherwise."""
        step, steps = super().block(key, **given)
        if key in ("granted", "denied") and given["attempt"].refused is (key == "granted"):
            self.excused.append(steps)
        return step, steps

    def expect(self, found: Any, check: str, expected: Any, options: dict[str, Any]) -> None:
        """Keep a demand that was met."""
        super().expect(found, check, expected, options)
        if not any(steps is one for steps in self.blocks for one in self.excused):
            self.demands.append((check, expected, options))


def printed(engine: Any, script: str) -> list[Shown]:
    """Run a script; give the lines that it prints, with values as they are at that moment."""
    shown: list[Shown] = []

    def show(*what: Any) -> None:
        what = what[what[:1] == (FOUND,) :]
        shown.append((plain(engine, what[0]), *what[1:]))

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(compile(script, "script", "exec"), {"print": show})
    return shown


def plain(engine: Any, value: Any) -> Any:
    """Give what a comparison sees of an engine's own value."""
    if isinstance(value, list | tuple):
        return [plain(engine, one) for one in value]
    if isinstance(value, dict):
        return {name: plain(engine, one) for name, one in value.items()}
    if value is None or isinstance(value, bool | int | str | np.dtype) or type(value) is float:
        return value
    if isinstance(value, np.generic | np.ndarray):
        return np.array(value)
    try:
        return np.array(engine.array(value))
    except (AttributeError, TypeError):  # a data type of its own
        return str(value).rpartition(".")[2]


def listed(value: Any) -> Any:
    """Give a structure with lists for tuples, as what is shown has."""
    return [listed(one) for one in value] if isinstance(value, list | tuple) else value


def complaints(engine: Any, shown: list[Shown], demands: list[Demand]) -> Iterator[str]:
    """Say where a script shows something else than was demanded."""
    asked = [line for line in shown if line[1:2] == (LABEL,)]
    if len(asked) != len(demands):
        yield f"{len(asked)} demands are shown, expected {len(demands)}"
    for (found, *_), (check, expected, options) in zip(asked, demands, strict=False):
        if not agrees(found, check, listed(compared(expected)), options):
            yield f"{found!r} is shown, expected {check} {expected!r}"
    for line in (one for one in shown if one[1:2] != (LABEL,)):
        text = str(line[-1])
        if text.startswith(f"{FOUND} no error"):
            yield text
        elif text.startswith(LABEL):
            kind = text.removeprefix(f"{LABEL} ")
            if kind not in {*kinds(engine, line[1]), *KINDS_OF_THE_KIT}:
                yield f"{line[1]!r} is shown, {text}"
        elif text.startswith("warnings") and bool(line[0]) != text.endswith("at least one"):
            yield f"{line[0]} {text}"


def kinds(engine: Any, error: Exception) -> set[str | None]:
    """Give the kinds that an error may be of: a script does not tell in which act it was raised."""
    text, patterns = f"{type(error).__name__}: {error}", engine.book.errors
    return {one.kind for one in patterns if one.says.search(text)} | {engine.error_kind(error)}


def agrees(found: Any, check: str, expected: Any, options: dict[str, Any]) -> bool:
    """Say whether what is shown meets the demand: shapes and data types are shown themselves."""
    if check == "has_shape":
        return list(found) == list(expected)
    if check == "has_dtype":
        return bool(found == np.dtype(expected))
    return COMPARISONS[check](found, expected, **options) is None


def counted(program: Program, engine: Any) -> int:
    """Run the script in the notation, which names the engine; give how many demands it makes."""
    space: dict[str, Any] = {}
    here = {engine.name: engine}  # loaded once, and not once a script
    with warnings.catch_warnings(), patch.object(opening, "load_engine", here.__getitem__):
        warnings.simplefilter("ignore")
        exec(compile(as_gradspec(program, engine.name), "notation", "exec"), space)
    return int(space["ag"]._recorder.assertions)


def shows_what_was_demanded(body: Callable[[Autograd], Any], engine: Any) -> Demanding:
    """Run a body, and its scripts in both dialects; each has to show what was demanded."""
    with Demanding(engine) as recorder:
        body(Autograd(recorder))
    shown = printed(engine, engine.script(recorder.program))

    assert list(complaints(engine, shown, recorder.demands)) == []
    assert counted(recorder.program, engine) == recorder.assertions > 0
    return recorder
