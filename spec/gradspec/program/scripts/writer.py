"""Print a program: `print_program(program, dialect)`.

Acts are said by phrases; what the language itself has (assignments, functions, loops, blocks) is
Python's, whatever the dialect.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from gradspec.exceptions import Unsayable
from gradspec.port.acts import ACTS
from gradspec.port.phrase import CONSTRUCTORS, Argument, flat
from gradspec.program.folding import born_in, born_in_body, folded
from gradspec.program.scripts.own_words import in_own_words
from gradspec.program.scripts.script import Script
from gradspec.program.scripts.spelling import Spelling, is_sayable
from gradspec.program.signatures import sources
from gradspec.program.steps import Body, Function, Program, Ref, Step, Value, numbers
from gradspec.program.structure import Plain
from gradspec.program.uses import forgotten, leaks, use_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gradspec.program.scripts.dialect import Dialect

IN_TURN: Final = (
    "def in_turn(*functions):",
    "    order = iter(functions)",
    "    @functools.wraps(functions[0])",
    "    def call(*arguments, **keywords):",
    "        return next(order)(*arguments, **keywords)",
    "    return call",
    "",
)

OWN_NAME: Final = re.compile(r"(t|a|f|_)\d+(_\d+)?(_of)?")
"""The names that a script gives."""

WORDS: Final = (
    *("concurrent", "contextlib", "copy", "functools", "importlib", "np", "pickle", "re"),
    *("threading", "types", "warnings", "weakref", "Interrupted", "expect", "in_turn"),
)
"""The names that some scripts import."""

NAMED: Final = ("tensor", "leaf", "log", "note", "same")
"""Acts whose results have names, however they are used."""


def print_program(program: Program, dialect: Dialect, writing: type[Writer] | None = None) -> str:
    """Print a program in a dialect; `writing` writes what stands around acts, if not in Python."""
    if not dialect.has_products:
        program = in_own_words(program)
    steps = folded(program).steps
    writer = (writing or Writer)(dialect, use_counts(steps), leaks(steps), forgotten(steps))
    writer.block(steps)
    lines = [*(writer.in_turn if writer.took_turns else ()), *writer.lines]
    return "\n".join([*dialect.head("\n".join(lines)), *lines])


@dataclass(slots=True)
class Writer(Script):
    """Writes steps as lines; knows which results are used, and where."""

    dialect: Dialect
    uses: dict[int, int]
    leaks: set[int]
    forgotten: set[int]
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    inlined: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    took_turns: bool = False
    in_turn: ClassVar[tuple[str, ...]] = IN_TURN
    _scopes: list[set[int]] = field(default_factory=list)
    _locals: Iterator[int] = field(default_factory=count)

    def block(self, steps: Sequence[Step]) -> None:
        """Write steps, one after the other."""
        for position, step in enumerate(steps):
            following = steps[position + 1] if position + 1 < len(steps) else None
            self._step(step, following)

    def _name(self, number: int) -> str:
        return self.inlined.pop(number, None) or self.names.get(number, f"t{number}")

    @property
    def working_dtype(self) -> str:
        """The data type of floats for which the program names none."""
        return self.dialect.working_dtype

    def dtype(self, name: str | None) -> str:
        """Name a data type in the dialect."""
        return self.dialect.dtype(name)

    # acts -----------------------------------------------------------------------------
    def said(self, step: Step, target: str = "") -> list[str]:
        """Say an act in the words of the dialect; raises Unsayable."""
        act, given = ACTS[step.act], self._complete(step)
        choice = self.dialect.phrase(act, given)
        if choice is None:
            raise Unsayable(f"{act.key}({', '.join(given)})")
        phrase, names = choice
        lines = phrase.filled(names, Spelling(self, phrase, given, target)).split("\n")
        if phrase.assigns:
            return lines
        if target:
            last = _last_statement(lines)
            lines[last] = f"{target} = {lines[last]}"
        elif len(lines) > 1 and lines[-1].isidentifier():
            del lines[-1]  # nobody asked what it gives
        return lines

    def _complete(self, step: Step) -> dict[str, Any]:
        given = dict(step.given)
        if ACTS[step.act].family == "op":
            given = {n: Plain(v) if isinstance(v, np.ndarray) else v for n, v in given.items()}
        if step.act in CONSTRUCTORS:
            given.setdefault("dtype", self._dtype_of(given["data"]))
        return given

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
            case "raise":
                self._emit(self.dialect.interruption(step.given["error"]))
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
        choice = self.dialect.phrase(ACTS[step.act], self._complete(step))
        return choice is not None and not choice[0].assigns and "\n" not in choice[0].text

    def _sayable(self, step: Step, target: str = "") -> list[str]:
        try:
            return self.said(step, target)
        except Unsayable as missing:
            return [f"raise NotImplementedError({str(missing)!r})"]

    def _block(self, step: Step) -> None:
        if ACTS[step.act].family == "mode":
            mode = self._sayable(step)
            if len(mode) > 1:
                name = self.fresh()
                self._extend(self._sayable(step, name))
                mode = [name]
            self._emit(f"with {mode[0]}:")
            self.depth += 1
            self.block(step.steps or [])
            self._close()
            return
        before, depth = len(self.lines), self.depth
        self.depth = 0
        self.block(step.steps or [])
        inside, self.lines, self.depth = self.lines[before:], self.lines[:before], depth
        self._extend(self.dialect.block(step, inside or ["pass"], self))

    def is_used_outside(self, step: Step) -> bool:
        """Say whether anything that the steps of a block make is used after it."""
        inside = use_counts(step.steps or [])
        return any(self.uses.get(n, 0) > inside.get(n, 0) for n in born_in(step.steps or []))

    def _repeat(self, step: Step) -> None:
        """Write a loop; a name that the program lets go of is the only one of its object."""
        carried = [(f"t{i.number}", f, f"t{n.number}") for i, f, n in step.given["carried"]]
        let_go = set(forgotten(step.steps or []))
        moved = {f"t{i.number}" for i, _, n in step.given["carried"] if {i.number} & let_go}
        for inside, first, _ in carried:
            self._emit(f"{inside} = {self.literal(first)}")
            self._extend([f"del {self.literal(first)}"] if inside in moved else [])
        self._emit(f"for _ in range({step.given['times']}):")
        self.depth += 1
        self.block(step.steps or [])
        for inside, _, last in carried:
            self._emit(f"{inside} = {last}")
            self._extend([f"del {last}"] if inside in moved else [])
        self._close()
        for inside, _, last in carried:
            self._extend([f"{last} = {inside}"] if inside in moved else [])
            self._extend([f"del {inside}"] if inside in moved or self._is_let_go(last) else [])

    def _is_let_go(self, name: str) -> bool:
        return int(name[1:]) in self.forgotten

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
                    yield from self._taken_apart(one, f"{name}[{self.literal(key)}]")

    def _may_inline(self, step: Step, following: Step | None) -> bool:
        if not isinstance(step.makes, Ref) or step.refused is not None or following is None:
            return False
        if ACTS[step.act].family in ("op", "plain") or step.act in NAMED:
            return False
        if following.act == "forget":  # it is the name that is let go of
            return False
        number = step.makes.number
        once = following.steps is None and self._mentions(following, number) == 1
        return once and self.uses.get(number) == 1 and number not in self.leaks

    def _mentions(self, step: Step, number: int) -> int:
        """Count how often the text of an act has an object."""
        if step.act == "expect":
            return list(numbers(step.given)).count(number)
        choice = self.dialect.phrase(ACTS[step.act], self._complete(step))
        parts = flat(choice[0].parts) if choice else ()
        said = [step.given.get(part.name) for part in parts if isinstance(part, Argument)]
        return list(numbers(said)).count(number)

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
        taken = self._taken(function)
        if taken:
            self._emit(f"def {name}({parameters}):")
            self._emit(f"    return {name}_of({', '.join(taken)})")
            parameters, name = ", ".join(taken.values()), f"{name}_of"
        self._emit(f"def {name}({parameters}):")
        self.depth += 1
        born = set(born_in_body(body))
        let_go = forgotten(body.steps) - born
        inner = {n for n in let_go if any(n in scope for scope in self._scopes)}
        defined = {
            step.makes.number: f"f{step.given['body'].number}"
            for step in body.steps
            if step.act == "define" and "body" in step.given
        }
        for word, names in (("global", {*body.exports, *(let_go - inner)}), ("nonlocal", inner)):
            if names:
                written = [defined.get(n, f"t{n}") for n in sorted(names)]
                self._emit(f"{word} {', '.join(written)}")
        self._scopes.append(born - set(body.exports))
        self._extend(opening)
        self.block(body.steps)
        if body.raised:
            self._emit(self.dialect.interruption(body.raised))
        elif body.returned is not None:
            self._emit(f"return {self.literal(body.returned)}")
        self._scopes.pop()
        self._close()

    def _parameters(self, body: Body, function: Function) -> tuple[str, list[str]]:
        """Write the parameters, and the lines that take them apart or give them their numbers."""
        if not function.bodies:
            return "*_", []
        places = dict(enumerate(body.arguments)) | body.keywords
        if function.signature is None:
            names = {place: self._parameter(place, one, body) for place, one in places.items()}
            written = ", ".join(names.values())
            if not all(map(self._is_free, body.keywords)):
                by_place = [names[place] for place in range(len(body.arguments))]
                written = ", ".join([*by_place, *(["/"] if by_place else []), "**named"])
                names |= {name: f"named[{name!r}]" for name in body.keywords}
        else:
            taken = self._taken(function)
            names = sources(function.signature, places)
            if taken:
                names = {place: _within(taken, source) for place, source in names.items()}
            written = ", ".join(self._declared(*one) for one in function.signature)
        opening = [
            line for place, one in places.items() for line in self._received(one, names[place])
        ]
        return written, opening

    def _is_free(self, name: str) -> bool:
        """Say whether a parameter of this name hides nothing that the script means by it."""
        return is_sayable(name) and not OWN_NAME.fullmatch(name) and name not in self._meant

    @property
    def _meant(self) -> set[str]:
        """The names that mean something in every function."""
        return {*vars(builtins), *WORDS, *_bound("\n".join(self.dialect.head("")))}

    def _taken(self, function: Function) -> dict[str, str]:
        """Give other names to the parameters of a function, if one of them hides anything."""
        texts = [text for text, *_ in function.signature or () if text not in ("/", "*")]
        names = [text.lstrip("*") for text in texts]
        if all(map(self._is_free, names)):
            return {}
        return {name: f"a{place}" for place, name in enumerate(names)}

    def _parameter(self, place: int | str, pattern: Any, body: Body) -> str:
        """Name a parameter: as the program does, unless its number has to go outside."""
        if isinstance(place, str):
            return place
        own = isinstance(pattern, Ref | Value) and pattern.number not in body.exports
        return f"t{pattern.number}" if own else f"a{place}"

    def _declared(self, name: str, *default: Any) -> str:
        return f"{name}={self.literal(default[0])}" if default else name

    def _received(self, pattern: Any, name: str) -> Iterator[str]:
        """Give what arrived under a name the names that it has in the program."""
        if has_dicts(pattern):
            yield from self._taken_apart(pattern, name)
        else:
            target = self._target(pattern)
            if target and target != name:
                yield f"{target} = {name}"

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


def _within(taken: dict[str, str], source: str) -> str:
    """Say where a parameter is under its other name."""
    name, bracket, rest = source.partition("[")
    return f"{taken[name]}{bracket}{rest}"


@cache
def _bound(text: str) -> frozenset[str]:
    """Name what a script's first lines bind."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.alias():
                found.add(node.asname or node.name.partition(".")[0])
            case ast.Name():
                found.add(node.id)
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
    return frozenset(found)


def _last_statement(lines: list[str]) -> int:
    """Say in which line the last statement begins; it may be an expression over several."""
    try:
        return ast.parse("\n".join(lines)).body[-1].lineno - 1 if len(lines) > 1 else 0
    except SyntaxError:
        return len(lines) - 1
