"""`serve(engine)`: the other side of `RemoteEngine`, for an engine written in Python.

`python -m gradspec_conformance.adapters.serve my_engine:Engine` answers on its standard output.
"""

from __future__ import annotations

import sys
import warnings
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.program.answers import result_kind
from gradspec.program.steps import Callback, Ref, decode, encode
from gradspec_conformance.adapters.conversation import ConversationEnded, End, Message, each
from gradspec_conformance.loading import load_engine
from gradspec_conformance.worker import private_channel

if TYPE_CHECKING:
    from gradspec.port.engine import Engine

PLAIN = {"flag", "number", "numbers", "text", "plain", "nothing"}
"""Kinds of results that travel as values; all others stay here and travel as numbers."""


class CallbackRaised(Exception):
    """A function of the caller raised on the other side; the token says what."""

    def __init__(self, token: int) -> None:
        super().__init__(f"a function of the caller raised ({token})")
        self.token = token


class RemoteFunction:
    """A function of the caller, as the engine calls it."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self._number = number

    def __call__(self, *handles: Any) -> Any:
        """Have it run on the other side."""
        return self._server.call_back(self._number, handles)

    def __del__(self) -> None:
        self._server.end.unneeded.append(self._number)


class Server:
    """The objects of an engine by number, and the end of the conversation about them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._objects: dict[int, Any] = {}
        self._numbers = count()
        self._warnings: list[warnings.WarningMessage] = []
        self.end = End(*private_channel(), self._objects.pop)

    def run(self) -> None:
        """Greet, and answer until the kit closes the pipe."""
        about = {"name": self._engine.name, "version": self._engine.version}
        words = sorted(self._engine.capabilities)
        self.end.say({"engine": {**about, "capabilities": words}})
        with warnings.catch_warnings(record=True) as log:
            warnings.simplefilter("always")
            self._warnings = log if log is not None else []
            while True:
                try:
                    self._answer(self.end.hear())
                except ConversationEnded:
                    return

    def call_back(self, number: int, handles: tuple[Any, ...]) -> Any:
        """Ask the kit to run a function; answer what it asks meanwhile."""
        self._say({"callback": number, "arguments": [encode(self._number(h)) for h in handles]})
        while True:
            message = self.end.hear()
            match message:
                case {"call": _}:
                    self._answer(message)
                case {"return": value}:
                    return self._objects_in(value)
                case {"raise": token}:
                    raise CallbackRaised(token)

    def _answer(self, message: Message) -> None:
        try:
            answer: Message = {"return": encode(self._perform(message))}
        except CallbackRaised as error:
            answer = {"raise": {"callback": error.token}}
        except Exception as error:  # noqa: BLE001 - the kit judges what an engine raises
            name, kind = type(error).__name__, self._engine.error_kind(error)
            answer = {"raise": {"type": name, "message": str(error), "kind": kind}}
        self._say(answer)

    def _perform(self, message: Message) -> Any:
        method = message["call"]
        arguments = self._objects_in(message["arguments"])
        match method:
            case "host_read":
                return np.array(arguments[0])
            case "host_write":
                arguments[0][arguments[1]] = arguments[2]
                return None
        keywords = {k: self._objects_in(v) for k, v in message["keywords"].items()}
        answer = getattr(self._engine, method)(*arguments, **keywords)
        return self._described(result_kind(method, arguments), answer)

    def _described(self, kind: str, answer: Any) -> Any:
        """Leave values as they are and number what is a handle."""
        if kind in PLAIN:
            return answer
        if kind == "edges":
            return [(self._number(node), int(index)) for node, index in answer]
        if isinstance(answer, list | tuple) and kind in ("tensors", "product"):
            return tuple(self._described("tensors", part) for part in answer)
        return self._number(answer)

    def _number(self, thing: Any) -> Ref | None:
        if thing is None:
            return None
        number = next(self._numbers)
        self._objects[number] = thing
        return Ref(number)

    def _objects_in(self, value: Any) -> Any:
        return each(decode(value), self._object)

    def _object(self, value: Any) -> Any:
        match value:
            case Ref(number):
                return self._objects[number]
            case Callback(number):
                return RemoteFunction(self, number)
        return value

    def _say(self, message: Message) -> None:
        if self._warnings:
            message["warnings"] = [[w.category.__name__, str(w.message)] for w in self._warnings]
            self._warnings.clear()
        self.end.say(message)


def serve(engine: Engine) -> None:
    """Answer for an engine on the standard streams of this process."""
    Server(engine).run()


if __name__ == "__main__":
    serve(load_engine(sys.argv[1]))
