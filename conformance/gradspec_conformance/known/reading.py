"""Check the tables of an expectations file and make entries of them; each complaint has a line."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gradspec import edition
from gradspec.exceptions import FailureKind
from gradspec.port.errors import ERROR_KINDS
from gradspec_conformance.exceptions import MalformedExpectations
from gradspec_conformance.execution.verdict import PARTICULAR, Kind, Outcome
from gradspec_conformance.hints import did_you_mean
from gradspec_conformance.known.entry import EXPECTABLE, FORMER, Cause, Entry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

HEADER: Final = re.compile(r"\s*\[\[\s*expected\s*\]\]")
KEYS: Final = ("clause", "verdict", "kind", *PARTICULAR.values(), "class", "reason", "program")
REQUIRED: Final = ("clause", "reason", "class")
KINDLESS: Final = (Outcome.CRASHED, Outcome.TIMED_OUT)


class Reader:
    """Knows the lines of the file, so that each complaint can name one."""

    def __init__(
        self,
        path: Path,
        lines: list[str],
        clauses: Collection[str] | None,
        *,
        is_older: bool = False,
    ) -> None:
        self.path = path
        self.lines = lines
        self.clauses = clauses
        self.is_older = is_older
        self.headers = [n for n, line in enumerate(lines, 1) if HEADER.match(line)]

    def entry(self, index: int, table: dict[str, Any]) -> Entry:
        """Make the entry of a table; raises MalformedExpectations."""
        line = self.headers[index] if index < len(self.headers) else 0
        self._check_keys(line, table)
        self._check_clause(line, table["clause"])
        verdict = self._one_of(line, table, "verdict", [str(o) for o in EXPECTABLE], "failed")
        cause = self._cause(line, table)
        kind = self._kind(line, table, Outcome(verdict))
        self._check_program(line, table.get("program"))
        return Entry(
            clause=table["clause"],
            kind=kind,
            particular=self._particular(line, table, kind),
            reason=table["reason"],
            cause=cause,
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
        if self.is_older or any(fnmatchcase(name, clause) for name in known):
            return  # an older edition may have had it
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

    def _cause(self, line: int, table: dict[str, Any]) -> Cause:
        if table["class"] in FORMER:
            return FORMER[table["class"]]
        return Cause(self._one_of(line, table, "class", [str(c) for c in Cause], ""))

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
