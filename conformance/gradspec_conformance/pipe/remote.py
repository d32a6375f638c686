"""`RemoteEngine(command)`: an engine in another process, in any language, behind the same port.

An adapter names the command that starts it; here `engine.js` lies beside the adapter:

    class TfjsEngine(RemoteEngine):
        def __init__(self):
            super().__init__(["node", str(Path(__file__).with_name("engine.js"))])

`gradspec_conformance.pipe.conversation` says what the process has to answer, and
`gradspec_conformance.pipe.serve` is one that does, in Python.
"""

from __future__ import annotations

import builtins
import inspect
import json
import subprocess
import warnings
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from gradspec.exceptions import Unsaid, WrongCall
from gradspec.port.abilities import expanded
from gradspec.port.act import FLAT
from gradspec.port.functions import slot_of_rule
from gradspec.program.passing import demand_storable
from gradspec.program.signatures import parameters_of
from gradspec.program.steps import Ref
from gradspec.program.storing import Said, decode, encode, packed
from gradspec.program.structure import Held, Plain, mapped
from gradspec_conformance.exceptions import BadMessage, ConversationEnded, RemoteRefusal
from gradspec_conformance.isolation.plain import plain_text
from gradspec_conformance.pipe.conversation import End, Message, shortened
from gradspec_conformance.pipe.log import WireLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradspec.port.act import Act

FREE: Final = ("structure", "as declared", "as named", "vjp", "linearize")
"""Kinds of answers that are not one handle."""

LONGEST_PLACE: Final = 200
"""How many characters of a place in the other side's code are believed."""


class RemoteHandle(Ref):
    """The number of an object of the engine, which is told when nobody holds it any more."""

    __slots__ = ("__weakref__", "_unneeded")
    _unneeded: list[int]

    def __init__(self, number: int, kind: str, unneeded: list[int]) -> None:
        super().__init__(number, kind)
        object.__setattr__(self, "_unneeded", unneeded)

    def __del__(self) -> None:
        self._unneeded.append(self.number)


class RemoteArray(RemoteHandle):
    """An array that the engine gave out, which lies in its memory and not in ours."""

    __slots__ = ("_ask",)
    _ask: Callable[..., Any]

    def __init__(self, number: int, unneeded: list[int], ask: Callable[..., Any]) -> None:
        super().__init__(number, "host array", unneeded)
        object.__setattr__(self, "_ask", ask)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self._ask("host_read", {"target": self}), dtype=dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._ask("host_write", {"target": self, "index": index, "value": value})


