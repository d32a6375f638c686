"""`Side`: one engine in the midst of a random program.

It is asked as a clause asks it, through the table of acts, but nothing is recorded: the program is
known beforehand.  What a function of the program does, it does at each call.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.port.phrase import CONSTRUCTORS
from gradspec.port.slots import SLOTS
from gradspec.program.steps import Function, Ref
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.port.engine import Subject
    from gradspec.program.steps import Body, Step

REFUSED: Final = "refused"

LOOKED: Final = frozenset({"flag", "number", "numbers", "plain", "text", "dtype"})
"""What an act gives that is compared as it is."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An engine refused; `kind` is None where its adapter does not know which refusal it is."""

    kind: str | None
    error: Exception

    @property
    def word(self) -> str:
        """Name it in a report."""
        return f"refused: {self.kind or type(self.error).__name__}"


class Missing(Exception):
    """A step of a shortened program uses what no step makes any more."""


class Side:
    """The objects of one engine, by the numbers of the program."""

    has_tensors = True

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.things: dict[int, Any] = {}
        self.log: list[Any] = []
        self._modes: list[Any] = []

    def begin(self) -> None:
        """Forget what earlier programs left behind."""
        if "reset" in self.subject.abilities:
            self.ask("reset")

    def ask(self, key: str, /, **given: Any) -> Any:
        """Ask for one act with handles."""
        return self.subject.ask(ACTS[key], given)

    def share_memory(self, one: int, other: int) -> bool | None:
        """Say whether two tensors have memory in common, None if the engine does not say so."""
        try:
            shared = self.ask("shares_memory", one=self.things[one], other=self.things[other])
        except Exception:  # noqa: BLE001 - whatever an engine raises
            return None
        return bool(shared)

    def refusal(self, error: Exception) -> Refusal:
        """Say what kind of refusal an exception is."""
        if isinstance(error, Missing):
            raise error
        return Refusal(self.subject.engine.error_kind(error), error)

    # steps ----------------------------------------------------------------------------
    def do(self, step: Step) -> Any:
        """Perform a step; give its plain answer, None if it has none, or a Refusal."""
        try:
            return self._done(step, self.things)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises
            return self.refusal(error)

    def enter(self, step: Step) -> Any:
        """Enter a mode; give a Refusal, or None."""
        try:
            self._modes.append(self.subject.ask(ACTS[step.act], self._given(step, self.things)))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises
            return self.refusal(error)
        return None

    @property
    def is_inside(self) -> bool:
        """Whether a mode is entered that was not left."""
        return bool(self._modes)

    def leave(self) -> Any:
        """Leave the latest mode; give a Refusal, or None."""
        try:
            self.subject.engine.leave(self._modes.pop(), None)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises
            return self.refusal(error)
        return None

    def _done(self, step: Step, things: dict[int, Any]) -> Any:
        act = ACTS[step.act]
        match step.act:
            case "log":
                return None
            case "note":
                self.log.append(self._seen(self._value(step.given["what"], things)))
                return None
            case "forget":
                del things[step.given["thing"].number]
                return None
        given = self._given(step, things)
        answer = self.subject.ask(act, given, given if act.key in CONSTRUCTORS else step.given)
        if step.makes is not None:
            _bind(step.makes, answer, things)
        return answer if act.gives in LOOKED else None

    def _seen(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            return [self._seen(member) for member in value]
        return np.array(self.ask("array", x=value))

    def _given(self, step: Step, things: dict[int, Any]) -> dict[str, Any]:
        if step.act in ("tensor", "leaf"):
            data = np.asarray(step.given["data"])
            dtype = step.given.get("dtype")
            if dtype is None:
                dtype = _name_of(self.subject.dtype if data.dtype.kind == "f" else data.dtype)
            return {"data": data.astype(dtype), "dtype": dtype}
        kinds = ACTS[step.act].signature.kinds
        return {
            name: self._structure(value, things)
            if kinds.get(name) == "structure"
            else self._value(value, things)
            for name, value in step.given.items()
        }

    def _value(self, value: Any, things: dict[int, Any]) -> Any:
        match value:
            case Ref():
                return _thing(value, things)
            case Function():
                return self._function(value, things)
            case list():
                return [self._value(v, things) for v in value]
            case tuple():
                return tuple(self._value(v, things) for v in value)
            case dict():
                return {k: self._value(v, things) for k, v in value.items()}
            case np.ndarray():
                return value.copy()
        return value

    def _structure(self, value: Any, things: dict[int, Any]) -> Any:
        match value:
            case None:
                return None
            case Ref():
                return _thing(value, things)
            case list() | tuple():
                return type(value)(self._structure(v, things) for v in value)
            case dict():
                return {k: self._structure(v, things) for k, v in value.items()}
        return Plain(value)

    def _function(self, function: Function, around: dict[int, Any]) -> Callable[..., Any]:
        def function_of_the_program(*handles: Any) -> Any:
            return self._call(function, around, handles)

        function_of_the_program.__name__ = "function"
        return function_of_the_program

    def _call(self, function: Function, around: dict[int, Any], handles: Any) -> Any:
        """Do what the body says; what is made there is its own."""
        body: Body = function.bodies[0]
        things = dict(around)
        _bind(body.arguments, handles, things)
        for step in body.steps:
            self._done(step, things)
        slot = SLOTS[function.slot]
        if slot.returns == "nothing":
            return None
        if slot.returns == "held":
            return Held(self._value(body.returned, things))
        return self._structure(body.returned, things)


@functools.cache
def _name_of(dtype: np.dtype[Any]) -> str:
    """Name a data type; NumPy puts the name together each time."""
    return dtype.name


def _thing(ref: Ref, things: dict[int, Any]) -> Any:
    if ref.number not in things:
        raise Missing(f"t{ref.number}")
    return things[ref.number]


def _bind(pattern: Any, found: Any, things: dict[int, Any]) -> None:
    """Number what was made, as far as it is like the pattern; what is held is opened."""
    match pattern:
        case Ref():
            things[pattern.number] = found.thing if isinstance(found, Held) else found
        case list() | tuple():
            members = found if isinstance(found, list | tuple) else ()
            for one, other in zip(pattern, members, strict=False):
                _bind(one, other, things)
