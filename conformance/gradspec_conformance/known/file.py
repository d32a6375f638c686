"""Read and write the TOML of an expectations file; what is wrong in it is told with its line."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gradspec import edition
from gradspec.exceptions import FailureKind
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.exceptions import MalformedExpectations
from gradspec_conformance.execution.verdict import PARTICULAR, Kind, Outcome
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.entry import EXPECTABLE, Cause, Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

LARGEST: Final = 1 << 26
"""Bytes."""

HEADER: Final = re.compile(r"\s*\[\[\s*expected\s*\]\]")
RAN: Final = "ran"
KEYS: Final = ("clause", "verdict", "kind", *PARTICULAR.values(), "class", "reason", "program")
REQUIRED: Final = ("clause", "reason", "class")
QUOTED: Final = '"\\'
KINDLESS: Final = (Outcome.CRASHED, Outcome.TIMED_OUT)


def read_entries(path: Path, clauses: Collection[str] | None = None) -> Iterator[Entry]:
    """Read the entries of a file in its order; raises MalformedExpectations."""
    text = _text(path)
    tables = _tables(path, text, _parsed(path, text))
    reader = _Reader(path, text.splitlines(), clauses)
    seen: dict[tuple[str, ...], int] = {}
    for index, table in enumerate(tables):
        entry = reader.entry(index, table)
        meant = edition.resolve(entry.clause) or (entry.clause,)
        if meant in seen:
            reason = f"{entry.clause} has an entry already, in line {seen[meant]}: keep one"
            raise MalformedExpectations(path, entry.line, reason)
        seen[meant] = entry.line
        yield entry


def read_ran(path: Path) -> int | None:
    """Read how many clauses ran when the file was written; None if it does not say."""
    ran: int | None = _parsed(path, _text(path)).get(RAN)
    return ran


def write_entries(entries: Iterable[Entry], heading: str, ran: int | None = None) -> str:
    """Write a file: the heading as comments, how many clauses ran, then the entries in order."""
    lines = (_escaped(line, "") for line in heading.split("\n") if heading)
    comments = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    comments += "" if ran is None else f"\n{RAN} = {ran}\n"
    return comments + "".join("\n" + _written(entry) for entry in entries)


def heading(text: str) -> str:
    """Give the comments that a file begins with."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines)


def _written(entry: Entry) -> str:
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
    return "\n".join(["[[expected]]", *lines]) + "\n"


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
        if key == RAN and type(value) is int and value >= 0:
            continue
        if key == "expected" and isinstance(value, list) and all(map(_is_table, value)):
            continue
        found = next((n for n, t in enumerate(text.splitlines(), 1) if key in t), 0)
        reason = f"{key!r} does not belong here: a file holds {RAN} = N and [[expected]] entries"
        raise MalformedExpectations(path, found, reason)
    tables: list[dict[str, Any]] = data.get("expected", [])
    return tables


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


