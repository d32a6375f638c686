"""What engines are known to fail: the lists that come with the kit, by clause."""

from __future__ import annotations

import fnmatch
import functools
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradspec_conformance
from gradspec import edition

INSTALLED: Final = Path(gradspec_conformance.__file__).with_name("expectations")
CHECKOUT: Final = Path(gradspec_conformance.__file__).parents[1] / "expectations"


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of a list: an engine with its version, what fails, how and why."""

    engine: str
    clause: str
    how: str
    reason: str


@functools.cache
def known() -> dict[str, tuple[Known, ...]]:
    """Read every list: engine with version -> its entries."""
    folder = INSTALLED if INSTALLED.is_dir() else CHECKOUT
    found = {}
    for path in sorted(folder.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        engine = _engine(path.stem, text)
        found[engine] = tuple(_known(engine, e) for e in tomllib.loads(text).get("expected", ()))
    return found


@functools.cache
def by_clause() -> dict[str, tuple[Known, ...]]:
    """Give the entries by the clause that they are about; those of its rows, too."""
    found: dict[str, list[Known]] = {}
    for entries in known().values():
        for entry in entries:
            for clause in dict.fromkeys(i.partition("/")[0] for i in meant(entry.clause)):
                found.setdefault(clause, []).append(entry)
    return {clause: tuple(entries) for clause, entries in found.items()}


@functools.cache
def counts() -> dict[str, Counter[str]]:
    """Count for each engine how many entries are about each id."""
    return {
        engine: Counter(identifier for entry in entries for identifier in meant(entry.clause))
        for engine, entries in known().items()
    }


def meant(clause: str) -> list[str]:
    """Give the clauses and rows that an entry means: by id, by an id of before, or a pattern."""
    every = _ids()
    plain = [identifier for identifier in (clause, *edition.resolve(clause)) if identifier in every]
    return [*dict.fromkeys(plain)] or fnmatch.filter(every, clause)


@functools.cache
def _ids() -> dict[str, None]:
    return dict.fromkeys(demand.id for demand in edition.demands())


def _known(engine: str, entry: dict[str, Any]) -> Known:
    how = ", ".join(entry[name] for name in ("verdict", "kind") if name in entry)
    return Known(engine, entry["clause"], f"{how} ({entry['class']})", entry["reason"])


def _engine(name: str, heading: str) -> str:
    """Give an engine's name and version, which the first line of its list has."""
    first = heading.partition("\n")[0].removeprefix("# What ")
    return first.partition(" is known")[0] if " is known" in first else name
