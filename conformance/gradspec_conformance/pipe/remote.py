"""`RemoteEngine(command)`: an engine in another process, in any language, behind the same port.

An adapter names the command that starts it; here `engine.js` lies beside the adapter:

    class TfjsEngine(RemoteEngine):
        def __init__(self):
            super().__init__(["node", str(Path(__file__).with_name("engine.js"))])

`docs/wire.md` says what the process has to answer, and `gradspec_conformance.pipe.serve` is one
that does, in Python.
"""

from __future__ import annotations

import builtins
import inspect
import subprocess
import warnings
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import numpy as np
from msgspec import UNSET

from gradspec.exceptions import Unsaid, WrongCall
from gradspec.port.abilities import expanded
from gradspec.port.act import FLAT
from gradspec.port.functions import slot_of_rule
from gradspec.program.passing import demand_storable
from gradspec.program.signatures import parameters_of
from gradspec.program.steps import Function, Ref, Value
from gradspec.program.storing import Said, decode, encode, packed
from gradspec.program.structure import Held, Plain, mapped
from gradspec_conformance.exceptions import (
    BadMessage,
    ConversationEnded,
    EngineBroken,
    EngineNotInstalled,
    RemoteRefusal,
)
from gradspec_conformance.pipe import messages
from gradspec_conformance.pipe.conversation import End, Message, shortened
from gradspec_conformance.pipe.handles import Holdings, RemoteArray, RemoteHandle
from gradspec_conformance.pipe.log import WireLog
from gradspec_conformance.pipe.messages import Heard, Lacking, Peer, Raised
from gradspec_conformance.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradspec.port.act import Act

FREE: Final = ("structure", "as declared", "as named", "vjp", "linearize")
"""Kinds of answers that are not one handle."""

KINDS: Final = "biufcV"
"""Kinds of data types that arrays of engines have; the narrow ones count as void."""

GRACE: Final = 1.0
"""Seconds that a process has to end after its last word."""

LONGEST_PLACE: Final = 200
"""How many characters of a place in the other side's code are believed."""


