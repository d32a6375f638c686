"""Read and write an expectations file; what a person wrote in it is kept as it stands.

Lines that begin with `#:` say what the clause below demands.  They are written anew each time; any
other comment is somebody's.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gradspec import edition
from gradspec_conformance.exceptions import MalformedExpectations
from gradspec_conformance.execution.verdict import PARTICULAR, Outcome
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from gradspec_conformance.known.entry import Entry

LARGEST: Final = 1 << 26
"""Bytes."""

EDITION: Final = "edition"
RAN: Final = "ran"
QUOTED: Final = '"\\'
SAYS: Final = "#:"
MOST_SAID: Final = 3
PLACEHOLDER: Final = re.compile(r"\{\w[^{}]*\}")
"""Where a sentence about rows has what a row says."""


@dataclass(frozen=True, slots=True)
class File:
    """What stands in a file: what it was made for, the entries, and comments around them."""

    edition: str | None
    ran: int | None
    entries: tuple[Entry, ...]
    heading: str
    ending: str


# reading ------------------------------------------------------------------------------
def read(path: Path, clauses: Collection[str] | None = None) -> File:
    """Read a file; raises MalformedExpectations."""
    text = _text(path)
    lines = text.splitlines()
    data = _parsed(path, text)
    tables = _tables(path, text, data)
    made_for = _edition(path, lines, data.get(EDITION))
    is_older = made_for is not None and made_for != edition.EDITIONS[-1]
    reader = Reader(path, lines, clauses, is_older=is_older)
    entries = tuple(_entries(path, reader, tables))
    heading, blocks, ending = _blocks(lines, reader.headers)
    if len(blocks) == len(entries):
        pairs = zip(entries, blocks, tables, strict=True)
        entries = tuple(_as_it_stands(e, block, table) for e, block, table in pairs)
    return File(made_for, data.get(RAN), entries, heading, ending)


def _entries(path: Path, reader: Reader, tables: list[dict[str, Any]]) -> Iterator[Entry]:
    seen: dict[tuple[str, ...], int] = {}
    for index, table in enumerate(tables):
        entry = reader.entry(index, table)
        meant = edition.resolve(entry.clause) or (entry.clause,)
        if meant in seen:
            reason = f"{entry.clause} has an entry already, in line {seen[meant]}: keep one"
            raise MalformedExpectations(path, entry.line, reason)
        seen[meant] = entry.line
        yield entry


def _edition(path: Path, lines: list[str], name: Any) -> str | None:
    """Check for which edition a file was made."""
    if name is None:
        return None
    if isinstance(name, str) and name in edition.EDITIONS:
        return name
    line = next((n for n, text in enumerate(lines, 1) if text.strip().startswith(EDITION)), 0)
    here = edition.EDITIONS[-1]
    if isinstance(name, str) and _number(name) > _number(here):
        reason = f"was made for edition {name}, and this gradspec has {here}: install a newer one"
        raise MalformedExpectations(path, line, reason)
    known = ", ".join(edition.EDITIONS)
    near = did_you_mean(name, list(edition.EDITIONS)) if isinstance(name, str) else ""
    reason = f"there is no edition {name!r}{near or f': it is one of {known}'}"
    raise MalformedExpectations(path, line, reason)


def _number(name: str) -> tuple[int, ...]:
    """Give the numbers of an edition in order, of the oracle first; none for any other text."""
    is_one = re.fullmatch(r"torch-\d{1,4}\.\d{1,4}/\d{1,4}", name, re.ASCII)
    return tuple(map(int, re.findall(r"\d+", name))) if is_one else ()


def _blocks(lines: list[str], headers: list[int]) -> tuple[str, list[list[str]], str]:
    """Part a file: comments at its head, an entry each with the comments above it, those below."""
    first = headers[0] - 1 if headers else len(lines)
    keys = [n for n, line in enumerate(lines[:first], 1) if not _is_comment(line)]
    top = next((n for n, line in enumerate(lines) if not _is_heading(line)), len(lines))
    begin = max([top, *keys])
    heading = [line for line in lines[: min(begin, first)] if _is_comment(line)]
    starts = [min(begin, first), *(_above(lines, header - 1) for header in headers[1:])]
    end = _above(lines, len(lines)) if headers else len(lines)
    ends = [*starts[1:], end]
    blocks = [lines[start:stop] for start, stop in zip(starts, ends, strict=True)]
    said = (line.removeprefix("#").removeprefix(" ") for line in heading)
    ending = "\n".join(lines[end:]).strip("\n")
    return "\n".join(said).strip("\n"), blocks if headers else [], ending


def _above(lines: list[str], line: int) -> int:
    """Find where the comments begin that stand above a line."""
    while line and _is_comment(lines[line - 1]):
        line -= 1
    return line


def _is_heading(line: str) -> bool:
    return line.startswith("#") and not line.startswith(SAYS)


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _as_it_stands(entry: Entry, block: list[str], table: dict[str, Any]) -> Entry:
    """Keep the text of an entry, if it can stand alone, and the comments above it."""
    header = next((n for n, line in enumerate(block) if not _is_comment(line)), 0)
    above = [line for line in block[:header] if not line.startswith(SAYS)]
    text = "\n".join(block[header:])
    try:
        stands = tomllib.loads(text) == {"expected": [table]}
    except ValueError:
        stands = False
    return replace(entry, above="\n".join(above).strip("\n"), text=text if stands else None)


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise MalformedExpectations(path, 0, "is no file: name one that `expect` wrote")
        if path.stat().st_size > LARGEST:
            reason = f"has {path.stat().st_size} bytes, expected at most {LARGEST}"
            raise MalformedExpectations(path, 0, reason)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise MalformedExpectations(path, 0, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MalformedExpectations(path, 0, "is not UTF-8: save it as UTF-8") from error
    except ValueError as error:
        raise MalformedExpectations(path, 0, f"cannot be read: {error}") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        raise MalformedExpectations(path, line, f"not TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits, brackets in brackets
        raise MalformedExpectations(path, 0, f"not what TOML is for: {error}") from error


def _tables(path: Path, text: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    for key, value in data.items():
        if key == EDITION or (key == RAN and type(value) is int and value >= 0):
            continue
        if key == "expected" and isinstance(value, list) and all(map(_is_table, value)):
            continue
        found = next((n for n, t in enumerate(text.splitlines(), 1) if key in t), 0)
        holds = f"{EDITION} = {edition.EDITIONS[-1]!r}, {RAN} = N and [[expected]] entries"
        reason = f"{key!r} does not belong here: a file holds {holds}"
        raise MalformedExpectations(path, found, reason)
    tables: list[dict[str, Any]] = data.get("expected", [])
    return tables


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


# writing ------------------------------------------------------------------------------
def write_entries(
    entries: Iterable[Entry],
    heading: str,
    ran: int | None = None,
    *,
    made_for: str | None = edition.EDITION,
    ending: str = "",
) -> str:
    """Write a file: comments at its head, the edition, how many ran, the entries in order."""
    lines = (_escaped(line, "") for line in heading.split("\n") if heading)
    head = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    keys = "" if made_for is None else f"{EDITION} = {_string(made_for)}\n"
    keys += "" if ran is None else f"{RAN} = {ran}\n"
    below = f"\n{ending}\n" if ending else ""
    parts = [head, keys, *map(_written, entries)]
    return "\n".join(part for part in parts if part) + below


def said(entry: Entry) -> list[str]:
    """Say what the clauses demand of which an entry speaks."""
    spoken = [d for d in edition.demands() if entry.speaks_of(d.id)]
    alone = len(spoken) == 1
    sentences = [one.statement if alone else one.clause_statement for one in spoken]
    plain = (PLACEHOLDER.sub("<row>", " ".join(sentence.split())) for sentence in sentences)
    distinct = list(dict.fromkeys(plain))
    more = len(distinct) - MOST_SAID
    left = [f"and {more} clauses more"] if more > 0 else []
    return [*distinct[:MOST_SAID], *left]


def _written(entry: Entry) -> str:
    above = [entry.above] if entry.above else []
    says = (f"{SAYS} {_escaped(sentence, '')}" for sentence in said(entry))
    return "\n".join([*above, *says, entry.text or _anew(entry)]) + "\n"


def _anew(entry: Entry) -> str:
    values = {
        "clause": entry.clause,
        "verdict": None if entry.verdict is Outcome.FAILED else entry.verdict,
        "kind": entry.kind,
        **({} if entry.kind not in PARTICULAR else {PARTICULAR[entry.kind]: entry.particular}),
        "class": entry.cause,
        "reason": entry.reason,
        "program": entry.program,
    }
    lines = [f"{key} = {_string(value)}" for key, value in values.items() if value is not None]
    return "\n".join(["[[expected]]", *lines])


def _string(value: str) -> str:
    """Quote a text; JSON is easiest read between single quotes, where nothing is escaped."""
    literal = '"' in value and "'" not in value and value.isprintable()
    return f"'{value}'" if literal else f'"{_escaped(value, QUOTED)}"'


def _escaped(text: str, also: str) -> str:
    """Write what is not printable, and these characters, as TOML escapes them."""
    return "".join(
        _escape(c) if c in also or not c.isprintable() else c
        for c in text.encode("utf-8", "replace").decode()
    )


def _escape(character: str) -> str:
    if character in QUOTED:
        return f"\\{character}"
    code = ord(character)
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
