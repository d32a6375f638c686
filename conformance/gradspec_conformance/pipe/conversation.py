"""What an engine in another process and the kit say to each other: acts as lines of JSON.

A message is one line of UTF-8 on the child's standard input or output.  Whatever else the child
prints has to go to its standard error.

The child speaks first, `{"engine": {"name", "version", "abilities"}}`: two texts and a list of the
words of `gradspec.port.abilities`, each for one thing; no more is asked of it.  `capabilities`
instead are such words or bundles of them, which are shorter; some bundles are called like a word in
them.  From then on it waits for acts of `gradspec.port.acts`, answers each, and ends when its input
ends:

    kit    {"act": "op:mul", "with": {"x": {"$ref": 0}, "other": 2.0}, "release": [4, 5]}
    child  {"return": {"$ref": 6}}
    or     {"raise": {"type": "ShapeError", "message": "2 and 3", "kind": "operand-shape",
            "number": 7, "place": "engine.js:40, in mul"}}
    or     {"unsupported": "op:mul(x, other, out)"}

`with` has the arguments that were given, by name; `kind` is a word of `gradspec.port.errors` or
null, and `place`, which may be missing, the line of the engine's that raised: by it the kit tells
causes apart.  The last answer is for an act that the engine has, with arguments that it does not
know.

Handles.  A tensor, node, hook, function or context stays in the child and travels as
`{"$ref": number}`, with a `kind` if it is no tensor.  The child chooses the number, a new one in
each answer, also for an object that it has given out before: the kit lists under `release`, with
any message, the numbers that it no longer needs, each once.  No object at all (a gradient that is
None) is null; several are a list.

Values.  Numbers, texts, true, false, null and lists are those of JSON.  A number that JSON
lacks, or that a writer spoils, is `{"$float": "nan"}`, `"inf"`, `"-inf"` or `"-0.0"`.  The data of
`tensor` and `leaf` are `{"$array": [entries, row by row], "dtype": "float64", "shape": [2, 3]}`,
with one entry and shape `[]` for a single number, and so is what `array` gives.  The kit also says
`{"$tuple": [...]}`, `{"$dict": [[key, value], ...]}` and `{"$mapping": [[key, value], ...]}` (a
dict that is read-only), `{"$slice": [start, stop, step]}` and `{"$ellipsis": true}`.  The child
says `{"$named": {name: value, ...}}` for a plain value of which a caller's function reads the
parts, as the rule `vmap` does of its first argument.

Structures.  Where the table of acts says *structure* (the arguments and the answer of `call`, say),
leaves are handles, null, plain values as `{"$plain": value}` and held objects of the caller's as
`{"$held": number}`; the child passes the last two on as they are.

Functions of the caller arrive as `{"$function": number, "slot": "tensor_hook"}`; their slot
(`gradspec.port.slots`) says what they are given.  To call one, the child says
`{"callback": number, "arguments": [{"$ref": 7}], "keywords": {}}` before it answers.  The kit may
then ask for acts, which the child answers, and ends with `{"return": value}`, or with
`{"raise": {"caller": token}}` if the function raised: the child stops what it does and answers
`{"raise": {"callback": token}}`.  Where an error of the child's own comes out of the function, the
kit says `{"raise": {"engine": number}}`, by the `number` that the child gave with the error (a new
one, as of a handle, and released like one), and the child raises that error again.  The
conversation nests as the calls do.  The child says under `release` which functions and held objects
it no longer needs.

Modes.  `mode:NAME` gives a handle; `{"leave": {"$ref": 9}, "raised": null}` leaves the mode, with
`{"caller": token}` or `{"engine": number}` if its block was left by an error; the child answers
true if it swallows that.

Warnings (word `warnings`) go with any message of the child: `"warnings": [["UserWarning", text]]`.
For the act `numpy` the child gives a handle of an array; `{"act": "host_read"}` asks for its
entries, `{"act": "host_write"}` writes them, into the tensor's own memory if it is shared.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

from gradspec_conformance.exceptions import BadMessage, ConversationEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec_conformance.pipe.log import WireLog

Message = dict[str, Any]

LONGEST = 1 << 28
"""How many bytes a message may have."""

QUOTED = 80
"""How many characters of a bad message are shown."""


class End:
    """One end of the conversation."""

    def __init__(
        self,
        reader: IO[bytes],
        writer: IO[bytes],
        forget: Callable[[int, None], Any],
        log: WireLog | None = None,
    ) -> None:
        self.unneeded: list[int] = []
        self._released: list[int] = []
        self._reader = reader
        self._writer = writer
        self._forget = forget
        self._log = log

    def say(self, message: Message) -> None:
        """Send a message, and the numbers that are no longer needed."""
        self.settle()
        if self.unneeded:
            message["release"], self.unneeded[:] = self.unneeded.copy(), []
        line = json.dumps(message, separators=(",", ":"), allow_nan=False)
        self._noted("kit", line.encode())
        try:
            self._writer.write(line.encode() + b"\n")
            self._writer.flush()
        except (OSError, ValueError) as error:
            raise ConversationEnded from error

    def hear(self) -> Message:
        """Wait for a message; raises ConversationEnded and BadMessage.

        What a message releases it may still name: whoever has read it settles that.
        """
        line = self._reader.readline(LONGEST)
        if len(line) == LONGEST:
            raise BadMessage(f"said more than {LONGEST:,} bytes in one line, and no end of it")
        if not line.endswith(b"\n"):
            raise ConversationEnded
        self._noted("engine", line)
        try:
            message: Message = json.loads(line)
        except ValueError:
            message = {}
        if not isinstance(message, dict) or not message:
            said = line.decode("utf-8", "replace").rstrip()
            raise BadMessage(f"said {shortened(said)}, expected an object of JSON in one line")
        self._released += message.get("release", ())
        return message

    def _noted(self, who: str, line: bytes) -> None:
        if self._log is not None:
            self._log.add(who, line)

    def settle(self) -> None:
        """Forget what the other end no longer needs."""
        while self._released:
            self._forget(self._released.pop(), None)


def shortened(said: str) -> str:
    """Quote what was said, as much as fits a line."""
    return repr(said if len(said) <= QUOTED else f"{said[:QUOTED]}...")
