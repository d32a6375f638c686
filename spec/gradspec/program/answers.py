"""What an engine answered, checked and wrapped: a tensor, a node, a flag, a structure, or nothing.

The table of acts promises the kinds; an answer of another kind breaks the port.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import BrokenPort
from gradspec.program.objects import (
    Edge,
    FunctionHandle,
    Hook,
    HostArray,
    Log,
    Node,
    Object,
    Optimizer,
    Tensor,
    Watcher,
)
from gradspec.program.observed import Observed
from gradspec.program.passing import is_opaque
from gradspec.program.steps import Ref, Step, Value
from gradspec.program.structure import Held, Plain, mapped

if TYPE_CHECKING:
    from gradspec.program.performer import Performer

WRAPPERS: Final[dict[str, type[Object]]] = {
    "tensor": Tensor,
    "node": Node,
    "edge": Edge,
    "hook": Hook,
    "watcher": Watcher,
    "optimizer": Optimizer,
    "host array": HostArray,
    "log": Log,
}

MAY_BE_NONE: Final = frozenset({"tensor", "node", "plain", "text", "dtype"})

PLAIN_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "flag": (bool, np.bool_),
    "text": (str,),
    "dtype": (str,),
    "number": (bool, int, float, complex, np.generic),
    "plain": (object,),
}


def wrap(recorder: Performer, step: Step, kind: str, answer: Any, *, some: bool = False) -> Any:
    """Wrap an answer of a kind; raises BrokenPort if it is of another."""
    act = step.act
    if kind == "nothing":
        return None
    if answer is None and some:
        raise BrokenPort(f"{act} gave None, expected a {kind}")
    if answer is None and kind in MAY_BE_NONE:
        return observed(recorder, step, None)
    if kind == "host array" and not hasattr(type(answer), "__array__"):
        raise BrokenPort(f"{act} gave a {type(answer).__name__}, expected a NumPy array")
    if kind in WRAPPERS:
        return WRAPPERS[kind](recorder, answer, recorder.number())
    wrapped = partial(wrap, recorder, step)
    match kind:
        case "gradients" if isinstance(answer, dict):
            return mapped(answer, partial(wrapped, "tensor"))
        case "tensors" | "gradients":
            return tuple(wrapped("tensor", a) for a in _sequence(answer, act))
        case "edges":
            pairs = [_pair(p, act) for p in _sequence(answer, act)]
            return tuple((wrapped("node", n), wrapped("number", k)) for n, k in pairs)
        case "numbers":
            members = tuple(_own("number", m, act) for m in _sequence(answer, act))
            return observed(recorder, step, members)
        case "structure":
            return arrived(recorder, answer, step)
        case "vjp" | "linearize":
            value, function, *rest = _sequence(answer, act)
            handle = FunctionHandle(recorder, function, recorder.number())
            more = (arrived(recorder, r, step) for r in rest)
            return (arrived(recorder, value, step), handle, *more)
    if kind.startswith("function"):
        gives = kind.partition(": ")[2] or "structure"
        return FunctionHandle(recorder, answer, recorder.number(), gives)
    return observed(recorder, step, _own(kind, answer, act))


def observed(recorder: Performer, step: Step, value: Any) -> Observed:
    """Give a plain answer, which marks the step if it comes to steer the program."""

    def steered(value: Any) -> None:
        step.seen = _without_opaque(value)

    return Observed(recorder, value, recorder.number(), steered)


def arrived(recorder: Performer, value: Any, step: Step | None = None) -> Any:
    """Wrap a structure that came from the engine: leaves are handles unless they are wrapped.

    What an act gave marks its step if it comes to steer the program; what a function is given is in
    the pattern of the call already.
    """
    match value:
        case None:
            return None
        case list() | tuple() | dict():
            return mapped(value, lambda member: arrived(recorder, member, step))
        case Plain():
            number, plain = recorder.number(), kept(value.value)
            steered = None if step is None else partial(_mark, step, number)
            return Observed(recorder, plain, number, steered)
        case Held():
            return opened(recorder, value.thing)
    return Tensor(recorder, value, recorder.number())


def kept(value: Any) -> Any:
    """Give a plain value as the program keeps it: an array is nobody's to write in."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
    return value


def _mark(step: Step, number: int, value: Any) -> None:
    """Put the value for its number into what a step made."""

    def marked(made: Any) -> Any:
        is_it = isinstance(made, Ref) and made.number == number
        return Value(number, _without_opaque(value)) if is_it else mapped(made, marked)

    step.makes = marked(step.makes)


def opened(recorder: Performer, thing: Any) -> Any:
    """Give a held object back; what is in it gets new numbers in the frame that receives it."""
    if isinstance(thing, FunctionHandle):
        return FunctionHandle(recorder, thing._handle, recorder.number(), thing.gives)
    if isinstance(thing, Object):
        return type(thing)(recorder, thing._handle, recorder.number())
    return mapped(thing, lambda member: opened(recorder, member))


def pattern(value: Any) -> Any:
    """Describe what an act made or a function was given, for a program to store."""
    match value:
        case Observed():
            return Value(value._number, _without_opaque(value._value))
        case Object():
            return Ref(value._number, value._kind)
        case list() | tuple() | dict():
            return mapped(value, pattern)
    return None if is_opaque(value) else value


def _without_opaque(value: Any) -> Any:
    """Give a plain value as a program can hold it: None for what is no data."""
    return None if is_opaque(value) else mapped(value, _without_opaque)


def made(value: Any) -> Any:
    """Describe what an act made: plain answers by number alone, for they are not all the same."""
    if isinstance(value, Observed):
        return Ref(value._number, "value")
    if isinstance(value, Object):
        return Ref(value._number, value._kind)
    return mapped(value, made)


def _own(kind: str, answer: Any, act: str) -> Any:
    """Give a plain answer as a value of Python's own types, which compare as they should."""
    if not isinstance(answer, PLAIN_TYPES[kind]):
        message = f"{act} gave a {type(answer).__name__}, expected a {kind}"
        raise BrokenPort(message)
    match answer:
        case bool():
            return answer
        case np.generic():
            return np.array(answer).item()
        case int():
            return int.__int__(answer)
        case float():
            return float.__float__(answer)
        case complex():
            return complex.__complex__(answer)
        case str():
            return str.__str__(answer)
        case list() | tuple() | dict():
            return mapped(answer, partial(_own, "plain", act=act))
    return answer


def _sequence(answer: Any, act: str) -> Any:
    if not isinstance(answer, list | tuple):
        message = f"{act} gave a {type(answer).__name__}, expected a list or tuple"
        raise BrokenPort(message)
    return mapped(answer, lambda member: member)


def _pair(answer: Any, act: str) -> Any:
    pair = _sequence(answer, act)
    if len(pair) != 2:  # noqa: PLR2004 - a pair
        raise BrokenPort(f"{act} gave {len(pair)} things, expected a pair")
    return pair
