"""Print a program: `print_program(program, dialect)`.

Acts are said by phrases; what the language itself has (assignments, functions, loops, blocks) is
Python's, whatever the dialect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import count
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Unsayable
from gradspec.port.acts import ACTS
from gradspec.program.folding import folded, in_order_of_birth
from gradspec.program.products import written_out
from gradspec.program.scripts.spelling import Spelling
from gradspec.program.scripts.uses import leaks, uses, uses_of
from gradspec.program.steps import Body, Function, Program, Ref, Step, Value, numbers
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec.program.scripts.dialect import Dialect

MOST_LINES: Final = 120

IN_TURN: Final = (
    "def in_turn(*functions):",
    "    order = iter(functions)",
    "    return lambda *arguments: next(order)(*arguments)",
    "",
)


def print_program(program: Program, dialect: Dialect) -> str:
    """Print a program in a dialect, at most `MOST_LINES` long."""
    steps = folded(program).steps
    if not dialect.has_products:
        steps = in_order_of_birth(_without_products(steps, dialect))
    writer = Writer(dialect, uses(steps), leaks(steps))
    writer.block(steps)
    head = dialect.head("\n".join(writer.lines))
    lines = [*head, *(IN_TURN if writer.took_turns else ()), *writer.lines]
    if len(lines) > MOST_LINES:
        hidden = len(lines) - MOST_LINES
        half = MOST_LINES // 2
        lines = [*lines[:half], f"# ... {hidden} more lines ...", *lines[-half:]]
    return "\n".join(lines)


def _without_products(steps: Sequence[Step], dialect: Dialect) -> list[Step]:
    """Write products out as steps of the engine's own, as far as its gradients were there."""
    fresh = count(1 + max(uses_of(steps), default=0), 1000)
    found: list[Step] = []
    for step in steps:
        if step.steps is not None:
            step.steps = _without_products(step.steps, dialect)
        for value in step.given.values():
            for body in value.bodies if isinstance(value, Function) else ():
                body.steps = _without_products(body.steps, dialect)
        if step.act == "vjp" and len(step.given["function"].bodies) == 1:
            found += _plainly(written_out(step, dialect.abilities, next(fresh)))
        else:
            found.append(step)
    return found


def _plainly(steps: list[Step]) -> Iterator[Step]:
    """Leave out what a reader need not see: zeros for gradients that are missing."""
    for step in steps:
        if step.act == "attempt":
            yield from step.steps or []
        else:
            yield step


