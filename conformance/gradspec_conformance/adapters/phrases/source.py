"""`BookFile`: the file of a book, read and held to its schema; it knows where each thing stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import msgspec

from gradspec_conformance.adapters.phrases.places import Places
from gradspec_conformance.exceptions import MalformedBook
from gradspec_conformance.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gradspec_conformance.adapters.phrases import places

Shape = TypeVar("Shape", bound=msgspec.Struct)

SHOWN: Final = 100
"""How many characters of what was found are shown."""

FEW: Final = 12
"""How many names are listed where one of them was expected."""


@dataclass(frozen=True)
class BookFile:
    """One file."""

    path: Path

    def table(self, shape: type[Shape], value: Any, where: places.Path) -> Shape:
        """Hold a table to its shape; raises MalformedBook."""
        fields = {f.encode_name: f for f in msgspec.structs.fields(shape)}
        if not isinstance(value, dict):
            self.wrong(where, shown(value), f"a table with {', '.join(fields)}")
        unknown = [key for key in value if key not in fields]
        for key, one in fields.items():
            if one.required and key not in value:
                instead = f", and not {unknown[0]}" if unknown else ""
                expected = f"{_meta(one.type).title}: {key} = ...{instead}"
                self.wrong((*where, key), "nothing", expected)
        for key in unknown:
            self.known(key, fields, "key" if where else "table", (*where, key))
        given = {key: one for key, one in fields.items() if key in value}
        return shape(
            **{f.name: self.typed(f.type, value[k], (*where, k)) for k, f in given.items()}
        )

    def typed(self, kind: Any, value: Any, where: places.Path) -> Any:
        """Hold a value to its type; raises MalformedBook."""
        try:
            return msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError:
            self.wrong(where, shown(value), _meta(kind).description)

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the file says."""
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(place[1]) if place else self._text.count("\n") + 1
            said = str(error).removesuffix(place[0] if place else "").rstrip()
            raise MalformedBook(f"{self.path}, line {line}: it is no TOML: {said}") from None
        except RecursionError:
            raise MalformedBook(f"{self.path}: it is no TOML: too many brackets") from None
        except ValueError as error:  # a number of 5,000 digits
            raise MalformedBook(f"{self.path}: it is no TOML: {error}") from None

    @cached_property
    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")  # some editors begin with a mark
        except FileNotFoundError:
            raise MalformedBook(f"there is no book {str(self.path)!r}") from None
        except UnicodeDecodeError as error:
            raise MalformedBook(f"{self.path} is not UTF-8 ({error}): save it as UTF-8") from None
        except OSError as error:
            raise MalformedBook(f"{self.path} cannot be read: {error.strerror}") from None

    # complaints -----------------------------------------------------------------------
    def known(self, name: str, names: Iterable[str], what: str, where: places.Path) -> None:
        """Demand a name of a closed list; raises MalformedBook."""
        if name not in names:
            known = sorted(names)
            hint = did_you_mean(name, known)
            self.wrong(where, shown(name), f"the name of a known {what}{hint or _among(known)}")

    def wrong(self, where: places.Path, found: str, expected: str, inside: int = 0) -> NoReturn:
        """Say what is wrong, and where."""
        raise MalformedBook(f"{self.place(where, inside)}: found {found}, expected {expected}")

    def place(self, where: places.Path, inside: int = 0) -> str:
        """Name the file, the line, the table and the key."""
        line = self.line(where, inside)
        table, key = named(where)
        parts = [f"line {line}" if line else "", f"table {table}", f"key {key}" if key else ""]
        return ", ".join([str(self.path), *filter(None, parts)])

    def line(self, where: places.Path, inside: int = 0) -> int:
        """Give the line of something, or of what it would stand in; 0 if that is nowhere."""
        return self._places.line(where, inside)

    @cached_property
    def _places(self) -> Places:
        return Places.of(self._text)


@dataclass(frozen=True)
class Origin:
    """Something in a file, of which the line is looked for only when it is told."""

    file: BookFile
    where: places.Path

    def __str__(self) -> str:
        return self.file.place(self.where)

    @property
    def line(self) -> int:
        """The line; 0 if that is nowhere."""
        return self.file.line(self.where)

    def at(self, inside: int) -> str:
        """Name the place of a line of it, from 1."""
        return self.file.place(self.where, inside)


def named(where: places.Path) -> tuple[str, str]:
    """Name the table and the key of a place."""
    names = [step for step in where if isinstance(step, str)]
    tables = 2 if names[0] == "same_name" else 1
    return ".".join(names[:tables]), ".".join(names[tables:])


def shown(value: Any) -> str:
    """Show what was found, as much as fits a line."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _meta(kind: Any) -> Any:
    """Give what the schema says about a type."""
    return next(one for one in kind.__metadata__ if isinstance(one, msgspec.Meta))


def _among(names: list[str]) -> str:
    return f": {', '.join(names)}" if len(names) <= FEW else ""
