"""Replay a stored program on an engine: the same steps, the same demands.

A function of the caller does what it did when the program was recorded.  Where the engine calls it
in another way, or another value comes to steer the program, the replay has *diverged*, which is no
verdict: the clause itself has to be run.
"""

from __future__ import annotations

import builtins
import math
from contextlib import AbstractContextManager, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Diverged, Interrupted, Refused
from gradspec.judging.comparison import OPTIONS
from gradspec.program import blocks
from gradspec.program.objects import Object
from gradspec.program.observed import looked_at, unseen
from gradspec.program.signatures import signature_of
from gradspec.program.steps import UNSEEN, Body, Function, Program, Ref, Step, Value
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gradspec.program.recorder import Recorder

STEERING_ULPS: Final = 64
"""How many units in the last place a number that steers may be away from the recorded one."""


def replay(program: Program, recorder: Recorder) -> None:
    """Perform every step; raises what a clause that did the same would raise, or Diverged."""
    Player(recorder).play(program.steps)


class Frame:
    """The objects of one call of a function by their numbers, and those around it.

    Those that other calls use (`exports`) are there for all as soon as they are made.
    """

    def __init__(self, around: Frame | None = None, exports: Sequence[int] = ()) -> None:
        self.objects: dict[int, Any] = {}
        self.around = around
        self._exports = frozenset(exports)

    def put(self, number: int, found: Any) -> None:
        """Give an object its number."""
        self.objects[number] = found
        if number in self._exports:
            self.outermost.objects[number] = found

    def __getitem__(self, number: int) -> Any:
        frame: Frame | None = self
        while frame is not None:
            if number in frame.objects:
                return frame.objects[number]
            frame = frame.around
        raise Diverged(f"t{number} was not made")

    @property
    def outermost(self) -> Frame:
        """The frame of the program itself."""
        return self if self.around is None else self.around.outermost


class Player:
    """Plays steps in a frame; a function that it makes plays its body in a frame of its own."""

    def __init__(self, recorder: Recorder, frame: Frame | None = None) -> None:
        self._recorder = recorder
        self.frame = Frame() if frame is None else frame

    def play(self, steps: Sequence[Step]) -> None:
        """Perform the steps in order."""
        for step in steps:
            if step.steps is None:
                self._perform(step)
            elif step.act == "repeat":
                self._repeat(step)
            else:
                with self._block(step):
                    self.play(step.steps)

    def _perform(self, step: Step) -> None:
        recorder, given = self._recorder, step.given
        match step.act:
            case "expect":
                options = {n: v for n, v in given.items() if n in OPTIONS}
                found, expected = self.value(given["found"]), self.value(given.get("expected"))
                recorder.expect(found, given["check"], expected, options)
                return
            case "tensor" | "leaf":
                leaf, dtype = step.act == "leaf", given.get("dtype")
                result = recorder.tensor(self.value(given["data"]), dtype=dtype, leaf=leaf)
            case _:
                values = {name: self.value(value) for name, value in given.items()}
                result = recorder.perform(step.act, **values)
        if step.makes is not None:  # nothing was made, also where the act was refused
            self.bind(step.makes, result)
        if step.seen is not UNSEEN and not _same(step.seen, looked_at(result)):
            found = f"{step.act} gave {unseen(result)!r}"
            raise Diverged(f"{found}, and {step.seen!r} when it was recorded")

    def _block(self, step: Step) -> AbstractContextManager[Any]:
        recorder = self._recorder
        match step.act:
            case "refuses":
                return blocks.refuses(recorder, step.given["kind"])
            case "attempt":
                return self._attempt(step)
            case "granted" | "denied":
                return blocks.ended(recorder, self.value(step.given["attempt"]), step.act)
            case "caught":
                return self._caught(step)
            case "warns" | "silent":
                text = {name: self.value(said) for name, said in step.given.items()}
                return blocks.warnings(recorder, expected=step.act == "warns", **text)
        values = {name: self.value(value) for name, value in step.given.items()}
        return blocks.mode(recorder, step.act, (), values)

    @contextmanager
    def _attempt(self, step: Step) -> Iterator[None]:
        with blocks.attempt(self._recorder, step.given["kinds"]) as attempt:
            if step.makes is not None:
                self.bind(step.makes, attempt)
            yield

    @contextmanager
    def _caught(self, step: Step) -> Iterator[None]:
        """Go on after a refusal as the program did, which caught it; it has to be the same."""
        kind = step.given["kind"]
        try:
            yield
        except Refused as error:
            found = error.kind or "unknown"
            if found != kind:
                text = f"a step was refused as {found}, and as {kind} when it was recorded"
                raise Diverged(text) from error
        else:
            raise Diverged(f"a step was not refused, and was as {kind} when it was recorded")

    def _repeat(self, step: Step) -> None:
        carried = step.given["carried"]
        values = [self.value(first) for _, first, _ in carried]
        for _ in range(step.given["times"]):
            for (inside, _, _), value in zip(carried, values, strict=True):
                self.frame.objects[inside.number] = value
            self.play(step.steps or [])
            values = [self.value(last) for _, _, last in carried]

    # values ---------------------------------------------------------------------------
    def bind(self, pattern: Any, found: Any) -> None:
        """Give numbers to what was made, if it is like the pattern."""
        if not fits(pattern, found):
            raise Diverged(f"found {found!r}, expected something like {pattern!r}")
        match pattern:
            case Ref() | Value():
                self.frame.put(pattern.number, found)
            case list() | tuple():
                for one, other in zip(pattern, found, strict=True):
                    self.bind(one, other)
            case dict():
                for name, one in pattern.items():
                    self.bind(one, found[name])
            case Held():
                self.bind(pattern.thing, found)

    def value(self, described: Any) -> Any:
        """Give what a described value stands for in this frame."""
        match described:
            case Ref():
                return self.frame[described.number]
            case Function():
                return self.function(described)
            case list():
                return [self.value(v) for v in described]
            case tuple():
                return tuple(self.value(v) for v in described)
            case dict():
                return {k: self.value(v) for k, v in described.items()}
            case MappingProxyType():
                return MappingProxyType({k: self.value(v) for k, v in described.items()})
            case slice():
                parts = (described.start, described.stop, described.step)
                return slice(*(self.value(v) for v in parts))
            case Held():
                return self.value(described.thing)
            case Plain():
                return described.value
        return described

    def function(self, function: Function) -> Callable[..., Any]:
        """Make a function that does what the recorded one did, call by call."""
        around, turns = self.frame, Turns(function)

        def call(*given: Any, **named: Any) -> Any:
            body = turns.next(given, named)
            player = Player(self._recorder, Frame(around, body.exports))
            player.bind(body.arguments, given)
            player.bind(body.keywords, named)
            player.play(body.steps)
            return player.ended(body)

        if function.signature is not None:
            signature = signature_of(function.signature, self.value)
            call.__signature__ = signature  # type: ignore[attr-defined]
        return call

    def ended(self, body: Body) -> Any:
        """End a body as it ended when it was recorded."""
        if body.cut:
            raise Diverged("the engine goes on where it stopped when the program was recorded")
        if body.raised:
            kind = getattr(builtins, body.raised, Interrupted)
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                kind = Interrupted
            if not issubclass(kind, Exception):
                raise Diverged(f"a function was left by {body.raised}, which ends a replay")
            raise kind
        return self.value(body.returned)


