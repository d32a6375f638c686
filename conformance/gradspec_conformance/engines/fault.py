"""Whose fault it is that a check of an adapter went wrong, and where to look.

`raised(error, engine)` reads the traceback: what came out of the adapter itself is its fault, what
came out of the engine below is the engine's, and what touched neither is the kit's.  `place(engine,
act)` says where the adapter speaks of an act.
"""

from __future__ import annotations

import inspect
import sysconfig
import traceback
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import gradspec
from gradspec.exceptions import text_of
from gradspec.port.engine import method_of
from gradspec_conformance.exceptions import ConversationEnded, RemoteRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradspec.port.act import Act
    from gradspec.port.phrase import Phrase

    Frame = tuple[str, int, str, str]


class Party(StrEnum):
    """Who may be at fault."""

    ADAPTER = "the adapter"
    ENGINE = "the engine"
    EITHER = "the adapter or the engine"
    KIT = "the kit"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong: what was found, what was expected, what to do, and who is at fault.

    `act` is what the engine was asked for, where that is not the last thing; `trace` are the lines
    of the adapter and the engine that an exception came through, the innermost last.
    """

    found: str
    expected: str
    remedy: str
    whose: Party = Party.ADAPTER
    act: str | None = None
    trace: tuple[str, ...] = ()


MOST_FRAMES: Final = 8
LONGEST_LINE: Final = 120
BOOK: Final = ".toml: "
"""What is in the name of the file that a compiled phrase says it is from."""

OURS: Final = (*(Path(p).resolve() for p in gradspec.__path__), Path(__file__).resolve().parents[1])
NUMPY: Final = tuple(Path(path).resolve() for path in np.__path__)
PYTHON: Final = tuple(Path(sysconfig.get_path(n)).resolve() for n in ("stdlib", "platstdlib"))
INSTALLED: Final = {"site-packages", "dist-packages"}

NO_EXCEPTION: Final = "no exception"
"""What is expected where an exception came."""

MISFIT: Final = (
    AttributeError,
    NameError,
    ImportError,
    TypeError,
    LookupError,
    NotImplementedError,
)
"""What Python raises where the adapter asks for what is not there, or calls it in a wrong way."""


def raised(error: BaseException, engine: Any) -> Complaint:
    """Say of an exception whose it is, and which lines it came through."""
    said = text_of(error)
    found = f"{type(error).__name__}: {said}" if said else type(error).__name__
    frames = [*_frames(error)]
    whose, remedy = _judged(error, [_is_adapter(frame[0], engine) for frame in frames])
    lines = [line for frame in frames[-MOST_FRAMES:] for line in _lines(frame)]
    return Complaint(found, NO_EXCEPTION, remedy, whose, trace=tuple(lines))


def at(error: BaseException) -> str:
    """Say in brackets which line of the adapter or the engine an error came out of, if any."""
    lines = [line for frame in list(_frames(error))[-1:] for line in _lines(frame)]
    return f" ({lines[0]})" if lines else ""


def _judged(error: BaseException, of_adapter: list[bool]) -> tuple[Party, str]:
    """Say whose an error is that came through these frames, and what to do."""
    if isinstance(error, RemoteRefusal | ConversationEnded):
        return Party.EITHER, "look at the engine's process: it raised this"
    if isinstance(error, SystemExit):
        whose = Party.ENGINE if of_adapter and not of_adapter[-1] else Party.ADAPTER
        return whose, "end no process that is not yours"
    if not of_adapter:
        return Party.KIT, "report it: this should not happen, whatever the engine does"
    if not of_adapter[-1]:
        remedy = "mend the engine where the trace ends, or the adapter if it asks for too much"
        return Party.ENGINE, remedy
    foreign = type(error).__module__.partition(".")[0] not in ("builtins", "numpy")
    if foreign and not isinstance(error, MISFIT):
        return Party.ENGINE, "mend the engine, or declare less: it refuses this"
    return Party.ADAPTER, "say it as the engine's users do, or declare less"


def _frames(error: BaseException) -> Iterator[Frame]:
    """Give the frames that are neither the kit's, nor Python's, nor NumPy's."""
    for frame in traceback.extract_tb(error.__traceback__):
        if not _is_foreign(frame.filename):
            yield frame.filename, frame.lineno or 0, frame.name, (frame.line or "").strip()


def _is_foreign(file: str) -> bool:
    """Whether code is neither of the adapter nor of the engine."""
    if file.startswith("<"):
        return BOOK not in file
    path = Path(file).resolve()
    if any(map(path.is_relative_to, (*OURS, *NUMPY))):
        return True
    return not INSTALLED.intersection(path.parts) and any(map(path.is_relative_to, PYTHON))


def _is_adapter(file: str, engine: Any) -> bool:
    """Whether a file is the adapter's: a phrase of its book, or the file of its class."""
    return BOOK in file or file in _files(engine)


def _files(engine: Any) -> set[str]:
    found = set()
    for cls in type(engine).__mro__:
        with suppress(TypeError, OSError):
            found.add(inspect.getfile(cls))
    return found


def _lines(frame: Frame) -> Iterator[str]:
    file, number, name, text = frame
    if BOOK in file:
        book, _, text = file[1:-1].partition(BOOK)
        yield f"{nearby(book + BOOK[:-2])}, phrase {shortened(' '.join(text.split()))}"
        return
    yield f"{nearby(file)}, line {number}, in {name}"
    if text:
        yield shortened(f"    {text}")


def phrases(engine: Any, act: Act) -> tuple[Phrase, ...]:
    """Give the phrases that a book has for an act."""
    return engine.phrases_of(act) if hasattr(engine, "phrases_of") else ()


def is_inherited(engine: Any, act: Act) -> bool:
    """Whether an act is said in a phrase of the language, which the book never wrote."""
    return bool(phrases(engine, act)) and act.key not in engine.book.spoken


def place(engine: Any, act: Act) -> str:
    """Say where the adapter speaks of an act: a phrase of its book, or a method."""
    texts = " or ".join(phrase.text for phrase in phrases(engine, act))
    if texts:
        own = engine.book.spoken.get(act.key, ())
        where = str(own[0].place) if own else f"what {engine.name} inherits"
        return f"{where}: {shortened(' '.join(texts.split()))}"
    method = getattr(type(engine), method_of(act), None)
    with suppress(TypeError, AttributeError):
        code = inspect.unwrap(method).__code__  # type: ignore[arg-type]
        return f"{nearby(code.co_filename)}, line {code.co_firstlineno}, in {code.co_qualname}"
    return f"the act {act.key}"


def nearby(file: str) -> str:
    """Write a path from where the person stands, if it lies below."""
    with suppress(ValueError, OSError):
        return str(Path(file).resolve().relative_to(Path.cwd()))
    return file


def shortened(text: str) -> str:
    """Cut a line that is too long to be read."""
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 3]}..."
