"""`read_book(path)`: from a TOML file to a `Book`; raises MalformedBook with table, key and line.

    [engine]
    name = "mygrad"
    version = "mg.__version__"
    inherits = "python"              # the default; or "torch", or a book beside this one
    setup = "import mygrad as mg"
    prepare = "mg.turn_memory_guarding_off()"  # what a user need not do
    also = ["frees_graph"]           # what no phrase shows

    [dtypes]
    float64 = "np.float64"

    [acts]
    tensor = "mg.tensor($array, constant=True)"
    leaf = "mg.tensor($array, constant=False)"
    backward = ["${root:one}.backward()", "${root:one}.backward($gradient)"]

    [operators]
    sum = "mg.sum($x, $(axis=$dim), $(keepdims=$keepdim))"
    neg = false                      # takes away what was inherited

    [[same_name.operators]]
    phrase = "mg.NAME($x)"
    names = "exp log sin cos tanh"

    [[errors]]
    kind = "nonscalar-root"
    says = "InvalidBackprop"

Further tables are `get`, `set`, `clear`, `delete` (attributes of a tensor), `modes` and
`transforms`; `gradspec.port.acts` has the names of all, and of their arguments.
"""

from __future__ import annotations

import ast
import difflib
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gradspec.exceptions import MalformedPhrase
from gradspec.port.abilities import DTYPES, WORDS
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS
from gradspec.port.phrase import Phrase
from gradspec_conformance.adapters.phrases.book import TABLES, Book, ErrorPattern
from gradspec_conformance.adapters.phrases.compiling import source_of
from gradspec_conformance.adapters.phrases.languages import LANGUAGES
from gradspec_conformance.exceptions import MalformedBook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KNOWN: Final = ("engine", "dtypes", "same_name", "errors", *TABLES)
ENGINE: Final = ("name", "version", "inherits", "setup", "prepare", "also")


def read_book(path: str | Path) -> Book:
    """Read a book and those below it; raises MalformedBook."""
    return _Reader(Path(path)).book()


