"""The process in which an engine is looked at: it says what it tries next, and at last the book.

`python -m gradspec_conformance.probing.worker` is started by `gradspec_conformance.probing.asking`.
"""

from __future__ import annotations

import faulthandler
import sys
from typing import Any

import msgspec

from gradspec_conformance.exceptions import NothingFound
from gradspec_conformance.pipe.channel import die_with_the_kit, private_channel
from gradspec_conformance.plain import plain_text
from gradspec_conformance.probing.looking import look
from gradspec_conformance.probing.messages import Book, Look, Nothing, Trying, encode

LONGEST: int = 2_000


def serve() -> None:
    """Look at one engine."""
    questions, answers = private_channel()
    faulthandler.enable(all_threads=False)
    die_with_the_kit()
    question = msgspec.json.decode(questions.readline(), type=Look)
    sys.path.append(question.folder)

    def send(message: Any) -> None:
        answers.write(encode(message) + b"\n")

    def tell(guess: str) -> None:
        send(Trying(plain_text(guess, LONGEST)))

    try:
        send(Book(look(question.module, question.setup, question.avoided, tell)))
    except NothingFound as error:
        send(Nothing(plain_text(str(error), LONGEST)))


if __name__ == "__main__":
    serve()
