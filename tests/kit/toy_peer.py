"""An engine in another process, of single numbers, that misbehaves once in a chosen way.

`python toy_peer.py WAY MARK`: the first process to find no file MARK writes it and goes wrong when
it is asked for a product; those after it are sound.  It needs nothing but Python.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

OUT = sys.stdout.buffer


def send(line: bytes) -> None:
    OUT.write(line + b"\n")
    OUT.flush()


def answer(question: int, value: object) -> None:
    send(json.dumps({"re": question, "return": value}).encode())


class Number:
    """A number on a tape."""

    def __init__(self, value: float, parents: tuple[tuple[Number, float], ...] = ()) -> None:
        self.value, self.parents, self.grad = value, parents, None

    def receive(self, cotangent: float) -> None:
        self.grad = (self.grad or 0.0) + cotangent
        for parent, slope in self.parents:
            parent.receive(cotangent * slope)


class Peer:
    """Answers acts."""

    def __init__(self, spoil: str) -> None:
        self.spoil = spoil
        self.kept: dict[int, Number | float] = {}

    def keep(self, thing: Number | float) -> dict[str, int]:
        number = len(self.kept)
        self.kept[number] = thing
        return {"$ref": number}

    def operand(self, said: object) -> Number:
        if isinstance(said, dict):
            thing = self.kept[said["$ref"]]
            return thing if isinstance(thing, Number) else Number(thing)
        return Number(float(said))

    def done(self, act: str, given: dict) -> object:
        match act:
            case "tensor" | "leaf":
                data = given["data"]["$array"]
                (value,) = struct.unpack("<d", base64.b64decode(data))
                return self.keep(Number(value))
            case "op:mul":
                x, other = self.operand(given["x"]), self.operand(given["other"])
                parents = ((x, other.value), (other, x.value))
                return self.keep(Number(x.value * other.value, parents))
            case "op:add":
                x, other = self.operand(given["x"]), self.operand(given["other"])
                return self.keep(Number(x.value + other.value, ((x, 1.0), (other, 1.0))))
            case "backward":
                self.operand(given["root"]).receive(1.0)
                return None
            case "get:grad":
                grad = self.operand(given["x"]).grad
                return None if grad is None else self.keep(grad)
            case "array":
                value = self.operand(given["x"]).value
                return {"$array": [value], "dtype": "float64", "shape": []}
        raise AssertionError(act)

    def serve(self) -> None:
        words = ["values", "tape", "dtype:float64", "op:mul", "op:add"]
        about = {"name": "toy", "version": "1", "abilities": words}
        send(json.dumps({"engine": about}).encode())
        for line in sys.stdin:
            message = json.loads(line)
            if self.spoil and message["act"] == "op:mul":
                WAYS[self.spoil](self, message)
            else:
                answer(message["id"], self.done(message["act"], message["with"]))


def said(line: bytes | str):  # noqa: ANN201
    """Say this, whatever the number of the question."""

    def way(_peer: Peer, message: dict) -> None:
        text = line.decode("latin-1") if isinstance(line, bytes) else line
        send(text.replace("RE", str(message["id"])).encode("latin-1"))

    return way


def returned(value: object):  # noqa: ANN201
    return lambda _peer, message: answer(message["id"], value)


def _half(_peer: Peer, _message: dict) -> None:
    OUT.write(b'{"re": 3, "ret')
    OUT.flush()
    sys.exit()


def _twice(peer: Peer, message: dict) -> None:
    answer(message["id"], peer.done(message["act"], message["with"]))
    answer(message["id"], peer.keep(1.0))


def _late(peer: Peer, message: dict) -> None:
    answer(message["id"] - 1, peer.done(message["act"], message["with"]))


def _again(_peer: Peer, message: dict) -> None:
    answer(message["id"], {"$ref": 0})


def _orphan(_peer: Peer, _message: dict) -> None:
    if os.fork():
        os._exit(7)
    time.sleep(60)  # holds the pipe


def _closes(_peer: Peer, _message: dict) -> None:
    os.close(1)
    time.sleep(60)


def _prints(peer: Peer, message: dict) -> None:
    print("multiplying", flush=True)
    answer(message["id"], peer.done(message["act"], message["with"]))


def _killed(_peer: Peer, _message: dict) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _endless(_peer: Peer, _message: dict) -> None:
    OUT.write(b'"' + b"a" * (1 << 23))
    OUT.flush()
    time.sleep(60)


def _exits(status: int):  # noqa: ANN202
    return lambda _peer, _message: os._exit(status)


ARRAY = '{"$array": %s, "dtype": %s, "shape": %s}'

WAYS = {
    # no message
    "an empty line": said(""),
    "a word": said("debug"),
    "half of JSON": said('{"re": RE, "return":'),
    "two messages in a line": said('{"re": RE, "return": null} {"re": RE, "return": null}'),
    "no UTF-8": said(b'{"re": RE, "unsupported": "\xff\xfe"}'),
    "zero bytes": said(b"\0\0\0\0"),
    "an escape sequence": said(b"\x1b[2J\x1b[1m"),
    "a list": said("[1, 2]"),
    "a number": said("7"),
    "null": said("null"),
    "an empty object": said("{}"),
    "deep brackets": said("[" * 100_000),
    "a deep answer": said('{"re": RE, "return": ' + "[" * 5_000 + "]" * 5_000 + "}"),
    "a number of 5,000 digits": said('{"re": RE, "return": {"$ref": ' + "9" * 5_000 + "}}"),
    "half a line": _half,
    "a line without end": _endless,
    "print among the messages": _prints,
    # no answer
    "an unknown key": said('{"re": RE, "answer": 1}'),
    "a greeting in the middle": said('{"engine": {"name": "other", "version": "2"}}'),
    "an answer and an error": said('{"re": RE, "return": null, "raise": {}}'),
    "an answer without its question": said('{"return": {"$ref": 90}}'),
    "an answer to no question": said('{"re": 4000, "return": {"$ref": 90}}'),
    "an answer to the question before": _late,
    "a second answer": _twice,
    "a text for the question": said('{"re": "RE", "return": {"$ref": 90}}'),
    "an error that is a text": said('{"re": RE, "raise": "no"}'),
    "an error whose class is a number": said('{"re": RE, "raise": {"type": 3}}'),
    "an error of no function": said('{"re": RE, "raise": {"callback": 44}}'),
    "what is unsupported is a number": said('{"re": RE, "unsupported": 3}'),
    "warnings that are none": said('{"re": RE, "return": {"$ref": 90}, "warnings": [1]}'),
    "release of a text": said('{"re": RE, "return": {"$ref": 90}, "release": ["a"]}'),
    "release of a list": said('{"re": RE, "return": {"$ref": 90}, "release": [[1]]}'),
    "a callback that was never given": said('{"callback": 99, "arguments": []}'),
    "a callback whose number is a text": said('{"callback": "f", "arguments": []}'),
    "arguments that are no list": said('{"callback": 1, "arguments": 5}'),
    # no handle
    "a bare number": returned(4),
    "a bare list": returned([1, 2]),
    "a handle with a text": returned({"$ref": "a"}),
    "a handle with a flag": returned({"$ref": True}),
    "a handle with half a number": returned({"$ref": 1.5}),
    "a handle that is null": returned({"$ref": None}),
    "a handle of no kind": returned({"$ref": 91, "kind": 4}),
    "a handle that is out already": _again,
    "a held object that is not": returned({"$held": 12}),
    "a program": returned({"$function": 1, "slot": "body", "bodies": []}),
    "a value of a program": returned({"$value": 1, "was": 2}),
    "an odd number": returned({"$float": "seven"}),
    "a slice of five": returned({"$slice": [1, 2, 3, 4, 5]}),
    "a dict without keys": returned({"$dict": [[[], 1]]}),
    # no array
    "fewer entries than the shape": returned({"$array": [1], "dtype": "float64", "shape": [2]}),
    "a negative shape": returned({"$array": [1.0], "dtype": "float64", "shape": [-1]}),
    "a shape of texts": returned({"$array": [1.0], "dtype": "float64", "shape": ["1"]}),
    "no base64": returned({"$array": "~~~~", "dtype": "float64", "shape": []}),
    "bytes of half an entry": returned({"$array": "AAAA", "dtype": "float64", "shape": []}),
    "an array of objects": returned({"$array": [1], "dtype": "object", "shape": [1]}),
    "an array of nothing known": returned({"$array": [1], "dtype": "float65", "shape": [1]}),
    # no process
    "an end": _exits(0),
    "an end with status 3": _exits(3),
    "a signal": _killed,
    "an orphan that holds the pipe": _orphan,
    "a closed output": _closes,
}
"""How it goes wrong -> what it does then."""


if __name__ == "__main__":
    way, mark = sys.argv[1:]
    first = way != "sound" and not Path(mark).exists()
    if first:
        Path(mark).touch()
    Peer(way if first else "").serve()