@dataclass(frozen=True)
class _Reader:
    """One file; knows where things stand in it."""

    path: Path

    def book(self) -> Book:
        """Put the book on top of the one that it inherits."""
        data = self._data()
        for table in data:
            self._known(table, KNOWN, "table", table)
        engine = self._engine(data)
        below = self._below(engine.get("inherits", "python"))
        phrases = dict(below.phrases)
        for table, name, said in self._phrases(data):
            key = self._key(table, name)
            if said is False:
                phrases.pop(key, None)
            else:
                phrases[key] = self._read(table, name, key, said)
        return replace(
            below,
            file=str(self.path),
            name=engine.get("name", below.name),
            version=engine.get("version", below.version),
            setup="\n".join(filter(None, [below.setup, engine.get("setup", "").strip()])),
            prepare="\n".join(filter(None, [below.prepare, engine.get("prepare", "").strip()])),
            also=(*below.also, *self._also(engine)),
            dtypes=self._dtypes(data, below.dtypes),
            phrases=_with_leaf(phrases),
            errors=(*self._errors(data), *below.errors),
        )

    def _data(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            raise MalformedBook(f"there is no book {str(self.path)!r}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise MalformedBook(f"{self.path} is no TOML: {error}") from None

    def _engine(self, data: dict[str, Any]) -> dict[str, Any]:
        engine: dict[str, Any] = data.get("engine") or {}
        if not isinstance(engine, dict) or not isinstance(engine.get("name"), str):
            self._wrong("engine", "name", "nothing", 'a text: name = "..."')
        for key, value in engine.items():
            self._known(key, ENGINE, "key", "engine", key)
            if key != "also" and not isinstance(value, str):
                self._wrong("engine", key, repr(value), "a text")
        return engine

    def _below(self, name: str) -> Book:
        if name in LANGUAGES:
            return LANGUAGES[name]()
        beside = self.path.with_name(f"{name}.toml")
        if not beside.exists() or beside == self.path:
            expected = f"{' or '.join(LANGUAGES)}, or the name of a book beside this one"
            self._wrong("engine", "inherits", repr(name), expected)
        return read_book(beside)

    def _also(self, engine: dict[str, Any]) -> list[str]:
        also = engine.get("also", [])
        if not isinstance(also, list) or not all(isinstance(word, str) for word in also):
            self._wrong("engine", "also", repr(also), "a list of words")
        for word in also:
            self._known(word.removeprefix("-"), WORDS, "ability", "engine", "also")
        return list(also)

    def _dtypes(self, data: dict[str, Any], below: Mapping[str, str]) -> dict[str, str]:
        found = dict(below)
        for name, value in data.get("dtypes", {}).items():
            self._known(name, DTYPES, "data type", "dtypes", name)
            if value is False:
                found.pop(name, None)
            elif isinstance(value, str):
                found[name] = value
            else:
                self._wrong("dtypes", name, repr(value), "an expression, as a text, or false")
        return found

    # phrases --------------------------------------------------------------------------
    def _phrases(self, data: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
        for table, entries in data.get("same_name", {}).items():
            self._known(table, TABLES, "table", "same_name", table)
            for entry in entries if isinstance(entries, list) else [entries]:
                if set(entry) != {"phrase", "names"} or "NAME" not in str(entry["phrase"]):
                    expected = "phrase = a text with NAME in it, and names"
                    self._wrong(f"same_name.{table}", "phrase", repr(entry), expected)
                for name in entry["names"].split():
                    yield table, name, entry["phrase"].replace("NAME", name)
        for table in TABLES:
            entries = data.get(table, {})
            if not isinstance(entries, dict):
                self._wrong(table, "", repr(entries), "a table")
            yield from ((table, name, said) for name, said in entries.items())

    def _key(self, table: str, name: str) -> str:
        key = f"{TABLES[table]}{name}"
        if key not in ACTS or ACTS[key].by_kit:
            prefix = TABLES[table]
            names = [k.removeprefix(prefix) for k in ACTS if k.startswith(prefix)]
            self._known(name, [n for n in names if ":" not in n], "act", table, name)
        return key

    def _read(self, table: str, name: str, key: str, said: Any) -> tuple[Phrase, ...]:
        texts = said if isinstance(said, list) else [said]
        if not all(isinstance(text, str) for text in texts):
            self._wrong(table, name, repr(said), "a phrase, a list of phrases, or false")
        return tuple(self._phrase(table, name, key, text) for text in texts)

    def _phrase(self, table: str, name: str, key: str, text: str) -> Phrase:
        try:
            phrase = Phrase.read(text.strip("\n"))
        except MalformedPhrase as error:
            self._wrong(table, name, repr(text), f"a phrase; {error}")
        signature = ACTS[key].signature
        for argument in sorted(phrase.mentioned - set(signature.names)):
            takes = f"an argument of {name}({signature.text})"
            self._wrong(table, name, f"${argument}", takes)
        try:
            ast.parse(
                source_of(phrase, sorted(phrase.mentioned), dict.fromkeys(phrase.types, "word"))
            )
        except SyntaxError as error:
            self._wrong(table, name, repr(text), f"Python; {error.msg} in {error.text!r}")
        return phrase

    def _errors(self, data: dict[str, Any]) -> list[ErrorPattern]:
        found = []
        for number, entry in enumerate(data.get("errors", []), start=1):
            where = f"errors, entry {number}"
            if not isinstance(entry, dict) or not {"kind", "says"} <= set(entry) <= {
                "kind",
                "says",
                "in",
            }:
                self._wrong(where, "", repr(entry), "kind, says, and perhaps in")
            self._known(entry["kind"], ERROR_KINDS, "error kind", where, "kind")
            try:
                pattern = re.compile(entry["says"])
            except re.error as error:
                self._wrong(where, "says", repr(entry["says"]), f"a regular expression; {error}")
            found.append(ErrorPattern(entry["kind"], pattern, entry.get("in", "")))
        return found

    # complaints -----------------------------------------------------------------------
    def _known(self, name: str, names: Any, what: str, table: str, key: str = "") -> None:
        if name not in names:
            close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]}?" if close else ""
            self._wrong(table, key, repr(name), f"the name of a known {what}{hint}")

    def _wrong(self, table: str, key: str, found: str, expected: str) -> NoReturn:
        line = self._line(table, key)
        place = f"{self.path}{f', line {line}' if line else ''}, table {table}"
        named = f", key {key}" if key else ""
        raise MalformedBook(f"{place}{named}: found {found}, expected {expected}")

    def _line(self, table: str, key: str) -> int:
        """Find the line of a key, or of its table; 0 if it is nowhere."""
        inside, start = False, 0
        for number, line in enumerate(self.path.read_text("utf-8").splitlines(), start=1):
            heading = re.fullmatch(r"\s*\[+\s*([\w.]+)\s*\]+\s*(#.*)?", line)
            if heading:
                inside = heading[1] == table
                start = number if inside else start
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return start


def _with_leaf(phrases: dict[str, tuple[Phrase, ...]]) -> dict[str, tuple[Phrase, ...]]:
    """Let every tensor be a leaf, in an engine with a tape that knows no constants."""
    if "leaf" in phrases or "backward" not in phrases or "tensor" not in phrases:
        return phrases
    return {**phrases, "leaf": phrases["tensor"]}
