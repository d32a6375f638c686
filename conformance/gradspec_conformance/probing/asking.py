"""`book_of(module)`: has an engine looked at in another process, which may hang or die of it.

A guess that ends the process, or on which it falls silent, is told to the next process, which
tries all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from gradspec_conformance.exceptions import ChildEnded, ChildSilent, NothingFound
from gradspec_conformance.isolation.child import Child
from gradspec_conformance.isolation.process import START_TIMEOUT
from gradspec_conformance.probing.messages import (
    WHOLE,
    Book,
    Look,
    Nothing,
    Trying,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER: Final = "gradspec_conformance.probing.worker"
MOST_DEATHS: Final = 20
"""Processes that are spent on one engine."""


def book_of(
    module: str, setup: str, timeout: float, tell: Callable[[str], None] = lambda _: None
) -> str:
    """Give the text of a book; raises NothingFound with a sentence."""
    avoided: dict[str, str] = {}
    for _ in range(MOST_DEATHS):
        child = Child(WORKER)
        guess, clock = "start", max(START_TIMEOUT, timeout)
        try:
            child.tell(encode(Look(module, setup, str(Path.cwd()), avoided)))
            while True:
                match decode(child.hear(clock)):
                    case Trying(guess=guess):
                        clock = max(START_TIMEOUT, timeout) if guess == WHOLE else timeout
                        tell(guess)
                    case Book(text=text):
                        return text
                    case Nothing(reason=reason):
                        raise NothingFound(reason)
        except ChildSilent:
            told = f"nothing came back within {clock:g} s"
        except ChildEnded as end:
            told = " ".join(str(end).split())
        except msgspec.DecodeError:
            told = "something else wrote into the kit's own pipe"
        finally:
            child.close()
        if guess in avoided or guess in {"start", "--setup", WHOLE, f"import {module}"}:
            raise NothingFound(f"{_doing(guess, module)}: {told}")
        avoided[guess] = told
    raise NothingFound(f"{MOST_DEATHS} guesses ended the process of {module}; the last: {guess}")


def _doing(guess: str, module: str) -> str:
    if guess == "--setup":
        return "while --setup was done"
    done = "imported" if guess == f"import {module}" else "looked at"
    return f"while {module} was {done}"
