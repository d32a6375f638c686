"""`RemotePhrasebook`: an engine with a book whose phrases a host in another process evaluates.

The kit chooses the phrase and fills it; a host (`hosts/javascript.cjs`) knows neither book nor act.
A phrase is sent as text the first time, and by its number from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gradspec.exceptions import Unsaid
from gradspec.port.act import FLAT
from gradspec.port.acts import ACTS
from gradspec.port.functions import gives_of
from gradspec.port.phrase import WORD, choose, is_observed
from gradspec.port.slots import SLOTS
from gradspec.program.storing import Said, encode
from gradspec_conformance.adapters.phrases.checking import argument_sets
from gradspec_conformance.adapters.phrases.speaking import RAISED_IN, BookEngine
from gradspec_conformance.adapters.phrases.uses import Uses
from gradspec_conformance.exceptions import MalformedBook, RemoteRefusal
from gradspec_conformance.pipe.javascript import JavaScript
from gradspec_conformance.pipe.messages import PROTOCOL, Evaluator
from gradspec_conformance.pipe.remote import RemoteEngine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradspec.port.act import Act
    from gradspec.port.phrase import Phrase
    from gradspec_conformance.pipe.conversation import Message
    from gradspec_conformance.pipe.messages import Heard

LANGUAGES: Final = {"javascript": JavaScript()}
"""Language of a book -> how its phrases become functions, and who evaluates them."""

STRUCTURES: Final = ("structure", "vjp", "linearize", "tensors", "gradients", "as declared")

FLOATS: Final = ("item", "float")
"""Acts that give a number with a point, which not every language writes."""


@dataclass(frozen=True, slots=True)
class Told:
    """A phrase as the host is told it: a function of these parameters, and what to make of it."""

    number: int
    parameters: tuple[str, ...]
    text: str

    @property
    def message(self) -> Message:
        """What is said of it once."""
        return {"parameters": [f"${name}" for name in self.parameters], "text": self.text}


class RemotePhrasebook(BookEngine, RemoteEngine):
    """An engine in another language, in the words of its book."""

    def __init__(self) -> None:
        self.uses = Uses(self.book)
        self._language = LANGUAGES[self.book.language]
        self._told_of: dict[tuple[Any, ...], Told] = {}
        self._phrase_numbers = count()
        self._sent: set[int] = set()
        self.abilities = self.book.abilities
        self._is_checked = False
        RemoteEngine.__init__(self, self._language.command)

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Have the phrase that says an act evaluated on the other side."""
        phrases = self.book.phrases.get(act.key, ())
        known = {n: given[n] if is_observed(form) else form for n, form in forms.items()}
        choice = choose(act, phrases, known)
        if choice is None:
            raise Unsaid(f"{act.key}({', '.join(given)})")
        phrase, names = choice
        told = self._numbered(act, phrase, names, given)
        run = self.uses.counting(act.key, phrase, lambda: self._run(act, told, given))
        try:
            answer = run()
        except Exception as error:
            if not hasattr(error, RAISED_IN):
                setattr(error, RAISED_IN, act.key)
            raise
        return self._as_declared(act, answer)

    def _as_declared(self, act: Act, answer: Any) -> Any:
        """Name a data type as the kit does, and make a number with a point of one without."""
        if act.gives == "dtype":
            return self._dtypes[answer]
        if act.key in FLOATS and isinstance(answer, int) and not isinstance(answer, bool):
            return float(answer)
        return answer

    def _numbered(
        self, act: Act, phrase: Phrase, names: tuple[str, ...], given: dict[str, Any]
    ) -> Told:
        """Number what a phrase becomes with these arguments."""
        spliced = {n: given[n] for n in names if self._language.is_spliced(phrase, n)}
        key = (act.key, phrase.text, *names, *spliced.values())
        if key not in self._told_of:
            spelled = {n: self._dtype(v) if n == "dtype" else v for n, v in spliced.items()}
            parameters, text = self._language.function(phrase, names, spelled)
            self._told_of[key] = Told(next(self._phrase_numbers), parameters, text)
        return self._told_of[key]

    def _dtype(self, name: str) -> str:
        return self.book.dtypes[name].text

    def _run(self, act: Act, told: Told, given: dict[str, Any]) -> Any:
        self._revive()  # a new process knows no phrase
        values = (given[parameter] for parameter in told.parameters)
        said = [
            self._argument(act, n, given, v) for n, v in zip(told.parameters, values, strict=True)
        ]
        message: Message = {"run": told.number, "with": said, "gives": _gives(act, given)}
        if told.number not in self._sent:
            message["phrase"] = told.message
            self._sent.add(told.number)
        return self._converse(act.key, message)

    def _argument(self, act: Act, name: str, given: dict[str, Any], value: Any) -> Any:
        if not callable(value):
            return encode(self._told(value))
        function = self._function(act, name, given)
        slot = SLOTS[function["slot"]]
        return encode(Said(function | {"first": list(slot.first), "rest": slot.rest}))

    # the beginning --------------------------------------------------------------------
    def _greeted(self, greeting: Heard) -> None:
        """Hear who the host is, and have it prepare what the book's phrases look up."""
        language = self.book.language
        match greeting.host:
            case Evaluator(protocol=protocol, language=spoken):
                if (protocol, spoken) == (PROTOCOL, language):
                    self._prepare()
                    return
        expected = f'"host" with "protocol": {PROTOCOL} and "language": "{language}"'
        self._unwelcome(greeting, expected)

    def _prepare(self) -> None:
        self._sent.clear()
        folder = str(Path(self.book.file).resolve().parent)
        setup = "\n".join(code.text for code in (*self.book.setup, *self.book.prepare))
        try:
            self._converse("setup", {"setup": setup, "folders": [folder]})
        except RemoteRefusal as error:
            if error.code == "MODULE_NOT_FOUND":
                raise self._language.not_installed(str(error)) from None
            raise
        if not self._is_checked:
            self._check()
            self._is_checked = True
        self.name = self.book.name
        version = self.book.version
        self.version = str(self._expression(version.text)) if version else "unknown"
        self._dtypes = {self._expression(c.text): n for n, c in self.book.dtypes.items()}

    def _expression(self, text: str) -> Any:
        """Have what the book says outside of phrases evaluated."""
        told = Told(next(self._phrase_numbers), (), f"return ({text});")
        message = {"run": told.number, "with": [], "gives": "value", "phrase": told.message}
        return self._converse(text, message)

    def _check(self) -> None:
        """Have every phrase compiled in every way in which it can be used; raises MalformedBook."""
        uses = [
            (spoken.place, phrase.text, self._language.function(phrase, names, self._words(phrase)))
            for key, all_spoken in self.book.spoken.items()
            for phrase, spoken in zip(self.book.phrases[key], all_spoken, strict=True)
            for names in argument_sets(ACTS[key], phrase)
        ]
        said = [Told(0, *function).message for *_, function in uses]
        wrong = self._converse("check", {"check": said})
        for (place, text, _), complaint in zip(uses, wrong, strict=True):
            if complaint is not None:
                language = self._language.name
                raise MalformedBook(f"{place}: found {text!r}, expected {language}: {complaint}")

    def _words(self, phrase: Phrase) -> dict[str, str]:
        """Give something to splice where a phrase splices."""
        words = {name: "word" for name, kind in phrase.types.items() if kind == WORD}
        return words | {"dtype": "null"}


def _gives(act: Act, given: Mapping[str, Any]) -> str:
    """Say what a host makes of an answer of this kind."""
    kind = gives_of(given["name"]) if act.gives == "as named" else act.kind_given(given)
    if kind in ("nothing", "array"):
        return kind
    if kind in FLAT:
        return "value"
    return "handles" if kind in STRUCTURES else "handle"
