"""The JSON Schema of a book, for editors: derived from the schema that reads books.

It is published beside this file, in `book.schema.json`, and `gradspec words --schema` prints it.
An editor with Taplo (in VS Code, Even Better TOML) completes and checks a book that begins with

    #:schema ./book.schema.json

After a change of the structs, or of what can be asked,
`python -m gradspec_conformance.adapters.phrases.editors` writes the file again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gradspec.catalogue.standard import STANDARD
from gradspec.port.abilities import DTYPES, FOLLOWING, NARROW, WORDS
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, SAID_BY_THE_KIT
from gradspec_conformance.adapters.phrases.book import TABLES
from gradspec_conformance.adapters.phrases.languages import LANGUAGES
from gradspec_conformance.adapters.phrases.reading import ASKED_FOR, NAMES
from gradspec_conformance.adapters.phrases.schema import (
    SCHEMA_FILE,
    BookTables,
    EngineTable,
    ErrorEntry,
    Expression,
    Phrases,
    SameName,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The newest that editors of TOML understand."""

DEFINED: Final = "#/definitions/"

ABOUT: Final = {
    "engine": "Who the engine is, and how it is had.",
    "dtypes": "What the engine calls each data type that it has.",
    "same_name": "One phrase, with NAME in it, for several names of a table.",
    "errors": "What the engine's errors say, and of which kind they are; the first decides.",
    "acts": "Tensors, passes, hooks, and what else stands in no other table.",
    "get": "Attributes of a tensor, read.",
    "set": "Attributes of a tensor, assigned.",
    "clear": "Attributes of a tensor, set to what stands for none.",
    "delete": "Attributes of a tensor, deleted.",
    "operators": "Operators; `gradspec words op:` shows how each is called.",
    "modes": "Expressions for context managers.",
    "transforms": "What makes a function of a function.",
    "name": "What the engine is called.",
    "version": "An expression for its version.",
    "inherits": f"{' or '.join(LANGUAGES)}, or the name of a book beside this one.",
    "setup": "Statements that every program begins with: imports.",
    "prepare": "Statements that the kit needs and a printed program does without.",
    "also": "Abilities that no phrase shows; with a minus, such as are not there after all.",
    "lazy": "Printing a tensor shows no values: a printed program asks for its array.",
    "phrase": "A phrase with NAME in it.",
    "names": "The names, in one text.",
    "kind": "One of the kinds of `gradspec words`.",
    "says": "A regular expression, searched in `ClassName: message`.",
    "in": "Only errors of this act.",
}
"""Table or key -> what it is for."""


def book_schema() -> dict[str, Any]:
    """Derive the schema: what the structs say, and the names that may stand in each table."""
    shapes = (BookTables, EngineTable, SameName, ErrorEntry, Phrases, Expression)
    refs, parts = msgspec.json.schema_components(shapes, ref_template=f"{DEFINED}{{name}}")
    *_, phrases, expression = (_without_true(ref) for ref in refs)
    book: dict[str, Any] = parts.pop(BookTables.__name__)
    book["properties"] |= {
        "engine": _a("EngineTable"),
        "errors": _list_of("ErrorEntry"),
        "dtypes": _table(
            {name: f"What the engine calls {name}." for name in (*DTYPES, *NARROW)}, "Expression"
        ),
        "same_name": _table(ABOUT, "SameNames", TABLES),
        **{table: _table(_acts_of(table), "Phrases") for table in TABLES},
    }
    parts |= {
        "Phrases": phrases,
        "Expression": expression,
        "SameNames": {"anyOf": [_list_of("SameName"), _a("SameName")]},
    }
    _close(parts["EngineTable"], also=_abilities())
    _close(parts["ErrorEntry"], kind=ERROR_KINDS.keys() - SAID_BY_THE_KIT, **{"in": _errors_in()})
    for shape in (book, *(parts[one.__name__] for one in (EngineTable, SameName, ErrorEntry))):
        for name, value in shape["properties"].items():
            value["description"] = ABOUT[name]
            value.pop("title", None)
            value.pop("default", None)
    return {"$schema": DRAFT} | book | {"title": "A phrasebook", "definitions": parts}


def _a(shape: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": f"{DEFINED}{shape}"}]}  # beside $ref nothing else is read


def _list_of(shape: str) -> dict[str, Any]:
    return {"type": "array", "items": _a(shape)}


def _table(about: Mapping[str, str], shape: str, names: Iterable[str] = ()) -> dict[str, Any]:
    """Describe a table in which such names may stand."""
    known = sorted(names or about)
    return {
        "type": "object",
        "properties": {name: _a(shape) | {"description": about[name]} for name in known},
        "additionalProperties": False,
    }


def _acts_of(table: str) -> dict[str, str]:
    """Say of each name of a table what it asks for, and with which arguments."""
    acts = {name: ACTS[f"{TABLES[table]}{name}"] for name in NAMES[table]}
    if table == "operators":
        acts |= {name: acts[meant] for name, meant in STANDARD.items()}
    return {name: f"{name}({act.signature.text}): {act.doc}" for name, act in acts.items()}


def _abilities() -> list[str]:
    words = sorted(WORDS.keys() - FOLLOWING)
    return [*words, *(f"-{word}" for word in words)]


def _errors_in() -> set[str]:
    return {"", *ASKED_FOR, *(ACTS[key].name for key in ASKED_FOR)}


def _close(shape: dict[str, Any], **lists: Iterable[str]) -> None:
    """Restrict keys of a table, or the entries of their lists, to what may stand there."""
    for key, words in lists.items():
        value = shape["properties"][key]
        value.get("items", value)["enum"] = sorted(words)


def _without_true(shape: dict[str, Any]) -> dict[str, Any]:
    """Allow false where a struct has a boolean, and no empty list."""
    forms = {"boolean": {"enum": [False]}, "array": {"minItems": 1}}
    for one in shape.get("anyOf", ()):
        one.update(forms.get(one["type"], {}))
    return shape


def book_schema_text() -> str:
    """Write the schema as it is published."""
    return msgspec.json.format(msgspec.json.encode(book_schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(book_schema_text(), "utf-8")
