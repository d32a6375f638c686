"""What an engine in another process and the kit say to each other: the port as lines of JSON.

The child greets with `{"engine": {name, version, capabilities}}`.  Then the kit says
`{"call": method, "arguments", "keywords"}`, and the child `{"return": value}` or
`{"raise": {type, message, kind}}`.  In between it may say `{"callback": number, "arguments"}`,
which the kit answers with `return` or `raise`, and before that with calls of its own: the
conversation nests as the calls do.

Values are written as `gradspec.program.encode` writes them.  A handle is a number; either side
says with its next message (`release`) which numbers it no longer needs.  Warnings travel with
the child's messages (`warnings`).  `host_read` and `host_write` look at and write the array that
`numpy` gave, which may be the tensor's own memory.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from gradspec.program import mapped

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]

STRUCTURES = (list, tuple, dict, MappingProxyType, slice)

HOST_ACTS = frozenset({"host_read", "host_write"})
"""Acts on an array that left the engine; all other acts are methods of the port."""


class ConversationEnded(Exception):
    """The other side is gone."""


class End:
    """One end of the conversation."""

    def __init__(
        self, reader: IO[bytes], writer: IO[bytes], forget: Callable[[int, None], Any]
    ) -> None:
        self.unneeded: list[int] = []
        self._reader = reader
        self._writer = writer
        self._forget = forget

    def say(self, message: Message) -> None:
        """Send a message, and the numbers that are no longer needed."""
        if self.unneeded:
            message["release"], self.unneeded[:] = self.unneeded.copy(), []
        line = json.dumps(message, separators=(",", ":"), allow_nan=False)
        try:
            self._writer.write(line.encode() + b"\n")
            self._writer.flush()
        except (OSError, ValueError) as error:
            raise ConversationEnded from error

    def hear(self) -> Message:
        """Wait for a message; raises ConversationEnded."""
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConversationEnded
        message: Message = json.loads(line)
        for number in message.get("release", ()):
            self._forget(number, None)
        return message


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change every leaf of a structure."""
    if isinstance(value, STRUCTURES):
        return mapped(value, lambda member: each(member, change))
    return change(value)
