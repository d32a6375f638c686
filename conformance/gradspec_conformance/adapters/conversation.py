"""What an engine in another process and the kit say to each other: the port as lines of JSON.

A message is one line of UTF-8 on the child's standard input or output.  Whatever else the child
prints has to go to its standard error.

The child speaks first, `{"engine": {"name", "version", "capabilities"}}`: two texts and a list of
the words of `gradspec.port.capabilities`, which also lists the methods that each word obliges it
to.  From then on it waits for calls, answers each, and ends when its input ends:

    kit    {"call": "apply", "arguments": ["mul", [{"$ref": 0}, 2.0], {"$dict": []}],
            "keywords": {}, "release": [4, 5]}
    child  {"return": {"$ref": 6}}
    or     {"raise": {"type": "ShapeError", "message": "2 and 3", "kind": "operand-shape"}}

Methods, their arguments and what they give are those of `gradspec.port.engine`, but for
`error_kind`: `kind` says it, a word of `gradspec.port.errors` or null.

Handles.  A tensor, node, hook or context stays in the child and travels as `{"$ref": number}`.
The child chooses the number, a new one in each answer, also for an object that it has given out
before: the kit lists under `release`, with any message, the numbers that it no longer needs, each
once.  No object at all (a gradient that is None) is null; several are a list.

Values.  Numbers, texts, true, false, null and lists are those of JSON.  A number that JSON
lacks, or that a writer spoils, is `{"$float": "nan"}`, `"inf"`, `"-inf"` or `"-0.0"`.  An array is
`{"$array": [entries, row by row], "dtype": "float64", "shape": [2, 3]}`, with one entry and shape
`[]` for a single number: `tensor` gets one, `array` gives one.  The kit also says
`{"$tuple": [...]}`, `{"$dict": [[key, value], ...]}` and `{"$mapping": [[key, value], ...]}` (a
dict that is read-only), `{"$slice": [start, stop, step]}` and `{"$ellipsis": true}`.  Parameters
of `apply` are a `$dict`, keywords a plain object; what is left at its default is in neither.

Functions (groups `hooks`, `custom_function`, `vjp`) arrive as `{"$function": number, "calls": []}`.
To call one, the child says `{"callback": number, "arguments": [{"$ref": 7}]}` before it answers.
The kit may then call methods, which the child answers, and ends with `{"return": value}`, or with
`{"raise": token}` if the function raised: the child stops what it does and answers
`{"raise": {"callback": token}}`.  The conversation nests as the calls do.  The child says under
`release` which functions it no longer needs.

Warnings (group `warnings`) go with any message of the child: `"warnings": [["UserWarning", text]]`.
For the group `interop`, `numpy` gives a handle of an array; `host_read(array)` asks for its
entries, and `host_write(array, index, value)` writes them, into the tensor's own memory if shared.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from gradspec.program.steps import mapped

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]

STRUCTURES = (list, tuple, dict, MappingProxyType, slice)

QUOTED = 80
"""How many characters of a bad message are shown."""


class ConversationEnded(Exception):
    """The other side is gone."""


class BadMessage(Exception):
    """The other side said what is no message, or none that belongs here."""


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
        """Wait for a message; raises ConversationEnded and BadMessage."""
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConversationEnded
        try:
            message: Message = json.loads(line)
        except ValueError:
            message = {}
        if not isinstance(message, dict) or not message:
            said = line.decode("utf-8", "replace").rstrip()
            raise BadMessage(f"said {shortened(said)}, expected an object of JSON in one line")
        for number in message.get("release", ()):
            self._forget(number, None)
        return message


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change every leaf of a structure."""
    if isinstance(value, STRUCTURES):
        return mapped(value, lambda member: each(member, change))
    return change(value)


def shortened(said: str) -> str:
    """Quote what was said, as much as fits a line."""
    return repr(said if len(said) <= QUOTED else f"{said[:QUOTED]}...")
