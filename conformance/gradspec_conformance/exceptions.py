"""What can go wrong between the kit and who uses it, in the order in which they talk.

A person asks for a run; an engine is found and loaded; files are read; clauses run in a process of
their own; plants are declared and measured.  Each way to be wrong has one class; its message says
what was found, what was expected, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


# a run is asked for -------------------------------------------------------------------
class WrongUsage(Exception):
    """What was asked for does not make sense."""


class UnknownSelection(WrongUsage):
    """No profile, chapter or clause is called so."""


# an engine is found and loaded --------------------------------------------------------
class EngineError(Exception):
    """An engine cannot be loaded."""


class EngineNotFound(EngineError):
    """No engine is registered under the name, or the file or module is not there."""


class EngineBroken(EngineError):
    """The adapter was found and gives no engine."""


class EngineNotInstalled(EngineBroken):
    """The adapter is here and the package that it adapts is not; `install` mends that."""

    def __init__(self, package: str, install: str, place: str = "") -> None:
        super().__init__(f"{package} is not installed{place}: {install}")
        self.package = package
        self.install = install


class UnsoundAnswer(Exception):
    """What an adapter gave for the act `key` is not what the port says."""

    def __init__(self, found: str, expected: str, key: str) -> None:
        super().__init__(f"{found}, expected {expected}")
        self.found = found
        self.expected = expected
        self.key = key


class MalformedBook(Exception):
    """A phrasebook cannot be used; the message names the table, the key and what was expected."""


class NothingFound(Exception):
    """A module cannot be looked at, or has nothing that an engine has; the message says why."""


class ConversationEnded(Exception):
    """The process of an engine is gone in the middle of a conversation."""


class BadMessage(Exception):
    """A line of a conversation is not what the protocol allows."""


class RemoteRefusal(Exception):
    """What the engine raised; its class is called as it was there, and `kind` says the kind.

    `place` is the line of its code and `code` the system's word for it, if the other side says so.
    """

    kind: str | None = None
    place: str | None = None
    code: str | None = None
    number: int | None = None
    unneeded: ClassVar[list[int]] = []

    def __del__(self) -> None:
        if self.number is not None:
            self.unneeded.append(self.number)


class CallbackRaised(Exception):
    """A function of the caller raised on the other side; the token says what."""

    def __init__(self, token: int) -> None:
        super().__init__(f"a function of the caller raised ({token})")
        self.token = token


# files are read -----------------------------------------------------------------------
class MalformedExpectations(WrongUsage):
    """An expectations file cannot be used; `line` is 0 where no line is to blame."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class UnfitReport(WrongUsage):
    """A JSON report cannot be used; the message says why, and how to get one that can."""

    def __init__(self, path: Path, reason: str) -> None:
        remedy = "write one with `gradspec run ENGINE --json FILE`"
        super().__init__(f"{path}: {reason}; {remedy}")


# clauses run --------------------------------------------------------------------------
class OracleConsulted(Exception):
    """An engine that is not torch asked torch."""


class ChildEnded(Exception):
    """The process of an engine is gone: `signal` is what ended it, or None where it exited."""

    def __init__(self, signal: str | None, message: str) -> None:
        super().__init__(message)
        self.signal = signal


class ChildSilent(Exception):
    """The process of an engine did not answer in time, and was killed."""


class NoAnswer(Exception):
    """What came from the process of an engine does not answer what it was asked."""


class NotConformant(Exception):
    """A clause is not as demanded, or not as expected; pytest is told so."""


# plants are declared and measured -----------------------------------------------------
class MalformedPlant(Exception):
    """A plant is not written as plants are; the message says what to mend."""


class OutOfTimeError(BaseException):
    """A clause took too long; an engine does not catch it."""
