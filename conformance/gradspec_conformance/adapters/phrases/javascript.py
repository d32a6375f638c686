"""Programs in JavaScript: what stands around the phrases of a book, for node.

A script is no module and not strict: a name that is assigned is there, wherever that happens.
"""

from __future__ import annotations

import json
import math
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from gradspec.port.acts import ACTS
from gradspec.port.engine import working_dtype
from gradspec.port.phrase import Choice, Phrase, choose
from gradspec.program.scripts.writer import Writer
from gradspec.program.steps import Body, Function, Ref, Step, Value
from gradspec.program.structure import Held, Plain

if TYPE_CHECKING:
    from gradspec.port.act import Act
    from gradspec.program.scripts.script import Script
    from gradspec_conformance.adapters.phrases.book import Book

TYPED: Final = {
    "float64": "Float64Array",
    "float32": "Float32Array",
    "int32": "Int32Array",
    "int16": "Int16Array",
    "int8": "Int8Array",
    "uint8": "Uint8Array",
}
"""Data type -> the array of JavaScript that holds it; others are plain arrays."""

RELATIONS: Final = {"exceeds": "more than", "contains": "a text with", "lacks": "a text without"}

SAID: Final = {"is_present": "'a tensor'", "is_none_or_zero": "'nothing, or zeros'"}

OF_VALUES: Final = ("equals", "is_close", "lies_between", "is_none_or_zero")


class JavaScriptWriter(Writer):
    """Writes steps as lines of JavaScript."""

    in_turn: ClassVar[tuple[str, ...]] = (
        "in_turn = (...functions) => (...given) => functions.shift()(...given);",
        "",
    )

    def literal(self, value: Any) -> str:
        """Write a value as source text."""
        match value:
            case Ref() | Value() | Function():
                return super().literal(value)
            case None | bool():
                return {None: "null", True: "true", False: "false"}[value]
            case str():
                return json.dumps(str(value))
            case float() | np.floating() if not math.isfinite(value):
                return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(float(value))]
            case np.ndarray() | np.generic():
                return self.literal(value.tolist())
            case list() | tuple():
                return f"[{self.listed(value)}]"
            case dict() | MappingProxyType():
                pairs = (f"{json.dumps(str(k))}: {self.literal(v)}" for k, v in value.items())
                return "{" + ", ".join(pairs) + "}"
            case slice():
                ends = {"start": value.start, "stop": value.stop, "step": value.step}
                return self.literal({name: end for name, end in ends.items() if end is not None})
            case EllipsisType():
                return "'...'"
            case Plain():
                return self.literal(value.value)
            case Held():
                return self.literal(value.thing)
        return super().literal(value)

    def array(self, data: Any, dtype: str | None) -> str:
        """Write what the host makes of an array: its entries in a row, data type and shape."""
        name, array = dtype or self._dtype_of(data), np.asarray(data)
        entries = self.literal(array.ravel().tolist())
        entries = f"{TYPED[name]}.of({entries[1:-1]})" if name in TYPED else entries
        shape = self.literal(list(array.shape))
        return f"{{data: {entries}, dtype: {json.dumps(name)}, shape: {shape}}}"

    def index(self, value: Any) -> str:
        """Write an index as phrases take it."""
        return self.literal(value)

    def _sayable(self, step: Step, target: str = "") -> list[str]:
        lines = super()._sayable(step, target)
        if lines[0].startswith("raise NotImplementedError("):
            return [lines[0].replace("raise NotImplementedError", "throw new Error", 1)]
        return lines

    def _target(self, made: Any) -> str:
        if isinstance(made, Ref | Value):
            return super()._target(made)
        if not isinstance(made, tuple | list) or not made:
            return ""
        names = [self._target(one) for one in made]
        return f"[{', '.join(names)}]" if any(names) else ""

    def _block(self, step: Step) -> None:
        if ACTS[step.act].family != "mode":
            super()._block(step)
            return
        mode = self.fresh()
        self._extend(self._sayable(step, mode))
        self._emit("try {")
        self.depth += 1
        self.block(step.steps or [])
        self.depth -= 1
        self._emit("} finally {")
        self._emit(f"    {mode}();")
        self._emit("}")

    def _repeat(self, step: Step) -> None:
        carried = [(f"t{i.number}", f, f"t{n.number}") for i, f, n in step.given["carried"]]
        for inside, first, _ in carried:
            self._emit(f"{inside} = {self.literal(first)};")
        turn = self.fresh()
        self._emit(f"for ({turn} = 0; {turn} < {step.given['times']}; {turn}++) {{")
        self.depth += 1
        self.block(step.steps or [])
        for inside, _, last in carried:
            self._emit(f"{inside} = {last};")
        self._close()

    def _body(self, name: str, body: Body, function: Function) -> None:
        places = dict(enumerate(body.arguments))
        names = {place: self._parameter(place, one, body) for place, one in places.items()}
        parameters = ", ".join(names.values()) if function.bodies else ""
        self._emit(f"{name} = ({parameters}) => {{")
        self.depth += 1
        for place, one in places.items():
            self._extend(self._received(one, names[place]))
        self.block(body.steps)
        if body.raised:
            self._emit(self.dialect.interruption(body.raised))
        elif body.returned is not None:
            self._emit(f"return {self.literal(body.returned)};")
        self._close()

    def _close(self) -> None:
        self.depth -= 1
        self._emit("}")


