"""The process in which an engine runs: reads tasks, answers verdicts, dies alone.

`python -m gradspec_conformance.isolation.worker` is started by
`gradspec_conformance.isolation.process`.  It keeps private copies of its standard input and output
for the conversation; what the engine prints goes where its errors go, and what it reads is empty.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO, Final

from gradspec_conformance.exceptions import EngineError
from gradspec_conformance.isolation.host import LONGEST_TEXT, EngineHost
from gradspec_conformance.isolation.messages import (
    NotStarted,
    Smoke,
    decode_question,
    decode_start,
    encode,
    marked,
    unmarked,
)
from gradspec_conformance.isolation.plain import plain_text

DEATH_SIGNAL: Final = 1
"""What Linux calls PR_SET_PDEATHSIG."""


def serve_tasks() -> None:
    """Serve until the kit closes the pipe."""
    tasks, answers = private_channel()
    faulthandler.enable(all_threads=False)
    die_with_the_kit()
    mark, line = unmarked(tasks.readline())
    start = decode_start(line)
    try:
        host = EngineHost(start.engine, start.effort)
        description = host.describe()
    except EngineError as error:
        told = plain_text(str(error), LONGEST_TEXT)
        send(answers, mark, NotStarted(type(error).__name__, told))
        return
    send(answers, mark, description)
    worker = os.getpid()
    while line := tasks.readline():
        mark, line = unmarked(line)
        question = decode_question(line)
        for answer in host.smoke() if isinstance(question, Smoke) else [host.run(question)]:
            if os.getpid() != worker:
                os._exit(0)  # the engine forked, and only its parent answers
            send(answers, mark, answer)


def die_with_the_kit() -> None:
    """Have the system end this process when the kit is gone, where it can: on Linux."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)


def private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipe of the kit to descriptors that nobody else knows."""
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return tasks, answers


def send(answers: BinaryIO, mark: bytes, message: object) -> None:
    """Write one line."""
    answers.write(marked(mark, encode(message)) + b"\n")


if __name__ == "__main__":
    serve_tasks()
