"""`Wishes`: what `gradspec run` was asked for beside the engine, checked before the run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gradspec_conformance.run.request import WrongUsage

WORD: Final = re.compile(r"[\w:+\-.\[\]\\/]+")
OPERATORS: Final = ("and", "or", "not")


@dataclass(frozen=True)
class Wishes:
    """Which clauses, in how many processes, and which reports."""

    keyword: str
    processes: str
    json: str | None
    junit: str | None

    def check(self) -> None:
        """Find out now what would fail later; raises WrongUsage."""
        if not self.processes.isdigit() and self.processes not in ("auto", "logical"):
            raise WrongUsage(f"-n is {self.processes!r}; give a number of processes, or auto")
        if self.keyword:
            _check_expression(self.keyword)
        for path in (self.json, self.junit):
            if path is not None:
                _check_writable(Path(path))


def _check_expression(keyword: str) -> None:
    """Find out whether words, and, or, not and brackets make an expression, as pytest will."""
    shape = WORD.sub(lambda word: word[0] if word[0] in OPERATORS else "True", keyword)
    try:
        ast.parse(shape, mode="eval")
    except SyntaxError:
        message = f"-k {keyword!r} is no expression of words, and, or, not and brackets"
        raise WrongUsage(message) from None


def _check_writable(path: Path) -> None:
    was_there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise WrongUsage(message) from None
