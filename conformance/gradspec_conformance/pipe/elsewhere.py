"""`elsewhere("mine.toml", "path/to/python")`: an engine of another environment, behind the port.

That environment needs the engine and NumPy.  What else the kit imports there it takes from here,
after all that is there: an engine that wants an older NumPy gets it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

import gradspec
import gradspec_conformance
import gradspec_reference
from gradspec_conformance.adapters.phrases import BookEngine, read_book
from gradspec_conformance.exceptions import EngineBroken, MalformedBook
from gradspec_conformance.pipe.remote import RemoteEngine

BEGIN: Final = """\
import sys
sys.path += {path!r}
if sys.version_info < (3, 11):
    sys.exit("gradspec needs Python 3.11 or newer, this is " + sys.version.split()[0])
from gradspec_conformance.pipe.serve import main
main({spec!r})
"""


def elsewhere(spec: str, python: str) -> RemoteEngine:
    """Have `python`, another interpreter, load an engine and serve it; raises EngineError."""
    if not spec.endswith(".toml"):
        return ServedEngine(spec, python)
    try:
        book = read_book(spec)
    except MalformedBook as error:
        raise EngineBroken(str(error)) from None
    served: type[ServedEngine] = type(book.name, (ServedEngine, BookEngine), {"book": book})
    return served(spec, python)


class ServedEngine(RemoteEngine):
    """An engine in Python that another interpreter serves."""

    def __init__(self, spec: str, python: str) -> None:
        try:
            super().__init__([python, "-c", BEGIN.format(path=_path(), spec=spec)])
        except OSError as error:
            raise EngineBroken(f"{python} could not be started: {error.strerror}") from None


def _path() -> list[str]:
    """Give the folders that the kit and what it needs are in."""
    packages = (gradspec, gradspec_conformance, gradspec_reference, msgspec)
    return list(dict.fromkeys(str(Path(package.__path__[0]).parent) for package in packages))
