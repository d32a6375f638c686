"""`elsewhere("mine.toml", "path/to/python")`: an engine of another environment, behind the port.

That environment needs the engine and NumPy.  The kit is taken from here, and nothing else: an
engine that wants an older NumPy gets it, and one that is not there is not found.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gradspec_conformance.adapters.phrases import BookEngine, read_book
from gradspec_conformance.exceptions import (
    BadMessage,
    ConversationEnded,
    EngineBroken,
    MalformedBook,
)
from gradspec_conformance.pipe.channel import OWN_PATH
from gradspec_conformance.pipe.remote import RemoteEngine

PACKAGES: Final = (
    *("gradspec", "gradspec_conformance", "gradspec_reference"),
    *("lazy_loader", "msgspec", "packaging", "typing_extensions"),
)
"""What is taken from here."""

BEGIN: Final = """\
import sys
from importlib.machinery import PathFinder

class Here:
    def find_spec(self, name, path=None, target=None):
        return PathFinder.find_spec(name, {path!r}) if name in {packages!r} else None

sys.meta_path.append(Here())
if sys.version_info < (3, 11):
    sys.exit("gradspec needs Python 3.11 or newer, this is " + sys.version.split()[0])
from gradspec_conformance.serving import main
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
            self._environment = _environment()
            begin = BEGIN.format(path=_path(), packages=PACKAGES, spec=spec)
            super().__init__([python, "-c", begin])
        except OSError as error:
            raise EngineBroken(f"{python} could not be started: {error.strerror}") from None
        except (BadMessage, ConversationEnded) as error:
            wanted = "a Python 3.11 or newer that has NumPy"
            raise EngineBroken(f"{error}, and served no engine: give {wanted}") from None


def _environment() -> dict[str, str]:
    """Give this process's own, without the search path that only it needs."""
    own = os.environ.get(OWN_PATH, os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": own}


def _path() -> list[str]:
    """Give the folders that the kit and what it needs are in."""
    found = [find_spec(name) for name in PACKAGES]
    origins = [Path(one.origin) for one in found if one and one.origin]
    folders = (one.parents[1] if one.stem == "__init__" else one.parent for one in origins)
    return [str(folder) for folder in dict.fromkeys(folders)]
