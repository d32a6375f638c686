"""Transcripts: what an oracle said and showed all through a program, to hold an engine to later.

`Taping` is a side that writes down what it says; `Taped` says it again, without any engine.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.program.steps import Ref
from gradspec.program.storing import decode, encode
from gradspec_conformance.fuzz.observing import Eye, View
from gradspec_conformance.fuzz.sides import Refusal, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gradspec.port.engine import Subject
    from gradspec.program.steps import Step

DO, LOOK, MODE, LOG = "d", "l", "m", "n"
"""What an entry of a tape is: an answer, a view, whether operations are recorded, the log."""

SAME = 0
"""What stands for a view that is as it was."""


class Taping(Side):
    """A side whose answers are kept; its eye is itself."""

    has_tensors = False  # what lies in whose memory is on no tape

    def __init__(self, subject: Subject, common: frozenset[str]) -> None:
        super().__init__(subject)
        self.tape: list[list[Any]] = []
        self._eye = Eye(self, common)
        self._shown: dict[int, dict[str, Any]] = {}
        self._is_begun = False
        self._noted = 0

    def do(self, step: Step) -> Any:
        """Perform a step, and keep what is said, and which of its results are None."""
        answer = super().do(step)
        nothing = [n for n in made_by(step) if self.things.get(n) is None]
        self.tape.append([DO, packed(answer), *([nothing] if nothing else [])])
        if len(self.log) > self._noted:
            self.tape.append([LOG, packed(self.log[self._noted :])])
            self._noted = len(self.log)
        return answer

    def enter(self, step: Step) -> Any:
        """Enter a mode, and keep what is said."""
        answer = super().enter(step)
        self.tape.append([DO, packed(answer)])
        return answer

    def leave(self) -> Any:
        """Leave a mode, and keep what is said."""
        answer = super().leave()
        self.tape.append([DO, packed(answer)])
        return answer

    def ask(self, key: str, /, **given: Any) -> Any:
        """Ask, and keep whether operations are recorded."""
        answer = super().ask(key, **given)
        if key == "is_grad_enabled":
            self.tape.append([MODE, answer])
        return answer

    def recount(self) -> None:
        """Count writes from here on."""
        self._eye.recount()

    def look(self, number: int) -> View:
        """See a tensor, and keep what has changed."""
        view = self._eye.look(number)
        shown = {name: packed(value) for name, value in view.seen.items()}
        before = self._shown.get(number, {})
        changed = {name: value for name, value in shown.items() if before.get(name) != value}
        changed = {n: v for n, v in changed.items() if n in before or v is not None or not before}
        self._shown[number] = shown
        self.tape.append([LOOK, changed or SAME])
        return view


class Taped:
    """A side without an engine: it says what is on the tape."""

    has_tensors = False

    def __init__(self, tape: Iterable[list[Any]], subject: Subject) -> None:
        self.subject = subject
        self.things: dict[int, Any] = {}
        self.log: list[Any] = []
        self.is_inside = False
        self._tape = deque(tape)
        self._shown: dict[int, dict[str, Any]] = {}

    def _next(self, what: str) -> list[Any]:
        """Take the next entry of a kind; an engine that cannot be asked leaves others out."""
        while self._tape:
            entry = self._tape.popleft()
            if entry[0] == what:
                return entry
        raise IndexError("the tape has come to its end")

    def begin(self) -> None:
        """There is nothing to forget."""

    def do(self, step: Step) -> Any:
        """Say what the oracle said to a step."""
        _, answer, *nothing = self._next(DO)
        none = nothing[0] if nothing else ()
        for number in made_by(step):
            self.things[number] = None if number in none else True
        if self._tape and self._tape[0][0] == LOG:
            self.log += unpacked(self._tape.popleft()[1])
        return unpacked(answer)

    def enter(self, step: Step) -> Any:  # noqa: ARG002 - what it says does not depend on it
        """Say what the oracle said when it entered a mode."""
        return unpacked(self._next(DO)[1])

    def leave(self) -> Any:
        """Say what the oracle said when it left a mode."""
        return unpacked(self._next(DO)[1])

    def ask(self, key: str, /, **given: Any) -> Any:  # noqa: ARG002 - only this is ever asked
        """Say whether the oracle recorded operations."""
        return self._next(MODE)[1]

    def recount(self) -> None:
        """The tape has counted already."""

    def look(self, number: int) -> View:
        """Say what the oracle showed of a tensor."""
        changed = self._next(LOOK)[1]
        shown = self._shown.setdefault(number, {})
        if changed != SAME:
            shown |= {name: unpacked(value) for name, value in changed.items()}
        return View(dict(shown))


def made_by(step: Step) -> Iterator[int]:
    """Give the numbers of the tensors that a step makes."""
    waiting = [step.makes]
    while waiting:
        made = waiting.pop()
        if isinstance(made, Ref) and made.kind == "tensor":
            yield made.number
        elif isinstance(made, list | tuple):
            waiting += made


def packed(value: Any) -> Any:
    """Give what an engine said as data of JSON."""
    match value:
        case Refusal():
            return {"!": value.kind or ""}
        case np.ndarray():
            flat = [encode(entry) for entry in value.ravel().tolist()]
            if value.dtype.name == "float64":
                return {"a": flat, "s": list(value.shape)}
            return {"a": flat, "s": list(value.shape), "t": value.dtype.name}
        case list():
            return {"*": [packed(member) for member in value]}
    return encode(value)


def unpacked(data: Any) -> Any:
    """Read what `packed` wrote."""
    match data:
        case {"!": kind}:
            return Refusal(kind or None, RuntimeError(f"refused: {kind or 'in some way'}"))
        case {"a": flat, "s": shape}:
            entries = [decode(entry) for entry in flat]
            return np.array(entries, dtype=data.get("t", "float64")).reshape(shape)
        case {"*": members}:
            return [unpacked(member) for member in members]
    return decode(data)