@dataclass(slots=True)
class Writer:
    """Writes steps as lines; knows which results are used, and where."""

    dialect: Dialect
    uses: dict[int, int]
    leaks: set[int]
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    inlined: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    took_turns: bool = False
    _locals: Iterator[int] = field(default_factory=count)

    def block(self, steps: Sequence[Step]) -> None:
        """Write steps, one after the other."""
        for position, step in enumerate(steps):
            following = steps[position + 1] if position + 1 < len(steps) else None
            self._step(step, following)

    # values ---------------------------------------------------------------------------
    def literal(self, value: Any) -> str:
        """Write a value as source text."""
        match value:
            case Ref() | Value():
                return self._name(value.number)
            case Function():
                return f"f{value.number}"
            case bool() | None | str():
                return repr(value)
            case float() | np.floating() if not math.isfinite(value):
                return f"float('{float(value)}')"
            case np.ndarray() if not value.size:
                return f"np.zeros({value.shape})"
            case np.ndarray():
                return self.literal(value.tolist())
            case np.generic():
                return self.literal(value.item())
            case list():
                return f"[{self.listed(value)}]"
            case tuple():
                return f"({self.listed(value)}{',' if len(value) == 1 else ''})"
            case dict():
                pairs = (f"{k!r}: {self.literal(v)}" for k, v in value.items())
                return "{" + ", ".join(pairs) + "}"
            case MappingProxyType():
                return f"types.MappingProxyType({self.literal(dict(value))})"
            case slice():
                return f"slice({self.listed((value.start, value.stop, value.step))})"
            case EllipsisType():
                return "..."
            case Plain(np.ndarray() as array):
                return f"np.array({self.literal(array)}, dtype={array.dtype.name!r})"
            case Plain():
                return self.literal(value.value)
            case Held():
                return self.literal(value.thing)
        return repr(value)

    def index(self, value: Any) -> str:
        """Write an index as it stands between brackets."""
        match value:
            case tuple() if value:
                return ", ".join(self.index(v) for v in value)
            case slice():
                ends = ["" if v is None else self.literal(v) for v in (value.start, value.stop)]
                step = "" if value.step is None else f":{self.literal(value.step)}"
                return f"{ends[0]}:{ends[1]}{step}"
        return self.literal(value)

    def listed(self, values: Iterable[Any]) -> str:
        """Write values with commas between them."""
        return ", ".join(self.literal(v) for v in values)

    def _name(self, number: int) -> str:
        return self.inlined.pop(number, None) or self.names.get(number, f"t{number}")

    # acts -----------------------------------------------------------------------------
    def said(self, step: Step, target: str = "") -> list[str]:
        """Say an act in the words of the dialect; raises Unsayable."""
        act, given = ACTS[step.act], dict(step.given)
        if "data" in given and act.key in ("tensor", "leaf"):
            given.setdefault("dtype", _dtype_of(given["data"]))
        choice = self.dialect.phrase(act, given)
        if choice is None:
            raise Unsayable(f"{act.key}({', '.join(given)})")
        phrase, names = choice
        lines = phrase.filled(names, Spelling(self, phrase, given, target)).split("\n")
        if phrase.assigns:
            return lines
        if target:
            lines[-1] = f"{target} = {lines[-1]}"
        elif len(lines) > 1 and lines[-1].isidentifier():
            del lines[-1]  # nobody asked what it gives
        return lines

    def fresh(self) -> str:
        """Name something that no step names."""
        return f"_{next(self._locals)}"

    def _step(self, step: Step, following: Step | None) -> None:
        for value in step.given.values():
            if isinstance(value, Function):
                self._function(value)
        match step.act:
            case "expect":
                self._emit(self.dialect.demand(step, self))
            case "or_zero":
                self.names[step.makes.number] = self._name(step.given["gradient"].number)
            case "tracked":
                self.names[step.makes.number] = self._name(step.given["x"].number)
            case "repeat":
                self._repeat(step)
            case "define" if "body" in step.given:
                self.names[step.makes.number] = f"f{step.given['body'].number}"
            case _ if step.steps is not None:
                self._block(step)
            case _:
                self._statement(step, following)

    def _statement(self, step: Step, following: Step | None) -> None:
        """Write an act as a line, or put it where it is used next."""
        if self._may_inline(step, following) and self._is_expression(step):
            self.inlined[step.makes.number] = self._sayable(step)[0]
        elif has_dicts(step.makes):
            name = self.fresh()
            self._extend(self._sayable(step, name))
            self._extend(self._taken_apart(step.makes, name))
        else:
            self._extend(self._sayable(step, self._target(step.makes)))

    def _is_expression(self, step: Step) -> bool:
        choice = self.dialect.phrase(ACTS[step.act], step.given)
        return choice is not None and not choice[0].assigns and "\n" not in choice[0].text

    def _sayable(self, step: Step, target: str = "") -> list[str]:
        try:
            return self.said(step, target)
        except Unsayable as missing:
            return [f"raise NotImplementedError({str(missing)!r})"]

    def _block(self, step: Step) -> None:
        if ACTS[step.act].family == "mode":
            self._emit(f"with {self._sayable(step)[0]}:")
            self.depth += 1
            self.block(step.steps or [])
            self._close()
            return
        before, depth = len(self.lines), self.depth
        self.depth = 0
        self.block(step.steps or [])
        inside, self.lines, self.depth = self.lines[before:], self.lines[:before], depth
        self._extend(self.dialect.block(step, inside or ["pass"], self))

    def _repeat(self, step: Step) -> None:
        for inside, first, _ in step.given["carried"]:
            self._emit(f"t{inside.number} = {self.literal(first)}")
        self._emit(f"for _ in range({step.given['times']}):")
        self.depth += 1
        self.block(step.steps or [])
        for inside, _, last in step.given["carried"]:
            self._emit(f"t{inside.number} = {self.literal(last)}")
        self._close()

    def _target(self, made: Any) -> str:
        """Write what an assignment has on its left; nothing, if nobody uses what is made."""
        if isinstance(made, Ref | Value):
            return f"t{made.number}" if self.uses.get(made.number) else ""
        if not isinstance(made, tuple | list) or not made:
            return ""
        names = [self._target(m) or "_" for m in made]
        if all(name == "_" for name in names):
            return ""
        text = ", ".join(n if " " not in n and "," not in n else f"({n})" for n in names)
        return f"{text}," if len(names) == 1 else text

    def _taken_apart(self, made: Any, name: str) -> Iterator[str]:
        """Take a structure with dicts in it apart, place by place."""
        match made:
            case Ref() | Value() if self.uses.get(made.number):
                yield f"t{made.number} = {name}"
            case tuple() | list():
                for place, one in enumerate(made):
                    yield from self._taken_apart(one, f"{name}[{place}]")
            case dict():
                for key, one in made.items():
                    yield from self._taken_apart(one, f"{name}[{key!r}]")

    def _may_inline(self, step: Step, following: Step | None) -> bool:
        if not isinstance(step.makes, Ref) or step.refused is not None:
            return False
        if ACTS[step.act].family in ("op", "plain") or step.act in (
            "tensor",
            "leaf",
            "log",
            "note",
        ):
            return False
        number = step.makes.number
        next_uses = following is not None and number in set(numbers(following.given))
        within = following is None or following.steps is None
        return next_uses and within and self.uses.get(number) == 1 and number not in self.leaks

    # functions ------------------------------------------------------------------------
    def _function(self, function: Function) -> None:
        bodies = function.bodies or [Body(())]
        names = [f"f{function.number}_{k}" for k in range(len(bodies))]
        if len(names) == 1:
            names = [f"f{function.number}"]
        for name, body in zip(names, bodies, strict=True):
            self._body(name, body, function)
        if len(names) > 1:
            self.took_turns = True
            order = ", ".join(names[turn] for turn in function.turns)
            self._emit(f"f{function.number} = in_turn({order})")

    def _body(self, name: str, body: Body, function: Function) -> None:
        parameters, opening = self._parameters(body, function)
        self._emit(f"def {name}({parameters}):")
        self.depth += 1
        if body.exports:
            self._emit(f"global {', '.join(f't{n}' for n in body.exports)}")
        self._extend(opening)
        self.block(body.steps)
        if body.raised:
            self._emit(self.dialect.interruption(body.raised))
        elif body.returned is not None:
            self._emit(f"return {self.literal(body.returned)}")
        self._close()

    def _parameters(self, body: Body, function: Function) -> tuple[str, list[str]]:
        """Write the parameters, and the lines that take structures among them apart."""
        if not function.bodies:
            return "*_", []
        written: list[str] = []
        opening: list[str] = []
        for place, pattern in enumerate(body.arguments):
            if isinstance(pattern, Ref | Value):
                written.append(f"t{pattern.number}")
                continue
            name = f"a{place}"
            written.append(name)
            target = self._target(pattern)
            if has_dicts(pattern):
                opening += self._taken_apart(pattern, name)
            elif target:
                opening.append(f"{target} = {name}")
        for name, pattern in body.keywords.items():
            written.append(name)
            if isinstance(pattern, Ref | Value):
                opening.append(f"t{pattern.number} = {name}")
        return ", ".join(written), opening

    # lines ----------------------------------------------------------------------------
    def _emit(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def _extend(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._emit(line)

    def _close(self) -> None:
        if self.lines and self.lines[-1].endswith(":"):
            self._emit("pass")
        self.depth -= 1


def has_dicts(pattern: Any) -> bool:
    """Say whether a pattern cannot stand on the left of an assignment."""
    inside = isinstance(pattern, tuple | list) and any(map(has_dicts, pattern))
    return isinstance(pattern, dict) or inside


def _dtype_of(data: Any) -> str:
    name = np.asarray(data).dtype.name
    return "float64" if name.startswith("float") else name
