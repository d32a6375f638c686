"""Print a program as a script that a person can paste: in this notation, or in torch's.

`as_gradspec(program, engine)` runs on any engine that the kit can load; `as_torch(program)`
needs nothing but torch, or a module with torch's names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from gradspec.program.steps import Call, Callback, Program, Ref, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_LINES: Final = 120
IN_TURN: Final = (
    "def in_turn(*functions):",
    "    order = iter(functions)",
    "    return lambda *arguments: next(order)(*arguments)",
    "",
)


class Dialect(Protocol):
    """How one language says what a step does; `interruption` raises inside a function."""

    interruption: str

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""

    def expression(self, step: Step, write: Writer) -> str:
        """Say what the step computes or does."""

    def demand(self, step: Step, write: Writer) -> str:
        """Say what an `expect` step demands."""

    def refusal(self, lines: list[str], kind: str) -> list[str]:
        """Say that the lines must be refused."""

    def warning(self, inside: list[str], *, expected: bool) -> list[str]:
        """Say that the lines must warn, or must not."""


def as_gradspec(program: Program, engine: str = "reference") -> str:
    """Print a script in the notation of the specification."""
    from gradspec.program.scripts.gradspec import GradspecDialect  # noqa: PLC0415 - it imports this module

    return print_program(program, GradspecDialect(engine))


def as_torch(program: Program, module: str = "torch") -> str:
    """Print a script for torch, or for a module with torch's names."""
    from gradspec.program.scripts.torch import TorchDialect  # noqa: PLC0415 - it imports this module

    return print_program(program, TorchDialect(module))


def print_program(program: Program, dialect: Dialect) -> str:
    """Print a program in a dialect, at most `MOST_LINES` long."""
    writer = Writer(dialect, _uses(program.steps), _leaks(program.steps))
    writer.block(program.steps)
    head = dialect.head("\n".join(writer.lines))
    lines = [*head, *(IN_TURN if writer.took_turns else ()), *writer.lines]
    if len(lines) > MOST_LINES:
        hidden = len(lines) - MOST_LINES
        half = MOST_LINES // 2
        lines = [*lines[:half], f"# ... {hidden} more lines ...", *lines[-half:]]
    return "\n".join(lines)


