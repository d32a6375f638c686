"""What the kit and its worker process say to each other, one line of JSON each way.

The kit begins with `Start`; the worker answers `Started` or `NotStarted`.  Then each `Task` is
answered by a `Verdict`, or by the end of the worker, and each `Renew` by `Renewed`.  An answer
begins with the mark of the question: whatever else writes into the pipe does not know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gradspec_conformance.execution.effort import Effort
from gradspec_conformance.execution.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


class Start(msgspec.Struct, frozen=True):
    """Load this engine, and try laws this hard; `copies` may run the clauses, if that is safe."""

    engine: str
    effort: Effort
    copies: bool = True


class Started(msgspec.Struct, frozen=True, tag=True):
    """The engine is loaded, and says this of itself; copies of its process may run the clauses."""

    name: str
    version: str
    platform: str
    abilities: frozenset[str]
    phrases: tuple[str, ...] = ()
    in_copies: bool = False


class NotStarted(msgspec.Struct, frozen=True, tag=True):
    """The engine cannot be loaded: the class of the EngineError, and its sentence."""

    error: str
    message: str


class Task(msgspec.Struct, frozen=True, tag=True):
    """Run this clause, whose foundations came to this; `known` is a program to try first."""

    clause: str
    foundations: dict[str, Outcome] = {}
    known: str | None = None


class Renew(msgspec.Struct, frozen=True, tag=True):
    """Begin with a new copy, in which nothing has run; this clause comes next."""

    clause: str


class Renewed(msgspec.Struct, frozen=True):
    """A new copy begins."""


class Smoke(msgspec.Struct, frozen=True, tag=True):
    """Check the adapter itself: answered by a `Found` a check, and by one without a check."""


class Found(msgspec.Struct, frozen=True):
    """What a check of the adapter found; nothing is wrong if `found` is None.

    The rest is as in `gradspec_conformance.engines.smoke.Finding`; a `note` is about no fault.  One
    that `begins` says which check is next, so that it is known where all ends.
    """

    check: str | None
    found: str | None = None
    expected: str | None = None
    remedy: str | None = None
    whose: str | None = None
    where: str | None = None
    trace: tuple[str, ...] = ()
    note: str | None = None
    begins: bool = False


encode = msgspec.json.Encoder(order="deterministic").encode
decode_start = msgspec.json.Decoder(Start).decode
Answer = Started | NotStarted
decode_answer: Callable[[bytes], Answer] = msgspec.json.Decoder(Answer).decode
decode_question = msgspec.json.Decoder(Task | Renew | Smoke).decode
decode_renewed = msgspec.json.Decoder(Renewed).decode
decode_found = msgspec.json.Decoder(Found).decode
decode_verdict = msgspec.json.Decoder(Verdict).decode


def marked(mark: bytes, line: bytes) -> bytes:
    """Put the mark of a question before a line."""
    return mark + b" " + line


def unmarked(line: bytes) -> tuple[bytes, bytes]:
    """Take a line apart: its mark, and what it says."""
    mark, _, said = line.partition(b" ")
    return mark, said
