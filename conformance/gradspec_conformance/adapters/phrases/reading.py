"""`read_book(path)`: from a TOML file to a `Book`; raises MalformedBook with table, key and line.

    [engine]
    name = "mygrad"
    version = "mg.__version__"
    inherits = "python"              # the default; or "torch", "javascript", a book beside this one
    setup = "import mygrad as mg"
    prepare = "mg.turn_memory_guarding_off()"  # what a user need not do
    also = ["frees_graph"]           # what no phrase shows
    lazy = true                      # printing a tensor shows no values

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
    in = "backward"                  # if other acts raise it for other reasons

Further tables are `get`, `set`, `clear`, `delete` (attributes of a tensor), `modes` and
`transforms`; `gradspec.port.acts` has the names of all, and of their arguments.  What a book says
stands above what it inherits, a word under `also` as well as a phrase.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gradspec.catalogue.standard import STANDARD
from gradspec.exceptions import MalformedPhrase
from gradspec.port.abilities import DERIVED, DTYPES, FOLLOWING, NARROW, WORDS
from gradspec.port.acts import ACTS
from gradspec.port.errors import ERROR_KINDS, SAID_BY_THE_KIT
from gradspec.port.phrase import Phrase
from gradspec_conformance.adapters.phrases.book import (
    TABLES,
    Book,
    Code,
    ErrorPattern,
    Spoken,
    implied,
)
from gradspec_conformance.adapters.phrases.checking import check, demand_required, is_constant
from gradspec_conformance.adapters.phrases.compiling import UNREADABLE
from gradspec_conformance.adapters.phrases.languages import LANGUAGES
from gradspec_conformance.adapters.phrases.schema import (
    BookTables,
    EngineTable,
    ErrorEntry,
    Expression,
    Phrases,
    SameName,
    TableOrTables,
)
from gradspec_conformance.adapters.phrases.source import BookFile, Origin, shown
from gradspec_conformance.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gradspec_conformance.adapters.phrases import places

    Entry = tuple[str, str, Any, places.Path]
    Checked = tuple[Phrase, Spoken]


Said = TypeVar("Said")


def read_book(path: str | Path) -> Book:
    """Read a book and those below it; raises MalformedBook."""
    return _Reader(BookFile(Path(path))).book()


@dataclass(frozen=True)
class _Reader:
    """Reads one book; `above` are those that inherit it."""

    file: BookFile
    above: tuple[Path, ...] = ()

    def book(self) -> Book:
        """Put the book on top of the one that it inherits."""
        engine = self._engine
        below = self._below
        phrases, spoken = dict(below.phrases), dict(below.spoken)
        own: set[str] = set()
        for table, name, said, where in self._entries():
            key = self._key(table, name, where)
            own.add(key)
            if said is False:
                phrases.pop(key, None)
                spoken.pop(key, None)
            else:
                read = self._phrases(key, said, where)
                phrases[key] = tuple(phrase for phrase, _ in read)
                spoken[key] = tuple(spoken for _, spoken in read)
        said_anew = own & phrases.keys()
        given_back = {f"-{w}" for key in said_anew for w in implied(ACTS[key], phrases[key])}
        return replace(
            below,
            file=str(self.file.path),
            name=engine.name,
            version=self._code("version", "eval") if engine.version else below.version,
            setup=(*below.setup, *self._statements("setup")),
            prepare=(*below.prepare, *self._statements("prepare")),
            also=(*(word for word in below.also if word not in given_back), *self._also()),
            lazy=engine.lazy or below.lazy,
            dtypes=self._dtypes(below.dtypes),
            phrases=_with_leaf(phrases),
            spoken=_with_leaf(spoken),
            errors=(*self._errors(), *below.errors),
        )

    @cached_property
    def _tables(self) -> BookTables:
        return self.file.table(BookTables, self.file.data, ())

    @cached_property
    def _engine(self) -> EngineTable:
        return self.file.table(EngineTable, self._tables.engine, ("engine",))

    @cached_property
    def _below(self) -> Book:
        name = self._engine.inherits
        if name in LANGUAGES:
            return LANGUAGES[name]()
        where = ("engine", "inherits")
        beside = {book.stem: book for book in sorted(self.file.path.parent.glob("*.toml"))}
        expected = f"{' or '.join(LANGUAGES)}, or the name of a book beside this one"
        if name not in beside:
            hint = did_you_mean(name, [*LANGUAGES, *beside])
            self.file.wrong(where, shown(name), f"{expected}{hint}")
        line = (*self.above, self.file.path)
        if beside[name].resolve() in {book.resolve() for book in line}:
            circle = " inherits ".join([*(book.stem for book in line), name])
            self.file.wrong(where, shown(name), f"{expected}, and no circle: {circle}")
        return _Reader(BookFile(beside[name]), line).book()

    def _also(self) -> list[str]:
        for number, word in enumerate(self._engine.also):
            where, name = ("engine", "also", number), word.removeprefix("-")
            self.file.known(name, WORDS, "ability", where)
            if name in FOLLOWING:
                ways = " or ".join(" and ".join(sorted(way)) for way in DERIVED[name])
                self.file.wrong(where, shown(word), f"what it follows from, {ways}")
        return self._engine.also

    # Python ---------------------------------------------------------------------------
    def _statements(self, key: str) -> Iterator[Code]:
        if getattr(self._engine, key).strip():
            yield self._code(key, "exec")

    def _code(self, key: str, mode: str) -> Code:
        return self._compiled(getattr(self._engine, key), mode, ("engine", key))

    def _compiled(self, text: str, mode: str, where: places.Path) -> Code:
        text = text.strip() if mode == "eval" else textwrap.dedent(text)
        if self._below.language != "python":  # who can read it says what is wrong with it
            return Code(text, Origin(self.file, where))
        name = f"<{self.file.path}: {'.'.join(map(str, where))}>"
        try:
            code = compile(text, name, mode, dont_inherit=True)
            return Code(text, Origin(self.file, where), code)
        except UNREADABLE as error:
            lines = text.split("\n")
            number = getattr(error, "lineno", None) or 1
            line = lines[min(number, len(lines)) - 1]
            what = "an expression of Python" if mode == "eval" else "Python"
            expected = f"{what}: {getattr(error, 'msg', error)}"
            self.file.wrong(where, shown(line), expected, inside=number)

    def _dtypes(self, below: Mapping[str, Code]) -> dict[str, Code]:
        found = dict(below)
        for name, value in self._tables.dtypes.items():
            where = ("dtypes", name)
            self.file.known(name, (*DTYPES, *NARROW), "data type", where)
            said = self.file.typed(Expression, value, where)
            if said is True:
                self.file.wrong(where, shown(said), "an expression, as a text, or false")
            found.pop(name, None)
            if said is not False:
                found[name] = self._compiled(said, "eval", where)
                if self._below.language != "python":
                    continue
                if is_constant(ast.parse(said.strip(), mode="eval").body, but=(str,)):
                    self.file.wrong(where, shown(said), "what the engine takes for a data type")
        return found

    # phrases --------------------------------------------------------------------------
    def _entries(self) -> Iterator[Entry]:
        """Give table, name, what is said, and where; what names share comes first."""
        for table, value in self._tables.same_name.items():
            where: places.Path = ("same_name", table)
            self.file.known(table, TABLES, "table", where)
            entries = self.file.typed(TableOrTables, value, where)
            if isinstance(entries, dict):
                yield from self._shared(table, entries, where)
            else:
                for number, entry in enumerate(entries):
                    yield from self._shared(table, entry, (*where, number))
        for table in TABLES:
            for name, said in getattr(self._tables, table).items():
                if isinstance(said, dict):
                    expected = "a phrase: a name with a dot stands in quotes"
                    self.file.wrong((table, name), shown(said), expected)
                yield table, name, said, (table, name)

    def _shared(self, table: str, value: Any, where: places.Path) -> Iterator[Entry]:
        entry = self.file.table(SameName, value, where)
        for name in entry.names.split():
            yield table, name, entry.phrase.replace("NAME", name), (*where, "phrase")

    def _key(self, table: str, name: str, where: places.Path) -> str:
        key = f"{TABLES[table]}{_catalogued(table, name)}"
        if _catalogued(table, name) not in NAMES[table]:
            where = (*where[:-1], "names") if where[0] == "same_name" else where
            elsewhere = [f"; {name} is in {t}" for t, names in NAMES.items() if name in names]
            if elsewhere:
                self.file.wrong(where, shown(name), f"the name of a known act{elsewhere[0]}")
            self.file.known(name, NAMES[table], "act", where)
        return key

    def _phrases(self, key: str, value: Any, where: places.Path) -> list[Checked]:
        said = self.file.typed(Phrases, value, where)
        if said is True or said == []:
            self.file.wrong(where, shown(said), "a phrase, a list of phrases, or false")
        texts = said if isinstance(said, list) else [said]
        return [
            self._phrase(key, text, (*where, number) if isinstance(value, list) else where)
            for number, text in enumerate(texts)
        ]

    def _phrase(self, key: str, text: str, where: places.Path) -> Checked:
        try:
            phrase = Phrase.read(textwrap.dedent(text).strip("\n"))
            for argument in sorted(phrase.mentioned - {*ACTS[key].signature.names}):
                takes = f"an argument of {ACTS[key].name}({ACTS[key].signature.text})"
                self.file.wrong(where, f"${argument}", takes)
            is_python = self._below.language == "python"
            names = check(ACTS[key], phrase) if is_python else frozenset()
            demand_required(ACTS[key], phrase)
            return phrase, Spoken(Origin(self.file, where), names)
        except (MalformedPhrase, RecursionError) as error:
            self.file.wrong(where, shown(text), f"Python: {error}")

    def _errors(self) -> list[ErrorPattern]:
        return [self._error(e, ("errors", n)) for n, e in enumerate(self._tables.errors)]

    def _error(self, value: Any, where: places.Path) -> ErrorPattern:
        entry = self.file.table(ErrorEntry, value, where)
        self.file.known(entry.kind, ERROR_KINDS, "error kind", (*where, "kind"))
        if entry.kind in SAID_BY_THE_KIT:
            expected = "a kind that engines have: this one the kit finds itself"
            self.file.wrong((*where, "kind"), shown(entry.kind), expected)
        try:
            pattern = re.compile(entry.says)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self.file.wrong((*where, "says"), shown(entry.says), f"a regular expression: {error}")
        return ErrorPattern(entry.kind, pattern, self._acts(entry.act, (*where, "in")))

    def _acts(self, name: str, where: places.Path) -> frozenset[str]:
        """Give the keys of the acts that have a name, or a key."""
        if name in ASKED_FOR or not name:
            return frozenset(filter(None, [name]))
        found = frozenset(key for key in ASKED_FOR if ACTS[key].name == name)
        if not found:
            self.file.known(name, [*ASKED_FOR, *(ACTS[k].name for k in ASKED_FOR)], "act", where)
        return found


ASKED_FOR: Final = tuple(key for key, act in ACTS.items() if not act.by_kit)
"""The acts that an engine can be asked for."""

NAMES: Final = {
    table: {ACTS[key].name for key in ASKED_FOR if key == f"{prefix}{ACTS[key].name}"}
    for table, prefix in TABLES.items()
}
"""Table -> the names that may stand in it."""


def _catalogued(table: str, name: str) -> str:
    """Give the catalogue's name of an operator that is written under the standard's."""
    return STANDARD.get(name, name) if table == "operators" else name


def _with_leaf(said: dict[str, Said]) -> dict[str, Said]:
    """Let every tensor be a leaf, in an engine with a tape that knows no constants."""
    if "leaf" in said or "backward" not in said or "tensor" not in said:
        return said
    return {**said, "leaf": said["tensor"]}
