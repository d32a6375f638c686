"""The ways in which a clause's program can end early; each is one exception.

A program runs against an engine step by step.  A step may be refused by the engine
(`Refused`), name something that the engine declares it lacks (`Unsupported`), or get an answer
that breaks the port (`BrokenPort`).  An expectation that does not hold is a `Failure`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class FailureKind(StrEnum):
    """In which way a result was not what the clause demands."""

    VALUE = "value"
    SHAPE = "shape"
    DTYPE = "dtype"
    MISSING_GRADIENT = "missing gradient"
    UNEXPECTED_GRADIENT = "unexpected gradient"
    WRONG_ERROR = "wrong error"
    NO_ERROR = "no error"
    FLAG = "flag"
    ORDER = "order"
    ALIASING = "aliasing"
    WARNING = "warning"
    STRUCTURE = "structure"
    TEXT = "text"
    LIFETIME = "lifetime"


class ProgramError(Exception):
    """A program did not come to its end."""


class Failure(ProgramError):
    """A result is not what the clause demands."""

    def __init__(self, kind: FailureKind, message: str, found: Any, expected: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.found = found
        self.expected = expected


class Refused(ProgramError):
    """The engine raised; `kind` is one of `gradspec.port.errors.ERROR_KINDS`, or None."""

    def __init__(self, act: str, kind: str | None, error: BaseException) -> None:
        text = str(error).strip().split("\n")[0][:300]
        super().__init__(f"{act} raised {type(error).__name__}: {text}")
        self.act = act
        self.kind = kind
        self.error = error


class Unsupported(ProgramError):
    """The program needs what the engine declares it lacks."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"the engine does not declare {capability}")
        self.capability = capability


class Diverged(ProgramError):
    """A replay came to something that its program does not know; the clause itself decides."""


class BrokenPort(ProgramError):
    """The adapter answered with something that the port does not allow."""


class Interrupted(Exception):
    """Raised on purpose by a hook body of a clause; an engine has to let it through."""
