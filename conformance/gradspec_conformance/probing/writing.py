"""A draft as the text of a phrasebook: what was found, and as comments what was not."""

from __future__ import annotations

import json
import re
import textwrap
from importlib import metadata
from typing import TYPE_CHECKING, Final

from gradspec.port.acts import ACTS
from gradspec_conformance.adapters.phrases.book import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec_conformance.probing.draft import Draft, Phrases

WIDTH: Final = 100
SHARED: Final = 3
"""How many operators share a phrase before it is written once for all of them."""

MOST_NOTES: Final = 3
"""Guesses that are told for one act."""

ORDER: Final = ("acts", "get", "set", "clear", "delete", "modes", "transforms", "operators")


def book_text(draft: Draft) -> str:
    """Write the book."""
    lines = [
        *_comment(
            f"The phrasebook of {draft.module}, written by `gradspec init`.  What stands here was "
            "tried: operators compute the catalogue's samples, and experiments have shown what "
            "belongs to the tape.  What was not found stands as comments, with what was tried: "
            "complete these lines by hand."
        ),
        *(line for remark in draft.remarks for line in ("#", *_comment(remark))),
        "",
        "[engine]",
        f"name = {_text(draft.module)}",
        *_engine(draft),
    ]
    if draft.dtypes:
        said = {name: _text(text) if text else "false" for name, text in draft.dtypes.items()}
        lines += ["", "[dtypes]", *(f"{name} = {text}" for name, text in said.items())]
    for table in ORDER:
        lines += _table(draft, table)
    for kind, says, act in draft.errors:
        lines += ["", "[[errors]]", f"kind = {_text(kind)}", f"says = {_text(says)}"]
        lines += [f"in = {_text(act)}"] if act else []
    return "\n".join(lines) + "\n"


def _engine(draft: Draft) -> Iterator[str]:
    version = _version(draft.module)
    if version is not None:
        yield f"version = {_text(version)}"
    if draft.inherits != "python":
        yield f"inherits = {_text(draft.inherits)}"
    yield f"setup = {_text(chr(10).join(draft.setup))}"
    if draft.prepare:
        yield f"prepare = {_text(draft.prepare)}"
    if draft.also:
        yield f"also = {json.dumps(draft.also)}"


def _version(module: str) -> str | None:
    """Say how the version is had, where the module belongs to one distribution."""
    owners = set(metadata.packages_distributions().get(module.partition(".")[0], ()))
    return f"importlib.metadata.version({owners.pop()!r})" if len(owners) == 1 else None


def _table(draft: Draft, table: str) -> list[str]:
    prefix = TABLES[table]
    keys = [key for key in draft.phrases if _table_of(key) == table]
    shared = _shared(draft, keys) if table == "operators" else {}
    lines: list[str] = []
    for phrase, names in shared.items():
        words = textwrap.fill(" ".join(names), WIDTH - 10)
        lines += ["", f"[[same_name.{table}]]", f"phrase = {_text(phrase)}"]
        lines += [f"names = {_text(words)}"]
    taken = {f"{prefix}{name}" for names in shared.values() for name in names}
    own = [
        f"{_key(key.removeprefix(prefix))} = {_phrases(draft.phrases[key])}"
        for key in keys
        if key not in taken
    ]
    notes = [*_notes(draft, table, prefix)]
    if own or notes:
        lines += ["", f"[{table}]", *own, *notes]
    return lines


def _table_of(key: str) -> str:
    return next((t for t, prefix in TABLES.items() if prefix and key.startswith(prefix)), "acts")


def _shared(draft: Draft, keys: list[str]) -> dict[str, list[str]]:
    """Find phrases that several operators have, but for their names."""
    found: dict[str, list[str]] = {}
    for key in keys:
        name = key.removeprefix("op:")
        phrases = draft.phrases[key]
        if len(phrases) == 1 and re.search(rf"\.{name}\(", phrases[0]):
            text = re.sub(rf"\.{name}\(", ".NAME(", phrases[0])
            found.setdefault(text, []).append(name)
    return {text: names for text, names in found.items() if len(names) >= SHARED}


def _notes(draft: Draft, table: str, prefix: str) -> Iterator[str]:
    """Tell what was tried for what was not found; what nothing is called like comes last."""
    unheard: list[str] = []
    for key, tried in draft.notes.items():
        if key not in ACTS or _table_of(key) != table or draft.phrases.get(key):
            continue
        name = key.removeprefix(prefix)
        if not tried:
            unheard.append(name)
            continue
        yield f'# {_key(name)} = ""'
        absent = [line.partition(": AttributeError")[0] for line in tried if _is_absent(line)]
        told = [f"tried {' '.join(line.split())}" for line in tried if not _is_absent(line)]
        more = [f"and {len(told) - MOST_NOTES} other ways"] if len(told) > MOST_NOTES else []
        gone = [f"not there: {', '.join(absent)}"] if absent else []
        for line in (*told[:MOST_NOTES], *more, *gone):
            yield from _comment(line, "#     ")
    if unheard:
        yield from _comment(f"Nothing is called like {', '.join(unheard)}.")


def _is_absent(note: str) -> bool:
    return ": AttributeError: " in note and "no attribute" in note


def _comment(text: str, first: str = "# ") -> list[str]:
    more = first if first == "# " else f"{first}    "
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=more, break_on_hyphens=False
    )


def _phrases(phrases: Phrases) -> str:
    match phrases:
        case ():
            return "false"
        case (one,):
            return _text(one)
    return "[\n" + "".join(f"  {_text(phrase)},\n" for phrase in phrases) + "]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _text(text: str) -> str:
    if "\n" not in text:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    inner = text.strip("\n").replace("\\", "\\\\").replace('"""', '\\"""')
    return f'"""\n{inner}\n"""'
