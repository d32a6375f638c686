"""`serve(engine)`: the other side of `RemoteEngine`, for an engine written in Python."""

from __future__ import annotations

import json
import warnings
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from gradspec.exceptions import Unsaid, is_the_kits, whole_text_of
from gradspec.port.act import FLAT
from gradspec.port.acts import ACTS
from gradspec.port.engine import Subject
from gradspec.port.functions import gives_of
from gradspec.port.slots import SLOTS
from gradspec.program.signatures import signature_of
from gradspec.program.steps import Ref
from gradspec.program.storing import decode, encode, packed
from gradspec.program.structure import Held, Plain, mapped
from gradspec_conformance.exceptions import (
    BadMessage,
    CallbackRaised,
    ConversationEnded,
)
from gradspec_conformance.execution.place import place_of
from gradspec_conformance.pipe.channel import private_channel
from gradspec_conformance.pipe.conversation import End, Message, shortened
from gradspec_conformance.pipe.messages import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradspec.port.act import Act
    from gradspec.port.engine import Engine


class KeptThere:
    """Something of the other side's, which is told when this one no longer needs it."""

    def __init__(self, server: Server, number: int) -> None:
        self.server = server
        self.number = number

    def __del__(self) -> None:
        self.server.end.unneeded.append(self.number)