class RemoteEngine:
    """The engine port over a pipe; the process is started anew if it ended."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._numbers = count()
        self._start()

    def error_kind(self, error: Exception) -> str | None:
        """Repeat what the other side said."""
        return error.kind if isinstance(error, RemoteRefusal) else None

    def speak(self, act: Act, given: dict[str, Any], _forms: Mapping[str, Any]) -> Any:
        """Have an act done on the other side."""
        functions = {name: value for name, value in given.items() if callable(value)}
        told = {
            name: self._function(act, name, given) if name in functions else self._told(value)
            for name, value in given.items()
        }
        answer = self._ask(act.key, told)
        kind = act.kind_given(given)
        one = kind not in (*FREE, *FLAT, "tensors", "gradients", "edges")
        if one and not (answer is None or isinstance(answer, Ref)):
            expected = 'expected a handle, {"$ref": number}, or null'
            self._misunderstood(f"answered {act.key} with {shortened(repr(answer))}, {expected}")
        return answer

    def leave(self, mode: Any, error: BaseException | None = None) -> bool:
        """Leave a mode; says whether the engine swallows what its block was left by."""
        raised = None if error is None else self._said_of(error)
        try:
            return bool(self._converse("leave", {"leave": encode(mode), "raised": raised}))
        finally:
            self._raised.pop((raised or {}).get("caller", -1), None)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()

    def _start(self) -> None:
        self._kept: dict[int, Any] = {}
        self._raised: dict[int, BaseException] = {}
        self._interruptions: list[BaseException] = []
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe)  # noqa: S603
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise ConversationEnded
        self._end = End(reader, writer, self._kept.pop, WireLog(self._command))
        self._greeted(self._heard())

    def _greeted(self, greeting: Message) -> None:
        """Hear who the engine is and what it can do."""
        match greeting:
            case {"engine": {"name": name, "version": version, "abilities": [*words]}}:
                self.name, self.version = name, version
                self.abilities = frozenset(map(str, words))
            case {"engine": {"name": name, "version": version, "capabilities": [*words]}}:
                self.name, self.version = name, version
                self.abilities = expanded(map(str, words))
            case _:
                self._misunderstood(
                    f"greeted with {shortened(json.dumps(greeting))}, expected "
                    '{"engine": {"name", "version", "abilities"}}'
                )

    def _ask(self, key: str, told: Mapping[str, Any]) -> Any:
        return self._converse(key, {"act": key, "with": {n: encode(v) for n, v in told.items()}})

    def _converse(self, what: str, message: Message) -> Any:
        """Say something, and answer what the other side asks until it answers."""
        self._revive()
        self._say(message)
        while True:
            heard = self._heard()
            if self._interruptions and "callback" not in heard:
                raise self._interruptions.pop()
            match heard:
                case {"return": value}:
                    return self._answer(what, value)
                case {"callback": number, "arguments": given, **rest}:
                    self._call_back(number, given, rest.get("keywords", {}))
                case {"raise": dict(told)}:
                    self._raise(told)
                case {"unsupported": str(what_it_lacks)}:
                    raise Unsaid(what_it_lacks)
                case _:
                    said = shortened(json.dumps(heard))
                    self._misunderstood(f"said {said} when asked for {what}, and no answer")

    def _revive(self) -> None:
        """Begin another process, if the last one ended."""
        if self._process.poll() is not None:
            self.close()
            self._start()

    def _answer(self, what: str, value: Any) -> Any:
        try:
            answer = self._things(decode(value), array=what == "numpy")
        except (ValueError, TypeError, KeyError) as error:
            said = shortened(json.dumps(value))
            self._misunderstood(f"answered {what} with {said}, which cannot be read: {error}")
        self._end.settle()
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

    # what passes ----------------------------------------------------------------------
    def _told(self, value: Any) -> Any:
        """Put numbers for objects that stay here; everything else can be encoded as it is."""
        match value:
            case Held():
                return self._held(value)
            case Plain(value=plain):
                try:
                    demand_storable(plain)
                except WrongCall:  # the engine passes it on, and need not see what it is
                    return self._held(value)
                return value
            case RemoteHandle():
                return value
            case np.ndarray():
                return packed(value)
        return mapped(value, self._told)

    def _held(self, value: Any) -> Held:
        number = next(self._numbers)
        self._kept[number] = value
        return Held(number)

    def _things(self, value: Any, *, array: bool = False) -> Any:
        """Put handles for numbers, and the caller's objects for those that were held."""
        match value:
            case Held():
                return self._kept[value.thing]
            case Ref() if array:
                return RemoteArray(value.number, self._end.unneeded, self._ask)
            case Ref():
                return RemoteHandle(value.number, value.kind, self._end.unneeded)
            case Plain():
                return value
        return mapped(value, self._things)

    def _function(self, act: Act, name: str, given: dict[str, Any]) -> Said:
        kind = act.signature.kinds.get(name, "body")
        slot = slot_of_rule(name, given) if act.key == "define" else kind
        number = next(self._numbers)
        self._kept[number] = given[name]
        signature = getattr(given[name], "__signature__", None)
        parameters = None
        if isinstance(signature, inspect.Signature):
            parameters = parameters_of(signature, lambda default: encode(self._told(default)))
        return Said({"$function": number, "slot": slot, "signature": parameters})

    def _call_back(self, number: int, given: Any, named: Any) -> None:
        """Run a function of the caller for the engine; what it raises comes back by number."""
        try:
            arguments = [self._things(decode(value)) for value in given]
            keywords = {name: self._things(decode(value)) for name, value in named.items()}
            self._end.settle()
            returned = self._kept[number](*arguments, **keywords)
            answer = {"return": encode(self._told(returned))}
        except Exception as error:  # noqa: BLE001 - the engine decides what becomes of it
            self._say({"raise": self._said_of(error)})
        except BaseException as interruption:  # noqa: BLE001 - it goes on when the engine is done
            self._interruptions = [interruption]
            self._say({"raise": {"caller": next(self._numbers)}})
        else:
            self._say(answer)
            del returned  # only now: what is said has to be there until it is heard

    def _said_of(self, error: BaseException) -> Message:
        if isinstance(error, RemoteRefusal) and error.number is not None:
            return {"engine": error.number}
        token = next(self._numbers)
        self._raised[token] = error
        return {"caller": token}

    def _raise(self, told: Message) -> NoReturn:
        own = self._raised.pop(told.get("callback", -1), None)
        if own is not None:
            raise own
        name = str(told.get("type", RemoteRefusal.__name__))
        about = {n: told.get(n) for n in ("kind", "number", "code")} | {"unneeded": self._end.unneeded}
        if isinstance(place := told.get("place"), str):
            about["place"] = plain_text(place, LONGEST_PLACE).replace("\n", " ")
        raise type(name, (RemoteRefusal,), about)(told.get("message", ""))
