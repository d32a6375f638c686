"""`Phrasebook("mine.toml")`: an engine class that speaks a book.

A Python adapter subclasses it for the few acts that a book cannot say:

    class Engine(Phrasebook("mine.toml")):
        def tensor(self, data):
            return super().tensor(data).realize()
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from gradspec.exceptions import ProgramError
from gradspec.port.acts import ACTS
from gradspec.port.engine import called, method_of
from gradspec.port.phrase import CONSTRUCTORS, WORD, Phrase, choose
from gradspec.program.recorder import Recorder
from gradspec.program.replay import replay
from gradspec.program.scripts.own_words import is_performed
from gradspec_conformance.adapters.phrases.compiling import compiled
from gradspec_conformance.adapters.phrases.reading import read_book
from gradspec_conformance.adapters.phrases.writing import in_words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gradspec.port.act import Act
    from gradspec.program.steps import Program
    from gradspec_conformance.adapters.phrases.book import Book


class PhrasebookEngine:
    """An engine in the words of its book; the class attribute `book` says which."""

    book: ClassVar[Book]

    def __init__(self) -> None:
        self._space: dict[str, Any] = {"__name__": f"<{self.book.file}>"}
        exec(f"{self.book.setup}\n{self.book.prepare}", self._space)  # noqa: S102 - the book's own
        dtypes = {name: eval(text, self._space) for name, text in self.book.dtypes.items()}  # noqa: S307
        self._space["_dtypes"] = {None: None, **dtypes}
        self._dtype_names = {None: None} | {dtype: name for name, dtype in dtypes.items()}
        self._functions: dict[tuple[str, ...], Callable[..., Any] | None] = {}
        self._own = _overridden(type(self))
        self.name = self.book.name
        self.version = str(eval(self.book.version or "'unknown'", self._space))  # noqa: S307
        self.abilities = self.book.abilities

    def error_kind(self, error: Exception) -> str | None:
        """Find the kind by what the error says; the first pattern that matches decides."""
        text = f"{type(error).__name__}: {error}"
        found = (pattern.kind for pattern in self.book.errors if pattern.says.search(text))
        return next(found, None)

    def script(self, program: Program) -> str:
        """Print a program in the words of the book.

        What the engine does for a product is known once it was done: a stored program is performed.
        """
        if not is_performed(program.steps):
            with Recorder(self) as recorder, suppress(ProgramError):
                replay(program, recorder)
            program = recorder.program
        return in_words_of(self.book, program)

    def says(self, act: Act, forms: Mapping[str, Any]) -> bool:
        """Say whether some phrase mentions all these arguments."""
        if (act.key, *forms) in self._functions or method_of(act) in self._own:
            return True
        return choose(act, self.book.phrases.get(act.key, ()), forms) is not None

    def speak(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Do an act; `forms` are its arguments as the program describes them."""
        if method_of(act) in self._own:
            return called(self, act, given)
        return self.said(act, given, forms)

    def said(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Do an act in the words of the book."""
        function = self._functions.get((act.key, *given))
        if function is None:
            return self._said_for_these(act, given, forms)
        return function(*given.values())

    def _said_for_these(self, act: Act, given: dict[str, Any], forms: Mapping[str, Any]) -> Any:
        """Choose the phrase, and keep it if no other arguments of these names would choose else."""
        phrases = self.book.phrases.get(act.key, ())
        choice = choose(act, phrases, forms)
        if choice is None:
            raise NotImplementedError(f"{self.book.file} has no phrase for {act.key}{tuple(given)}")
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
            function = self._functions[key] = self._after(act, names, function)
        return function

    def _after(
        self, act: Act, names: tuple[str, ...], function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Add what an answer of this kind goes through."""
        kind = act.kind_given(dict.fromkeys(names))
        if kind == "tensors":
            return lambda *given: tuple(function(*given))
        if kind == "dtype":
            return lambda *given: self._dtype_names[function(*given)]
        if act.family == "mode":
            return lambda *given: _entered(function(*given))
        return function

    def leave(self, mode: Any, error: BaseException | None = None) -> bool:
        """Leave a mode, as `with` does."""
        raised = (type(error), error, error.__traceback__) if error else (None, None, None)
        return bool(mode.__exit__(*raised))


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
        return self.said(act, arguments, arguments)

    return family


def _act_of(
    method: str, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Act, dict[str, Any]]:
    match method:
        case "apply" | "inplace":
            return ACTS[f"op:{given[0]}"], dict(given[1])
        case "get" | "delete":
            return ACTS[f"{method[:3]}:{given[1]}"], {"x": given[0]}
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
    """Make the engine class of a book; raises MalformedBook."""
    book = read_book(path)
    return type(book.name, (PhrasebookEngine,), {"book": book})
