"""`Phrasebook("mine.toml")`: an engine class that speaks a book.

A Python adapter subclasses it for the few acts that a book cannot say:

    class Engine(Phrasebook("mine.toml")):
        def tensor(self, data):
            return super().tensor(data).realize()

A method that does one act gives its ability.  What else a method is good for (an operator in
`apply`, an argument of `backward`) the book says under `also`; `super()` says it as unsupported
where no phrase mentions what was given.
"""

from __future__ import annotations

import builtins
import itertools
import traceback
from contextlib import suppress
from contextvars import ContextVar
from types import EllipsisType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradspec.exceptions import Unsaid, text_of
from gradspec.port.abilities import NARROW
from gradspec.port.acts import ACTS
from gradspec.port.engine import called, method_of
from gradspec.port.phrase import CONSTRUCTORS, WORD, Phrase, choose, flat, is_list_of, is_observed
from gradspec.program.steps import Ref
from gradspec_conformance.adapters.phrases.compiling import compiled
from gradspec_conformance.adapters.phrases.reading import read_book
from gradspec_conformance.adapters.phrases.speaking import RAISED_IN, BookEngine
from gradspec_conformance.adapters.phrases.uses import Uses
from gradspec_conformance.exceptions import MalformedBook
from gradspec_conformance.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gradspec.port.act import Act
    from gradspec_conformance.adapters.phrases.book import Book, Code


PLAIN: Final = (
    *(type(None), bool, int, float, complex, str, list, tuple, dict, slice, EllipsisType),
    np.ndarray,
)

_forms: ContextVar[Mapping[int, Any]] = ContextVar("forms", default=MappingProxyType({}))
"""Identity of an argument of the method at work -> how the program describes it."""