class Server:
    """The objects of an engine by number, and the end of the conversation about them."""

    def __init__(self, engine: Engine) -> None:
        self._subject = Subject.of(engine)
        self._objects: dict[int, Any] = {}
        self._gives: dict[int, str] = {}
        self._errors: dict[int, Exception] = {}
        self._numbers = count()
        self._warnings: list[warnings.WarningMessage] = []
        self.end = End(*private_channel())

    def run(self) -> None:
        """Greet, and answer until the kit closes the pipe."""
        about = {"name": self._subject.name, "version": self._subject.version, "protocol": PROTOCOL}
        self.end.say({"engine": {**about, "abilities": sorted(self._subject.abilities)}})
        with warnings.catch_warnings(record=True) as log:
            warnings.simplefilter("always")
            self._warnings = log if log is not None else []
            while True:
                try:
                    self._answer(self._heard())
                except ConversationEnded:
                    return

    def call_back(self, number: int, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Ask the kit to run a function; answer what it asks meanwhile."""
        named = {name: encode(value) for name, value in keywords.items()}
        self._say(
            {"callback": number, "arguments": list(map(encode, arguments)), "keywords": named}
        )
        while True:
            message = self._heard()
            match message:
                case {"return": value}:
                    return self._things(decode(value))
                case {"raise": dict(told)}:
                    raise self._error(told)
            self._answer(message)

    def _heard(self) -> Message:
        message = understood(self.end.hear())
        for number in message.get("release", ()):  # before the act: it may ask what is alive
            self._objects.pop(number, None)
            self._errors.pop(number, None)
        return message

    def _error(self, told: Message) -> Exception:
        return self._errors[told["engine"]] if "engine" in told else CallbackRaised(told["caller"])

    def _answer(self, message: Message) -> None:
        try:
            answer: Message = {"return": encode(self._perform(message))}
        except CallbackRaised as error:
            answer = {"raise": {"callback": error.token}}
        except Exception as error:  # noqa: BLE001 - the kit judges what an engine raises
            if isinstance(error, Unsaid) and is_the_kits(error):
                answer = {"unsupported": error.capability}
            else:
                answer = {"raise": self._told_of(error)}
        self._say({"re": message["id"], **answer})

    def _told_of(self, error: Exception) -> Message:
        number = next(self._numbers)
        place = place_of(error)
        self._errors[number] = _without_tracebacks(error)
        return {
            "type": type(error).__name__,
            "message": whole_text_of(error),
            "kind": self._subject.engine.error_kind(error),
            "number": number,
            "place": place,
        }

    def _perform(self, message: Message) -> Any:
        if "leave" in message:
            raised = message["raised"]
            error = None if raised is None else self._error(raised)
            mode = self._things(decode(message["leave"]))
            return bool(self._subject.engine.leave(mode, error))
        functions = {n: v for n, v in message["with"].items() if _is_function(v)}
        forms = {n: v if n in functions else decode(v) for n, v in message["with"].items()}
        match message["act"]:
            case "host_read":
                return np.array(self._things(forms["target"]))
            case "host_write":
                target = self._things(forms["target"])
                target[self._things(forms["index"])] = self._things(forms["value"])
                return None
        if message["act"] not in ACTS:
            raise Unsaid(str(message["act"]))
        act = ACTS[message["act"]]
        given = {
            name: self._function(said) if name in functions else self._things(said)
            for name, said in forms.items()
        }
        answer = self._subject.ask(act, given, forms)
        return self._described(self._kind(act, given, forms), answer)

    def _kind(self, act: Act, given: dict[str, Any], forms: dict[str, Any]) -> str:
        match act.gives:
            case "as declared":
                return self._gives.get(forms["function"].number, "structure")
            case "as named":
                return gives_of(given["name"])
        return act.kind_given(given)

    # what passes ----------------------------------------------------------------------
    def _described(self, kind: str, answer: Any) -> Any:
        """Leave values as they are and number what is a handle."""
        if kind == "array" and isinstance(answer, np.generic):
            return packed(np.asarray(answer))
        if kind == "nothing":
            return None
        if kind in FLAT:
            return self._value(answer)
        if kind == "edges":
            return [(self._number(node, "node"), int(index)) for node, index in answer]
        if kind in ("structure", "vjp", "linearize", "tensors", "gradients"):
            return self._structure(answer)
        ref = self._number(answer, kind.partition(":")[0])
        if kind.startswith("function: ") and ref is not None:
            self._gives[ref.number] = kind.partition(": ")[2]
        return ref

    def _value(self, value: Any) -> Any:
        """Leave a plain value as it is, and number what is none: the kit judges it."""
        match value:
            case list() | tuple() | dict():
                return mapped(value, self._value)
            case np.ndarray():
                return packed(value)
        try:
            encode(value)
        except TypeError:
            return self._number(value, "value")
        return value

    def _structure(self, value: Any) -> Any:
        match value:
            case Held():
                return Held(value.thing.number)
            case Plain() | None:
                return value
            case list() | tuple() | dict():
                return mapped(value, self._structure)
        return self._number(value, "tensor")

    def _number(self, thing: Any, kind: str) -> Ref | None:
        if thing is None:
            return None
        number = next(self._numbers)
        self._objects[number] = thing
        return Ref(number, kind)

    def _things(self, value: Any) -> Any:
        match value:
            case Ref(number=number):
                return self._objects[number]
            case Held():
                return Held(KeptThere(self, value.thing))
            case Plain():
                return value
        return mapped(value, self._things)

    def _function(self, said: Message) -> Callable[..., Any]:
        kept, slot = KeptThere(self, said["$function"]), SLOTS[said["slot"]]

        def call(*handles: Any, **named: Any) -> Any:
            given = [self._given(slot.kind(n), handle) for n, handle in enumerate(handles)]
            keywords = {name: self._structure(handle) for name, handle in named.items()}
            return self.call_back(kept.number, given, keywords)

        if said.get("signature") is not None:
            signature = signature_of(said["signature"], lambda d: self._things(decode(d)))
            call.__signature__ = signature  # type: ignore[attr-defined]
        return call

    def _given(self, kind: str, handle: Any) -> Any:
        if kind == "context":
            return self._number(handle, "context")
        if kind == "plain":
            return handle if isinstance(handle, Plain) else Plain(handle)
        return self._structure(handle)

    def _say(self, message: Message) -> None:
        if self._warnings:
            message["warnings"] = [[w.category.__name__, str(w.message)] for w in self._warnings]
            self._warnings.clear()
        self.end.say(message)


def understood(line: bytes) -> Message:
    """Read a message of the kit's; raises BadMessage."""
    try:
        message: Message = json.loads(line)
        kinds = {"act", "leave"} if "id" in message else {"return", "raise"}
        if len(kinds & message.keys()) == 1:
            return message
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    said = shortened(line.decode("utf-8", "replace"))
    raise BadMessage(f'heard {said}, expected {{"id": 0, "act": "tensor", "with": {{...}}}}')


def _without_tracebacks(error: Exception) -> Exception:
    """Let go of all that was at work when it was raised: it is kept for as long as the kit may."""
    chain: list[BaseException | None] = [error]
    seen: set[int] = set()
    while chain:
        one = chain.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            chain += [one.__cause__, one.__context__]
    return error


def _is_function(said: Any) -> bool:
    return isinstance(said, dict) and "$function" in said


def serve(engine: Engine) -> None:
    """Answer for an engine on the standard streams of this process."""
    Server(engine).run()
