"""What can go wrong while clauses are written, and while they run.

First what an author is told, then what ends a program: a step is refused by the engine (`Refused`),
needs what the engine declares it lacks (`Unsupported`), gets an answer that breaks the port
(`BrokenPort`), or a demand does not hold (`Failure`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final


# clauses are written ------------------------------------------------------------------
class MalformedClause(Exception):
    """A clause is not written as clauses are; the message says what to mend."""


class MalformedEdition(Exception):
    """The list of the edition is not as it was written; the message names the line."""


class MalformedPhrase(ValueError):
    """A phrase does not follow the syntax; the message says where."""


class TooFewNumbers(ValueError):
    """A domain has not as many numbers as an operand of this shape has entries."""


class WrongCall(TypeError):
    """A clause calls something in a way that its signature does not allow."""


LONGEST: Final = 300
"""How much of a text that an engine wrote is read."""


# programs run -------------------------------------------------------------------------
class ProgramError(Exception):
    """A program did not come to its end."""


class FailureKind(StrEnum):
    """In which way a result was not what the clause demands."""

    VALUE = "value"
    SHAPE = "shape"
    DTYPE = "dtype"
    MISSING_GRADIENT = "missing gradient"
    UNEXPECTED_GRADIENT = "unexpected gradient"
    WRONG_ERROR = "wrong error"
    UNMAPPED = "refused, unmapped"
    NO_ERROR = "no error"
    FLAG = "flag"
    ORDER = "order"
    ALIASING = "aliasing"
    WARNING = "warning"
    STRUCTURE = "structure"
    TEXT = "text"
    LIFETIME = "lifetime"


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
        super().__init__(f"{act} raised {type(error).__name__[:LONGEST]}: {text_of(error)}")
        self.act = act
        self.kind = kind
        self.error = error


class NoAttribute(Refused, AttributeError):
    """A context of the engine has no attribute of this name: `hasattr` and `getattr` may ask."""


def text_of(error: BaseException) -> str:
    """Give the first line of what an engine's exception says, if it can be read."""
    return whole_text_of(error)[: 2 * LONGEST].split("\n")[0][:LONGEST]


def whole_text_of(error: BaseException) -> str:
    """Give all that an engine's exception says, if it can be read."""
    try:
        return str.strip(str(error))
    except BaseException as another:  # noqa: BLE001 - the engine's own, an interruption too
        return f"(its text raised {type(another).__name__})"


def is_the_kits(error: BaseException) -> bool:
    """Say whether the kit's own code raised an error, and not an engine that says the same."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__"))
    return module.partition(".")[0] in {"gradspec", "gradspec_conformance"}


class Unsupported(ProgramError):
    """The program needs what the engine declares it lacks."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"the engine does not declare {capability}")
        self.capability = capability


class Unsaid(Unsupported):
    """The engine has the act, and no phrase of its book mentions all the arguments given."""


class Diverged(ProgramError):
    """A replay came to something that its program does not know; the clause itself decides."""


class BrokenPort(ProgramError):
    """The adapter answered with something that the port does not allow."""


class NothingThere(AttributeError):
    """An act was asked of a gradient that is None."""


class Interrupted(Exception):
    """Raised on purpose by a hook body of a clause; an engine has to let it through."""


# programs are printed -----------------------------------------------------------------
class Unsayable(Exception):
    """A dialect has no words for a step."""
