"""`language("rust")`: how a language spells what stands around phrases, and its harness.

Each language is a table, `languages/NAME.toml`, and a harness, the file beside it: what compares,
catches, measures and prints a line of JSON a test, in the language itself and without a dependency.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).with_name("languages")


@dataclass(frozen=True, slots=True)
class Language:
    """A language: each text is a template whose `$name` stand for what is written there.

    `declare` names a result, `vary` one that a loop carries, `assign` changes that; `hold` is an
    object under a second name.  What `loop`, `mode`, `granted` and `denied` open, `end` closes, and
    `end_call` what `attempt` and `refuses` do.  `expect` calls the harness with what was found, and
    entries and shape of what is expected; `entry` enters a test in the list of `file`.
    """

    suffix: str
    declare: str
    vary: str
    assign: str
    state: str
    hold: str
    forget: str
    loop: str
    mode: str
    attempt: str
    refuses: str
    granted: str
    denied: str
    end: str
    end_call: str
    list: str
    array: str
    expect: str
    numbers: Mapping[str, str]
    test: str
    apart: str
    entry: str
    left_out: str
    scope: str
    file: str
    harness: str

    def say(self, form: str, **parts: object) -> str:
        """Fill one of the templates."""
        return Template(getattr(self, form)).substitute(parts)

    def text(self, value: str) -> str:
        """Write a text as a literal: all three languages read that of JSON, save for controls."""
        printable = "".join(c if c.isprintable() else " " for c in value)
        return json.dumps(printable, ensure_ascii=False)

    def number(self, value: Any) -> str:
        """Write a floating-point number."""
        text = repr(float(value))
        return self.numbers.get(text, text)


@cache
def language(name: str) -> Language:
    """Read the table of a language, and its harness."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    harness = (FOLDER / f"harness{table['suffix']}").read_text("utf-8")
    known = {field.name for field in fields(Language)}
    return Language(**{n: v for n, v in table.items() if n in known}, harness=harness)
