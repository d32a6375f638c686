"""`End`: one end of a conversation, a message of JSON a line; `docs/wire.md` has the protocol."""

from __future__ import annotations

import json
import os
import select
import sys
from typing import IO, TYPE_CHECKING, Any, Final

from gradspec_conformance.exceptions import BadMessage, ConversationEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.pipe.log import WireLog

Message = dict[str, Any]

LONGEST: Final = 1 << 28
"""How many bytes a message may have."""

PIECE: Final = 1 << 16

PATIENCE: Final = 0.05
"""Seconds between two looks at whether the other side is still there."""

QUOTED: Final = 80
"""How many characters of a bad message are shown."""


class End:
    """One end: it writes lines and reads them, and tells what it no longer needs.

    `is_there` says whether the other side could still speak: who inherited its pipe may hold it.
    """

    def __init__(
        self,
        reader: IO[bytes],
        writer: IO[bytes],
        is_there: Callable[[], bool] = lambda: True,
        log: WireLog | None = None,
    ) -> None:
        self.unneeded: list[int] = []
        self._reader = reader
        self._writer = writer
        self._is_there = is_there
        self._log = log
        self._ahead = bytearray()

    def say(self, message: Message) -> None:
        """Send a message, and the numbers that are no longer needed; raises ConversationEnded."""
        if self.unneeded:
            message["release"], self.unneeded[:] = self.unneeded.copy(), []
        line = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
        if self._log is not None:
            self._log.add("kit", line)
        try:
            self._writer.write(line + b"\n")
            self._writer.flush()
        except (OSError, ValueError) as error:
            raise ConversationEnded from error

    def hear(self) -> bytes:
        """Wait for a line; raises ConversationEnded, and BadMessage if it has no end."""
        start = 0
        while (end := self._ahead.find(b"\n", start)) < 0:
            start = len(self._ahead)
            if start > LONGEST:
                raise BadMessage(f"said more than {LONGEST:,} bytes in one line, and no end of it")
            self._ahead += self._piece()
        line = bytes(self._ahead[:end])
        del self._ahead[: end + 1]
        if self._log is not None:
            self._log.add("engine", line)
        return line

    def _piece(self) -> bytes:
        while not self._is_ready(PATIENCE):
            if not self._is_there() and not self._is_ready(0.0):
                raise ConversationEnded
        piece = os.read(self._reader.fileno(), PIECE)
        if not piece:
            raise ConversationEnded
        return piece

    def _is_ready(self, patience: float) -> bool:
        """Say whether something can be read; on Windows it is waited for."""
        return sys.platform == "win32" or bool(select.select([self._reader], [], [], patience)[0])


def shortened(said: str) -> str:
    """Quote what was said, as much as fits a line."""
    return repr(said if len(said) <= QUOTED else f"{said[:QUOTED]}...")
