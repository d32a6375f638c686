"""`RemoteEngine(command)`: an engine in another process, in any language, behind the same port.

An adapter names the command that starts it; here `engine.js` lies beside the adapter:

    class TfjsEngine(RemoteEngine):
        def __init__(self):
            super().__init__(["node", str(Path(__file__).with_name("engine.js"))])

`gradspec_conformance.adapters.conversation` says what the process has to answer, and
`gradspec_conformance.adapters.serve` is one that does, in Python.
"""

from __future__ import annotations

import builtins
import json
import subprocess
import warnings
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from gradspec.port.capabilities import METHODS
from gradspec.program.answers import WRAPPERS, result_kind
from gradspec.program.steps import Callback, Ref, decode, encode
from gradspec_conformance.adapters.conversation import (
    BadMessage,
    ConversationEnded,
    End,
    Message,
    each,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class RemoteRefusal(Exception):
    """What the engine raised; its class is called as it was there, and `kind` says the kind."""

    kind: str | None = None


class RemoteHandle(Ref):
    """The number of an object of the engine, which is told when nobody holds it any more."""

    __slots__ = ("__weakref__", "_unneeded")
    _unneeded: list[int]

    def __init__(self, number: int, unneeded: list[int]) -> None:
        super().__init__(number)
        object.__setattr__(self, "_unneeded", unneeded)

    def __del__(self) -> None:
        self._unneeded.append(self.number)


class RemoteArray(RemoteHandle):
    """An array that the engine gave out, which lies in its memory and not in ours."""

    __slots__ = ("_ask",)
    _ask: Callable[..., Any]

    def __init__(self, number: int, unneeded: list[int], ask: Callable[..., Any]) -> None:
        super().__init__(number, unneeded)
        object.__setattr__(self, "_ask", ask)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self._ask("host_read", self), dtype=dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._ask("host_write", self, index, value)


class RemoteEngine:
    """The engine port over a pipe; the process is started anew if it ended."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._numbers = count()
        self._start()

    def error_kind(self, error: Exception) -> str | None:
        """Repeat what the other side said."""
        return error.kind if isinstance(error, RemoteRefusal) else None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Give a method of the port, if the engine declares its group."""
        if name.startswith("_") or METHODS.get(name) not in self.__dict__["capabilities"]:
            raise AttributeError(name)
        return partial(self._ask, name)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()

    def _start(self) -> None:
        self._functions: dict[int, Callable[..., Any]] = {}
        self._raised: dict[int, Exception] = {}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe)  # noqa: S603
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise ConversationEnded
        self._end = End(reader, writer, self._functions.pop)
        match self._heard():
            case {"engine": {"name": name, "version": version, "capabilities": [*words]}}:
                self.name, self.version = name, version
                self.capabilities = frozenset(map(str, words))
            case greeting:
                self._misunderstood(
                    f"greeted with {shortened(json.dumps(greeting))}, expected "
                    '{"engine": {"name", "version", "capabilities"}}'
                )

    def _ask(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        if self._process.poll() is not None:
            self.close()
            self._start()
        plain = [self._numbered(a) if callable(a) else a for a in arguments]
        call = {
            "call": method,
            "arguments": encode(plain),
            "keywords": {k: encode(v) for k, v in keywords.items()},
        }
        self._say(call)
        while True:
            message = self._heard()
            match message:
                case {"return": value}:
                    return self._answer(method, arguments, value)
                case {"callback": number, "arguments": given}:
                    self._call_back(number, given)
                case {"raise": dict(told)}:
                    self._raise(told)
                case _:
                    said = shortened(json.dumps(message))
                    self._misunderstood(f"said {said} when asked for {method}, and no answer")

    def _answer(self, method: str, arguments: tuple[Any, ...], value: Any) -> Any:
        try:
            answer = self._handles(value, RemoteArray if method == "numpy" else RemoteHandle)
        except (ValueError, TypeError, KeyError) as error:
            said = shortened(json.dumps(value))
            self._misunderstood(f"answered {method} with {said}, which cannot be read: {error}")
        is_handle = result_kind(method, arguments) in WRAPPERS
        if is_handle and not (answer is None or isinstance(answer, Ref)):
            said = shortened(json.dumps(value))
            expected = 'expected a handle, {"$ref": number}, or null'
            self._misunderstood(f"answered {method} with {said}, {expected}")
        return answer

    def _say(self, message: Message) -> None:
        try:
            self._end.say(message)
        except ConversationEnded:
            self._ended()

    def _heard(self) -> Message:
        try:
            message = self._end.hear()
        except ConversationEnded:
            self._ended()
        except BadMessage as error:
            self._misunderstood(str(error))
        for category, text in message.get("warnings", ()):
            kind = getattr(builtins, category, UserWarning)
            warnings.warn(text, kind, stacklevel=4)
        return message

    def _ended(self) -> NoReturn:
        """Say how the process ended; the next call begins another."""
        status = self._process.wait()
        self.close()
        raise ConversationEnded(f"{' '.join(self._command)} ended with status {status}") from None

    def _misunderstood(self, what: str) -> NoReturn:
        """End a process whose next words could be the answer to anything."""
        self.close()
        raise BadMessage(f"{' '.join(self._command)} {what}") from None

    def _handles(self, value: Any, kind: type[RemoteHandle] = RemoteHandle) -> Any:
        more = (self._ask,) if kind is RemoteArray else ()
        return each(
            decode(value),
            lambda v: kind(v.number, self._end.unneeded, *more) if isinstance(v, Ref) else v,
        )

    def _numbered(self, function: Callable[..., Any]) -> Callback:
        number = next(self._numbers)
        self._functions[number] = function
        return Callback(number)

    def _call_back(self, number: int, given: Any) -> None:
        """Run a function of the caller for the engine; what it raises comes back by number."""
        try:
            returned = self._functions[number](*self._handles(given))
            answer = {"return": encode(returned)}
        except Exception as error:  # noqa: BLE001 - the engine decides what becomes of it
            token = next(self._numbers)
            self._raised[token] = error
            answer = {"raise": token}
        self._say(answer)

    def _raise(self, told: Message) -> NoReturn:
        own = self._raised.pop(told.get("callback", -1), None)
        if own is not None:
            raise own
        name, kind = str(told.get("type", RemoteRefusal.__name__)), told.get("kind")
        raise type(name, (RemoteRefusal,), {"kind": kind})(told.get("message", ""))