class JavaScriptDialect:
    """The phrases of a book, and a line that shows found beside expected."""

    has_products = False

    def __init__(self, book: Book) -> None:
        self._book = book
        self.working_dtype = working_dtype(book.abilities).name

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step."""
        setup = [line for code in self._book.setup for line in code.text.strip().splitlines()]
        return [*(HOST_LIST if "host.list(" in body else ()), *setup, ""]

    def phrase(self, act: Act, given: dict[str, Any]) -> Choice | None:
        """Choose the phrase of the book; what the kit does itself is said in JavaScript."""
        own = self._book.phrases.get(act.key, ())
        phrases = tuple(map(Phrase.read, act.javascript)) if act.by_kit else own
        return choose(act, phrases, given)

    def dtype(self, name: str | None) -> str:
        """Name a data type."""
        dtypes = self._book.dtypes
        return dtypes[name].text if name is not None and name in dtypes else json.dumps(name)

    def interruption(self, raised: str) -> str:
        """Raise what a caller's function raised."""
        return f"throw new Error({json.dumps(raised)});"

    def demand(self, step: Step, write: Script) -> str:
        """Show what was found beside what is expected."""
        check, expected = step.given["check"], step.given.get("expected")
        found = self._found(check, step.given["found"], write)
        wanted = SAID.get(check) or write.literal(expected)
        if check in RELATIONS:
            wanted = f"{RELATIONS[check] + ' '!r}, {wanted}"
        if check == "lies_between":
            low, high = (write.literal(bound) for bound in expected or ())
            wanted = f"'between', {low}, 'and', {high}"
            wanted += ", 'or NaN'" if step.given.get("or_nan") else ""
        return f"console.log('found:', {found}, '   expected:', {wanted});"

    def _found(self, check: str, found: Any, write: Script) -> str:
        """Say what is compared: entries, shape or data type of a tensor, or the thing itself."""
        named = write.literal(found)
        is_tensor = isinstance(found, Ref) and found.kind == "tensor"
        part = {"has_shape": ".shape", "has_dtype": ".dtype"}.get(check, ".data")
        if not is_tensor or (part == ".data" and check not in OF_VALUES):
            return named
        (array, *_), held = self._book.phrases["array"], write.fresh()
        shown = array.filled(("x",), lambda _: held)
        data = f"(_a => _a{part} ?? _a)({shown})"
        return f"({held} = {named}) == null ? {held} : {data}"

    def block(self, step: Step, lines: list[str], write: Script) -> list[str]:
        """Say what is demanded of the lines of a block."""
        inside = [f"    {line}" for line in lines if line != "pass"]
        shown = "`${error.name}: ${error.message}`"
        match step.act:
            case "refuses":
                kind = step.given["kind"]
                return [
                    "try {",
                    *inside,
                    f"    console.log('found: no error   expected: {kind}');",
                    "} catch (error) {",
                    f"    console.log('found:', {shown}, '   expected: {kind}');",
                    "}",
                ]
            case "attempt":
                name = write.literal(step.makes)
                allowed = f"    console.log({shown}, '   which is allowed');"
                return [
                    f"{name} = true;",
                    *("try {", *inside, "} catch (error) {", f"    {name} = false;", allowed, "}"),
                ]
            case "caught":
                return ["try {", *inside, "} catch {}"]
            case "granted":
                return [f"if ({write.literal(step.given['attempt'])}) {{", *inside, "}"]
            case "denied":
                return [f"if (!{write.literal(step.given['attempt'])}) {{", *inside, "}"]
        return ["{", *inside, "}"]


HOST_LIST: Final = (
    "host = {list: ({data, shape}) => !shape.length ? data[0]",
    "    : shape.slice(1).reduceRight((rows, size) => Array.from({length: rows.length / size},",
    "        (_, n) => rows.slice(n * size, (n + 1) * size)), Array.from(data))};",
)
"""What phrases have of the host, where a script shows it."""