class RemoteEngine:
    """The engine port over a pipe; the process is started anew if it ended."""

    _environment: Mapping[str, str] | None = None
    """What the process finds in its environment; what this one does, if it is None."""

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
        self._log.close()
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
        self._process = subprocess.Popen(  # noqa: S603 - the adapter's
            self._command, stdin=pipe, stdout=pipe, env=self._environment
        )
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise ConversationEnded
        is_there = partial(_is_running, self._process)
        self._log = WireLog(self._command)
        self._end = End(reader, writer, is_there, self._log)
        self._holdings = Holdings(self._end.unneeded)
        try:
            self._greeted(self._heard())
        except BaseException:
            self.close()
            raise

    def _greeted(self, greeting: Heard) -> None:
        """Hear who the engine is and what it can do."""
        match greeting.engine:
            case Peer(protocol=1, abilities=[*words]) as peer:
                self.abilities = frozenset(words)
            case Peer(protocol=1, capabilities=[*words]) as peer:
                self.abilities = expanded(words)
            case _:
                self._unwelcome(greeting, '{"engine": {"name", "version", "abilities"}}')
        self.name, self.version = peer.name, peer.version

    def _unwelcome(self, greeting: Heard, expected: str) -> NoReturn:
        """Refuse a greeting; one that says why there is none is passed on."""
        match greeting:
            case Heard(lacking=Lacking(package=package, install=install)):
                self.close()
                raise EngineNotInstalled(package, install)
            case Heard(broken=str(sentence)):
                self.close()
                raise EngineBroken(sentence)
        self._misunderstood(f"greeted with {_quoted(greeting)}, expected {expected}")

    def _ask(self, key: str, told: Mapping[str, Any]) -> Any:
        return self._converse(key, {"act": key, "with": {n: encode(v) for n, v in told.items()}})

    def _converse(self, what: str, message: Message) -> Any:
        """Say something, and answer what the other side asks until it answers."""
        self._revive()
        question = next(self._numbers)
        self._say({"id": question, **message})
        while True:
            heard = self._heard()
            if heard.callback is not UNSET:
                self._call_back(heard)
                continue
            if not heard.is_answer:
                self._misunderstood(f"said {_quoted(heard)} when asked for {what}, and no answer")
            if heard.re != question:
                expected = f'expected "re": {question}'
                self._misunderstood(f"answered {what} with {_quoted(heard)}, {expected}")
            if self._interruptions:
                raise self._interruptions.pop()
            if heard.returned is not UNSET:
                return self._answer(what, heard)
            if isinstance(heard.raised, Raised):
                self._raise(heard.raised)
            raise Unsaid(str(heard.unsupported))

    def _revive(self) -> None:
        """Begin another process, if the last one ended."""
        if self._process.poll() is not None:
            self.close()
            self._start()

    def _answer(self, what: str, heard: Heard) -> Any:
        answer = self._read(heard, heard.returned, array=what == "numpy")
        self._settle(heard)
        return answer

    def _read(self, heard: Heard, value: Any, *, array: bool = False) -> Any:
        """Make of what was said what it stands for."""
        try:
            return self._things(decode(value), array=array)
        except (ValueError, TypeError, LookupError, RecursionError, MemoryError) as error:
            self._misunderstood(f"said {_quoted(heard)}, which cannot be read: {error}")

    def _settle(self, heard: Heard) -> None:
        """Forget what the other end no longer needs: a message may still name it."""
        for number in heard.release:
            self._kept.pop(number, None)

    def _say(self, message: Message) -> None:
        try:
            self._end.say(message)
        except ConversationEnded:
            self._ended()

    def _heard(self) -> Heard:
        try:
            line = self._end.hear()
        except ConversationEnded:
            self._ended()
        except BadMessage as error:
            self._misunderstood(str(error))
        try:
            heard = messages.decode(line)
        except (ValueError, RecursionError, MemoryError) as error:  # of msgspec, too
            said = shortened(line.decode("utf-8", "replace"))
            self._misunderstood(f"said {said}, expected a message of JSON in one line: {error}")
        for category, text in heard.warnings:
            found = getattr(builtins, category, None)
            is_one = isinstance(found, type) and issubclass(found, Warning)
            warnings.warn(text, found if is_one else UserWarning, stacklevel=4)
        return heard

    def _ended(self) -> NoReturn:
        """Say how the process ended; the next call begins another."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        status = self._process.poll()
        self.close()
        how = "closed its output and went on" if status is None else f"ended with status {status}"
        raise ConversationEnded(f"{self._shown} {how}") from None

    @property
    def _shown(self) -> str:
        return " ".join(self._command).split("\n")[0]

    def _misunderstood(self, what: str) -> NoReturn:
        """End a process whose next words could be the answer to anything."""
        self.close()
        raise BadMessage(f"{self._shown} {what}") from None

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
            case Ref(number=number, kind=kind):
                if type(number) is not int or not isinstance(kind, str):
                    raise TypeError(f"{number!r} is no number of a handle")
                if array:
                    return RemoteArray(number, self._holdings, self._ask)
                return RemoteHandle(number, kind, self._holdings)
            case Plain():
                return value
            case Function() | Value():
                raise TypeError("a program is no answer")
            case np.ndarray() if value.dtype.hasobject or value.dtype.kind not in KINDS:
                raise TypeError(f"no array of an engine is of {value.dtype}")
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

    def _call_back(self, heard: Heard) -> None:
        """Run a function of the caller for the engine; what it raises comes back by number."""
        function = self._kept.get(heard.callback) if isinstance(heard.callback, int) else None
        if not callable(function):
            self._misunderstood(f"said {_quoted(heard)}, and was given no such function")
        arguments = [self._read(heard, value) for value in heard.arguments]
        keywords = {name: self._read(heard, value) for name, value in heard.keywords.items()}
        self._settle(heard)
        try:
            returned = function(*arguments, **keywords)
            answer = {"return": encode(self._told(returned))}
        except (BadMessage, ConversationEnded):  # there is nobody left to be told
            raise
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

    def _raise(self, told: Raised) -> NoReturn:
        if told.callback is not None:
            own = self._raised.pop(told.callback, None)
            if own is None:
                self._misunderstood(f"raised what no function of the caller did ({told.callback})")
            raise own
        name = told.type if told.type.isidentifier() else RemoteRefusal.__name__
        about: dict[str, Any] = {"kind": told.kind, "number": told.number, "code": told.code}
        about["unneeded"] = self._end.unneeded
        if told.place is not None:
            about["place"] = plain_text(told.place, LONGEST_PLACE).replace("\n", " ")
        raise type(name[:LONGEST_PLACE], (RemoteRefusal,), about)(told.message)


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def _quoted(heard: Heard) -> str:
    return shortened(msgspec.json.encode(heard).decode())
