"""`place_of(error)`: where in the engine's code an exception came from, the same on every machine.

That is the innermost line that is neither this kit's, nor NumPy's, nor Python's own; where there is
none, the phrase of the book.
"""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gradspec_conformance.exceptions import RemoteRefusal

if TYPE_CHECKING:
    from types import FrameType

NOBODYS: Final = frozenset(
    {"gradspec", "gradspec_conformance", "numpy", "hypothesis", *sys.stdlib_module_names}
)
"""Packages in whose code an engine's exception has no cause."""


def place_of(error: BaseException) -> str | None:
    """Name file, line and function, or the phrase; None where no line of the engine is left.

    Of what was raised in another process only that process knows where it was.
    """
    if isinstance(error, RemoteRefusal):
        return error.place
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _module(frame).partition(".")[0] not in NOBODYS
    ]
    if not frames:
        return None
    if isinstance(error, RecursionError):  # it ends somewhere, and that says nothing
        often = Counter((frame.f_code, line) for frame, line in frames).most_common(1)[0][0]
        frames = [one for one in frames if (one[0].f_code, one[1]) == often]
    return _named(*frames[-1])


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _named(frame: FrameType, line: int) -> str:
    code = frame.f_code
    file, is_phrase, phrase = code.co_filename.strip("<>").partition(": ")
    if is_phrase:
        return f"{Path(file).name}: {phrase}"
    depth = len(_module(frame).split(".")) + (Path(file).stem == "__init__")
    return f"{'/'.join(Path(file).parts[-depth:])}:{line}, in {code.co_name}"
