"""`WireLog`: what the kit and an engine in another process say to each other, line by line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

WIRE_LOG: Final = "GRADSPEC_WIRE_LOG"
"""Variable of the environment that names the file; workers inherit it."""


class WireLog:
    """Appends to the file that the environment names, if it names one.

    A line is `kit` or `engine`, a tab, and the message; each conversation begins with `began` and
    what was started.
    """

    def __init__(self, command: list[str]) -> None:
        path = os.environ.get(WIRE_LOG)
        self._file = Path(path).open("ab", buffering=0) if path else None  # noqa: SIM115 - kept
        self.add("began", " ".join(command).split("\n")[0].encode())

    def add(self, who: str, line: bytes) -> None:
        """Write what one of the two said."""
        if self._file is not None:
            self._file.write(b"%s\t%s\n" % (who.encode(), line.rstrip(b"\n")))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
