"""The process in which an engine runs: reads tasks, answers verdicts, dies alone.

`python -m gradspec_conformance.isolation.worker` is started by
`gradspec_conformance.isolation.process`.  It keeps private copies of its standard input and output
for the conversation; what the engine prints goes where its errors go, and what it reads is empty.
Where the engine allows it, clauses run in a copy of it.
"""

from __future__ import annotations

import faulthandler
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from gradspec_conformance.exceptions import EngineBroken, EngineError
from gradspec_conformance.execution import register
from gradspec_conformance.execution.place import place_of
from gradspec_conformance.isolation.copying import Surroundings, in_a_copy
from gradspec_conformance.isolation.host import LONGEST_TEXT, EngineHost
from gradspec_conformance.isolation.messages import (
    NotStarted,
    Renew,
    Renewed,
    Smoke,
    decode_question,
    decode_start,
    encode,
    marked,
    unmarked,
)
from gradspec_conformance.pipe.channel import die_with_the_kit, private_channel
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gradspec_conformance.isolation.messages import Task


def serve_tasks() -> None:
    """Serve until the kit closes the pipe."""
    tasks, answers = private_channel()
    faulthandler.enable(all_threads=False)
    die_with_the_kit()
    mark, line = unmarked(tasks.readline())
    start = decode_start(line)
    surroundings = Surroundings()
    try:
        host = EngineHost(start.engine, start.effort)
        description = host.describe()
    except EngineError as error:
        told = plain_text(str(error), LONGEST_TEXT)
        send(answers, mark, NotStarted(type(error).__name__, told))
        return
    except KeyboardInterrupt as error:  # nobody's but the engine's: the kit ends what it started
        place = place_of(error)
        where = f" ({place})" if place else ""
        told = f"importing {start.engine} raised KeyboardInterrupt{where}: mend the adapter"
        send(answers, mark, NotStarted(EngineBroken.__name__, plain_text(told, LONGEST_TEXT)))
        return
    in_copies = start.copies and surroundings.allow_copies
    send(answers, mark, msgspec.structs.replace(description, in_copies=in_copies))
    worker = Worker(host, tasks, answers)
    if in_copies:
        worker.serve_from_copies()
    else:
        worker.answer_until_renewal(tasks.readline())


@dataclass(frozen=True)
class Worker:
    """A loaded engine, and the pipe to the kit."""

    host: EngineHost
    tasks: BinaryIO
    answers: BinaryIO

    def serve_from_copies(self) -> None:
        """Have a copy answer, and another when a new beginning is asked for."""
        while line := self.tasks.readline():
            mark, said = unmarked(in_a_copy(partial(self._answer_as_a_copy, line)))
            _prepare(said)
            send(self.answers, mark, Renewed())

    def _answer_as_a_copy(self, line: bytes) -> bytes:
        die_with_the_kit()
        return self.answer_until_renewal(line)

    def answer_until_renewal(self, line: bytes) -> bytes:
        """Answer lines until one asks for a new beginning, and give that; nothing at the end."""
        worker = os.getpid()
        while line:
            mark, said = unmarked(line)
            question = decode_question(said)
            if isinstance(question, Renew):
                return line
            for answer in self._answers(question):
                if os.getpid() != worker:
                    os._exit(0)  # the engine forked, and only its parent answers
                send(self.answers, mark, answer)
            line = self.tasks.readline()
        return b""

    def _answers(self, question: Task | Smoke) -> Iterable[object]:
        return self.host.smoke() if isinstance(question, Smoke) else [self.host.run(question)]


def _prepare(line: bytes) -> None:
    """Import what the next clause needs, so that each copy has it from here on."""
    question = decode_question(line)
    case = register.case(question.clause) if isinstance(question, Renew) else None
    if case is not None and case.is_law:
        from gradspec_conformance.execution import laws  # noqa: F401, PLC0415 - takes time


def send(answers: BinaryIO, mark: bytes, message: object) -> None:
    """Write one line."""
    answers.write(marked(mark, encode(message)) + b"\n")


if __name__ == "__main__":
    serve_tasks()
