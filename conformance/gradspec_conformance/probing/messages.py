"""What the kit and the process that looks at an engine say to each other, as lines of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable


WHOLE: Final = "the whole book"
"""What is tried last, and takes longer than a guess."""


class Look(msgspec.Struct, frozen=True):
    """Look at this module; what is avoided ended the process before."""

    module: str
    setup: str
    folder: str
    avoided: dict[str, str] = {}


class Trying(msgspec.Struct, frozen=True, tag=True):
    """This is tried next."""

    guess: str


class Book(msgspec.Struct, frozen=True, tag=True):
    """This is the book."""

    text: str


class Nothing(msgspec.Struct, frozen=True, tag=True):
    """There is no book, and why."""

    reason: str


encode = msgspec.json.Encoder(order="deterministic").encode
Answer = Trying | Book | Nothing
decode: Callable[[bytes], Answer] = msgspec.json.Decoder(Answer).decode
