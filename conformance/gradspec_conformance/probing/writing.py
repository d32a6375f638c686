"""A draft as the text of a phrasebook: what was found, and as comments what was not."""

from __future__ import annotations

import json
import re
import textwrap
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
        lines += ["", "[[errors]]", f"kind = {_text(kind)}", f"says = {_text(_pattern(says))}"]
        lines += [f"in = {_text(act)}"] if act else []
    return "\n".join(lines) + "\n"


def _engine(draft: Draft) -> Iterator[str]:
    yield f"version = {_text(_version(draft.module))}"
    if draft.inherits != "python":
        yield f"inherits = {_text(draft.inherits)}"
    yield f"setup = {_text(chr(10).join(draft.setup))}"
    if draft.also:
        yield f"also = {json.dumps(draft.also)}"


def _version(module: str) -> str:
    """Say how the version is had, whatever the distribution is called."""
    package = module.partition(".")[0]
    found = f"importlib.metadata.packages_distributions().get({package!r}, [])"
    return f"next((importlib.metadata.version(name) for name in {found}), 'unknown')"


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
        for line in tried[:MOST_NOTES]:
            told = " ".join(line.split())
            yield from textwrap.wrap(
                f"tried {told}",
                WIDTH,
                initial_indent="#     ",
                subsequent_indent="#         ",
                break_on_hyphens=False,
            )
        if len(tried) > MOST_NOTES:
            yield f"#     and {len(tried) - MOST_NOTES} other ways"
    if unheard:
        yield from _comment(f"Nothing is called like {', '.join(unheard)}.")


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _pattern(says: str) -> str:
    """Make a pattern of what an error said: numbers vary."""
    first = says.split("\n")[0][:200].strip()
    return re.sub(r"\d+", r"\\d+", re.escape(first).replace(r"\ ", " "))


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
