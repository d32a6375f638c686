"""A program: what a clause did, as plain data.

A program is a list of steps over numbered objects.  It can be printed (`program.scripts`), stored
(`program.storing`), folded (`program.folding`) and replayed on any engine (`program.replay`).
A function of the caller is stored as what it did each time that the engine called it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Ref:
    """The n-th object that a program made; `kind` is what it is, a tensor if nothing is said."""

    number: int
    kind: str = field(default="tensor", compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value that arrived in a structure: its number, and what it was."""

    number: int
    value: Any


class Unseen:
    """There is no value that steered the program."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = Unseen()


@dataclass(slots=True)
class Body:
    """One call of a caller's function, or several that are alike.

    `arguments` and `keywords` are a pattern: what arrived, objects by number.  `raised` names the
    exception that the function raised by itself; `cut` says that an error of the engine ended it.
    `exports` are numbers that other calls use too.
    """

    arguments: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    returned: Any = None
    raised: str = ""
    cut: bool = False
    exports: tuple[int, ...] = ()


@dataclass(slots=True)
class Function:
    """A function of the caller, given to the engine.

    `bodies` are what it did, `turns` which of them each call was; `signature` are its parameters
    (`gradspec.program.signatures`), where an engine may fill in defaults.
    """

    number: int
    slot: str
    signature: tuple[Any, ...] | None = None
    bodies: list[Body] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    """One act: its key in the table of acts, its arguments by name, what it made.

    `makes` is a pattern like the answer, objects by number.  `seen` is a plain answer that steered
    the program, which another run must find again.  `steps` are those of a block.  Two things are
    not stored: `refused`, the kind of error that the act was refused with, and `derived`, what was
    done on this engine for an act that it does not have.
    """

    act: str
    given: dict[str, Any] = field(default_factory=dict)
    makes: Any = None
    seen: Any = UNSEEN
    steps: list[Step] | None = None
    refused: str | None = None
    derived: list[Step] | None = None


@dataclass(slots=True)
class Program:
    """The steps of a clause."""

    steps: list[Step] = field(default_factory=list)


def numbers(value: Any) -> Iterator[int]:
    """Give the numbers of the objects that a described value names, functions left out."""
    match value:
        case Ref() | Value():
            yield value.number
        case list() | tuple():
            for member in value:
                yield from numbers(member)
        case dict() | MappingProxyType():
            for member in value.values():
                yield from numbers(member)
        case slice():
            yield from numbers((value.start, value.stop, value.step))
        case Plain():
            yield from numbers(value.value)
        case Held():
            yield from numbers(value.thing)


def functions(value: Any) -> Iterator[Function]:
    """Give the functions in a described value."""
    match value:
        case Function():
            yield value
        case list() | tuple():
            for member in value:
                yield from functions(member)
        case dict() | MappingProxyType():
            for member in value.values():
                yield from functions(member)


def renumbered(value: Any, rename: dict[int, int]) -> Any:
    """Give a described value, a step or a body with other numbers; what has none stays."""
    match value:
        case Ref():
            return Ref(rename.get(value.number, value.number), value.kind)
        case Value():
            return Value(rename.get(value.number, value.number), value.value)
        case list():
            return [renumbered(v, rename) for v in value]
        case tuple():
            return tuple(renumbered(v, rename) for v in value)
        case dict():
            return {k: renumbered(v, rename) for k, v in value.items()}
        case MappingProxyType():
            return MappingProxyType({k: renumbered(v, rename) for k, v in value.items()})
        case slice():
            return slice(*renumbered([value.start, value.stop, value.step], rename))
        case Plain():
            return Plain(renumbered(value.value, rename))
        case Held():
            return Held(renumbered(value.thing, rename))
        case Step():
            given, makes = renumbered(value.given, rename), renumbered(value.makes, rename)
            steps = None if value.steps is None else renumbered(value.steps, rename)
            return Step(value.act, given, makes, value.seen, steps, value.refused)
        case Body():
            return Body(
                renumbered(value.arguments, rename),
                renumbered(value.keywords, rename),
                renumbered(value.steps, rename),
                renumbered(value.returned, rename),
                value.raised,
                value.cut,
                tuple(rename.get(n, n) for n in value.exports),
            )
        case Function():
            number = rename.get(value.number, value.number)
            bodies = [renumbered(b, rename) for b in value.bodies]
            signature = renumbered(value.signature, rename)
            return Function(number, value.slot, signature, bodies, list(value.turns))
    return value


def canonical(value: Any) -> Any:
    """Give something that can be compared and hashed, equal for what is equal as a program."""
    match value:
        case Step():
            done = (value.act, value.given, value.makes, value.seen, value.steps)
            return ("step", *map(canonical, done))
        case Body():
            call = (value.arguments, value.keywords, value.steps, value.returned)
            return ("body", *map(canonical, call), value.raised, value.cut, value.exports)
        case Function():
            bodies = canonical(value.bodies)
            return ("function", value.slot, canonical(value.signature), bodies, tuple(value.turns))
        case Ref():
            return ("ref", value.number, value.kind)
        case Value():
            return ("value", value.number, canonical(value.value))
        case Plain():
            return ("plain", canonical(value.value))
        case Held():
            return ("held", canonical(value.thing))
        case list() | tuple():
            return (type(value).__name__, *map(canonical, value))
        case dict() | MappingProxyType():
            return ("dict", *((name, canonical(one)) for name, one in value.items()))
        case np.ndarray():
            return ("array", value.dtype.name, value.shape, value.tobytes())
    return (type(value).__name__, repr(value))