class _Reader:
    """Knows the lines of the file, so that each complaint can name one."""

    def __init__(self, path: Path, lines: list[str], clauses: Collection[str] | None) -> None:
        self.path = path
        self.lines = lines
        self.clauses = clauses
        self.headers = [n for n, line in enumerate(lines, 1) if HEADER.match(line)]

    def entry(self, index: int, table: dict[str, Any]) -> Entry:
        line = self.headers[index] if index < len(self.headers) else 0
        self._check_keys(line, table)
        self._check_clause(line, table["clause"])
        verdict = self._one_of(line, table, "verdict", [str(o) for o in EXPECTABLE], "failed")
        cause = self._one_of(line, table, "class", [str(c) for c in Cause], "")
        kind = self._kind(line, table, Outcome(verdict))
        self._check_program(line, table.get("program"))
        return Entry(
            clause=table["clause"],
            kind=kind,
            particular=self._particular(line, table, kind),
            reason=table["reason"],
            cause=Cause(cause),
            verdict=Outcome(verdict),
            program=table.get("program"),
            line=line,
        )

    def _check_keys(self, line: int, table: dict[str, Any]) -> None:
        for key, value in table.items():
            if key not in KEYS:
                near = did_you_mean(key, list(KEYS))
                self._complain(line, key, f"an entry has no key {key!r}{near or _among(KEYS)}")
            if not isinstance(value, str):
                self._complain(line, key, f"{key} is a {type(value).__name__}, expected a text")
        for key in REQUIRED:
            if not table.get(key, "").strip():
                self._complain(line, key, f"the entry has no {key}: add one")

    def _check_clause(self, line: int, clause: str) -> None:
        known = edition.names() if self.clauses is None else self.clauses
        if any(fnmatchcase(name, clause) for name in known):
            return
        from gradspec.writing.clause import INFORMATIVE  # noqa: PLC0415 - takes time
        from gradspec_conformance.execution import register  # noqa: PLC0415 - takes time

        if self.clauses is None:  # the edition may not list it yet
            known = [*known, *register.cases()]
            if any(fnmatchcase(name, clause) for name in known):
                return
        if clause in INFORMATIVE:
            self._complain(line, "clause", f"{clause} is informative: no program can fail it")
        near = did_you_mean(clause, sorted(known))
        hint = near or ": see gradspec list"
        self._complain(line, "clause", f"no clause is called or matched by {clause!r}{hint}")

    def _kind(self, line: int, table: dict[str, Any], verdict: Outcome) -> Kind | None:
        kind: str | None = table.get("kind")
        if kind is None and verdict in KINDLESS:
            return None
        if not kind:
            self._complain(line, "kind", "the entry has no kind: say in which way the clause fails")
        demanded = [str(k) for k in FailureKind]
        failing = [k for k in Kind if k is not Kind.STATE]
        kinds = [str(k) for k in failing if (k in demanded) == (verdict is Outcome.FAILED)]
        if kind not in kinds:
            near = did_you_mean(kind, kinds) or _among(kinds)
            told = "fails" if verdict is Outcome.FAILED else f"is {verdict.replace('_', ' ')}"
            self._complain(line, "kind", f"no clause {told} with {kind!r}{near}")
        return Kind(kind)

    def _particular(self, line: int, table: dict[str, Any], kind: Kind | None) -> str | None:
        wanted = None if kind is None else PARTICULAR.get(kind)
        for belongs, key in PARTICULAR.items():
            if key in table and key != wanted:
                self._complain(line, key, f"{key} belongs to entries of kind {str(belongs)!r}")
        if wanted is None:
            return None
        if wanted not in table:
            self._complain(line, "kind", f"the entry has no {wanted}: say which")
        which: str = table[wanted]
        if kind is Kind.REFUSED and which not in ERROR_KINDS:
            near = did_you_mean(which, list(ERROR_KINDS)) or ": see gradspec.port.errors"
            self._complain(line, wanted, f"no error is of kind {which!r}{near}")
        return which

    def _check_program(self, line: int, program: str | None) -> None:
        if program is None:
            return
        from gradspec.program.storing import from_json  # noqa: PLC0415 - takes time

        try:
            from_json(program)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            self._complain(line, "program", f"the program cannot be read: {error}")

    def _one_of(
        self, line: int, table: dict[str, Any], key: str, allowed: list[str], default: str
    ) -> str:
        value: str = table.get(key, default)
        if value not in allowed:
            near = did_you_mean(value, allowed)
            self._complain(line, key, f"{key} cannot be {value!r}{near or _among(allowed)}")
        return value

    def _complain(self, start: int, key: str, reason: str) -> NoReturn:
        """Blame the line of the key if the entry has it, or else the entry's first line."""
        found = start
        for number, text in enumerate(self.lines[start:], start + 1):
            if HEADER.match(text):
                break
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", text):
                found = number
                break
        raise MalformedExpectations(self.path, found, reason)


def _among(words: Iterable[str]) -> str:
    return f": it is one of {', '.join(words)}"