class Turns:
    """Which body a function comes to next: by pattern, and in turn among those that fit.

    There are as many turns as there were calls.  What the caller's function would have done in one
    more call nobody knows, though it did the same in all others: it may have counted them.
    """

    def __init__(self, function: Function) -> None:
        self._bodies = function.bodies
        self._left = list(function.turns)

    def next(self, given: tuple[Any, ...], named: dict[str, Any]) -> Body:
        """Choose a body; raises Diverged."""

        def fitting(body: Body) -> bool:
            return fits(body.arguments, given) and fits(body.keywords, named)

        for place, number in enumerate(self._left):
            if fitting(self._bodies[number]):
                del self._left[place]
                return self._bodies[number]
        if any(map(fitting, self._bodies)):
            raise Diverged("a function is called more often than when the program was recorded")
        raise Diverged(f"a function is called with {given!r}, as it was not when recorded")


def fits(pattern: Any, found: Any) -> bool:
    """Say whether what was found is like the pattern: containers, None and plain values."""
    match pattern:
        case Value():
            return _same(pattern.value, unseen(found))
        case Ref():
            return found is not None or pattern.kind == "value"
        case list() | tuple():
            same = isinstance(found, type(pattern)) and len(found) == len(pattern)
            return same and all(map(fits, pattern, found))
        case dict():
            same = isinstance(found, dict) and list(found) == list(pattern)
            return same and all(fits(one, found[name]) for name, one in pattern.items())
        case Held():
            return fits(pattern.thing, found)
        case None:
            return found is None
    return not isinstance(found, Object)


def _same(recorded: Any, found: Any) -> bool:
    if isinstance(recorded, float) and isinstance(found, float):
        near = STEERING_ULPS * float(np.finfo(np.float32).eps)
        return math.isclose(recorded, found, rel_tol=near, abs_tol=0.0) or (
            math.isnan(recorded) and math.isnan(found)
        )
    if isinstance(recorded, complex) and isinstance(found, complex):
        return _same(recorded.real, found.real) and _same(recorded.imag, found.imag)
    if isinstance(recorded, np.ndarray) and isinstance(found, np.ndarray):
        entries = zip(recorded.ravel().tolist(), found.ravel().tolist(), strict=False)
        alike = (recorded.dtype, recorded.shape) == (found.dtype, found.shape)
        return alike and all(_same(one, other) for one, other in entries)
    if isinstance(recorded, list | tuple) and isinstance(found, list | tuple):
        return len(recorded) == len(found) and all(map(_same, recorded, found))
    return type(recorded) is type(found) and bool(recorded == found)
