"""Programs in the words of a book: nothing of this kit is needed to run them."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Final

from gradspec.port.phrase import Choice, Phrase, choose
from gradspec.program.scripts import print_program
from gradspec_conformance.adapters.phrases.languages import IMPORTS

if TYPE_CHECKING:
    from gradspec.port.act import Act
    from gradspec.program.scripts.writer import Writer
    from gradspec.program.steps import Program, Step
    from gradspec_conformance.adapters.phrases.book import Book

MODULES: Final = (
    "concurrent.futures",
    "contextlib",
    "copy",
    "importlib.metadata",
    "pickle",
    "types",
    "warnings",
    "weakref",
)


def in_words_of(book: Book, program: Program) -> str:
    """Print a program as a user of the book's engine writes it."""
    return print_program(program, BookDialect(book))


class BookDialect:
    """The phrases of a book, and a print of found beside expected."""

    has_products = False

    def __init__(self, book: Book) -> None:
        self._book = book
        self.abilities = book.abilities

    def head(self, body: str) -> list[str]:
        """Give the lines before the first step: the imports that the body needs."""
        standard = [f"import {module}" for module in MODULES if f"{module}." in body]
        numpy = ["import numpy as np"] if "np." in body else []
        own = self._book.setup.removeprefix(IMPORTS).strip().splitlines()
        return [*standard, *numpy, *own, ""]

    def phrase(self, act: Act, given: dict[str, Any]) -> Choice | None:
        """Choose the phrase of the book; what the kit does itself is said in Python."""
        phrases = self._book.phrases.get(act.key, ()) if not act.by_kit else _of_the_kit(act)
        return choose(act, phrases, given)

    def dtype(self, name: str | None) -> str:
        """Name a data type."""
        return self._book.dtypes.get(name or "", repr(name))

    def interruption(self, raised: str) -> str:
        """Raise what a caller's function raised."""
        return f"raise {raised if hasattr(builtins, raised) else 'RuntimeError'}('interrupted')"

    def demand(self, step: Step, write: Writer) -> str:
        """Show what was found beside what is expected."""
        expected = step.given.get("expected")
        wanted = "a tensor" if step.given["check"] == "is_present" else expected
        found = write.literal(step.given["found"])
        return f"print({found}, '   expected:', {write.literal(wanted)})"

    def block(self, step: Step, lines: list[str], write: Writer) -> list[str]:
        """Say what is demanded of the lines of a block."""
        inside = [f"    {line}" for line in lines]
        match step.act:
            case "refuses":
                kind = step.given["kind"]
                return [
                    "try:",
                    *inside,
                    f"    print('no error   expected: {kind}')",
                    "except Exception as error:",
                    f"    print(type(error).__name__, error, '   expected: {kind}')",
                ]
            case "attempt":
                name = f"t{step.makes.number}"
                return [
                    f"{name} = True",
                    "try:",
                    *inside,
                    "except Exception as error:",
                    f"    {name} = False",
                    "    print(type(error).__name__, error, '   which is allowed')",
                ]
            case "caught":
                return ["with contextlib.suppress(Exception):", *inside]
            case "granted":
                return [f"if {write.literal(step.given['attempt'])}:", *inside]
        wanted = "at least one" if step.act == "warns" else "none"
        return [
            "with warnings.catch_warnings(record=True) as seen:",
            "    warnings.simplefilter('always')",
            *inside,
            f"print(len(seen), 'warnings   expected: {wanted}')",
        ]


def _of_the_kit(act: Act) -> tuple[Phrase, ...]:
    return tuple(map(Phrase.read, act.python))