@dataclass(slots=True)
class Writer:
    """Writes steps as lines; knows which results are used, and where."""

    dialect: Dialect
    uses: dict[int, int]
    leaks: set[int]
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    inlined: dict[int, str] = field(default_factory=dict)
    edges: set[int] = field(default_factory=set)
    took_turns: bool = False

    def block(self, steps: Sequence[Step]) -> None:
        """Write steps, one after the other."""
        skip = -1
        for position, step in enumerate(steps):
            if position <= skip:
                continue
            if step.act == "drain_warnings":
                skip = self._warning(steps, position)
            elif step.act == "leave":
                self._close()
            else:
                following = steps[position + 1] if position + 1 < len(steps) else None
                self._step(step, following)

    def literal(self, value: Any) -> str:
        """Write a value as source text."""
        match value:
            case Ref():
                return self.inlined.pop(value.number, f"t{value.number}")
            case Callback():
                return f"f{value.number}"
            case bool() | None | str():
                return repr(value)
            case float() if not math.isfinite(value):
                return f"float('{value}')"
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

    def is_tensor(self, root: Any) -> bool:
        """Say whether a root is one tensor, not a sequence and not an edge of the graph."""
        return isinstance(root, Ref) and root.number not in self.edges

    def listed(self, values: Iterable[Any]) -> str:
        """Write values with commas between them."""
        return ", ".join(self.literal(v) for v in values)

    def arguments(self, values: Iterable[Any], keywords: dict[str, Any]) -> str:
        """Write the arguments of a call."""
        named = (f"{k}={self.literal(v)}" for k, v in keywords.items())
        return ", ".join([*(self.literal(v) for v in values), *named])

    # ----------------------------------------------------------------------------------
    def _step(self, step: Step, following: Step | None) -> None:
        for argument in step.arguments:
            if isinstance(argument, Callback):
                self._function(argument)
        if step.act == "gradient_edge":
            self.edges.add(step.result.number)
        if step.act == "enter":
            self._emit(f"with {self.dialect.expression(step, self)}:")
            self.depth += 1
        elif step.act == "expect":
            self._emit(self.dialect.demand(step, self))
        elif step.refusal is not None:
            self._extend(self.dialect.refusal([self._sentence(step)], step.refusal))
        elif self._may_inline(step, following):
            self.inlined[step.result.number] = self.dialect.expression(step, self)
        else:
            self._emit(self._sentence(step))

    def _sentence(self, step: Step) -> str:
        target = self._target(step.result)
        text = self.dialect.expression(step, self)
        return f"{target} = {text}" if target else text

    def _target(self, result: Any) -> str:
        match result:
            case Ref() if self.uses.get(result.number):
                return f"t{result.number}"
            case tuple() if result:
                names = [self._target(r) or "_" for r in result]
                if any(name != "_" for name in names):
                    text = ", ".join(
                        n if " " not in n and "," not in n else f"({n})" for n in names
                    )
                    return f"{text}," if len(names) == 1 else text
        return ""

    def _may_inline(self, step: Step, following: Step | None) -> bool:
        if not isinstance(step.result, Ref) or step.act in ("apply", "tensor", "inplace"):
            return False
        number = step.result.number
        next_uses = following is not None and number in set(_numbers(following.arguments))
        return next_uses and self.uses.get(number) == 1 and step.raised is None

    def _warning(self, steps: Sequence[Step], position: int) -> int:
        for later in range(position + 1, len(steps) - 1):
            if steps[later].act == "drain_warnings":
                before, depth = len(self.lines), self.depth
                self.depth = 0
                self.block(steps[position + 1 : later])
                inside, self.lines, self.depth = self.lines[before:], self.lines[:before], depth
                expected = bool(steps[later + 1].arguments[2])
                self._extend(self.dialect.warning(inside, expected=expected))
                return later + 1
        return position

    def _function(self, callback: Callback) -> None:
        names = [f"f{callback.number}_{k}" for k in range(len(callback.calls))]
        if len(names) <= 1:
            names = [f"f{callback.number}"]
        calls = callback.calls or [Call(())]
        for name, call in zip(names, calls, strict=True):
            self._call(name, call)
        if len(names) > 1:
            self.took_turns = True
            self._emit(f"f{callback.number} = in_turn({', '.join(names)})")

    def _call(self, name: str, call: Call) -> None:
        parameters = ", ".join(f"t{p.number}" for p in call.parameters)
        self._emit(f"def {name}({parameters or '*_'}):")
        self.depth += 1
        made = {n for s in call.steps for n in _numbers(s.result)}
        shared = sorted(made & self.leaks)
        if shared:
            self._emit(f"global {', '.join(f't{n}' for n in shared)}")
        self.block(call.steps)
        if call.raised:
            self._emit(self.dialect.interruption)
        elif call.returned is not None:
            self._emit(f"return {self.literal(call.returned)}")
        self._close()

    def _emit(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def _extend(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._emit(line)

    def _close(self) -> None:
        if self.lines and self.lines[-1].endswith(":"):
            self._emit("pass")
        self.depth -= 1


def _numbers(value: Any) -> list[int]:
    """List the objects that a described value names, in order."""
    match value:
        case Ref():
            return [value.number]
        case list() | tuple():
            return [n for v in value for n in _numbers(v)]
        case dict() | MappingProxyType():
            return [n for v in value.values() for n in _numbers(v)]
        case slice():
            return _numbers([value.start, value.stop, value.step])
        case Callback():
            inner = [c for c in value.calls if c.steps or c.returned is not None]
            return [n for c in inner for n in [*_used(c.steps), *_numbers(c.returned)]]
    return []


def _used(steps: Sequence[Step]) -> list[int]:
    return [n for s in steps for n in [*_numbers(s.arguments), *_numbers(s.keywords)]]


def _uses(steps: Sequence[Step]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for number in _used(steps):
        counts[number] = counts.get(number, 0) + 1
    return counts


def _leaks(steps: Sequence[Step]) -> set[int]:
    """Find the objects made inside a caller's function and used outside it."""
    inside: set[int] = set()
    outside: set[int] = set()
    for step in steps:
        for argument in step.arguments:
            if isinstance(argument, Callback):
                for call in argument.calls:
                    inside |= {n for s in call.steps for n in _numbers(s.result)}
                    inside |= {p.number for p in call.parameters}
                    outside |= _leaks(call.steps)
            else:
                outside |= set(_numbers(argument))
        outside |= set(_numbers(step.keywords))
    return inside & outside