class PhrasebookEngine(BookEngine):
    """An engine of Python in the words of its book."""

    def __init__(self) -> None:
        self._space: dict[str, Any] = {"__name__": f"<{self.book.file}>"}
        for statements in (*self.book.setup, *self.book.prepare):
            self._evaluated(statements)
        here = {n: c for n, c in self.book.dtypes.items() if n not in NARROW or self._has(c)}
        dtypes = {self._evaluated(code): name for name, code in here.items()}
        self._space["_dtypes"] = {None: None} | {name: dtype for dtype, name in dtypes.items()}
        self._dtype_names = {None: None} | dtypes
        self._functions: dict[tuple[str, ...], Callable[..., Any] | None] = {}
        self._own = _overridden(type(self))
        self._check_names()
        self.uses = Uses(self.book)
        self.name = self.book.name
        self.version = str(self._evaluated(self.book.version)) if self.book.version else "unknown"
        missing = {f"dtype:{name}" for name in self.book.dtypes.keys() - here.keys()}
        self.abilities = self.book.with_methods(self._own & ACTS.keys()) - missing

    def _has(self, code: Code) -> bool:
        """Say whether the engine has a data type that not every engine with its book has."""
        try:
            self._evaluated(code)
        except AttributeError:
            return False
        return True

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Do an act; `forms` are its arguments as the program describes them."""
        try:
            if method_of(act) in self._own:
                return self._done(act, given, forms)
            return self.said(act, given, forms)
        except Exception as error:
            if not hasattr(error, RAISED_IN):  # an act inside of this one may have raised it
                with suppress(Exception):
                    setattr(error, RAISED_IN, act.key)
            raise

    def _done(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Do an act in a method of a subclass, which may have the book do a part of it."""
        token = _forms.set({id(given[name]): form for name, form in forms.items()})
        try:
            return called(self, act, given)
        finally:
            _forms.reset(token)

    def said(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Do an act in the words of the book; raises Unsaid if no phrase mentions what is given."""
        function = self._functions.get((act.key, *given))
        if function is None:
            return self._said_for_these(act, given, forms)
        return function(*given.values())

    def directly(self, act: Act, *names: str) -> Callable[..., Any] | None:
        """Give the function of an act with these tensors, for who asks it all the time.

        None where a method of a subclass does it, or where it is said in more than one way.  It is
        not counted among the uses of the phrase, and its answer is as the engine gives it.
        """
        key = ("directly", act.key, *names)
        if key not in self._functions:
            self._functions[key] = self._direct(act, names)
        return self._functions[key]

    def _direct(self, act: Act, names: tuple[str, ...]) -> Callable[..., Any] | None:
        phrases = self.book.phrases.get(act.key, ())
        if method_of(act) in self._own or any(one.types for one in phrases):
            return None
        choice = choose(act, phrases, dict.fromkeys(names, Ref(-1)))
        if choice is None or choice[1] != names:
            return None
        return compiled(choice[0], names, {}, self._space, self.book.file)

    def _said_for_these(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Choose the phrase, and keep it if no other arguments of these names would choose else."""
        phrases = self.book.phrases.get(act.key, ())
        known = {n: given[n] if is_observed(form) else form for n, form in forms.items()}
        choice = choose(act, phrases, known)
        if choice is None:
            raise Unsaid(f"{act.key}({', '.join(given)})")
        phrase, names = choice
        words = {n: given[n] for n, kind in phrase.types.items() if kind == WORD and n in names}
        function = self._compiled(act, phrase, names, words)
        if not any(one.types for one in phrases) and len(names) == len(given):
            self._functions[(act.key, *given)] = function
        return function(*(given[name] for name in names))

    def _compiled(
        self, act: Act, phrase: Phrase, names: tuple[str, ...], words: dict[str, str]
    ) -> Callable[..., Any]:
        key = ("", act.key, phrase.text, *names, *words.values())
        function = self._functions.get(key)
        if function is None:
            function = compiled(phrase, names, words, self._space, self.book.file)
            if any(getattr(part, "name", "") == "list" for part in flat(phrase.parts)):
                function = _with_a_shape(function, act, names.index("data"))
            function = self.uses.counting(act.key, phrase, self._after(act, names, function))
            self._functions[key] = function
        return function

    def _after(
        self, act: Act, names: tuple[str, ...], function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Add what an answer of this kind goes through."""
        kind = act.kind_given(dict.fromkeys(names))
        if kind in ("tensors", "gradients"):
            return lambda *given: _several(function(*given))
        if kind == "dtype":
            return lambda *given: self._dtype_names[function(*given)]
        if act.family == "mode":
            return lambda *given: _entered(function(*given))
        return function

    def _evaluated(self, code: Code) -> Any:
        """Do what the book says outside of phrases; raises MalformedBook."""
        try:
            value = eval(code.code, self._space)  # noqa: S307 - the book's own
            hash(value)
        except Exception as error:
            number = _line_of(code, error)
            place = code.place.at(number) if code.place else f"<{self.book.file}>"
            if isinstance(error, ModuleNotFoundError):
                error.add_note(place)
                raise
            line = code.text.split("\n")[number - 1].strip()
            raise MalformedBook(
                f"{place}: found {line!r}, which raised "
                f"{type(error).__name__}: {text_of(error)}; expected what the engine's package has"
            ) from error
        return value

    def _check_names(self) -> None:
        """Look up what the phrases of the book will look up; raises MalformedBook."""
        for spoken in itertools.chain(*self.book.spoken.values()):
            for name in sorted(spoken.names):
                expected = self._why_not_there(name)
                if expected:
                    raise MalformedBook(f"{spoken.place}: found {name!r}, expected {expected}")

    def _why_not_there(self, dotted: str) -> str | None:
        """Say what would be there, if a name is not; what objects have only a call shows."""
        name, *attributes = dotted.split(".")
        known = {**vars(builtins), **self._space}
        if name not in known:
            return f"a name that Python or setup has{did_you_mean(name, known)}"
        found, path = known[name], name
        for attribute in attributes:
            if not isinstance(found, ModuleType | type):
                break
            if not hasattr(found, attribute):
                return f"what {path} has{did_you_mean(attribute, dir(found))}"
            found, path = getattr(found, attribute), f"{path}.{attribute}"
        return None

    def leave(self, mode: Any, error: BaseException | None = None) -> bool:
        """Leave a mode, as `with` does."""
        raised = (type(error), error, error.__traceback__) if error else (None, None, None)
        return bool(mode.__exit__(*raised))


def _line_of(code: Code, error: Exception) -> int:
    """Find the line, from 1, of what a book says that an error came out of."""
    frames = traceback.walk_tb(error.__traceback__)
    return next((line for frame, line in frames if frame.f_code is code.code), 1)


def _with_a_shape(function: Callable[..., Any], act: Act, place: int) -> Callable[..., Any]:
    """Let through what a nested list can say: it has no shape behind a dimension of length 0."""

    def shaped(*given: Any) -> Any:
        if not is_list_of(given[place].shape):
            raise Unsaid(f"{act.key}(an empty list of several dimensions)")
        return function(*given)

    return shaped


def _several(answer: Any) -> Any:
    return answer if isinstance(answer, dict) else tuple(answer)


def _entered(mode: Any) -> Any:
    mode.__enter__()
    return mode


def _overridden(engine: type) -> frozenset[str]:
    """Name the methods that a subclass has written itself."""
    above = engine.__mro__[: engine.__mro__.index(PhrasebookEngine)]
    methods = {method_of(act) for act in ACTS.values() if not act.by_kit}
    return frozenset(name for cls in above for name in vars(cls) if name in methods)


def _method(name: str) -> Callable[..., Any]:
    """Give the method of the port that speaks the book, for a subclass to build on."""

    def family(self: PhrasebookEngine, *given: Any, **named: Any) -> Any:
        act, arguments = _act_of(name, given, named)
        return self.said(act, arguments, {n: _form(value) for n, value in arguments.items()})

    return family


def _form(value: Any) -> Any:
    """Give what is known of an argument of a method; what is no plain value is a tensor."""
    if id(value) in _forms.get():
        return _forms.get()[id(value)]
    return value if isinstance(value, PLAIN) or callable(value) else Ref(-1)


def _act_of(
    method: str, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Act, dict[str, Any]]:
    match method:
        case "apply" | "inplace":
            return ACTS[f"op:{given[0]}"], dict(given[1])
        case "get" | "delete":
            return ACTS[f"{method[:3]}:{given[1]}"], {"x": given[0]}
        case "set" if given[2] is None and f"clear:{given[1]}" in ACTS:
            return ACTS[f"clear:{given[1]}"], {"x": given[0]}
        case "set":
            act = ACTS[f"set:{given[1]}"]
            return act, {"x": given[0], act.signature.names[1]: given[2]}
        case "enter":
            return ACTS[f"mode:{given[0]}"], named
        case "transform":
            return ACTS[f"transform:{given[0]}"], {"function": given[1]} | named
    act = ACTS[method]
    arguments = act.signature.bind(given, named)
    if method in CONSTRUCTORS:
        arguments.setdefault("dtype", arguments["data"].dtype.name)
    return act, arguments


for _name in sorted({method_of(act) for act in ACTS.values() if not act.by_kit}):
    setattr(PhrasebookEngine, _name, _method(_name))


def Phrasebook(path: str | Path) -> type[PhrasebookEngine]:  # noqa: N802 - it makes a class
    """Make the engine class of a book of Python; raises MalformedBook."""
    book = read_book(path)
    if book.language != "python":
        raise MalformedBook(f"{path} is a book of {book.language}, and no class of Python says it")
    return engine_class(book)


def engine_class(book: Book) -> type[PhrasebookEngine]:
    """Make the engine class of a book of Python."""
    return type(book.name, (PhrasebookEngine,), {"book": book})
