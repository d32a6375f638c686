"""`Printed`: stands in for standard output, counts lines and keeps the first."""

from __future__ import annotations

import io
from typing import Final

LONGEST: Final = 100


class Printed(io.TextIOBase):
    """What an engine printed; nothing of it goes anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.first = ""

    def writable(self) -> bool:
        """Take what is printed."""
        return True

    def write(self, text: str) -> int:
        """Keep the first line."""
        if not self.lines and len(self.first) < LONGEST:
            self.first += text[:LONGEST].partition("\n")[0]
        self.lines += text.count("\n")
        return len(text)
