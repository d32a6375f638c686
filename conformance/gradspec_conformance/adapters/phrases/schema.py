"""What a book may hold: its tables and keys, and of which type each is.

The description of a type says what was expected where something else was found, the title what was
expected where nothing was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

SCHEMA_FILE: Final = Path(__file__).with_name("book.schema.json")
"""The same for editors, as `editors` writes it."""

Text = Annotated[str, Meta(description="a text")]
Line = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f]+$",
        title="a text",
        description="a text of one line that is not empty",
    ),
]
Flag = Annotated[bool, Meta(description="true or false")]
Words = Annotated[list[str], Meta(description="a list of texts")]
Names = Annotated[str, Meta(title="names", description='names in one text: names = "exp log"')]
Named = Annotated[
    str, Meta(pattern="NAME", title="a phrase", description="a phrase with NAME in it")
]
Table = Annotated[dict[str, Any], Meta(title="a table", description="a table")]
Tables = Annotated[list[Any], Meta(description="a list of tables, [[...]]")]
TableOrTables = Annotated[dict[str, Any] | list[Any], Meta(description="a table, [[...]]")]
Expression = Annotated[str | bool, Meta(description="an expression, as a text, or false")]
Phrases = Annotated[
    str | bool | list[str], Meta(description="a phrase, a list of phrases, or false")
]


class EngineTable(Struct, forbid_unknown_fields=True):
    """`[engine]`: who the engine is, and how it is had."""

    name: Line
    version: Text = ""
    inherits: Line = "python"
    setup: Text = ""
    prepare: Text = ""
    also: Words = []
    lazy: Flag = False


class SameName(Struct, forbid_unknown_fields=True):
    """`[[same_name.TABLE]]`: one phrase for several names."""

    phrase: Named
    names: Names


class ErrorEntry(Struct, forbid_unknown_fields=True):
    """`[[errors]]`: what the engine's errors say, and of which kind they are."""

    kind: Line
    says: Line
    act: Text = field(name="in", default="")


class BookTables(Struct, forbid_unknown_fields=True):
    """All tables of a book."""

    engine: Table
    dtypes: Table = {}
    same_name: Table = {}
    errors: Tables = []
    acts: Table = {}
    get: Table = {}
    set: Table = {}
    clear: Table = {}
    delete: Table = {}
    operators: Table = {}
    modes: Table = {}
    transforms: Table = {}
