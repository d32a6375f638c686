"""Where things stand in a TOML file: found with the parser, which alone knows what a line means.

A statement is as many lines as can be read alone.  What they hold is known then, and so is where
each key begins: of tables, of inline tables, of dotted names, and of entries of lists.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]
"""The names of tables and keys, and the positions in lists, that lead to something."""


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of a file, and in which of them each thing begins and ends."""

    lines: list[str]
    spans: Mapping[Path, tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> Places:
        """Find everything in the text of a file that can be read."""
        lines = text.replace("\r\n", "\n").split("\n")
        spans: dict[Path, tuple[int, int]] = {}
        counts: dict[Path, int] = {}
        table: Path = ()
        for first, last, data in _statements(lines):
            if lines[first].lstrip().startswith("["):
                table = _table(data, counts)
                for above in _above(table):
                    spans.setdefault(above, (first, first))
            else:
                entries = _entries(lines, first, last)
                for path in _paths(data):
                    place = next((entries[p] for p in _above(path) if p in entries), (first, last))
                    spans.setdefault(table + path, place)
        return cls(lines, spans)

    def line(self, path: Path, inside: int = 0) -> int:
        """Give the line of something, or of what it would stand in; 0 if that is nowhere.

        `inside` a text over several lines, from 1, it is the line of that.
        """
        for above in _above(path):
            if above in self.spans:
                first, last = self.spans[above]
                opened = self.lines[first].rstrip().endswith(('"""', "'''"))
                return min(first + max(inside - (not opened), 0), last) + 1
        return 0


def _statements(lines: list[str]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    first = 0
    while first < len(lines):
        last = first
        while (data := _read(lines[first : last + 1])) is None and last < len(lines) - 1:
            last += 1
        if data:
            yield first, last, data
        first = last + 1


def _read(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _table(data: Any, counts: dict[Path, int]) -> Path:
    """Say which table a heading opens; a list of tables has one more."""
    path: Path = ()
    while isinstance(data, dict) and data:
        ((name, data),) = data.items()
        path = (*path, name)
        if isinstance(data, list):
            counts[path] = counts.get(path, 0) + 1
            data = data[0]
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _paths(data: Any) -> Iterator[Path]:
    """Give the paths to all that is in a value."""
    members: Any = ()
    if isinstance(data, dict):
        members = data.items()
    elif isinstance(data, list):
        members = enumerate(data)
    for name, value in members:
        yield (name,)
        yield from ((name, *path) for path in _paths(value))


def _entries(lines: list[str], first: int, last: int) -> dict[Path, tuple[int, int]]:
    """Find the entries of a list over several lines: it can be ended behind each of them."""
    found: dict[Path, tuple[int, int]] = {}
    start, count = first, 0
    for end in range(first, last + 1) if first < last else ():
        closing = ["]"] if end < last else []
        path, value = _value(_read([*lines[first : end + 1], *closing]))
        if isinstance(value, list):
            while lines[start].strip().startswith("#"):
                start += 1
            found |= {(*path, n): (start, end) for n in range(count, len(value))}
            start, count = end + 1, len(value)
    return found


def _value(data: Any) -> tuple[Path, Any]:
    path: Path = ()
    while isinstance(data, dict) and len(data) == 1:
        ((name, data),) = data.items()
        path = (*path, name)
    return path, data


def _above(path: Path) -> Iterator[Path]:
    """Give a path, and those to what it stands in, from the inside out."""
    return (path[:length] for length in range(len(path), 0, -1))
