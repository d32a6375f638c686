"""Programs in the words of a book: nothing of this kit is needed to run them."""

from __future__ import annotations

import builtins
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.engine import working_dtype
from gradspec.port.phrase import Choice, Phrase, choose
from gradspec.program.scripts import print_program
from gradspec.program.steps import Ref, Step, numbers
from gradspec_conformance.adapters.phrases.javascript import (
    JavaScriptDialect,
    JavaScriptWriter,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.port.act import Act
    from gradspec.program.scripts.script import Script
    from gradspec.program.steps import Program
    from gradspec_conformance.adapters.phrases.book import Book

MODULES: Final = (
    "concurrent.futures",
    "contextlib",
    "copy",
    "functools",
    "importlib.metadata",
    "pickle",
    "threading",
    "types",
    "warnings",
    "weakref",
)

RELATIONS: Final = {"exceeds": "more than", "contains": "a text with", "lacks": "a text without"}
"""Demand that is no equality -> how it is said."""

OF_VALUES: Final = ("equals", "is_close", "lies_between")
"""Demands of the values of a tensor."""

SAID: Final = {"is_present": "'a tensor'", "is_none_or_zero": "'None or zeros'"}
"""Demand of no certain value -> what its script says of it."""

PRINTS: Final = re.compile(r"^( *)print\(")

COUNTS: Final = re.compile(r"^( *)print\('found:', len\((_\d+)\), 'warnings ")


def in_words_of(book: Book, program: Program, kind: str | None = None) -> str:
    """Print a program as a user of the book's engine writes it; `kind` tells that of `error`."""
    if book.language == "javascript":
        return print_program(program, JavaScriptDialect(book), JavaScriptWriter)
    return print_program(program, BookDialect(book, kind))


class BookDialect:
    """The phrases of a book, and a print of found beside expected."""

    has_products = False

    def __init__(self, book: Book, kind: str | None = None) -> None:
        self._book = book
        self._kind = kind
        self.working_dtype = working_dtype(book.abilities).name

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""
        standard = [f"import {module}" for module in MODULES if _is_used(module, body)]
        standard += ["import re"] if "re.search(" in body else []
        numpy = ["import numpy as np"] if "np." in body else []
        texts = (code.text.strip() for code in self._book.setup if code.place)
        own = [line for text in texts for line in text.splitlines()]
        return [*standard, *numpy, *own, ""]

    def phrase(self, act: Act, given: dict[str, Any]) -> Choice | None:
        """Choose the phrase of the book; what the kit does itself is said in Python."""
        phrases = self._book.phrases.get(act.key, ()) if not act.by_kit else _of_the_kit(act)
        return choose(act, phrases, given)

    def dtype(self, name: str | None) -> str:
        """Name a data type."""
        dtypes = self._book.dtypes
        return dtypes[name].text if name is not None and name in dtypes else repr(name)

    def interruption(self, raised: str) -> str:
        """Raise what a caller's function raised."""
        return f"raise {raised if hasattr(builtins, raised) else 'RuntimeError'}('interrupted')"

    def demand(self, step: Step, write: Script) -> str:
        """Show what was found beside what is expected."""
        check, expected = step.given["check"], step.given.get("expected")
        found = self._found(check, step.given["found"], write)
        wanted = SAID.get(check) or write.literal(expected)
        if check in RELATIONS:
            relation, named = RELATIONS[check], list(numbers(expected))
            plain = repr(f"{relation} {expected!r}")
            wanted = f"{relation + ' '!r} + str({wanted})" if named else plain
        if check == "lies_between":
            low, high = (write.literal(bound) for bound in expected or ())
            wanted = f"'between', {low}, 'and', {high}"
            wanted += ", 'or NaN'" if step.given.get("or_nan") else ""
        return f"print('found:', {found}, '   expected:', {wanted})"

    def _found(self, check: str, found: Any, write: Script) -> str:
        """Say what is compared: the thing itself, or its shape or data type."""
        phrases = self._book.phrases
        match check:
            case "has_shape" if "shape" in phrases:
                return write.said(Step("shape", {"x": found}))[0]
            case "has_shape":
                return f"{write.said(Step('array', {'x': found}))[0]}.shape"
            case "has_dtype":
                return f"{write.said(Step('array', {'x': found}))[0]}.dtype"
        named = write.literal(found)
        is_tensor = isinstance(found, Ref) and found.kind == "tensor"
        if self._book.lazy and is_tensor and check in OF_VALUES:
            (array, *_), held = phrases["array"], write.fresh()
            shown = array.filled(("x",), lambda _: held)
            return f"None if ({held} := {named}) is None else {shown}"
        return named

    def block(self, step: Step, lines: list[str], write: Script) -> list[str]:
        """Say what is demanded of the lines of a block."""
        inside = [f"    {line}" for line in lines]
        match step.act:
            case "refuses":
                kind = step.given["kind"]
                return [
                    "try:",
                    *inside,
                    f"    print('found: no error   expected: {kind}')",
                    "except Exception as error:",
                    f"    print('found:', type(error).__name__, error, '   expected: {kind}')",
                ]
            case "attempt":
                name, let_out = f"t{step.makes.number}", self._let_out(step.given["kinds"])
                if step.refused and not let_out:
                    return [f"{name} = True", *lines]
                return [
                    f"{name} = True",
                    "try:",
                    *inside,
                    "except Exception as error:",
                    *let_out,
                    f"    {name} = False",
                    "    print(type(error).__name__, error, '   which is allowed')",
                ]
            case "caught":
                return ["with contextlib.suppress(Exception):", *inside]
            case "granted":
                return _granted(write.literal(step.given["attempt"]), step, inside, write)
            case "denied":
                return [f"if not {write.literal(step.given['attempt'])}:", *inside]
        wanted, seen = "at least one" if step.act == "warns" else "none", write.fresh()
        return [
            f"with warnings.catch_warnings(record=True) as {seen}:",
            "    warnings.simplefilter('always')",
            *_counted(inside, seen),
            f"print('found:', len({seen}), 'warnings   expected: {wanted}')",
            *(_shown(name, write.literal(said), seen) for name, said in step.given.items()),
        ]

    def _let_out(self, kinds: list[str]) -> list[str]:
        """Raise again what is of none of these kinds, where it is said how to tell."""
        if kinds and self._kind is not None:
            return [f"    if {self._kind} not in {tuple(kinds)!r}:", "        raise"]
        known = [one for one in self._book.errors if one.kind in kinds]
        if not kinds or {one.kind for one in known} != set(kinds):
            return []
        pattern = "|".join(one.says.pattern for one in known)
        says = "f'{type(error).__name__}: {error}'"
        return [f"    if not re.search({pattern!r}, {says}):", "        raise"]


def _is_used(module: str, body: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(module)}\.", body) is not None


def _shown(name: str, said: str, seen: str) -> str:
    """Ask whether the warnings of a block show what they should, or what they should lack."""
    text = f"'\\n'.join(str(w.message) for w in {seen})"
    return f"print('they show it:', {said} in {text}, '   they should:', {name == 'shows'})"


def _counted(inside: list[str], seen: str) -> Iterator[str]:
    """Count what a block inside has seen as seen by this one, too."""
    for line, following in pairwise([*inside, ""]):
        yield line
        count = COUNTS.match(line)
        if count and ".extend(" not in following:
            yield f"{count[1]}{seen}.extend({count[2]})"


def _granted(attempt: str, step: Step, inside: list[str], write: Script) -> list[str]:
    """Demand what is inside unless it was refused; what others use is made in any case."""
    if not write.is_used_outside(step):
        return [f"if {attempt}:", *inside]
    head = f"with contextlib.nullcontext() if {attempt} else contextlib.suppress(Exception):"
    return [head, *(PRINTS.sub(rf"\1{attempt} and print(", line) for line in inside)]


def _of_the_kit(act: Act) -> tuple[Phrase, ...]:
    return tuple(map(Phrase.read, act.python))
